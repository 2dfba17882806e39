//! The numbers of the measure phase.

use std::collections::BTreeMap;
use std::ops::Range;

use history::{OpCounts, Rates};
use vocabulary::{OpKind, OutcomeClass, Percentile, Times};

use crate::figures::{CurvePoint, StageRow};
use crate::latency::Latency;
use crate::ledger::{Ledger, Op};

/// What a correct answer is.
pub(crate) const CORRECT: [OutcomeClass; 2] = [OutcomeClass::Applied, OutcomeClass::Rejected];

/// Steps of the percentile curve before its end.
const CURVE_STEPS: u32 = 100;

/// Counts, rates and latency.
#[derive(Debug, Default)]
pub(crate) struct Statistics {
    /// Latency of everything.
    pub all: Latency,
    /// The same by how it ended: success and failure apart.
    pub by_outcome: BTreeMap<&'static str, Latency>,
    /// The same by kind of operation.
    pub by_kind: BTreeMap<&'static str, Latency>,
    /// The same by persona, where that is on record.
    pub by_persona: BTreeMap<String, Latency>,
    /// Arrivals by outcome.
    pub counts: OpCounts,
    /// The same by persona, where that is on record.
    pub counts_by_persona: BTreeMap<String, OpCounts>,
    /// Rates; absent when nothing was measured.
    pub rates: Option<Rates>,
    /// Operations applied in the measure phase, per second of it.
    pub applied_per_s: Option<f64>,
}

impl Statistics {
    /// Those of a run.
    pub(crate) fn of(ledger: &Ledger) -> Self {
        let mut statistics = Self::default();
        // Each operation is recorded once, and then whole sorts of them where they belong.
        let mut sorts: BTreeMap<(OutcomeClass, OpKind, u8), Latency> = BTreeMap::new();
        for op in measured_ops(ledger) {
            sorts.entry((op.class, op.kind, op.persona)).or_default().add(op);
        }
        for ((class, kind, persona), latency) in &sorts {
            let sort = (*class, *kind, ledger.persona(*persona));
            statistics.each(sort, latency.arrivals(), |known| known.merge(latency));
        }
        for dropped in ledger.drops.iter().filter(|dropped| dropped.measured) {
            let lasted_us = ledger.manifest.start_within_us;
            statistics.take_dropped(dropped.kind, ledger.persona(dropped.persona), lasted_us);
        }
        statistics.rates = rates(ledger, statistics.counts);
        statistics.applied_per_s = per_s(ledger, &[OutcomeClass::Applied]);
        statistics
    }

    /// Takes an operation.
    pub(crate) fn take(&mut self, op: &Op, persona: &str) {
        self.each((op.class, op.kind, persona), 1, |latency| latency.add(op));
    }

    /// Takes an arrival that never began and waited so long for it.
    pub(crate) fn take_dropped(&mut self, kind: OpKind, persona: &str, lasted_us: u64) {
        let sort = (OutcomeClass::Dropped, kind, persona);
        self.each(sort, 1, |latency| latency.add_endless(lasted_us));
    }

    /// Adds so many of one sort everywhere they belong.
    fn each(&mut self, (class, kind, persona): (OutcomeClass, OpKind, &str), count: u64, add: impl Fn(&mut Latency)) {
        self.counts.add_all(class, count);
        add(&mut self.all);
        add(self.by_outcome.entry(class.as_str()).or_default());
        add(self.by_kind.entry(kind.as_str()).or_default());
        if let Some(known) = self.by_persona.get_mut(persona) {
            add(known);
        } else if !persona.is_empty() {
            add(self.by_persona.entry(persona.to_owned()).or_default());
        }
        if let Some(known) = self.counts_by_persona.get_mut(persona) {
            known.add_all(class, count);
        } else if !persona.is_empty() {
            let counts = self.counts_by_persona.entry(persona.to_owned()).or_default();
            counts.add_all(class, count);
        }
    }

    /// The percentile curves: shares in even steps towards 1 by the logarithm of the distance to it, and 1 itself.
    pub(crate) fn curve(&self) -> Vec<CurvePoint> {
        let count = self.all.arrivals();
        let share = |step: u32| 1.0 - (count as f64).powf(-f64::from(step) / f64::from(CURVE_STEPS));
        if count == 0 {
            return Vec::new();
        }
        let mut shares: Vec<f64> = (0..=CURVE_STEPS).map(share).chain([1.0]).collect();
        shares.dedup();
        let values = |times: &Times, of: u64| {
            let ranks: Vec<u64> = shares.iter().filter_map(|share| rank_of(*share, of)).collect();
            times.at_ranks(ranks).map(Some).collect::<Vec<_>>()
        };
        let responses = values(&self.all.responses, count);
        let services = values(&self.all.services, self.all.services.len());
        let nothing = std::iter::repeat(None);
        let curves = responses
            .into_iter()
            .chain(nothing.clone())
            .zip(services.into_iter().chain(nothing));
        let point = |(share, (response_us, service_us))| CurvePoint {
            share,
            response_us,
            service_us,
        };
        shares.iter().copied().zip(curves).map(point).collect()
    }
}

/// Nearest rank of a share, from 0.
fn rank_of(share: f64, count: u64) -> Option<u64> {
    let last = count.checked_sub(1)?;
    // A share that is a whole number of ranks must not be pushed one up by the last bit of the product.
    let rank = (share * count as f64 - 1e-6).ceil().max(1.0) as u64;
    Some((rank - 1).min(last))
}

fn measured_ops(ledger: &Ledger) -> impl Iterator<Item = &Op> {
    ledger.ops.iter().filter(|op| op.measured())
}

/// Offered: arrivals intended in the phase. Achieved: correct answers that came in it, whenever they were intended.
fn rates(ledger: &Ledger, counts: OpCounts) -> Option<Rates> {
    let (from_us, to_us) = ledger.measured_span()?;
    Some(Rates {
        offered_per_s: (counts.started() + counts.dropped) as f64 / ((to_us - from_us) as f64 / 1e6),
        achieved_per_s: per_s(ledger, &CORRECT)?,
    })
}

/// Operations that ended so in the measure phase, per second of it; nothing where that has no length.
fn per_s(ledger: &Ledger, classes: &[OutcomeClass]) -> Option<f64> {
    let (from_us, to_us) = ledger.measured_span()?;
    let seconds = (to_us - from_us) as f64 / 1e6;
    (seconds > 0.0).then(|| ended_within(ledger, classes, from_us..to_us) as f64 / seconds)
}

/// How many operations ended so in a span of the run's axis.
pub(crate) fn ended_within(ledger: &Ledger, classes: &[OutcomeClass], span_us: Range<u64>) -> u64 {
    let ended = ledger.ops.iter();
    ended
        .filter(|op| classes.contains(&op.class) && span_us.contains(&op.finished_us))
        .count() as u64
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

pub(crate) fn stage_row(stage: &str, times: &Times) -> Option<StageRow> {
    Some(StageRow {
        stage: stage.to_owned(),
        count: times.len(),
        mean_us: times.mean_us(),
        p50_us: times.at(Percentile::P50)?,
        p99_us: times.at(Percentile::P99)?,
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
