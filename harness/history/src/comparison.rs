//! What a comparison found, as stored in `compare.json`.

use serde::{Deserialize, Serialize};

use crate::Mark;

/// `compare.json`: runs held against a base.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// The merged mark: fail > inconclusive > pass.
    pub verdict: Mark,
    /// The base's scenario.
    pub scenario: String,
    /// The base's world.
    pub world: String,
    /// What was compared with.
    pub base: Party,
    /// One for each run that was compared, in the order given.
    pub compared: Vec<Compared>,
    /// How it was judged.
    pub method: Method,
}

/// One side: a run, or a baseline of several.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Party {
    /// The run's or the baseline's name.
    pub name: String,
    /// Its runs.
    pub runs: Vec<Member>,
}

/// One run of a side.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Member {
    /// The run's folder name.
    pub run: String,
    /// The seed.
    pub seed: u64,
    /// Wall time of the start, Unix milliseconds.
    pub started_unix_ms: u64,
    /// The run's own verdict.
    pub verdict: Mark,
    /// Whether it went all its way and its history is whole.
    pub whole: bool,
    /// Arrivals measured.
    pub arrivals: u64,
}

/// What a run is beside the base.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Compared {
    /// The run, or the runs.
    pub party: Party,
    /// Its mark.
    pub verdict: Mark,
    /// What has to be known to read it; each caps the verdict at inconclusive that is told to.
    pub notes: Vec<String>,
    /// In what the two are not alike.
    pub differences: Vec<Difference>,
    /// Whether windows of the same number were held against each other, since both saw the same planned load.
    pub paired: bool,
    /// Measures, those that decide first, then stages.
    pub changes: Vec<Change>,
}

/// A field in which base and run are not alike.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Difference {
    /// The field.
    pub field: String,
    /// The base's value.
    pub base: String,
    /// The run's value.
    pub run: String,
    /// Whether runs that differ in it are only compared when that is asked for.
    pub refused: bool,
}

/// What a measure's numbers are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Milliseconds; the change is relative.
    Ms,
    /// Per second; the change is relative.
    PerS,
    /// A share of the arrivals; the change is the difference.
    Ratio,
    /// Whatever a goal measures of which no series is kept; the change is relative.
    Plain,
}

/// What became of a measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Judged {
    /// Worse by the minimum effect or more, and not by chance.
    Worse,
    /// Better by the minimum effect or more, and not by chance.
    Better,
    /// Worse by less than the minimum effect, whatever chance did.
    Alike,
    /// Neither can be said.
    Unclear,
    /// There is too little to say anything from.
    TooLittle,
}

/// One measure of a run beside the base's.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Change {
    /// The measure, for example `response_time_p99` or `stage_write_p50`.
    pub measure: String,
    /// The goal of the scenario that it stands for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub goal: Option<String>,
    /// Whether the comparison only passes if this measure does. A measure that is worse fails it in any case.
    pub decides: bool,
    /// What its numbers are.
    pub unit: Unit,
    /// The base's value; of several runs the geometric mean, of shares the mean. Absent where it falls on operations that
    /// never ended, or there is none.
    pub base: Option<f64>,
    /// The run's value.
    pub run: Option<f64>,
    /// The change, as its unit says: 0.05 is 5 % more. Of a stage: the difference as a part of the base's median service time.
    pub change: Option<f64>,
    /// Where its interval begins.
    pub low: Option<f64>,
    /// Where its interval ends.
    pub high: Option<f64>,
    /// Of a stage: the change as a part of the stage itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_itself: Option<f64>,
    /// How likely equal systems would differ by that much, in either direction.
    pub p_value: Option<f64>,
    /// The same, held against all measures of the comparison together (Holm).
    pub p_adjusted: Option<f64>,
    /// From which worsening on it matters, above zero, in the unit of the change.
    pub minimum_effect: f64,
    /// How much equal runs differ; absent where there was one run on each side.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub noise: Option<Noise>,
    /// Windows that were drawn together.
    pub block_windows: u32,
    /// What became of it.
    pub judged: Judged,
    /// Its mark.
    pub verdict: Mark,
    /// Why.
    pub why: String,
}

/// How much runs differ that nobody changed.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Noise {
    /// Runs it was learned from.
    pub runs: u32,
    /// Their standard deviation, in the unit of the change.
    pub spread: f64,
    /// Half the width of the interval that it alone gives: smaller changes drown in it.
    pub floor: f64,
}

/// How a comparison was judged.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Method {
    /// Times that windows were drawn anew.
    pub resamples: u32,
    /// How sure each interval is.
    pub confidence: f64,
    /// How often, at most, equal runs may be told to differ, over all measures together.
    pub family_error: f64,
    /// The minimum effect on medians, on rates, and on a stage as a part of the whole.
    pub effect: f64,
    /// The minimum effect on percentiles from the 90th on.
    pub tail_effect: f64,
    /// The minimum effect on shares, as a difference.
    pub ratio_effect: f64,
}
