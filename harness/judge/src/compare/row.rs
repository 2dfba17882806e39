//! One measure of a run beside the base's: what it was, what it became, how sure that is.

use history::{Change, Judged, Noise, RunRecord, Unit};
use vocabulary::{Percentile, Seed};

use super::curve::Column;
use super::inference::{self, Estimate, Group, Scale};
use super::measures::{self, Measure, What};
use super::{Asked, Side, marks};

/// Fewer windows say nothing of how they hang on each other.
const WINDOWS_AT_LEAST: usize = 8;

/// A percentile is only one where so many arrivals are beyond it.
const BEYOND_AT_LEAST: f64 = 10.0;

/// A row on its way to being a [`Change`].
#[derive(Debug)]
pub(super) struct Row {
    measure: Measure,
    scale: Scale,
    /// The minimum effect, as the method tells it.
    effect: f64,
    base: f64,
    run: f64,
    found: Found,
    p_adjusted: Option<f64>,
    /// Runs that the spread was learned from.
    runs: u32,
}

/// What can be said of a change.
#[derive(Debug, Clone, PartialEq)]
enum Found {
    /// There is not enough to say anything.
    TooLittle(String),
    /// A change and how sure it is.
    Told(Estimate),
    /// The change alone.
    Alone(f64),
    /// The measure of one side falls on operations that never ended: the run's, or the base's.
    Endless { of_run: bool, p_value: f64 },
}

impl Found {
    fn p_value(&self) -> Option<f64> {
        match self {
            Self::Told(estimate) => Some(estimate.p_value),
            Self::Endless { p_value, .. } => Some(*p_value),
            Self::TooLittle(_) | Self::Alone(_) => None,
        }
    }
}

/// Every measure of a run beside the base's.
pub(super) fn rows(base: &Side, run: &Side, asked: &Asked) -> Vec<Row> {
    let whole_us = whole(&base.runs);
    let mut wanted = measures::all(&base.runs, &run.runs);
    if !asked.measures.is_empty() {
        wanted.retain(|measure| asked.measures.contains(&measure.name));
        // Whoever names measures wants to know of these.
        wanted
            .iter_mut()
            .for_each(|measure| measure.decides = measure.what != What::Told);
    }
    let seed = dice(base, run);
    let row = |measure: Measure| {
        let effect = asked.effect_on(&measure);
        let scale = match (&measure.what, measure.unit()) {
            (What::Stage(..), _) if !measure.decides => Scale::Parts(whole_us),
            (_, Unit::Ratio) => Scale::Parts(1.0),
            _ => Scale::Factor,
        };
        let pair = Pair { base, run, scale };
        let (base_value, run_value, found) = pair.found(&measure, &seed.child(&measure.name));
        Row {
            scale,
            effect,
            base: base_value,
            run: run_value,
            found,
            p_adjusted: None,
            runs: (base.runs.len() + run.runs.len()) as u32,
            measure,
        }
    };
    wanted.into_iter().map(row).collect()
}

/// The dice of a comparison are those of the names of its runs.
fn dice(base: &Side, run: &Side) -> Seed {
    let runs = base.runs.iter().chain(&run.runs);
    runs.fold(Seed::new(1).child("compare"), |seed, run| seed.child(&run.run))
}

/// The base's median service time in microseconds: what a stage is a part of.
fn whole(base: &[RunRecord]) -> f64 {
    let columns = base
        .iter()
        .map(|run| Column::times(&run.series.service, Percentile::P50.as_share()));
    Group(columns.collect()).value(Scale::Factor)
}

/// Whether windows of the same number saw the same planned load.
pub(super) fn paired(base: &Side, run: &Side) -> bool {
    let runs = || base.runs.iter().chain(&run.runs);
    let Some(first) = base.runs.first() else { return false };
    runs().all(|run| run.plan_hash == first.plan_hash && run.series.window_us == first.series.window_us && !run.closed)
}

/// Holds the p-values of all rows against each other.
pub(super) fn adjust(rows: &mut [Vec<Row>]) {
    let mut told: Vec<&mut Row> = rows
        .iter_mut()
        .flatten()
        .filter(|row| row.found.p_value().is_some())
        .collect();
    let p_values: Vec<f64> = told.iter().filter_map(|row| row.found.p_value()).collect();
    for (row, adjusted) in told.iter_mut().zip(inference::holm(&p_values)) {
        row.p_adjusted = Some(adjusted);
    }
}

/// Two sides and the scale that a measure changes on.
struct Pair<'a> {
    base: &'a Side,
    run: &'a Side,
    scale: Scale,
}

impl Pair<'_> {
    /// The base's value, the run's, and the change between them.
    fn found(&self, measure: &Measure, seed: &Seed) -> (f64, f64, Found) {
        if measure.what == What::Told {
            return self.told(measure);
        }
        let group = |side: &Side| -> Group {
            let columns = side.runs.iter().filter_map(|run| measure.what.column(&run.series));
            Group(columns.collect())
        };
        let (mut base, mut run) = (group(self.base), group(self.run));
        let paired = paired(self.base, self.run);
        if paired {
            let shortest = base.0.iter().chain(&run.0).map(Column::windows).min().unwrap_or(0);
            base.0
                .iter_mut()
                .chain(&mut run.0)
                .for_each(|column| column.truncate(shortest));
        }
        let (before, after) = (base.value(self.scale), run.value(self.scale));
        if let Some(why) = too_little(measure, base.0.iter().chain(&run.0)) {
            return (before, after, Found::TooLittle(why));
        }
        let found = match (before.is_finite(), after.is_finite()) {
            (true, true) => Found::Told(inference::estimate(&base, &run, self.scale, paired, seed)),
            (true, false) | (false, true) => {
                let of_run = before.is_finite();
                let p_value = inference::endless(&base, &run, of_run, paired, seed);
                Found::Endless { of_run, p_value }
            }
            (false, false) => Found::TooLittle("both fall on operations that never ended, slower than any".to_owned()),
        };
        (before, after, found)
    }

    /// A goal of which only each run's own verdict tells.
    fn told(&self, measure: &Measure) -> (f64, f64, Found) {
        let of = |side: &Side| -> Option<Vec<f64>> { side.runs.iter().map(|run| measured(run, measure)).collect() };
        let (Some(before), Some(after)) = (of(self.base), of(self.run)) else {
            return (
                f64::NAN,
                f64::NAN,
                Found::TooLittle("nothing was measured in some run".to_owned()),
            );
        };
        let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
        let (change, estimate) = inference::told(&before, &after, self.scale);
        let found = match estimate {
            _ if !change.is_finite() => Found::TooLittle("there is no ratio to nothing".to_owned()),
            Some(estimate) => Found::Told(estimate),
            None => Found::Alone(change),
        };
        (mean(&before), mean(&after), found)
    }
}

/// What a run's verdict says that the goal of a measure measured.
fn measured(run: &RunRecord, measure: &Measure) -> Option<f64> {
    let goal = measure.goal.as_ref()?;
    let result = run.goals.iter().find(|result| result.goal == *goal)?;
    result.measured
}

/// Why nothing can be said of a measure; nothing where something can.
fn too_little<'a>(measure: &Measure, columns: impl Iterator<Item = &'a Column>) -> Option<String> {
    for column in columns {
        if column.windows() < WINDOWS_AT_LEAST {
            return Some(format!(
                "a run has {} windows; {WINDOWS_AT_LEAST} at least",
                column.windows()
            ));
        }
        let count = column.count();
        let beyond = measure
            .what
            .percentile()
            .map_or(1.0, |percentile| 1.0 - percentile.as_share());
        let least = match measure.unit() {
            Unit::Ratio => 1.0,
            _ => (BEYOND_AT_LEAST / beyond.max(f64::EPSILON)).round(),
        };
        if count < least {
            return Some(format!("a run has {count} of them; {least} at least"));
        }
    }
    None
}

impl Row {
    /// The row as it is stored.
    pub(super) fn finish(self) -> Change {
        let interval = match &self.found {
            Found::Told(estimate) => Some((estimate.change - estimate.half, estimate.change + estimate.half)),
            _ => None,
        };
        let (judged, why) = self.judged();
        let told = |value: f64| self.as_told(value);
        let to_unit = if self.measure.unit() == Unit::Ms { 1e3 } else { 1.0 };
        let value = |value: f64| value.is_finite().then_some(value / to_unit);
        let estimate = match &self.found {
            Found::Told(estimate) => Some(estimate),
            _ => None,
        };
        let stage = matches!(self.scale, Scale::Parts(_)) && self.measure.unit() == Unit::Ms;
        let noise = estimate.and_then(|estimate| estimate.noise);
        Change {
            base: value(self.base),
            run: value(self.run),
            change: self.change().and_then(told),
            low: interval.and_then(|(low, _)| told(low)),
            high: interval.and_then(|(_, high)| told(high)),
            of_itself: Some(self.run / self.base - 1.0).filter(|change| stage && change.is_finite()),
            p_value: self.found.p_value(),
            p_adjusted: self.p_adjusted,
            minimum_effect: self.effect,
            noise: noise.map(|(spread, floor)| Noise {
                runs: self.runs,
                spread: self.width_as_told(spread),
                floor: self.width_as_told(floor),
            }),
            block_windows: estimate.map_or(0, |estimate| estimate.block as u32),
            verdict: marks::mark(judged),
            unit: self.measure.unit(),
            judged,
            why,
            decides: self.measure.decides,
            measure: self.measure.name,
            goal: self.measure.goal,
        }
    }

    fn change(&self) -> Option<f64> {
        match &self.found {
            Found::Told(estimate) => Some(estimate.change),
            Found::Alone(change) => Some(*change),
            Found::TooLittle(_) | Found::Endless { .. } => None,
        }
    }

    /// A place on the scale, as people are told it.
    fn as_told(&self, value: f64) -> Option<f64> {
        let told = match self.scale {
            Scale::Factor => value.exp_m1(),
            Scale::Parts(_) => value,
        };
        told.is_finite().then_some(told)
    }

    /// A width on the scale, as people are told it.
    fn width_as_told(&self, width: f64) -> f64 {
        self.as_told(width).unwrap_or(f64::MAX)
    }

    /// What became of the measure, and why.
    fn judged(&self) -> (Judged, String) {
        let sign = if self.measure.more_is_better() { -1.0 } else { 1.0 };
        let least = match self.scale {
            Scale::Factor => (sign * self.effect).ln_1p().abs(),
            Scale::Parts(_) => self.effect,
        };
        let surely = self.p_adjusted.is_some_and(|p_value| p_value <= super::FAMILY_ERROR);
        let told = |value: f64| marks::told(self.as_told(value).unwrap_or(f64::INFINITY));
        match &self.found {
            Found::TooLittle(why) => (Judged::TooLittle, why.clone()),
            Found::Alone(_) => (
                Judged::Unclear,
                "no series is kept of it, and one run on each side tells no spread".to_owned(),
            ),
            Found::Endless { of_run, .. } => marks::endless(*of_run, surely),
            Found::Told(estimate) => {
                let Estimate { change, half, .. } = *estimate;
                let interval = format!("{} and {}", told(change - half), told(change + half));
                let worsening = sign * change;
                marks::judged(
                    worsening,
                    worsening + half,
                    least,
                    surely,
                    &interval,
                    &marks::told(self.effect),
                )
            }
        }
    }
}
