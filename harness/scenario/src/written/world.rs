//! The world that stands up, as written.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vocabulary::{Rate, Ratio};

use super::is_default;

/// Searches a second that probes may make unless the file says otherwise.
const SEARCHES: u32 = 200;

/// The world that stands up.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct World {
    /// Where the parts stand; `--world` overrides it.
    pub kind: WorldKind,
    /// The forests, each with one domain.
    #[schemars(length(min = 1, max = 4))]
    pub forests: Vec<Forest>,
    /// On-premises agents.
    #[schemars(range(min = 1, max = 1))]
    pub agents: u32,
    /// Relay namespaces, for redundancy.
    #[schemars(range(min = 1, max = 4))]
    pub relays: u32,
    /// Which domain controller the agent writes to.
    pub writeback_dc: WritebackDc,
    /// How long a message may live between cloud and directory.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub message_lifetime: Duration,
    /// The password policy of every domain.
    pub policy: Policy,
    /// Policies for some of the people, in every domain; the lowest precedence wins.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 16))]
    pub fine_grained_policies: Vec<FineGrainedPolicy>,
    /// The lockout policy of every domain.
    pub lockout: Lockout,
    /// What the agent's account may do in every domain.
    #[serde(skip_serializing_if = "is_default")]
    pub rights: Rights,
    /// How the directories behave.
    pub directory: Directory,
    /// How acknowledged writes are looked for while load runs.
    #[serde(skip_serializing_if = "is_default")]
    pub probes: Probes,
    /// Whether a gateway stands on every edge and keeps what passes, to be searched for passwords.
    #[serde(skip_serializing_if = "is_default")]
    pub capture: bool,
}

impl Default for World {
    fn default() -> Self {
        Self {
            kind: WorldKind::Embedded,
            forests: vec![Forest::default()],
            agents: 1,
            relays: 1,
            writeback_dc: WritebackDc::Pdc,
            message_lifetime: Duration::from_secs(60),
            policy: Policy::default(),
            fine_grained_policies: Vec::new(),
            lockout: Lockout::default(),
            rights: Rights::default(),
            directory: Directory::default(),
            probes: Probes::default(),
            capture: false,
        }
    }
}

impl World {
    /// Wrong passwords that lock anybody, whichever policy applies to them.
    #[must_use]
    pub fn lock_attempts(&self) -> u32 {
        let own = self
            .fine_grained_policies
            .iter()
            .filter_map(|policy| policy.lockout_threshold);
        own.fold(self.lockout.threshold, u32::max)
    }

    /// The fewest wrong passwords that lock somebody, whichever policy applies; 0 if nobody is ever locked.
    #[must_use]
    pub fn lock_attempts_least(&self) -> u32 {
        let own = self
            .fine_grained_policies
            .iter()
            .filter_map(|policy| policy.lockout_threshold);
        let locking = own.chain([self.lockout.threshold]).filter(|threshold| *threshold > 0);
        locking.min().unwrap_or(0)
    }
}

/// Where the parts of a world stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WorldKind {
    /// All parts in one process, with the embedded directory.
    Embedded,
    /// Every part in a container, with real Samba AD domain controllers.
    Docker,
}

impl WorldKind {
    /// The name used in files and flags.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Embedded => "embedded",
            Self::Docker => "docker",
        }
    }
}

/// A forest of one domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Forest {
    /// The domain's DNS name; it ends in `.test`, `.example` or `.invalid`.
    #[schemars(regex(pattern = r"^([a-z0-9]([a-z0-9-]*[a-z0-9])?\.)+(test|example|invalid)$"))]
    pub domain: String,
    /// Domain controllers.
    #[schemars(range(min = 1, max = 4))]
    pub domain_controllers: u32,
    /// The domain controller that begins as PDC emulator, counted from 1.
    #[serde(skip_serializing_if = "is_one")]
    #[schemars(range(min = 1, max = 4))]
    pub pdc: u32,
    /// "Only use preferred domain controllers": those that the agent reads from, counted from 1. None lets it take any.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 4))]
    pub preferred_dcs: Vec<u32>,
    /// The domain's and the forest's functional level.
    #[serde(skip_serializing_if = "is_default")]
    pub functional_level: FunctionalLevel,
    /// How many of the people live here, against the other forests.
    #[serde(skip_serializing_if = "is_one")]
    #[schemars(range(min = 1, max = 1_000))]
    pub weight: u32,
    /// Organizational units below `OU=People`, among which people are spread evenly; none keeps everyone there.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schemars(length(max = 64))]
    pub units: Vec<String>,
}

impl Default for Forest {
    fn default() -> Self {
        Self {
            domain: "corp.test".to_owned(),
            domain_controllers: 1,
            pdc: 1,
            preferred_dcs: Vec::new(),
            functional_level: FunctionalLevel::default(),
            weight: 1,
            units: Vec::new(),
        }
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_one(value: &u32) -> bool {
    *value == 1
}

/// A functional level (MS-ADTS section 6.1.4.3).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub enum FunctionalLevel {
    /// Windows Server 2008 R2.
    #[serde(rename = "2008_r2")]
    Windows2008R2,
    /// Windows Server 2012.
    #[serde(rename = "2012")]
    Windows2012,
    /// Windows Server 2012 R2.
    #[default]
    #[serde(rename = "2012_r2")]
    Windows2012R2,
}

impl FunctionalLevel {
    /// The value of `msDS-Behavior-Version`.
    #[must_use]
    pub fn behavior_version(self) -> u32 {
        match self {
            Self::Windows2008R2 => 4,
            Self::Windows2012 => 5,
            Self::Windows2012R2 => 6,
        }
    }
}

/// Which domain controller the agent writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WritebackDc {
    /// The PDC emulator.
    Pdc,
    /// Whichever the locator finds.
    Locator,
}

/// The domain's password policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Policy {
    /// Shortest password in characters. Chosen passwords have 20; a weak one has 10.
    #[schemars(range(min = 0, max = 20))]
    pub min_length: u32,
    /// Whether three of five classes of characters are asked.
    pub complexity: bool,
    /// Passwords remembered.
    #[schemars(range(min = 0, max = 1024))]
    pub history: u32,
    /// Least time between two changes.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub min_age: Duration,
    /// How long the previous password is still accepted in a bind.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub old_password_allowed: Duration,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            min_length: 12,
            complexity: true,
            history: 24,
            min_age: Duration::ZERO,
            old_password_allowed: Duration::ZERO,
        }
    }
}

/// A policy for some of the people (a password settings object, MS-ADTS section 3.1.1.4.5.19). What is left out is as in the
/// domain's policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FineGrainedPolicy {
    /// Its name; the group of those it applies to bears it too.
    #[schemars(regex(pattern = "^[A-Za-z0-9][A-Za-z0-9 -]{0,39}$"))]
    pub name: String,
    /// The lowest of all that apply to a person wins.
    #[schemars(range(min = 1))]
    pub precedence: u32,
    /// The share of people it applies to.
    #[schemars(with = "String", extend("format" = "ratio"))]
    pub applies_to: Ratio,
    /// Shortest password in characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 20))]
    pub min_length: Option<u32>,
    /// Whether three of five classes of characters are asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complexity: Option<bool>,
    /// Passwords remembered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 1024))]
    pub history: Option<u32>,
    /// Least time between two changes.
    #[serde(
        default,
        with = "vocabulary::duration_text::optional",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<String>", extend("format" = "duration"))]
    pub min_age: Option<Duration>,
    /// Wrong passwords that lock an account; 0 never locks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 0, max = 100))]
    pub lockout_threshold: Option<u32>,
}

/// What the agent's account may do with the users below `OU=People`; Unexpire Password is a right at the domain's head.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each right is given or left out, whatever the others"
)]
pub struct Rights {
    /// Set a password without knowing the old one.
    pub reset_password: bool,
    /// Change a password by proving the old one.
    pub change_password: bool,
    /// Write `lockoutTime`: unlock.
    pub write_lockout_time: bool,
    /// Write `pwdLastSet`.
    pub write_pwd_last_set: bool,
    /// Without it a reset leaves the password expired (MS-SAMR section 3.1.1.8.7).
    pub unexpire_password: bool,
}

impl Default for Rights {
    fn default() -> Self {
        Self {
            reset_password: true,
            change_password: true,
            write_lockout_time: true,
            write_pwd_last_set: true,
            unexpire_password: true,
        }
    }
}

/// The domain's lockout policy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Lockout {
    /// Wrong passwords that lock an account; 0 never locks.
    #[schemars(range(min = 0, max = 100))]
    pub threshold: u32,
    /// How long a lock lasts.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub duration: Duration,
    /// Within which wrong passwords are counted together.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub window: Duration,
}

impl Default for Lockout {
    fn default() -> Self {
        Self {
            threshold: 5,
            duration: Duration::from_secs(1800),
            window: Duration::from_secs(1800),
        }
    }
}

/// How acknowledged writes are looked for while load runs: a search of the person's metadata on each domain controller of the
/// domain, over connections of its own. Everyone is read once more after the load, whatever stands here.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Probes {
    /// The share of acknowledged writes that is looked for; 0 looks for none.
    #[schemars(with = "String", extend("format" = "ratio"))]
    pub share: Ratio,
    /// Searches at each domain controller at most. One costs a Samba 0.12 ms of a core: 400/s are 5 % of it.
    #[schemars(with = "String", extend("format" = "rate"))]
    pub searches_max: Rate,
}

impl Default for Probes {
    fn default() -> Self {
        Self {
            share: Ratio::ONE,
            searches_max: Rate::each_second(SEARCHES),
        }
    }
}

/// How the directories behave.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Directory {
    /// Time that each kind of operation takes on the embedded directory; a Samba takes its own.
    pub service_time: ServiceTime,
    /// Writes that run at once on the embedded directory; on a Samba it is one.
    #[schemars(range(min = 1, max = 1024))]
    pub concurrent_writes: u32,
    /// How long a change takes from one embedded domain controller to the next; a Samba notifies in its own time.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub replication_delay: Duration,
    /// How a Samba shares its work out: a process for each connection, or a few for all.
    pub process_model: ProcessModel,
}

impl Default for Directory {
    fn default() -> Self {
        Self {
            service_time: ServiceTime::default(),
            concurrent_writes: 1,
            replication_delay: Duration::from_millis(500),
            process_model: ProcessModel::default(),
        }
    }
}

/// A Samba's process model.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ProcessModel {
    /// A process for each connection: nobody waits for a neighbour's resets.
    #[default]
    Standard,
    /// A few processes for all connections, which is Samba's own default.
    Prefork,
}

/// Service times of the embedded directory.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ServiceTime {
    /// A password reset. Samba takes 31 ms.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub reset: Duration,
    /// An unlock. Samba takes 0.8 ms.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub unlock: Duration,
    /// A search. Samba takes 0.12 ms for one entry.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub search: Duration,
    /// A bind on an open connection. Samba takes 5 to 10 ms.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub bind: Duration,
    /// An add, delete or rename.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub add: Duration,
}
