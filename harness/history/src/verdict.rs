//! What a run means, as stored in `verdict.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use vocabulary::{OpKind, OutcomeClass};

/// Three-valued; fail > inconclusive > pass when marks are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Mark {
    /// It holds.
    Pass,
    /// It cannot be told.
    Inconclusive,
    /// It does not hold.
    Fail,
}

impl Mark {
    /// The name used in files and on pages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Inconclusive => "inconclusive",
            Self::Fail => "fail",
        }
    }
}

/// `verdict.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Verdict {
    /// The merged mark.
    pub verdict: Mark,
    /// Why the load ended before its time, where goals that could no longer hold ended it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended_early: Option<EndedEarly>,
    /// The scenario's name.
    pub scenario: String,
    /// `embedded` or `docker`.
    pub world: String,
    /// The seed.
    pub seed: u64,
    /// What was asked, hashed.
    pub plan_hash: String,
    /// Operations by outcome, before resolution, warm-up included.
    pub ops: OpCounts,
    /// The same by kind.
    pub ops_by_kind: OpsByKind,
    /// The same by persona; absent in folders that are older than attempts.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub personas: BTreeMap<String, OpCounts>,
    /// What became of unknown operations.
    pub unknown_resolved: UnknownResolved,
    /// What was probed at the end.
    pub probed: Probed,
    /// People whose lock was proven before the load.
    pub locks_proven: u64,
    /// Rates over the measure phase.
    pub rates: Rates,
    /// From the intended start; dropped and unknown count as slower than every finished operation.
    pub response_time_ms: Percentiles,
    /// From the actual start, finished operations only.
    pub service_time_ms: Percentiles,
    /// By how much of itself a percentile may be too long; it is never too short, and the largest is exact. 0 in older
    /// folders, whose percentiles are exact.
    #[serde(default)]
    pub percentile_error: f64,
    /// Latency by outcome: success and failure apart.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub latency_by_outcome: BTreeMap<String, Latency>,
    /// Latency by kind of operation.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub latency_by_kind: BTreeMap<String, Latency>,
    /// Latency by persona.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub latency_by_persona: BTreeMap<String, Latency>,
    /// Exclusive time of each stage, `network` included.
    pub stages_ms: BTreeMap<String, StagePercentiles>,
    /// How long an acknowledged write took to be seen on each domain controller that has partners, by its name; absent
    /// where none has, or nobody watched.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub propagation_ms: BTreeMap<String, Propagation>,
    /// What each part used, by name; absent in older folders.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resources: BTreeMap<String, Resource>,
    /// How the generator kept up; absent in older folders.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub generator: Option<Generator>,
    /// One for each check.
    pub findings: Vec<Finding>,
    /// One for each goal.
    pub goals: Vec<GoalResult>,
    /// One for each fault.
    pub faults: Vec<FaultBit>,
    /// The command that replays the run.
    pub reproduce: String,
}

/// A load that ended before its time, since goals could no longer hold whatever would have followed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct EndedEarly {
    /// The goals, by name.
    pub goals: Vec<String>,
    /// How long was measured, in milliseconds.
    pub measured_ms: f64,
    /// How long was to be measured, in milliseconds.
    pub planned_ms: f64,
    /// Arrivals of the measure phase that were planned and never came. They are in no statistic and no goal.
    pub spared: u64,
}

/// Counts by outcome.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpCounts {
    /// The directory took it and the cloud said so.
    pub applied: u64,
    /// A policy or rule said no.
    pub rejected: u64,
    /// Surely no effect.
    pub failed: u64,
    /// Nobody could tell at the time.
    pub unknown: u64,
    /// Never begun.
    pub dropped: u64,
}

impl OpCounts {
    /// Counts one.
    pub fn add(&mut self, class: OutcomeClass) {
        self.add_all(class, 1);
    }

    /// Counts so many.
    pub fn add_all(&mut self, class: OutcomeClass, count: u64) {
        *self.slot(class) += count;
    }

    /// The count of a class.
    #[must_use]
    pub fn get(mut self, class: OutcomeClass) -> u64 {
        *self.slot(class)
    }

    /// All begun operations.
    #[must_use]
    pub fn started(&self) -> u64 {
        self.applied + self.rejected + self.failed + self.unknown
    }

    fn slot(&mut self, class: OutcomeClass) -> &mut u64 {
        match class {
            OutcomeClass::Applied => &mut self.applied,
            OutcomeClass::Rejected => &mut self.rejected,
            OutcomeClass::Failed => &mut self.failed,
            OutcomeClass::Unknown => &mut self.unknown,
            OutcomeClass::Dropped => &mut self.dropped,
        }
    }
}

/// Counts by kind of operation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpsByKind {
    /// Self-service resets.
    pub reset: OpCounts,
    /// Unlocks.
    pub unlock: OpCounts,
    /// Changes.
    pub change: OpCounts,
    /// Administrators' resets.
    pub admin_reset: OpCounts,
}

impl OpsByKind {
    /// The counts of a kind, to add to.
    pub fn of_mut(&mut self, kind: OpKind) -> &mut OpCounts {
        match kind {
            OpKind::Reset => &mut self.reset,
            OpKind::Unlock => &mut self.unlock,
            OpKind::Change => &mut self.change,
            OpKind::AdminReset => &mut self.admin_reset,
        }
    }

    /// The counts of a kind.
    #[must_use]
    pub fn of(mut self, kind: OpKind) -> OpCounts {
        *self.of_mut(kind)
    }
}

/// What the directory told about unknown operations.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UnknownResolved {
    /// They took effect.
    pub applied: u64,
    /// They did not.
    pub not_applied: u64,
    /// It still cannot be told.
    pub open: u64,
}

/// What the final probe reached.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Probed {
    /// People whose metadata was read before and after, on every domain controller.
    pub people: u64,
    /// People there are.
    pub of: u64,
    /// Binds made.
    pub binds: u64,
}

/// Rates per second over the measure phase.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Rates {
    /// Arrivals planned.
    pub offered_per_s: f64,
    /// Operations applied or correctly rejected.
    pub achieved_per_s: f64,
}

/// Percentiles in milliseconds; absent without data.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Percentiles {
    /// The median.
    pub p50: Option<f64>,
    /// The 90th.
    pub p90: Option<f64>,
    /// The 99th.
    pub p99: Option<f64>,
    /// The 99.9th.
    pub p999: Option<f64>,
    /// The largest.
    pub max: Option<f64>,
}

/// Latency of the arrivals of one sort over the measure phase, by the rules of the whole run's.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Latency {
    /// Arrivals, however they ended.
    pub count: u64,
    /// From the intended start; dropped and unknown count as slower than every finished operation.
    pub response_time_ms: Percentiles,
    /// From the actual start, finished operations only.
    pub service_time_ms: Percentiles,
}

/// Two percentiles of a stage in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct StagePercentiles {
    /// The median.
    pub p50: f64,
    /// The 99th.
    pub p99: f64,
}

/// How long writes of the measure phase took from their acknowledgement until one domain controller showed them, in
/// milliseconds. A percentile that falls on a write that was never seen there is absent: it is longer than any.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Propagation {
    /// Writes that were seen.
    pub count: u64,
    /// Writes that were not seen, even by the last reading.
    pub unseen: u64,
    /// The median.
    pub p50: Option<f64>,
    /// The 90th.
    pub p90: Option<f64>,
    /// The 99th.
    pub p99: Option<f64>,
    /// The largest.
    pub max: Option<f64>,
}

/// What one part used while it was sampled. What nobody tells of it is absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Resource {
    /// Processors used on average, 1 being one of them all the time.
    pub cpu_mean_cores: f64,
    /// The most between two samples.
    pub cpu_max_cores: f64,
    /// The most memory.
    pub memory_max_bytes: u64,
    /// The most threads.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads_max: Option<u64>,
    /// The most open files, sockets among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files_max: Option<u64>,
    /// The most sockets.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sockets_max: Option<u64>,
    /// Bytes read from disks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_read_bytes: Option<u64>,
    /// Bytes written to disks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_written_bytes: Option<u64>,
    /// Bytes received from networks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_bytes: Option<u64>,
    /// Bytes sent to networks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_bytes: Option<u64>,
}

/// How the load generator kept up over the measure phase.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Generator {
    /// From a ticket's intended instant until it was released.
    pub release_error_ms: GeneratorLateness,
    /// From a ticket's intended instant until its operation began, where a user was free to take it at once.
    pub begin_error_ms: GeneratorLateness,
    /// Processors that its process used.
    pub cpu_cores: Option<f64>,
    /// The most tickets that waited for a free user.
    pub waiting_max: u32,
    /// Users there are.
    pub users: u32,
    /// The share of looks at which every user was busy.
    pub all_users_busy: f64,
}

/// How late something was, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct GeneratorLateness {
    /// How many there were.
    pub count: u64,
    /// The median.
    pub p50: f64,
    /// The 99th percentile.
    pub p99: f64,
    /// The largest.
    pub max: f64,
}

/// What a check found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// The check's name.
    pub check: String,
    /// Its mark; a check that looked at nothing is inconclusive.
    pub verdict: Mark,
    /// How many things it looked at.
    pub checked: u64,
    /// Each violation in words, naming the person and the operation; at most a hundred.
    pub violations: Vec<String>,
    /// Why the mark is what it is.
    pub why: String,
}

/// What a goal measured.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct GoalResult {
    /// The goal's name.
    pub goal: String,
    /// Its limit.
    pub limit: f64,
    /// What was measured; absent without data.
    pub measured: Option<f64>,
    /// Its mark.
    pub verdict: Mark,
}

/// Whether a fault bit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FaultBit {
    /// The fault.
    pub fault: String,
    /// What its efficacy probe said.
    pub bit: Option<bool>,
}
