//! What a fault can be told.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vocabulary::Ratio;

use super::{PartName, Skew};

/// A fault of one part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfPart {
    /// The part.
    #[schemars(with = "String", extend("format" = "part"))]
    pub part: PartName,
}

/// A part that dies again and again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RestartStorm {
    /// The part.
    #[schemars(with = "String", extend("format" = "part"))]
    pub part: PartName,
    /// How often it dies, evenly spread over the time that the fault lasts.
    #[schemars(range(min = 2, max = 100))]
    pub times: u32,
}

/// An agent that dies at a chosen point of its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KillAgentAt {
    /// The point.
    pub moment: KillMoment,
}

/// A point in the agent's work on one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KillMoment {
    /// Noted in the journal, and nothing was sent to the directory.
    BeforeWrite,
    /// The directory has the write; its answer was not noted.
    AfterWrite,
    /// The directory's answer was noted; the result was not sent to the cloud.
    AfterAnswer,
}

impl KillMoment {
    /// The name used in files.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::BeforeWrite => "before_write",
            Self::AfterWrite => "after_write",
            Self::AfterAnswer => "after_answer",
        }
    }
}

/// A part with too little memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LimitMemory {
    /// The part.
    #[schemars(with = "String", extend("format" = "part"))]
    pub part: PartName,
    /// How much it may use, in mebibytes.
    #[schemars(range(min = 6, max = 4096))]
    pub mebibytes: u32,
}

/// A damaged journal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct JournalTorn {
    /// What became of it.
    pub how: Damage,
}

/// What became of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Damage {
    /// Its last part is gone.
    CutShort,
    /// One bit of each record is another.
    BitFlipped,
}

/// Nothing gets through.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Partition {
    /// Which way.
    #[serde(default)]
    pub direction: Direction,
}

/// Which way of an edge.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Both.
    #[default]
    Both,
    /// From who connects to who listens.
    ToServer,
    /// From who listens to who connects.
    ToClient,
}

/// A connection that says nothing for a while is forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct IdleDrop {
    /// After how long.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub after: Duration,
}

/// Bytes that take their time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Delay {
    /// How long, each way.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub by: Duration,
    /// More or less by at most this.
    #[serde(default, with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub jitter: Duration,
}

/// A fault that meets some of what passes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfRatio {
    /// How much of it.
    #[schemars(with = "String", extend("format" = "ratio"))]
    pub ratio: Ratio,
}

/// A slow link.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlowLink {
    /// Bytes that pass in a second, each way.
    #[schemars(range(min = 1, max = 1_000_000_000))]
    pub bytes_per_second: u64,
}

/// What is sent arrives in small pieces.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slice {
    /// Bytes of a piece.
    #[schemars(range(min = 1, max = 65_536))]
    pub bytes: u32,
}

/// A fault that meets a share of the messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfShare {
    /// Which share of them; all where nothing is said.
    #[serde(default = "all")]
    #[schemars(with = "String", extend("format" = "ratio"))]
    pub share: Ratio,
}

/// Requests that are delivered more than once.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DuplicateRequests {
    /// How often each arrives.
    #[schemars(range(min = 2, max = 100))]
    pub copies: u32,
    /// Which share of them; all where nothing is said.
    #[serde(default = "all")]
    #[schemars(with = "String", extend("format" = "ratio"))]
    pub share: Ratio,
}

/// Something that takes longer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct By {
    /// By how much.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub by: Duration,
}

/// A clock that is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SkewClock {
    /// Whose.
    #[schemars(with = "String", extend("format" = "part"))]
    pub part: PartName,
    /// How far it is put ahead, or with a minus sign back.
    #[schemars(with = "String", extend("format" = "skew"))]
    pub by: Skew,
}

/// A stricter password policy; what is left out stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TightenPolicy {
    /// Shortest password in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 128))]
    pub min_length: Option<u32>,
    /// Passwords remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1, max = 1024))]
    pub history: Option<u32>,
    /// Least time between two changes.
    #[serde(
        default,
        with = "vocabulary::duration_text::optional",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<String>", extend("format" = "duration"))]
    pub min_age: Option<Duration>,
}

/// A fault that meets some people.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct OfCount {
    /// How many, chosen by the seed.
    #[schemars(range(min = 1, max = 10_000))]
    pub count: u32,
}

/// A transfer of the PDC emulator's role (MS-ADTS section 3.1.1.3.3.11, `becomePdc`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MovePdc {
    /// The forest, counted from 1.
    #[serde(default = "first")]
    #[schemars(range(min = 1, max = 4))]
    pub forest: u32,
    /// The domain controller that takes the role, counted from 1.
    #[schemars(range(min = 1, max = 4))]
    pub to: u32,
}

fn first() -> u32 {
    1
}

fn all() -> Ratio {
    Ratio::new(1, 1).unwrap_or(Ratio::ZERO)
}
