//! How much runs differ that nobody changed.

use history::{RunRecord, Unit};

use super::inference::{Group, Scale};
use super::measures::{self, What};

/// One measure over equal runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Spread {
    /// The measure.
    pub measure: String,
    /// Its unit.
    pub unit: &'static str,
    /// Its mean: geometric, but of shares.
    pub value: f64,
    /// The standard deviation between runs: a part of the value, of shares a difference. None of one run.
    pub spread: Option<f64>,
}

/// The spread of every measure that a series tells.
#[must_use]
pub fn spreads(runs: &[RunRecord]) -> Vec<Spread> {
    let measures = measures::all(runs, runs)
        .into_iter()
        .filter(|measure| measure.what != What::Told);
    let spread = |measure: measures::Measure| {
        let (scale, unit, factor) = match measure.unit() {
            Unit::Ratio => (Scale::Parts(1.0), "", 1.0),
            Unit::PerS => (Scale::Factor, "1/s", 1.0),
            Unit::Ms | Unit::Plain => (Scale::Factor, "ms", 1e3),
        };
        let columns = runs.iter().filter_map(|run| measure.what.column(&run.series));
        let group = Group(columns.collect());
        let value = group.value(scale) / factor;
        value.is_finite().then(|| Spread {
            measure: measure.name,
            unit,
            value,
            spread: group.spread(scale),
        })
    };
    measures.filter_map(spread).collect()
}
