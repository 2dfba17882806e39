//! What a run was asked to be and where it ran. Written before the world stands up.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vocabulary::OpKind;

/// `manifest.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// See [`crate::FORMAT_VERSION`].
    pub version: u32,
    /// The scenario's name.
    pub scenario: String,
    /// Why the scenario exists.
    pub why: String,
    /// `embedded` or `docker`.
    pub world: String,
    /// The seed.
    pub seed: u64,
    /// What is asked, hashed.
    pub plan_hash: String,
    /// The people's bytes, hashed.
    pub people_sha256: String,
    /// The arrivals' bytes, hashed.
    pub arrivals_sha256: String,
    /// The plan in sentences.
    pub sentences: Vec<String>,
    /// People in the population.
    pub people: u64,
    /// The executor: what decided when somebody begins.
    #[serde(default = "constant")]
    pub executor: String,
    /// Arrivals planned, warm-up included. In a closed model and in a search for the capacity nothing is planned: operations that
    /// were released, known when the load has ended and 0 before.
    pub arrivals: u64,
    /// How long a message lives, in microseconds.
    pub message_lifetime_us: u64,
    /// How long an arrival waits for its start, in microseconds.
    pub start_within_us: u64,
    /// What the tenant's licence and switches refuse from the beginning to the end.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub closed_to: Vec<OpKind>,
    /// The goals.
    pub goals: Vec<GoalLimit>,
    /// What a search for the capacity was asked; absent where the run was none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub capacity: Option<crate::CapacityAsked>,
    /// The load's phases as planned, offsets from the start of the load.
    pub phases: Vec<PlannedPhase>,
    /// How often the parts and the generator were sampled, in microseconds; 0 in older folders, which have no samples.
    #[serde(default)]
    pub samples_every_us: u64,
    /// Wall time of the start, Unix milliseconds.
    pub started_unix_ms: u64,
    /// The run's folder name.
    pub run: String,
    /// Versions of the program and of what it drives.
    pub versions: BTreeMap<String, String>,
    /// The machine.
    pub host: Host,
    /// Images of the world, by name.
    #[serde(default)]
    pub image_digests: BTreeMap<String, String>,
    /// What each directory enforces.
    #[serde(default)]
    pub capabilities: Vec<Capability>,
    /// The command that replays the run.
    pub reproduce: String,
}

/// The executor of every folder that is older than the key.
fn constant() -> String {
    "constant_arrival_rate".to_owned()
}

impl Manifest {
    /// Whether users waited for their answers, so that the system's own pace decided how much it was asked.
    #[must_use]
    pub fn closed(&self) -> bool {
        self.executor == "closed"
    }

    /// Whether only the end of the load tells how many arrivals there were.
    #[must_use]
    pub fn counts_released(&self) -> bool {
        self.closed() || self.capacity.is_some()
    }
}

/// A goal and its limit, as text with a unit.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GoalLimit {
    /// The goal's name.
    pub goal: String,
    /// The limit as a number: milliseconds, a ratio or a rate, as the goal's name says.
    pub limit: f64,
}

/// A phase of the load as planned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlannedPhase {
    /// The phase.
    pub phase: crate::Phase,
    /// Its begin, microseconds from the start of the load.
    pub from_us: u64,
    /// Its length in microseconds.
    pub for_us: u64,
}

/// The machine's fingerprint: runs on unlike machines are not compared.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Host {
    /// Processor model.
    pub cpu: String,
    /// Processors available.
    pub cores: u32,
    /// Memory in MiB.
    pub memory_mib: u64,
    /// Kernel release.
    pub kernel: String,
}

/// What one directory said of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capability {
    /// The domain controller.
    pub dc: String,
    /// Facts by name, such as `policy_hints` and `lockout_threshold`.
    pub facts: BTreeMap<String, String>,
}
