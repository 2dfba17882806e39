//! How long operations of one sort took.

use history::Percentiles;
use vocabulary::{Percentile, Times};

use crate::ledger::Op;
use crate::statistics::to_ms;

/// Response and service times. Dropped and unknown arrivals count as slower than every finished one.
#[derive(Debug, Default)]
pub(crate) struct Latency {
    /// Response times of operations that ended.
    pub responses: Times,
    /// Their service times.
    pub services: Times,
    /// What the others surely lasted: until they were given up, or as long as a ticket may wait.
    endless: Times,
}

impl Latency {
    /// Takes an operation.
    pub(crate) fn add(&mut self, op: &Op) {
        if op.ended() {
            self.responses.record(op.response_us());
            self.services.record(op.service_us());
        } else {
            self.add_endless(op.response_us());
        }
    }

    /// Takes all of another sort.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.responses.merge(&other.responses);
        self.services.merge(&other.services);
        self.endless.merge(&other.endless);
    }

    /// Takes an arrival whose end is not known.
    pub(crate) fn add_endless(&mut self, lasted_us: u64) {
        self.endless.record(lasted_us);
    }

    /// Arrivals, however they ended.
    pub(crate) fn arrivals(&self) -> u64 {
        self.responses.len() + self.endless.len()
    }

    /// A percentile of the response time. So that one that falls on an operation without an end stays finite, it is the
    /// largest finished response or what that operation surely lasted.
    pub(crate) fn response(&self, percentile: Percentile) -> Option<u64> {
        self.response_with(percentile, 0)
    }

    /// The same if so many more had come, each faster than all that did; nothing where it falls on one of those.
    pub(crate) fn response_with(&self, percentile: Percentile, faster: u64) -> Option<u64> {
        let rank = self.rank(percentile, faster)?;
        match rank.checked_sub(self.responses.len()) {
            None => self.responses.at_ranks([rank]).next(),
            Some(beyond) => {
                let lasted = self.endless.at_ranks([beyond]).next()?;
                Some(lasted.max(self.responses.max_us()))
            }
        }
    }

    /// A percentile of the service time, of operations that ended.
    pub(crate) fn service(&self, percentile: Percentile) -> Option<u64> {
        self.services.at(percentile)
    }

    /// Whether that percentile of the response time is one of an operation that never ended: slower than any limit.
    pub(crate) fn is_endless(&self, percentile: Percentile, faster: u64) -> bool {
        let rank = self.rank(percentile, faster);
        rank.is_some_and(|rank| rank >= self.responses.len())
    }

    fn rank(&self, percentile: Percentile, faster: u64) -> Option<u64> {
        rank_with(percentile, self.arrivals(), faster)
    }

    /// As stored.
    pub(crate) fn stored(&self) -> history::Latency {
        history::Latency {
            count: self.arrivals(),
            response_time_ms: percentiles(|percentile| self.response(percentile)),
            service_time_ms: percentiles(|percentile| self.service(percentile)),
        }
    }
}

/// The rank of a percentile among so many and so many faster ones, counted from the first that is not one of those.
pub(crate) fn rank_with(percentile: Percentile, count: u64, faster: u64) -> Option<u64> {
    let all = usize::try_from(count + faster).ok()?;
    (percentile.rank(all)? as u64).checked_sub(faster)
}

/// Percentiles in milliseconds.
fn percentiles(at: impl Fn(Percentile) -> Option<u64>) -> Percentiles {
    let ms = |percentile| at(percentile).map(to_ms);
    Percentiles {
        p50: ms(Percentile::P50),
        p90: ms(Percentile::P90),
        p99: ms(Percentile::P99),
        p999: ms(Percentile::P999),
        max: ms(Percentile::MAX),
    }
}
