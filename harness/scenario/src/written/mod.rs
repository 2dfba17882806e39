//! The scenario as written. The schema is generated from these types; every variant is an externally tagged table.

mod faults;
mod goals;
mod load;
mod persona;
mod population;
mod tenant;
mod world;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub use faults::*;
pub use goals::*;
pub use load::*;
pub use persona::*;
pub use population::*;
pub use tenant::*;
pub use world::*;

/// A scenario: what world stands up, who lives in it, what they do and how often, and what is good enough.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// The version of this format: 1.
    #[schemars(range(min = 1, max = 1))]
    pub schema: u32,
    /// A short name of lower-case letters, digits and hyphens; it names the run's folder.
    #[schemars(regex(pattern = "^[a-z0-9][a-z0-9-]{0,62}$"))]
    pub name: String,
    /// Why the scenario exists, in a sentence.
    #[schemars(length(min = 1))]
    pub why: String,
    /// The root of every die. Without it one is chosen and printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// The world that stands up.
    #[serde(default)]
    pub world: World,
    /// The company's tenant in the cloud.
    #[serde(default)]
    pub tenant: Tenant,
    /// Who lives there.
    pub population: WrittenPopulation,
    /// What they do, and how often: one executor.
    pub load: WrittenLoad,
    /// What breaks or moves, and when.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
    /// What the seed breaks beside that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub faults_at_random: Option<FaultsAtRandom>,
    /// What is good enough.
    #[serde(default)]
    pub goals: Goals,
}

/// Whether a value is the default: such a key is left out of a plan, so that a format that grows changes no digest.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
