//! One measure of one run, ready to be asked again and again with other weights on its windows.

use history::{Buckets, Series};
use vocabulary::OutcomeClass;

/// A measure over windows.
#[derive(Debug)]
pub(super) enum Column {
    /// A percentile of times, in microseconds.
    Times(Curve),
    /// A part of a whole.
    Ratio {
        /// The part, by window.
        part: Vec<f64>,
        /// The whole, by window.
        whole: Vec<f64>,
    },
    /// Something a second.
    Rate {
        /// How often, by window.
        counts: Vec<f64>,
        /// How long a window is, in seconds.
        window_s: f64,
    },
}

impl Column {
    /// The share of arrivals that ended so.
    pub(super) fn ratio(series: &Series, class: OutcomeClass) -> Self {
        let part = |of: fn(&history::OpCounts, OutcomeClass) -> u64| {
            let windows = series.windows.iter();
            windows.map(|window| of(&window.ended, class) as f64).collect()
        };
        Self::Ratio {
            part: part(|ended, class| ended.get(class)),
            whole: part(|ended, _| ended.started() + ended.dropped),
        }
    }

    /// Correct answers a second.
    pub(super) fn achieved(series: &Series) -> Self {
        Self::Rate {
            counts: series.windows.iter().map(|window| window.achieved as f64).collect(),
            window_s: series.window_us as f64 / 1e6,
        }
    }

    /// A percentile of the response time; unknown and dropped arrivals are slower than every finished one.
    pub(super) fn response(series: &Series, share: f64) -> Self {
        let endless = series.windows.iter();
        let endless = endless.map(|window| (window.ended.unknown + window.ended.dropped) as f64);
        Self::Times(Curve::of(&series.response, endless.collect(), share))
    }

    /// A percentile of times that all ended.
    pub(super) fn times(windows: &[Buckets], share: f64) -> Self {
        Self::Times(Curve::of(windows, vec![0.0; windows.len()], share))
    }

    /// How many windows there are.
    pub(super) fn windows(&self) -> usize {
        match self {
            Self::Times(curve) => curve.totals.len(),
            Self::Ratio { whole, .. } => whole.len(),
            Self::Rate { counts, .. } => counts.len(),
        }
    }

    /// How many things it is made of.
    pub(super) fn count(&self) -> f64 {
        match self {
            Self::Times(curve) => curve.totals.iter().sum(),
            Self::Ratio { whole, .. } => whole.iter().sum(),
            Self::Rate { counts, .. } => counts.iter().sum(),
        }
    }

    /// The measure where each window counts as often as its weight says: microseconds, a share, or a rate a second. Infinite where
    /// a percentile falls on what never ended; not a number without anything.
    pub(super) fn value(&self, weights: &[f64]) -> f64 {
        match self {
            Self::Times(curve) => curve.percentile(weights),
            Self::Ratio { part, whole } => dot(part, weights) / dot(whole, weights),
            Self::Rate { counts, window_s } => {
                let windows: f64 = weights.iter().take(counts.len()).sum();
                dot(counts, weights) / (windows * window_s)
            }
        }
    }

    /// How each window pulls at the measure, up to a common factor; the sum is 0. What hangs on one another in these hangs on one
    /// another in the measure.
    pub(super) fn pull(&self) -> Vec<f64> {
        let even = vec![1.0; self.windows()];
        match self {
            Self::Times(curve) => curve.pull(&even),
            Self::Ratio { part, whole } => {
                let share = self.value(&even);
                part.iter()
                    .zip(whole)
                    .map(|(part, whole)| part - share * whole)
                    .collect()
            }
            Self::Rate { counts, .. } => {
                let mean = counts.iter().sum::<f64>() / counts.len() as f64;
                counts.iter().map(|count| count - mean).collect()
            }
        }
    }

    /// Only the first so many windows.
    pub(super) fn truncate(&mut self, count: usize) {
        match self {
            Self::Times(curve) => curve.truncate(count),
            Self::Ratio { part, whole } => {
                part.truncate(count);
                whole.truncate(count);
            }
            Self::Rate { counts, .. } => counts.truncate(count),
        }
    }
}

fn dot(values: &[f64], weights: &[f64]) -> f64 {
    values.iter().zip(weights).map(|(value, weight)| value * weight).sum()
}

/// The distribution of times in each window, added up from the shortest.
#[derive(Debug)]
pub(super) struct Curve {
    /// The share that is at most as long as the percentile.
    share: f64,
    /// The first bucket that holds any.
    first: usize,
    /// For each bucket from there on, how many each window has up to it.
    upto: Vec<Vec<f64>>,
    /// Arrivals of each window, those included that never ended.
    totals: Vec<f64>,
    /// Those alone.
    endless: Vec<f64>,
}

impl Curve {
    fn of(windows: &[Buckets], endless: Vec<f64>, share: f64) -> Self {
        let counts: Vec<&[u32]> = windows.iter().map(Buckets::counts).collect();
        let begins = counts
            .iter()
            .filter_map(|counts| counts.iter().position(|count| *count > 0));
        let first = begins.min().unwrap_or(0);
        let end = counts.iter().map(|counts| counts.len()).max().unwrap_or(0);
        let mut passed = vec![0.0; windows.len()];
        let upto = (first..end).map(|bucket| {
            for (sum, counts) in passed.iter_mut().zip(&counts) {
                *sum += counts.get(bucket).map_or(0.0, |count| f64::from(*count));
            }
            passed.clone()
        });
        let upto = upto.collect();
        let ended = windows.iter().map(|window| window.len() as f64);
        Self {
            share,
            first,
            upto,
            totals: ended.zip(&endless).map(|(ended, endless)| ended + endless).collect(),
            endless,
        }
    }

    /// The share of a run's arrivals that never ended.
    pub(super) fn endless_share(&self, weights: &[f64]) -> f64 {
        dot(&self.endless, weights) / dot(&self.totals, weights)
    }

    /// The share that is at most as long as the percentile.
    pub(super) fn share(&self) -> f64 {
        self.share
    }

    fn truncate(&mut self, count: usize) {
        self.upto.iter_mut().for_each(|bucket| bucket.truncate(count));
        self.totals.truncate(count);
        self.endless.truncate(count);
    }

    /// The bucket in which the percentile falls, with how far into it: 0 is its begin, 1 its end.
    fn place(&self, weights: &[f64]) -> Option<(usize, f64)> {
        let wanted = self.share * dot(&self.totals, weights);
        // A rank that is a whole number must not be pushed one up by the last bit of the product.
        let bucket = self.upto.partition_point(|upto| dot(upto, weights) < wanted - 1e-6);
        let upto = dot(self.upto.get(bucket)?, weights);
        let before = bucket
            .checked_sub(1)
            .map_or(0.0, |before| dot(&self.upto[before], weights));
        let within = (wanted - before) / (upto - before);
        Some((
            bucket,
            if within.is_finite() {
                within.clamp(0.0, 1.0)
            } else {
                1.0
            },
        ))
    }

    fn percentile(&self, weights: &[f64]) -> f64 {
        if dot(&self.totals, weights) <= 0.0 {
            return f64::NAN;
        }
        let Some((bucket, within)) = self.place(weights) else {
            return f64::INFINITY;
        };
        let (low, width) = Buckets::edges(self.first + bucket);
        low as f64 + width as f64 * within
    }

    /// By how many each window has more at or below the percentile than its share.
    fn pull(&self, even: &[f64]) -> Vec<f64> {
        let place = self.place(even);
        let below = |window: usize| match place {
            Some((bucket, within)) => {
                let before = bucket.checked_sub(1).map_or(0.0, |before| self.upto[before][window]);
                before + within * (self.upto[bucket][window] - before)
            }
            None => self.totals[window] - self.endless[window],
        };
        let windows = self.totals.iter().enumerate();
        windows
            .map(|(window, total)| self.share * total - below(window))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn buckets(times: impl IntoIterator<Item = u64>) -> Buckets {
        let mut buckets = Buckets::default();
        times.into_iter().for_each(|us| buckets.record(us));
        buckets
    }

    #[test]
    fn a_percentile_is_that_of_the_windows_as_often_as_they_are_drawn() {
        let windows = [buckets(1..=100), buckets(1001..=1100)];
        let median = Column::times(&windows, 0.5);
        assert!(
            (median.value(&[1.0, 0.0]) - 51.0).abs() < 1.0,
            "{}",
            median.value(&[1.0, 0.0])
        );
        assert!(
            (median.value(&[0.0, 2.0]) - 1051.0).abs() < 16.0,
            "{}",
            median.value(&[0.0, 2.0])
        );
        let tail = Column::times(&windows, 0.99).value(&[1.0, 1.0]);
        assert!((tail - 1098.0).abs() < 16.0, "{tail}");
        assert!(Column::times(&[Buckets::default()], 0.5).value(&[1.0]).is_nan());
    }

    #[test]
    fn a_percentile_among_those_that_never_ended_has_no_end() {
        let windows = [buckets(1..=98)];
        let column = |share| Column::Times(Curve::of(&windows, vec![2.0], share));
        assert!(column(0.98).value(&[1.0]).is_finite());
        assert_eq!(column(0.985).value(&[1.0]), f64::INFINITY);
    }

    #[test]
    fn what_pulls_one_way_in_one_window_pulls_the_other_way_elsewhere() {
        let windows = [buckets(1..=100), buckets(201..=300), buckets([50, 250])];
        let columns = [
            Column::times(&windows, 0.5),
            Column::Ratio {
                part: vec![1.0, 5.0, 0.0],
                whole: vec![100.0, 100.0, 2.0],
            },
            Column::Rate {
                counts: vec![3.0, 4.0, 9.0],
                window_s: 1.0,
            },
        ];
        for column in columns {
            let pull = column.pull();
            assert!(pull.iter().sum::<f64>().abs() < 1e-6, "{pull:?}");
            assert!(pull.iter().any(|pull| pull.abs() > 1.0), "{pull:?}");
        }
    }
}
