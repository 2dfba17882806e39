//! Of a run that searched for the capacity, one step stands for the whole: what it measured is what goals are judged by.

use super::{Ledger, Notes, Op};
use crate::capacity::climb::{Begun, Climb};

impl Ledger {
    /// Takes the steps of a search; without any the run was none. From then on only the operations of the step that stands for the run
    /// are measured ones.
    pub(super) fn take_steps(&mut self, begun: Vec<Begun>) {
        if begun.is_empty() && self.manifest.capacity.is_none() {
            return;
        }
        let bounds: Vec<u64> = begun.iter().map(|one| one.step.from_us).collect();
        let climb = Climb::of(self, begun);
        let within = climb.step().map(|step| {
            let ends = bounds.iter().copied().find(|from_us| *from_us > step.from_us);
            step.from_us..ends.unwrap_or(u64::MAX)
        });
        let outside = |intended_us: u64| within.as_ref().is_none_or(|within| !within.contains(&intended_us));
        let strangers = |op: &&mut Op| outside(op.intended_us);
        self.ops
            .iter_mut()
            .filter(strangers)
            .for_each(|op| op.notes.remove(Notes::MEASURED));
        for drop in &mut self.drops {
            drop.measured &= !outside(drop.intended_us);
        }
        if let Some(stages) = climb.judged.and_then(|judged| climb.stages.get(judged)) {
            self.stages.clone_from(stages);
        }
        self.climb = Some(climb);
    }
}
