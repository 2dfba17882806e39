//! Arrivals of people who know nothing of one another.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use vocabulary::{Rate, Seed};

use super::exponential::exponential;
use super::whole;

/// Instants whose gaps are exponentially distributed.
#[derive(Debug, Clone)]
pub(crate) struct Poisson {
    dice: ChaCha8Rng,
    interval_us: f64,
    length_us: f64,
    /// The sum of the gaps so far, in mean intervals.
    reached: f64,
}

impl Poisson {
    pub fn of(rate: Rate, length: Duration, seed: Seed) -> Self {
        Self {
            dice: seed.rng(),
            interval_us: 1e6 / rate.as_per_second(),
            length_us: length.as_secs_f64() * 1e6,
            reached: 0.0,
        }
    }
}

impl Iterator for Poisson {
    type Item = u64;

    fn next(&mut self) -> Option<u64> {
        self.reached += exponential(&mut self.dice);
        let at_us = self.reached * self.interval_us;
        // Rounding up must not carry an arrival over the end.
        (at_us < self.length_us - 0.5).then(|| whole(at_us))
    }
}
