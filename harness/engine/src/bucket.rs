//! A token bucket: what may be done now, and how much of it, so that it stays below a rate. No clock.

use vocabulary::Rate;

/// Tokens are kept in millionths, so that every microsecond adds a whole number of them.
const ONE: u64 = 1_000_000;

/// Time beyond this is not counted, so that nothing overflows: an hour.
const FULL_US: u64 = 3_600_000_000;

/// A token bucket that holds what one second adds, one token at least. It begins full.
#[derive(Debug, Clone)]
pub(crate) struct Bucket {
    per_second: u64,
    capacity: u64,
    tokens: u64,
    at_us: u64,
}

impl Bucket {
    /// A bucket for a rate, in parts of a millionth.
    pub fn of(rate: Rate) -> Self {
        // A rate is above zero and finite; the cast saturates above what a u64 can count.
        let per_second = ((rate.as_per_second() * ONE as f64) as u64).max(1);
        let capacity = per_second.max(ONE);
        Self {
            per_second,
            capacity,
            tokens: capacity,
            at_us: 0,
        }
    }

    /// Takes as many of the wanted tokens as there are.
    pub fn take(&mut self, now_us: u64, wanted: usize) -> usize {
        let passed_us = now_us.saturating_sub(self.at_us);
        let added = passed_us.min(FULL_US).saturating_mul(self.per_second) / ONE;
        if added > 0 {
            // What is less than a millionth of a token stays to be added later.
            let used_us = added.saturating_mul(ONE).div_ceil(self.per_second);
            self.at_us = if passed_us > FULL_US {
                now_us
            } else {
                self.at_us + used_us
            };
            self.tokens = self.tokens.saturating_add(added).min(self.capacity);
        }
        let whole = usize::try_from(self.tokens / ONE).unwrap_or(usize::MAX);
        let taken = whole.min(wanted);
        self.tokens -= u64::try_from(taken).unwrap_or(0) * ONE;
        taken
    }

    /// How many it holds when it is full.
    pub fn capacity(&self) -> usize {
        usize::try_from(self.capacity / ONE).unwrap_or(usize::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(rate: &str) -> Bucket {
        Bucket::of(rate.parse().unwrap())
    }

    #[test]
    fn a_full_bucket_gives_a_second_s_worth_and_then_the_rate() {
        let mut bucket = of("100/s");
        assert_eq!(bucket.take(0, 1_000), 100);
        assert_eq!(bucket.take(5_000, 10), 0);
        assert_eq!(bucket.take(10_000, 10), 1);
        assert_eq!(bucket.take(1_010_000, 1_000), 100);
        assert_eq!(bucket.take(99_000_000, 1_000), 100, "never more than a second's worth");
    }

    #[test]
    fn a_slow_rate_loses_nothing_between_two_looks() {
        let mut bucket = of("1/min");
        assert_eq!((bucket.take(0, 5), bucket.capacity()), (1, 1));
        let taken: usize = (1..=600_000).map(|step| bucket.take(step * 1_000, 5)).sum();
        assert_eq!(taken, 9, "the tenth is due a moment later");
    }
}
