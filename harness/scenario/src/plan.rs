//! The plan: a scenario with every default filled, every unit parsed and the seed chosen.

mod goals;
mod load;

use std::collections::BTreeMap;

use serde::Serialize;
use sha2::{Digest as _, Sha256};
use vocabulary::{Ratio, Seed};

use crate::draw::drawn;
use crate::people::hex;
use crate::written::Locale;
use crate::{AccountState, Fault, Groups, Persona, Scenario, Tenant, World, WorldKind};

pub(crate) use goals::named_goals;
pub use load::{Executor, Load, Mix, Spike};

/// What the command line chooses over the file.
#[derive(Debug, Clone, Copy, Default)]
pub struct Choices {
    /// `--seed`.
    pub seed: Option<u64>,
    /// `--world`.
    pub world: Option<WorldKind>,
    /// The seed when neither the file nor the command line names one.
    pub fresh_seed: u64,
}

/// The resolved scenario. Nothing here means "default".
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Plan {
    /// The scenario's name.
    pub name: String,
    /// Why it exists.
    pub why: String,
    /// The seed.
    pub seed: u64,
    /// The world.
    pub world: World,
    /// The tenant.
    pub tenant: Tenant,
    /// The population.
    pub population: Population,
    /// The load.
    pub load: Load,
    /// What breaks or moves, in the order of time, that which the seed drew among it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub faults: Vec<Fault>,
    /// The goals, in the order of the schema.
    pub goals: Vec<Goal>,
    /// Whether the load ends as soon as a goal can no longer hold.
    #[serde(skip_serializing_if = "is_false")]
    pub abort_on_breach: bool,
}

fn is_false(value: &bool) -> bool {
    !*value
}

/// Who lives in the world.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Population {
    /// How many.
    pub people: u64,
    /// Whose names they bear.
    pub locale: Locale,
    /// The share of awkward names.
    pub awkward_names: Ratio,
    /// Weights of the personas.
    pub personas: BTreeMap<Persona, u32>,
    /// Shares of accounts that are not usual ones.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub accounts: BTreeMap<AccountState, Ratio>,
    /// The groups.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub groups: Option<Groups>,
}

/// A goal by its name ([`vocabulary::Goal`]) and its limit: milliseconds, a ratio or a rate per second, as its name says.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Goal {
    /// The name.
    pub goal: String,
    /// The limit.
    pub limit: f64,
}

impl Plan {
    /// Resolves a scenario.
    #[must_use]
    pub fn resolve(scenario: &Scenario, choices: &Choices) -> Self {
        let mut world = scenario.world.clone();
        world.kind = choices.world.unwrap_or(world.kind);
        let seed = choices.seed.or(scenario.seed).unwrap_or(choices.fresh_seed);
        let load = Load::resolve(&scenario.load);
        let mut faults = scenario.faults.clone();
        if let Some(asked) = &scenario.faults_at_random {
            let dice = Seed::new(seed).child("faults");
            faults.extend(drawn(asked, &world, load.length(), dice, &scenario.faults));
        }
        Self {
            name: scenario.name.clone(),
            why: scenario.why.clone(),
            seed,
            world,
            tenant: scenario.tenant.clone(),
            population: Population {
                people: scenario.population.people,
                locale: scenario.population.locale,
                awkward_names: scenario.population.awkward_names,
                personas: scenario.population.personas.clone(),
                accounts: scenario.population.accounts.clone(),
                groups: scenario.population.groups.clone(),
            },
            load,
            faults: in_time(faults),
            goals: goals::goals(&scenario.goals),
            abort_on_breach: scenario.goals.abort_on_breach,
        }
    }

    /// The digest of what is asked: population, load, goals and seed, and the policies that decide the answers; not where.
    #[must_use]
    pub fn hash(&self) -> String {
        let mut asked = serde_json::json!({
            "seed": self.seed,
            "population": self.population,
            "load": self.load,
            "goals": self.goals,
            "tenant": self.tenant,
            "policy": self.world.policy,
            "lockout": self.world.lockout,
            "forests": self.world.forests,
            "message_lifetime_us": u64::try_from(self.world.message_lifetime.as_micros()).unwrap_or(u64::MAX),
        });
        // What came into the format later is asked only where it is written: older digests stay what they were.
        if !self.faults.is_empty() {
            asked["faults"] = serde_json::json!(self.faults);
        }
        if self.abort_on_breach {
            asked["abort_on_breach"] = serde_json::json!(true);
        }
        if !self.world.fine_grained_policies.is_empty() {
            asked["fine_grained_policies"] = serde_json::json!(self.world.fine_grained_policies);
        }
        if self.world.rights != crate::Rights::default() {
            asked["rights"] = serde_json::json!(self.world.rights);
        }
        if self.world.forests.iter().any(|forest| forest.domain_controllers > 1) {
            asked["writeback_dc"] = serde_json::json!(self.world.writeback_dc);
        }
        hex(&Sha256::digest(asked.to_string().as_bytes()))
    }

    /// The plan in sentences, for people.
    #[must_use]
    pub fn sentences(&self) -> Vec<String> {
        crate::sentences::sentences(self)
    }
}

fn in_time(mut faults: Vec<Fault>) -> Vec<Fault> {
    faults.sort_by_key(|fault| fault.at);
    faults
}
