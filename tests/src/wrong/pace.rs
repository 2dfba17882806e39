//! When a wrong part does wrong: a fault that shows on every operation would be found by any judge.

use std::sync::atomic::{AtomicU64, Ordering};

/// Says yes once in so many times.
#[derive(Debug)]
pub(crate) struct OneIn {
    every: u64,
    asked: AtomicU64,
}

impl OneIn {
    pub(crate) const fn new(every: u64) -> Self {
        Self {
            every,
            asked: AtomicU64::new(0),
        }
    }

    /// Whether it is this time.
    pub(crate) fn now(&self) -> bool {
        (self.asked.fetch_add(1, Ordering::Relaxed) + 1).is_multiple_of(self.every)
    }
}
