//! How it is decided who comes.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What is drawn for each arrival.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Draw {
    /// An unlock or a reset, by the share of `unlocks`; then somebody who asks for it comes.
    #[default]
    Operation,
    /// A person: everybody has their turn before anybody comes again, whatever they ask for. The weights of the personas are
    /// then the mix of what is asked.
    Persona,
}

impl Draw {
    /// Whether it is the default.
    #[must_use]
    pub fn is_operation(&self) -> bool {
        *self == Self::Operation
    }
}
