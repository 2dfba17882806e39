//! The operations that are worth a picture of their own.

use std::cmp::Reverse;

use uuid::Uuid;
use vocabulary::{Outcome, StageTimes};

use super::Op;

/// How many are kept of each sort.
const KEPT: usize = 8;

/// The slowest operations of the measure phase, and the first of all whose end is not known.
#[derive(Debug, Default)]
pub(crate) struct Notable {
    /// Those whose end is known, the slowest first.
    pub slowest: First<(Reverse<u64>, Uuid)>,
    /// By their intended start.
    pub unknown: First<(u64, Uuid)>,
}

/// One of them, with what is not kept of the others.
#[derive(Debug, Clone)]
pub(crate) struct Noted {
    /// The operation, but for what journals tell of it.
    pub op: Op,
    /// How it ended, other than applied.
    pub ending: Option<Outcome>,
    /// Where its time went, if its answer told.
    pub stages: Option<StageTimes>,
}

impl Notable {
    /// Takes an operation; keeps it if it is one of them.
    pub(super) fn add(&mut self, op: &Op, ending: Option<&Outcome>, stages: Option<&StageTimes>) {
        let noted = || Noted {
            op: *op,
            ending: ending.cloned(),
            stages: stages.cloned(),
        };
        if !op.ended() {
            self.unknown.offer((op.intended_us, op.id), noted);
        } else if op.measured() {
            self.slowest.offer((Reverse(op.response_us()), op.id), noted);
        }
    }
}

/// Those with the smallest keys, in their order.
#[derive(Debug)]
pub(crate) struct First<K>(Vec<(K, Noted)>);

impl<K> Default for First<K> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<K: Ord> First<K> {
    fn offer(&mut self, key: K, noted: impl FnOnce() -> Noted) {
        if self.0.len() == KEPT && self.0.last().is_some_and(|(last, _)| *last <= key) {
            return;
        }
        let place = self.0.partition_point(|(known, _)| *known < key);
        self.0.insert(place, (key, noted()));
        self.0.truncate(KEPT);
    }

    /// What was kept.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Noted> {
        self.0.iter().map(|(_, noted)| noted)
    }
}
