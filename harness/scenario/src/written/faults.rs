//! What breaks or moves while load runs, as written.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One thing that happens to the world at an instant of the load.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// When, from the start of the load, warm-up included.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub at: Duration,
    /// What happens.
    pub what: FaultKind,
}

/// What happens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The role of PDC emulator is transferred to another domain controller of a forest.
    MovePdc(MovePdc),
}

impl FaultKind {
    /// The name used in files and on charts.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::MovePdc(_) => "move_pdc",
        }
    }
}

/// A transfer of the PDC emulator's role (MS-ADTS section 3.1.1.3.3.11, `becomePdc`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
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
