//! Many durations in little memory.

use hdrhistogram::Histogram;

use crate::Percentile;

/// Significant decimal digits that are kept.
const DIGITS: u8 = 3;

/// A longer time counts as this: fifty days.
const LONGEST_US: u64 = 1 << 42;

/// Durations in microseconds, as an HDR histogram: its size depends on how far they spread, not on how many there are.
///
/// A percentile is the nearest rank, at most [`Times::ERROR`] too long and never too short; the largest and the mean are exact.
/// Without a value it holds nothing and takes no room.
#[derive(Debug, Clone, Default)]
pub struct Times {
    histogram: Option<Histogram<u64>>,
    sum_us: u128,
    max_us: u64,
}

impl Times {
    /// By how much of itself a percentile may be too long.
    pub const ERROR: f64 = 0.001;

    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Takes one.
    pub fn record(&mut self, us: u64) {
        if self.histogram.is_none() {
            self.histogram = Histogram::new(DIGITS).ok();
        }
        let us = us.min(LONGEST_US);
        // It grows as far as the longest, so that it takes every value.
        if let Some(histogram) = &mut self.histogram
            && histogram.record(us).is_ok()
        {
            self.sum_us += u128::from(us);
            self.max_us = self.max_us.max(us);
        }
    }

    /// Takes all of another.
    pub fn merge(&mut self, other: &Self) {
        match (&mut self.histogram, &other.histogram) {
            (_, None) => return,
            (Some(histogram), Some(others)) => {
                if histogram.add(others).is_err() {
                    return;
                }
            }
            (none, some) => none.clone_from(some),
        }
        self.sum_us += other.sum_us;
        self.max_us = self.max_us.max(other.max_us);
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.histogram.as_ref().map_or(0, Histogram::len)
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The longest; 0 without any.
    #[must_use]
    pub fn max_us(&self) -> u64 {
        self.max_us
    }

    /// The mean; 0 without any.
    #[must_use]
    pub fn mean_us(&self) -> f64 {
        if self.is_empty() {
            return 0.0;
        }
        self.sum_us as f64 / self.len() as f64
    }

    /// A percentile.
    #[must_use]
    pub fn at(&self, percentile: Percentile) -> Option<u64> {
        let rank = percentile.rank(usize::try_from(self.len()).ok()?)?;
        self.at_ranks([rank as u64]).next()
    }

    /// Every value that was taken, in ascending order, each with how often it was; values closer together than [`Times::ERROR`]
    /// are one.
    pub fn buckets(&self) -> impl Iterator<Item = (u64, u64)> + '_ {
        let buckets = self.histogram.iter().flat_map(Histogram::iter_recorded);
        buckets.map(|bucket| (bucket.value_iterated_to().min(self.max_us), bucket.count_at_value()))
    }

    /// The values of ranks from 0 in ascending order; as many as there are ranks below the count.
    pub fn at_ranks<R>(&self, ranks: R) -> impl Iterator<Item = u64>
    where
        R: IntoIterator<Item = u64>,
    {
        let mut buckets = self.histogram.iter().flat_map(Histogram::iter_recorded);
        let (mut passed, mut value) = (0, 0);
        ranks.into_iter().map_while(move |rank| {
            while passed <= rank {
                let bucket = buckets.next()?;
                passed += bucket.count_at_value();
                value = bucket.value_iterated_to();
            }
            Some(value.min(self.max_us))
        })
    }
}

impl Extend<u64> for Times {
    fn extend<I: IntoIterator<Item = u64>>(&mut self, times: I) {
        times.into_iter().for_each(|us| self.record(us));
    }
}

impl FromIterator<u64> for Times {
    fn from_iter<I: IntoIterator<Item = u64>>(times: I) -> Self {
        let mut all = Self::new();
        all.extend(times);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Seed;
    use rand_chacha::rand_core::Rng as _;

    fn exact(times: &mut [u64], percentile: Percentile) -> u64 {
        times.sort_unstable();
        times[percentile.rank(times.len()).unwrap()]
    }

    #[test]
    fn buckets_hold_every_value_once() {
        let times: Times = [5, 5, 900_000, 7].into_iter().collect();
        let buckets: Vec<(u64, u64)> = times.buckets().collect();
        assert_eq!(buckets, [(5, 2), (7, 1), (900_000, 1)]);
        assert_eq!(Times::new().buckets().count(), 0);
    }

    #[test]
    fn every_percentile_is_at_most_a_thousandth_too_long_and_never_too_short() {
        let mut dice = Seed::new(3).child("times").rng();
        for spread in [10, 16, 22, 40] {
            let mut times: Vec<u64> = (0..5000).map(|_| dice.next_u64() % (1 << spread)).collect();
            let kept: Times = times.iter().copied().collect();
            for percentile in [Percentile::P50, Percentile::P90, Percentile::P99, Percentile::P999] {
                let (exact, kept) = (exact(&mut times, percentile), kept.at(percentile).unwrap());
                let bound = (exact as f64 * (1.0 + Times::ERROR)).ceil() as u64;
                assert!((exact..=bound).contains(&kept), "{exact} {kept} of 2^{spread}");
            }
            assert_eq!(kept.at(Percentile::MAX), times.last().copied());
            let mean = times.iter().sum::<u64>() as f64 / times.len() as f64;
            assert!((kept.mean_us() - mean).abs() < 1e-3, "{mean}");
        }
    }

    #[test]
    fn parts_put_together_are_the_whole() {
        let (one, other) = (0..700u64, 700..1000u64);
        let mut both: Times = one.collect();
        both.merge(&other.collect());
        both.merge(&Times::new());
        let whole: Times = (0..1000).collect();
        let mut none = Times::new();
        none.merge(&whole);
        for times in [&both, &none] {
            assert_eq!((times.len(), times.max_us(), times.mean_us()), (1000, 999, 499.5));
            assert_eq!(times.at(Percentile::P90), Some(899));
        }
    }

    #[test]
    fn ranks_beyond_the_last_have_no_value() {
        let times: Times = [5, 5, 9].into_iter().collect();
        assert_eq!(times.at_ranks([0, 1, 2, 3]).collect::<Vec<_>>(), [5, 5, 9]);
        assert_eq!(times.at_ranks([2, 2]).collect::<Vec<_>>(), [9, 9]);
        assert!(Times::new().is_empty() && Times::new().at(Percentile::P50).is_none());
    }

    #[test]
    fn what_is_longer_than_any_run_is_kept_as_the_longest() {
        let times: Times = [u64::MAX, 1].into_iter().collect();
        assert_eq!((times.len(), times.max_us()), (2, LONGEST_US));
    }
}
