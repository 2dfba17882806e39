//! Where the time went, by how long an operation took.

use uuid::Uuid;
use vocabulary::{NETWORK, Percentile, Stage, StageTimes};

use super::Op;
use crate::figures::{StagePart, Waterfall};

/// Ranges are told apart by that many leading bits, so that each reaches a thirty-second above its begin at most.
const BITS: u32 = 5;

/// What an operation waited before it began.
pub(crate) const WAIT: &str = "wait";

/// Sums of the stage times of all operations whose response times are in the same narrow range. The room it takes depends on how
/// far the times spread, not on how many there are.
#[derive(Debug, Clone, Default)]
pub(crate) struct Splits(Vec<Split>);

/// One range.
#[derive(Debug, Clone, Default)]
struct Split {
    count: u64,
    first: Uuid,
    shortest_us: u64,
    longest_us: u64,
    wait_us: u64,
    service_us: u64,
    stages_us: [u64; Stage::ALL.len()],
}

impl Splits {
    /// Takes one operation; of those whose end is not known nobody can tell how long they took.
    pub(super) fn add(&mut self, times: &StageTimes, op: &Op) {
        if !op.ended() {
            return;
        }
        let place = place(op.response_us());
        if self.0.len() <= place {
            self.0.resize_with(place + 1, Split::default);
        }
        self.0[place].add(times, op);
    }

    /// The range on which a percentile falls, as means.
    pub(crate) fn waterfall(&self, percentile: Percentile) -> Option<Waterfall> {
        let count: u64 = self.0.iter().map(|split| split.count).sum();
        let rank = percentile.rank(usize::try_from(count).ok()?)? as u64;
        let mut passed = 0;
        let split = self.0.iter().find(|split| {
            passed += split.count;
            passed > rank
        })?;
        Some(split.waterfall(percentile))
    }
}

/// The range of a response time: exact up to 64, then by the leading bits.
fn place(us: u64) -> usize {
    let length = u64::BITS - us.leading_zeros();
    let shift = length.saturating_sub(BITS + 1);
    ((u64::from(shift) << BITS) + (us >> shift)) as usize
}

impl Split {
    fn add(&mut self, times: &StageTimes, op: &Op) {
        let response_us = op.response_us();
        if self.count == 0 {
            (self.first, self.shortest_us) = (op.id, response_us);
        }
        self.count += 1;
        self.shortest_us = self.shortest_us.min(response_us);
        self.longest_us = self.longest_us.max(response_us);
        self.service_us += op.service_us();
        self.wait_us += response_us - op.service_us().min(response_us);
        for (stage, us) in self.stages_us.iter_mut().zip(Stage::ALL) {
            *stage += times.get(us).unwrap_or(0);
        }
    }

    fn waterfall(&self, percentile: Percentile) -> Waterfall {
        let told: u64 = self.stages_us.iter().sum();
        let stages = Stage::ALL.into_iter().map(Stage::as_str).zip(self.stages_us);
        let wait = [(WAIT, self.wait_us)];
        let network = [(NETWORK, self.service_us.saturating_sub(told))];
        let part = |(stage, us): (&str, u64)| StagePart {
            stage: stage.to_owned(),
            us: us as f64 / self.count.max(1) as f64,
        };
        Waterfall {
            percentile: percentile.to_string(),
            count: self.count,
            from_us: self.shortest_us,
            to_us: self.longest_us,
            example: self.first.to_string(),
            parts: wait.into_iter().chain(stages).chain(network).map(part).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use vocabulary::{OpKind, OutcomeClass};

    use super::*;
    use crate::ledger::{Label, Notes};

    fn op(number: u128, wait_us: u64, service_us: u64) -> Op {
        Op {
            id: Uuid::from_u128(number),
            intended_us: 1_000,
            started_us: 1_000 + wait_us,
            finished_us: 1_000 + wait_us + service_us,
            expires_us: 0,
            person: 0,
            value: Label::of(None),
            base: Label::of(None),
            kind: OpKind::Reset,
            class: OutcomeClass::Applied,
            persona: 0,
            notes: Notes::default(),
        }
    }

    fn times(write_us: u64) -> StageTimes {
        let mut times = StageTimes::new();
        times.add(Stage::Write, Duration::from_micros(write_us));
        times
    }

    #[test]
    fn ranges_follow_one_another_and_none_reaches_far() {
        for us in (0..200_000).chain([1 << 30, 1 << 42, u64::MAX]) {
            let next = place(us.saturating_add(1));
            assert!(next == place(us) || next == place(us) + 1, "{us}");
            let wide = us.saturating_add(us / 31 + 1);
            assert!(us == u64::MAX || place(wide) > place(us), "{us}");
        }
        assert!(place(u64::MAX) < 2_000);
    }

    #[test]
    fn the_parts_of_a_waterfall_are_means_and_sum_up_to_the_response_time() {
        let mut splits = Splits::default();
        for number in 0..98 {
            splits.add(&times(6_000), &op(number, 10, 10_000 + number as u64 % 2));
        }
        splits.add(&times(500_000), &op(98, 300_000, 600_000));
        splits.add(&times(500_000), &op(99, 300_000, 600_000));
        let median = splits.waterfall(Percentile::P50).unwrap();
        assert_eq!((median.count, median.from_us, median.to_us), (98, 10_010, 10_011));
        assert_eq!((median.percentile.as_str(), median.parts.len()), ("p50", 9));
        assert_eq!(median.example, Uuid::from_u128(0).to_string());
        let slow = splits.waterfall(Percentile::P99).unwrap();
        let part = |name: &str| slow.parts.iter().find(|part| part.stage == name).map(|part| part.us);
        assert_eq!(slow.count, 2);
        assert_eq!((part(WAIT), part("write")), (Some(300_000.0), Some(500_000.0)));
        assert_eq!((part(NETWORK), part("relay")), (Some(100_000.0), Some(0.0)));
        let sum: f64 = median.parts.iter().map(|part| part.us).sum();
        assert!((sum - 10_010.5).abs() < 1e-6, "{sum}");
        assert_eq!(Splits::default().waterfall(Percentile::P50), None);
    }
}
