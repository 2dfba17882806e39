//! The numbers of the measure phase.

use history::{OpCounts, Percentiles, Phase, Rates};
use vocabulary::{OutcomeClass, Percentile};

use crate::figures::{CurvePoint, StageRow};
use crate::ledger::Ledger;

/// Steps of the percentile curve before its end.
const CURVE_STEPS: u32 = 100;

/// Response and service times, counts and rates.
#[derive(Debug)]
pub(crate) struct Statistics {
    /// Response times in microseconds, sorted: first those of finished operations, then those of the rest.
    pub responses: Vec<u64>,
    /// How many of them finished with a known end.
    pub finished: usize,
    /// Service times of finished operations in microseconds, sorted.
    pub services: Vec<u64>,
    /// Arrivals by outcome.
    pub counts: OpCounts,
    /// Rates; absent when nothing was measured.
    pub rates: Option<Rates>,
}

impl Statistics {
    /// Those of a run.
    pub(crate) fn of(ledger: &Ledger) -> Self {
        let (responses, finished) = responses(ledger);
        let mut services: Vec<u64> = measured_ops(ledger)
            .filter(|op| op.ended())
            .map(crate::ledger::Op::service_us)
            .collect();
        services.sort_unstable();
        let counts = counts(ledger);
        Self {
            responses,
            finished,
            services,
            counts,
            rates: rates(ledger, counts),
        }
    }

    /// Arrivals measured.
    pub(crate) fn arrivals(&self) -> u64 {
        self.counts.started() + self.counts.dropped
    }

    /// Whether that percentile of the response time is one of an operation that never ended: slower than any limit.
    pub(crate) fn endless(&self, percentile: Percentile) -> bool {
        let rank = percentile.rank(self.responses.len());
        rank.is_some_and(|rank| rank >= self.finished)
    }

    /// The percentile curves: shares in even steps towards 1 by the logarithm of the distance to it, and 1 itself.
    pub(crate) fn curve(&self) -> Vec<CurvePoint> {
        let count = self.responses.len() as f64;
        let share = |step: u32| 1.0 - count.powf(-f64::from(step) / f64::from(CURVE_STEPS));
        if self.responses.is_empty() {
            return Vec::new();
        }
        let mut shares: Vec<f64> = (0..=CURVE_STEPS).map(share).chain([1.0]).collect();
        shares.dedup();
        shares.into_iter().map(|share| self.curve_point(share)).collect()
    }

    fn curve_point(&self, share: f64) -> CurvePoint {
        let known = |rank: &usize| *rank < self.finished;
        CurvePoint {
            share,
            response_us: rank_of(share, self.responses.len())
                .filter(known)
                .map(|rank| self.responses[rank]),
            service_us: rank_of(share, self.services.len()).map(|rank| self.services[rank]),
        }
    }
}

/// Nearest rank of a share, as an index.
fn rank_of(share: f64, count: usize) -> Option<usize> {
    let last = count.checked_sub(1)?;
    // A share that is a whole number of ranks must not be pushed one up by the last bit of the product.
    let rank = (share * count as f64 - 1e-6).ceil().max(1.0) as usize;
    Some((rank - 1).min(last))
}

fn measured_ops(ledger: &Ledger) -> impl Iterator<Item = &crate::ledger::Op> {
    ledger.ops.iter().filter(|op| op.measured)
}

/// Dropped and unknown arrivals count as slower than every finished one. So that their numbers stay finite, each is the
/// largest finished response or what it surely lasted: until it was given up, or as long as a ticket may wait.
fn responses(ledger: &Ledger) -> (Vec<u64>, usize) {
    let mut all: Vec<u64> = measured_ops(ledger)
        .filter(|op| op.ended())
        .map(crate::ledger::Op::response_us)
        .collect();
    all.sort_unstable();
    let (finished, slowest) = (all.len(), all.last().copied().unwrap_or(0));
    let given_up = measured_ops(ledger)
        .filter(|op| !op.ended())
        .map(crate::ledger::Op::response_us);
    let dropped = ledger
        .drops
        .iter()
        .filter(|dropped| dropped.measured)
        .map(|_| ledger.manifest.start_within_us);
    all.extend(given_up.chain(dropped).map(|lasted| lasted.max(slowest)));
    all[finished..].sort_unstable();
    (all, finished)
}

fn counts(ledger: &Ledger) -> OpCounts {
    let mut counts = OpCounts::default();
    measured_ops(ledger).for_each(|op| counts.add(op.class));
    counts.dropped = ledger.drops.iter().filter(|dropped| dropped.measured).count() as u64;
    counts
}

/// Offered: arrivals intended in the phase. Achieved: correct answers that came in it, whenever they were intended.
fn rates(ledger: &Ledger, counts: OpCounts) -> Option<Rates> {
    let (from_us, to_us) = ledger.phases.span(Phase::Measure, ledger.ended_us)?;
    let seconds = (to_us - from_us) as f64 / 1e6;
    let correct = [OutcomeClass::Applied, OutcomeClass::Rejected];
    let achieved = ledger
        .ops
        .iter()
        .filter(|op| correct.contains(&op.class) && (from_us..to_us).contains(&op.finished_us))
        .count();
    (seconds > 0.0).then(|| Rates {
        offered_per_s: (counts.started() + counts.dropped) as f64 / seconds,
        achieved_per_s: achieved as f64 / seconds,
    })
}

/// A percentile of a sorted sample.
pub(crate) fn at<T: Copy>(sorted: &[T], percentile: Percentile) -> Option<T> {
    sorted.get(percentile.rank(sorted.len())?).copied()
}

/// Percentiles of a sorted sample of microseconds, in milliseconds.
pub(crate) fn percentiles(sorted: &[u64]) -> Percentiles {
    let ms = |percentile| at(sorted, percentile).map(to_ms);
    Percentiles {
        p50: ms(Percentile::P50),
        p90: ms(Percentile::P90),
        p99: ms(Percentile::P99),
        p999: ms(Percentile::P999),
        max: ms(Percentile::MAX),
    }
}

/// Microseconds as milliseconds.
pub(crate) fn to_ms(micros: u64) -> f64 {
    micros as f64 / 1e3
}

/// Each stage in the order of the chain, `network` last.
pub(crate) fn stages(ledger: &Ledger) -> Vec<StageRow> {
    ledger
        .stages
        .iter()
        .filter_map(|(stage, times)| stage_row(stage, times))
        .collect()
}

fn stage_row(stage: &str, times: &[u32]) -> Option<StageRow> {
    let mut sorted = times.to_vec();
    sorted.sort_unstable();
    let sum: u64 = sorted.iter().copied().map(u64::from).sum();
    Some(StageRow {
        stage: stage.to_owned(),
        count: sorted.len() as u64,
        mean_us: sum as f64 / sorted.len() as f64,
        p50_us: at(&sorted, Percentile::P50)?.into(),
        p99_us: at(&sorted, Percentile::P99)?.into(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_takes_the_nearest_rank() {
        assert_eq!(rank_of(0.0, 4), Some(0));
        assert_eq!(rank_of(0.5, 4), Some(1));
        assert_eq!(rank_of(0.51, 4), Some(2));
        assert_eq!(rank_of(1.0, 4), Some(3));
        assert_eq!(rank_of(1.0, 0), None);
    }
}
