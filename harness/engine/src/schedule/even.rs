//! A constant rate: the n-th instant is n intervals from the begin.

use std::time::Duration;

use vocabulary::Rate;

use super::whole;

/// Evenly spaced instants.
#[derive(Debug, Clone)]
pub(crate) struct Even {
    interval_us: f64,
    count: u64,
    next: u64,
}

impl Even {
    pub fn of(rate: Rate, length: Duration) -> Self {
        let rate = rate.as_per_second();
        Self {
            interval_us: 1e6 / rate,
            count: whole(length.as_secs_f64() * rate),
            next: 0,
        }
    }

    pub fn planned(&self) -> u64 {
        self.count
    }
}

impl Iterator for Even {
    type Item = u64;

    #[expect(clippy::cast_precision_loss, reason = "numbers of arrivals are far below 2^53")]
    fn next(&mut self) -> Option<u64> {
        if self.next >= self.count {
            return None;
        }
        let number = self.next;
        self.next += 1;
        Some(whole(number as f64 * self.interval_us))
    }
}
