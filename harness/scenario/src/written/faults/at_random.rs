//! Faults that the seed draws, as written.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::FaultKind;

/// Faults drawn by the seed: the same seed draws the same ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FaultsAtRandom {
    /// How many.
    #[schemars(range(min = 1, max = 1_000))]
    pub count: u32,
    /// Out of which kinds, each as likely.
    #[schemars(with = "Vec<Drawable>", length(min = 1, max = 64))]
    pub kinds: Vec<String>,
    /// None begins before this, from the start of the load.
    #[serde(default, with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub from: Duration,
    /// How long one lasts at least.
    #[serde(default = "a_moment", with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub shortest: Duration,
    /// How long one lasts at most.
    #[serde(default = "a_while", with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub longest: Duration,
    /// Whether one may begin while another is there.
    #[serde(default)]
    pub overlap: bool,
}

/// A kind of fault by its name.
#[derive(JsonSchema)]
#[expect(dead_code, reason = "stands in the schema alone")]
pub struct Drawable(#[schemars(with = "String", extend("format" = "fault"))] String);

/// A name of a kind.
pub(crate) fn known_kind(name: &str) -> Result<(), String> {
    if FaultKind::NAMES.contains(&name) {
        return Ok(());
    }
    let known: Vec<String> = FaultKind::NAMES.iter().map(|name| format!("`{name}`")).collect();
    Err(format!("`{name}` is no kind of fault; known are {}", known.join(", ")))
}

fn a_moment() -> Duration {
    Duration::from_millis(500)
}

fn a_while() -> Duration {
    Duration::from_secs(2)
}
