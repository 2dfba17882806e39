//! How much a system takes, as asked in the manifest and as answered in `capacity.json`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{GoalLimit, GoalResult, OpCounts, Percentiles, StagePercentiles};

/// What a search for the capacity was asked to do; in the manifest of a run that was one.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CapacityAsked {
    /// The rate of the first step, in thousandths of an arrival per second.
    pub start_millis: u64,
    /// Load before each step is measured, in microseconds.
    pub warm_up_us: u64,
    /// How long a step is measured at least, in microseconds.
    pub measure_us: u64,
    /// The search ends when the lowest rate that failed is above the highest that held by no more than this part of itself.
    pub precision: f64,
    /// How many operations each stage works on at once, by its name, where that is known.
    #[serde(default)]
    pub servers: BTreeMap<String, u32>,
    /// Domains whose people are written, each on a domain controller of its own.
    pub domains: u32,
    /// Domain controllers of all domains.
    pub domain_controllers: u32,
}

/// A number with the range that it surely lies in, as far as measuring can tell.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// Not below this.
    pub low: f64,
    /// The best single number.
    pub value: f64,
    /// Not above this.
    pub high: f64,
}

impl Range {
    /// A number that is known.
    #[must_use]
    pub fn exact(value: f64) -> Self {
        Self {
            low: value,
            value,
            high: value,
        }
    }

    /// Whether it is a number that is known.
    #[must_use]
    pub fn is_exact(self) -> bool {
        self.low >= self.high
    }

    /// Each end multiplied, for two numbers that are not negative.
    #[must_use]
    pub fn times(self, other: Self) -> Self {
        Self {
            low: self.low * other.low,
            value: self.value * other.value,
            high: self.high * other.high,
        }
    }

    /// Divided, for numbers above zero: the least by the most.
    #[must_use]
    pub fn over(self, other: Self) -> Self {
        Self {
            low: self.low / other.high,
            value: self.value / other.value,
            high: self.high / other.low,
        }
    }
}

/// `capacity.json`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Capacity {
    /// See [`crate::FORMAT_VERSION`].
    pub version: u32,
    /// The scenario's name.
    pub scenario: String,
    /// `embedded` or `docker`.
    pub world: String,
    /// The seed.
    pub seed: u64,
    /// The run's folder name.
    pub run: String,
    /// The executor, which gives every step's arrivals.
    pub executor: String,
    /// What was asked.
    pub asked: CapacityAsked,
    /// The goals that each step was held to.
    pub goals: Vec<GoalLimit>,
    /// The answer.
    pub answer: Answer,
    /// What saturates first.
    pub bottleneck: Bottleneck,
    /// Models fitted to the steps: first the one that is kept, the simplest of those that predict as well as any.
    pub models: Vec<Model>,
    /// Every step, in the order they were made.
    pub steps: Vec<Step>,
    /// Whether every step was the one that the search asks for after those before it, judged from the sealed history.
    pub replays: bool,
    /// What was asked of these numbers last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub what_if: Option<WhatIf>,
}

/// The highest arrival rate that meets the goals.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// Arrivals per second: the highest rate that held, between the highest that surely held and the lowest that surely failed;
    /// absent when none held.
    pub rate_per_s: Option<Range>,
    /// The step that held at that rate, from 0.
    pub step: Option<u32>,
    /// The lowest rate that failed, per second; absent when none failed.
    pub failed_per_s: Option<f64>,
    /// The goal that failed there, or `queue_grows`; empty when none failed.
    pub limited_by: String,
    /// In a sentence.
    pub why: String,
}

/// How a step went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum StepMark {
    /// Every goal was met and nothing grew.
    Held,
    /// A goal was not met, or the queue grew.
    Failed,
    /// It could not be told yet: the same rate was tried once more.
    Unsure,
}

impl StepMark {
    /// The name used in files and on pages.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Held => "held",
            Self::Failed => "failed",
            Self::Unsure => "unsure",
        }
    }
}

/// One step of the search. Everything is of its measured part; the warm-up is left out.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// From 0.
    pub number: u32,
    /// The rate that was asked for.
    pub rate_per_s: f64,
    /// Where its measured part begins, microseconds since the run's start.
    pub from_us: u64,
    /// Where it ends.
    pub to_us: u64,
    /// How it went, together with earlier steps at the same rate.
    pub mark: StepMark,
    /// Why.
    pub why: String,
    /// Arrivals by outcome.
    pub ops: OpCounts,
    /// Arrivals per second that came.
    pub offered_per_s: f64,
    /// Correct answers per second.
    pub achieved_per_s: f64,
    /// From the intended start; dropped and unknown count as slower than every finished one.
    pub response_time_ms: Percentiles,
    /// The mean of the response times of those that ended, in milliseconds.
    pub response_mean_ms: f64,
    /// The mean from their actual start, in milliseconds.
    pub service_mean_ms: f64,
    /// Operations in the system on average, waiting ones included: achieved rate times mean response time (Little's law).
    pub in_flight: f64,
    /// How the response time went over the step.
    pub growth: Growth,
    /// What each goal measured.
    pub goals: Vec<GoalResult>,
    /// Exclusive time of each stage, `network` included.
    pub stages_ms: BTreeMap<String, StageUse>,
    /// Processors that each part used, by its name.
    pub cores: BTreeMap<String, f64>,
}

/// Whether the response time grew over a step.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Growth {
    /// By how many seconds it grew in a second (Theil-Sen): the part of the arrivals that is not kept up with.
    pub per_s: f64,
    /// How surely it grew at all, in standard deviations (Mann-Kendall).
    pub z: f64,
    /// Whether that is surely growth, and enough of it.
    pub growing: bool,
}

/// Exclusive time of one stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct StageUse {
    /// The mean, in milliseconds.
    pub mean: f64,
    /// Percentiles, in milliseconds.
    #[serde(flatten)]
    pub percentiles: StagePercentiles,
}

/// What saturates first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Bottleneck {
    /// The stage, `agent`, `processors` or `unknown`.
    pub stage: String,
    /// What that is, for people.
    pub what: String,
    /// Why, in a sentence.
    pub why: String,
    /// The step of low load that was compared …
    pub low_step: Option<u32>,
    /// … with this one, where it saturates.
    pub high_step: Option<u32>,
    /// What each stage showed, the largest growth first.
    pub evidence: Vec<StageEvidence>,
    /// Processors used in the saturated step, of those there are.
    pub cores: Option<f64>,
    /// Processors there are.
    pub cores_of: u32,
}

/// What one stage showed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct StageEvidence {
    /// The stage.
    pub stage: String,
    /// Its mean exclusive time at low load, in milliseconds.
    pub low_ms: f64,
    /// The same where the system saturates.
    pub high_ms: f64,
    /// By how much it grew, in milliseconds.
    pub grew_ms: f64,
    /// Operations in it on average there: achieved rate times mean time (Little's law).
    pub in_flight: f64,
    /// How many it works on at once, where that is known.
    pub servers: Option<u32>,
    /// Achieved rate there times mean time at low load, by servers: the part of the time that it works; none where servers are
    /// not known.
    pub utilisation: Option<f64>,
}

/// A model fitted to the steps.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Model {
    /// `saturation`, `md1`, `mmc` or `usl`.
    pub name: String,
    /// What it assumes, for people.
    pub what: String,
    /// How far its predictions of a rate that it was not fitted to are off on average, as a part of what was measured.
    pub error: f64,
    /// What was fitted.
    pub parameters: Vec<Parameter>,
    /// The most that it lets the system do, per second.
    pub ceiling_per_s: Range,
    /// The highest rate at which it says that the percentiles of the goals are met; absent where it says nothing of them.
    pub goal_rate_per_s: Option<f64>,
    /// What it predicts over the offered rate, for drawing.
    pub curve: Vec<ModelPoint>,
}

/// A fitted number.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Parameter {
    /// Its name.
    pub name: String,
    /// Its unit; empty for a plain number.
    pub unit: String,
    /// Its value with the 5th and 95th of a hundred of the bootstrap's; alone where it was not drawn again.
    pub value: Range,
}

/// What a model predicts at one offered rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct ModelPoint {
    /// The offered rate, per second.
    pub offered_per_s: f64,
    /// Achieved, per second.
    pub achieved_per_s: f64,
    /// Mean response time in milliseconds; absent from where it grows without end.
    pub response_mean_ms: Option<f64>,
    /// 99th percentile of the response time; absent where the model says nothing of it.
    pub response_p99_ms: Option<f64>,
}

/// What would be needed, and what that asks of the system.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WhatIf {
    /// The question as it was put.
    pub asked: String,
    /// The answer in a paragraph.
    pub told: String,
    /// Every factor and every product, in the order of the calculation.
    pub rows: Vec<WhatIfRow>,
    /// The rate at the peak, per second.
    pub peak_per_s: Range,
    /// What the system so made takes, per second.
    pub capacity_per_s: Range,
    /// Peak by capacity.
    pub utilisation: Range,
    /// Whether it is enough: `yes`, `no` or `unsure` where the ranges overlap.
    pub enough: String,
    /// People that it is just enough for.
    pub people_max: Range,
}

/// One line of the calculation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct WhatIfRow {
    /// What it is.
    pub what: String,
    /// The number.
    pub value: Range,
    /// Its unit.
    pub unit: String,
    /// Where it comes from.
    pub from: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_multiply_and_divide_end_by_end() {
        let range = Range {
            low: 2.0,
            value: 3.0,
            high: 4.0,
        };
        assert_eq!(range.times(Range::exact(2.0)).high, 8.0);
        let part = Range::exact(12.0).over(range);
        assert_eq!((part.low, part.value, part.high), (3.0, 4.0, 6.0));
        assert!(Range::exact(1.0).is_exact() && !range.is_exact());
    }
}
