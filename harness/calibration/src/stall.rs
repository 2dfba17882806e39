//! A target that stops answering on a schedule.

use serde::{Deserialize, Serialize};

/// At the end of each period of the run's axis nothing is answered for a while; what came meanwhile is answered when it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Stall {
    /// The period in microseconds.
    pub every_us: u64,
    /// The stall at the end of each, in microseconds.
    pub for_us: u64,
}

impl Stall {
    /// When the stall ends that an instant falls in; none outside of one.
    #[must_use]
    pub fn end_at(self, at_us: u64) -> Option<u64> {
        let into = at_us % self.every_us.max(1);
        (into + self.for_us >= self.every_us).then(|| at_us - into + self.every_us)
    }

    /// The 99th percentile of what people who arrive at these instants wait, where every other answer comes at once.
    pub fn truth_p99_us(self, arrivals: impl IntoIterator<Item = u64>) -> u64 {
        let wait = |at_us| self.end_at(at_us).map_or(0, |end_us| end_us - at_us);
        let mut waits: Vec<u64> = arrivals.into_iter().map(wait).collect();
        waits.sort_unstable();
        let rank = vocabulary::Percentile::P99.rank(waits.len());
        rank.and_then(|rank| waits.get(rank)).copied().unwrap_or_default()
    }
}
