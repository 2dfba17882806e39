//! How sure a change is: within the runs by drawing their windows anew, between runs by how much equal ones differ.

use vocabulary::Seed;

use super::blocks::{self, drawer};
use super::curve::Column;
use crate::student;

/// How sure each interval is.
pub(super) const CONFIDENCE: f64 = 0.95;

/// Times that windows are drawn anew: a standard error of so many is itself good to 2 %.
pub(super) const RESAMPLES: u32 = 1000;

/// Where one standard deviation below and above the middle lies in a bell curve.
const ONE_DEVIATION: [f64; 2] = [0.158_655, 0.841_345];

/// On what scale a measure changes.
#[derive(Debug, Clone, Copy)]
pub(super) enum Scale {
    /// By a factor: differences of logarithms.
    Factor,
    /// By a difference, in parts of this.
    Parts(f64),
}

impl Scale {
    fn of(self, value: f64) -> f64 {
        match self {
            Self::Factor => value.ln(),
            Self::Parts(whole) => value / whole,
        }
    }

    /// A value from the mean on the scale.
    fn back(self, mean: f64) -> f64 {
        match self {
            Self::Factor => mean.exp(),
            Self::Parts(whole) => mean * whole,
        }
    }
}

/// One measure of all runs of one side.
#[derive(Debug)]
pub(super) struct Group(pub(super) Vec<Column>);

impl Group {
    /// The measure of each run, on the scale.
    fn values(&self, scale: Scale) -> Vec<f64> {
        let value = |column: &Column| scale.of(column.value(&vec![1.0; column.windows()]));
        self.0.iter().map(value).collect()
    }

    /// The measure itself, over all runs.
    pub(super) fn value(&self, scale: Scale) -> f64 {
        scale.back(mean(&self.values(scale)))
    }

    /// The standard deviation between its runs, on the scale; none of one run.
    pub(super) fn spread(&self, scale: Scale) -> Option<f64> {
        let values = self.values(scale);
        let spread = deviation(&values, mean(&values));
        (values.len() > 1 && spread.is_finite()).then_some(spread)
    }

    fn mean_of(&self, weights: &[Vec<f64>], of: impl Fn(&Column, &[f64]) -> f64) -> f64 {
        let columns = self.0.iter().zip(weights);
        columns.map(|(column, weights)| of(column, weights)).sum::<f64>() / self.0.len() as f64
    }
}

/// A change with how sure it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Estimate {
    /// On the scale.
    pub(super) change: f64,
    /// Half the width of its interval.
    pub(super) half: f64,
    /// How likely chance alone makes as much of a change, in either direction.
    pub(super) p_value: f64,
    /// Windows that were drawn together.
    pub(super) block: usize,
    /// The standard deviation between equal runs, and half the width of the interval that it alone gives.
    pub(super) noise: Option<(f64, f64)>,
}

/// A change, its standard error, and how much is known of that error.
#[derive(Debug, Clone, Copy)]
struct Test {
    change: f64,
    error: f64,
    freedom: f64,
}

impl Test {
    /// In either direction. Without an error there is either no change or no doubt of it.
    fn p_value(self) -> f64 {
        if self.change == 0.0 {
            return 1.0;
        }
        student::two_sided(self.change / self.error, self.freedom).unwrap_or(1.0)
    }

    fn half(self) -> f64 {
        student::within(CONFIDENCE, self.freedom).map_or(f64::INFINITY, |t| t * self.error)
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The change from one side to the other. With `paired`, windows of the same number are drawn together: both saw the same load.
pub(super) fn estimate(base: &Group, run: &Group, scale: Scale, paired: bool, seed: &Seed) -> Estimate {
    let (before, after) = (base.values(scale), run.values(scale));
    let change = mean(&after) - mean(&before);
    let draws = Draws::new(base, run, paired);
    let of = |column: &Column, weights: &[f64]| scale.of(column.value(weights));
    let mut within = draws.test(seed, change, |base_weights, run_weights| {
        run.mean_of(run_weights, of) - base.mean_of(base_weights, of)
    });
    within.error = within.error.max(by_count(base, run, scale));
    let between = between(&before, &after, change);
    let tests = [Some(within), between].into_iter().flatten();
    Estimate {
        change,
        half: tests.clone().map(Test::half).fold(0.0, f64::max),
        p_value: tests.map(Test::p_value).fold(0.0, f64::max),
        block: draws.longest(),
        noise: between.map(|test| (test.error / per_spread(&before, &after), test.half())),
    }
}

/// The change of something of which only a value for each run is told; none where runs are too few to know their spread.
pub(super) fn told(before: &[f64], after: &[f64], scale: Scale) -> (f64, Option<Estimate>) {
    let [before, after] = [before, after].map(|values| values.iter().map(|value| scale.of(*value)).collect::<Vec<_>>());
    let change = mean(&after) - mean(&before);
    let estimate = between(&before, &after, change).map(|test| Estimate {
        change,
        half: test.half(),
        p_value: test.p_value(),
        block: 0,
        noise: Some((test.error / per_spread(&before, &after), test.half())),
    });
    (change, estimate)
}

/// How likely it is by chance that a percentile of one side falls on what never ended: the share of those against the percentile's.
pub(super) fn endless(base: &Group, run: &Group, of_run: bool, paired: bool, seed: &Seed) -> f64 {
    let beyond = |column: &Column, weights: &[f64]| match column {
        Column::Times(curve) => curve.endless_share(weights) - (1.0 - curve.share()),
        Column::Ratio { .. } | Column::Rate { .. } => 0.0,
    };
    let draws = Draws::new(base, run, paired);
    let even = |group: &Group| -> Vec<Vec<f64>> { group.0.iter().map(|column| vec![1.0; column.windows()]).collect() };
    let side = if of_run { run } else { base };
    let change = side.mean_of(&even(side), beyond);
    let test = draws.test(seed, change, |base_weights, run_weights| {
        side.mean_of(if of_run { run_weights } else { base_weights }, beyond)
    });
    test.p_value()
}

/// How windows of two sides are drawn.
struct Draws {
    /// Windows and length of a block of each run, the base's first.
    runs: Vec<(usize, usize)>,
    /// Runs of the base.
    of_base: usize,
    paired: bool,
}

impl Draws {
    fn new(base: &Group, run: &Group, paired: bool) -> Self {
        let columns = base.0.iter().chain(&run.0);
        let mut runs: Vec<(usize, usize)> = columns
            .map(|column| (column.windows(), blocks::length(&column.pull())))
            .collect();
        if paired {
            let block = blocks::length(&difference(base, run));
            runs.iter_mut().for_each(|run| run.1 = block);
        }
        Self {
            runs,
            of_base: base.0.len(),
            paired,
        }
    }

    fn longest(&self) -> usize {
        self.runs.iter().map(|(_, block)| *block).max().unwrap_or(0)
    }

    /// Draws anew, again and again, and tells how much the statistic moves.
    fn test(&self, seed: &Seed, change: f64, statistic: impl Fn(&[Vec<f64>], &[Vec<f64>]) -> f64) -> Test {
        let mut drawer = drawer(seed);
        let mut draw = || {
            let mut weights: Vec<Vec<f64>> = Vec::with_capacity(self.runs.len());
            for (windows, block) in &self.runs {
                let same = weights.first().filter(|_| self.paired).cloned();
                weights.push(same.unwrap_or_else(|| drawer.weights(*windows, *block)));
            }
            let (base, run) = weights.split_at(self.of_base);
            statistic(base, run)
        };
        let drawn: Vec<f64> = (0..RESAMPLES).map(|_| draw()).collect();
        // Blocks hide a part of the spread, the larger the fewer there are, as a mean hides one of n in a variance.
        let hidden =
            |(windows, block): &(usize, usize)| *windows as f64 / (windows.saturating_sub(*block).max(1)) as f64;
        let freedom = |(windows, block): &(usize, usize)| (*windows as f64 / (*block).max(1) as f64 - 1.0).max(1.0);
        Test {
            change,
            error: spread(drawn) * self.runs.iter().map(hidden).fold(1.0, f64::max).sqrt(),
            freedom: self.runs.iter().map(freedom).fold(f64::INFINITY, f64::min),
        }
    }
}

/// How each window pulls at the difference of two sides that saw the same load.
fn difference(base: &Group, run: &Group) -> Vec<f64> {
    let windows = base.0.iter().chain(&run.0).map(Column::windows).min().unwrap_or(0);
    let mut sum = vec![0.0; windows];
    for (group, sign) in [(run, 1.0), (base, -1.0)] {
        for column in &group.0 {
            let part = sign / (column.count().max(1.0) * group.0.len() as f64);
            sum.iter_mut()
                .zip(column.pull())
                .for_each(|(sum, pull)| *sum += part * pull);
        }
    }
    sum
}

/// The standard deviation of draws, however crooked; infinite where many of them fall on what never ended.
fn spread(mut drawn: Vec<f64>) -> f64 {
    drawn.retain(|value| !value.is_nan());
    drawn.sort_by(f64::total_cmp);
    let at = |share: f64| {
        drawn
            .get((share * drawn.len() as f64) as usize)
            .copied()
            .unwrap_or(f64::INFINITY)
    };
    let [low, high] = ONE_DEVIATION.map(at);
    let half = (high - low) / 2.0;
    let finite: Vec<f64> = drawn.iter().copied().filter(|value| value.is_finite()).collect();
    let deviation = deviation(&finite, mean(&finite));
    if half.is_finite() {
        half.max(deviation)
    } else {
        f64::INFINITY
    }
}

fn deviation(values: &[f64], mean: f64) -> f64 {
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    (squares / (values.len().saturating_sub(1).max(1)) as f64).sqrt()
}

/// What the count alone leaves open in a difference of shares: none of a hundred is not none of a million. One of either sort is added
/// to each (Agresti and Caffo 2000, The American Statistician 54). Of anything else the windows tell.
fn by_count(base: &Group, run: &Group, scale: Scale) -> f64 {
    let variance = |column: &Column| match column {
        Column::Ratio { part, whole } => {
            let (part, whole) = (part.iter().sum::<f64>() + 1.0, whole.iter().sum::<f64>() + 2.0);
            let share = part / whole;
            share * (1.0 - share) / whole
        }
        Column::Times(_) | Column::Rate { .. } => 0.0,
    };
    let of = |group: &Group| group.0.iter().map(variance).sum::<f64>() / (group.0.len() as f64).powi(2);
    match scale {
        Scale::Parts(whole) => (of(base) + of(run)).sqrt() / whole,
        Scale::Factor => 0.0,
    }
}

/// What a spread between runs makes of the difference of two means.
fn per_spread(before: &[f64], after: &[f64]) -> f64 {
    (1.0 / before.len() as f64 + 1.0 / after.len() as f64).sqrt()
}

/// The test that knows of runs only what each measured: their spread within each side is what nobody changed. With one run on one
/// side it is Student's prediction of one more.
fn between(before: &[f64], after: &[f64], change: f64) -> Option<Test> {
    let freedom = (before.len() + after.len())
        .checked_sub(2)
        .filter(|freedom| *freedom > 0)? as f64;
    let squares = |values: &[f64]| {
        let mean = mean(values);
        values.iter().map(|value| (value - mean).powi(2)).sum::<f64>()
    };
    let spread = ((squares(before) + squares(after)) / freedom).sqrt();
    spread.is_finite().then(|| Test {
        change,
        error: spread * per_spread(before, after),
        freedom,
    })
}

/// Holm's adjusted values (1979, Scandinavian Journal of Statistics 6), in the order given.
pub(super) fn holm(p_values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..p_values.len()).collect();
    order.sort_by(|one, other| p_values[*one].total_cmp(&p_values[*other]));
    let mut adjusted = vec![0.0; p_values.len()];
    let mut least = 0.0_f64;
    for (rank, place) in order.into_iter().enumerate() {
        least = least.max(p_values[place] * (p_values.len() - rank) as f64).min(1.0);
        adjusted[place] = least;
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn holm_is_as_in_the_books() {
        let adjusted = holm(&[0.01, 0.04, 0.03, 0.005]);
        let known = [0.03, 0.06, 0.06, 0.02];
        assert!(
            adjusted
                .iter()
                .zip(known)
                .all(|(one, other)| (one - other).abs() < 1e-12),
            "{adjusted:?}"
        );
        assert_eq!(holm(&[0.9, 0.8]), [1.0, 1.0]);
        assert!(holm(&[]).is_empty());
    }

    #[test]
    fn one_more_run_is_predicted_as_in_the_books() {
        // Mean 10, standard deviation 1: the 95 % prediction interval of a sixth is 10 ± 2.776 · sqrt(1 + 1/5).
        let before = [9.0, 9.5, 10.0, 10.0, 11.5].map(|value| value - 0.0);
        let spread = deviation(&before, mean(&before));
        let test = between(&before, &[12.0], 2.0).unwrap();
        assert!(
            (test.half() / (2.776_445 * spread * 1.2_f64.sqrt()) - 1.0).abs() < 1e-5,
            "{}",
            test.half()
        );
        assert!(between(&[1.0], &[2.0], 1.0).is_none());
    }

    fn rate(counts: Vec<f64>) -> Group {
        Group(vec![Column::Rate { counts, window_s: 1.0 }])
    }

    #[test]
    fn a_mean_of_independent_windows_has_the_error_of_the_books() {
        let mut drawer = drawer(&Seed::new(5));
        let counts: Vec<f64> = drawer.weights(2000, 1);
        let error = deviation(&counts, mean(&counts)) / 2000.0_f64.sqrt();
        let still = rate(vec![1.0; 2000]);
        let seed = Seed::new(1).child("error");
        let found = estimate(&still, &rate(counts), Scale::Parts(1.0), false, &seed);
        let freedom = 2000.0 / found.block as f64 - 1.0;
        let half = Test {
            change: 0.0,
            error,
            freedom,
        }
        .half();
        // Long blocks leave few of them, and their spread is that much less sure.
        assert!((found.half / half - 1.0).abs() < 0.2, "{found:?} {half}");
    }

    #[test]
    fn what_both_saw_at_once_is_no_doubt_of_their_difference() {
        let load: Vec<f64> = (0..60).map(|window| f64::from(window % 20 + 5)).collect();
        let more: Vec<f64> = load.iter().map(|count| count * 1.1).collect();
        let seed = Seed::new(1).child("pairs");
        let both = |paired| estimate(&rate(load.clone()), &rate(more.clone()), Scale::Factor, paired, &seed);
        let (paired, apart) = (both(true), both(false));
        assert!((paired.change - 1.1_f64.ln()).abs() < 1e-9);
        assert!(paired.half < 1e-9 && apart.half > 0.1, "{paired:?} {apart:?}");
        assert_eq!(paired, both(true), "the same dice");
    }

    #[test]
    fn none_of_a_hundred_is_less_sure_than_none_of_a_million() {
        let none = |whole: f64| {
            Group(vec![Column::Ratio {
                part: vec![0.0; 10],
                whole: vec![whole / 10.0; 10],
            }])
        };
        let half = |whole| estimate(&none(whole), &none(whole), Scale::Parts(1.0), true, &Seed::new(1)).half;
        assert!(half(100.0) > 0.02 && half(1e6) < 1e-5, "{} {}", half(100.0), half(1e6));
    }
}
