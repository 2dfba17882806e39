//! What breaks or moves while load runs, as written.

mod at_random;
mod kinds;
mod parameters;
mod place;
mod worlds;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use at_random::FaultsAtRandom;
pub(crate) use at_random::known_kind;
pub use kinds::{FaultGroup, FaultKind};
pub use parameters::*;
pub use place::{DcName, EdgeName, PartName, Skew};

/// One thing that happens to the world at an instant of the load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// When, from the start of the load, warm-up included.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub at: Duration,
    /// How long it lasts; what is over at once has none.
    #[serde(
        rename = "for",
        default,
        with = "vocabulary::duration_text::optional",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<String>", extend("format" = "duration"))]
    pub lasts: Option<Duration>,
    /// Which edge breaks, of a kind that breaks one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "edge"))]
    pub edge: Option<EdgeName>,
    /// What happens.
    pub what: FaultKind,
}

impl Fault {
    /// When it ends; at once where it does not last.
    #[must_use]
    pub fn ends(&self) -> Duration {
        self.at.saturating_add(self.lasts.unwrap_or_default())
    }

    /// What it is done to, where the fault itself names it: a part or an edge.
    #[must_use]
    pub fn place(&self) -> Option<String> {
        let part = self.what.part().map(|part| part.to_string());
        part.or_else(|| self.edge.map(|edge| edge.to_string()))
    }
}
