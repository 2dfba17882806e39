//! The steps of a search as a sealed history tells them.

use history::{Phase, StepEvent, StepMark};

use super::search::{bracket, levels};
use super::tally::{Measured, Tally};
use crate::ledger::{Ledger, StageSamples};

/// A step while a history is read: what cannot be had from its operations afterwards.
#[derive(Debug)]
pub(crate) struct Begun {
    /// The step.
    pub step: StepEvent,
    /// Stage times of its measured operations.
    pub stages: StageSamples,
}

/// Every step that was measured to its end.
#[derive(Debug)]
pub(crate) struct Climb {
    /// In the order they were made.
    pub measured: Vec<Measured>,
    /// The stage times of each.
    pub stages: Vec<StageSamples>,
    /// The step whose numbers stand for the run: the last one at the highest rate that held, or where none did at the lowest that was
    /// tried. None without a step.
    pub judged: Option<usize>,
}

/// The number of the step that an operation belongs to: the last that had begun when it was intended.
pub(crate) fn place(begun: &[Begun], intended_us: u64) -> Option<usize> {
    begun.iter().rposition(|one| one.step.from_us <= intended_us)
}

impl Climb {
    /// What became of the steps. The operations of the ledger are all there, in any order.
    pub(crate) fn of(ledger: &Ledger, begun: Vec<Begun>) -> Self {
        let ends = ledger
            .phases
            .span(Phase::Interrupted, ledger.ended_us)
            .map_or(ledger.ended_us, |(from, _)| from);
        let mut tallies: Vec<Tally> = begun.iter().map(|one| Tally::of(one.step)).collect();
        for op in &ledger.ops {
            if let Some(number) = place(&begun, op.intended_us) {
                tallies[number].take(op, op.measured(), ledger.persona(op.persona));
            }
        }
        for drop in ledger.drops.iter().filter(|drop| drop.measured) {
            if let Some(number) = place(&begun, drop.intended_us) {
                let (persona, lasted_us) = (ledger.persona(drop.persona), ledger.manifest.start_within_us);
                tallies[number].take_dropped(drop.kind, persona, drop.intended_us, lasted_us);
            }
        }
        let whole = tallies
            .into_iter()
            .zip(begun)
            .filter(|(_, one)| one.step.until_us <= ends);
        let (measured, stages): (Vec<Measured>, Vec<StageSamples>) =
            whole.map(|(tally, one)| (tally.close(), one.stages)).unzip();
        Self {
            judged: judged(ledger, &measured),
            measured,
            stages,
        }
    }

    /// The step whose numbers stand for the run.
    pub(crate) fn step(&self) -> Option<&StepEvent> {
        self.judged
            .and_then(|place| self.measured.get(place))
            .map(|run| &run.step)
    }
}

fn judged(ledger: &Ledger, measured: &[Measured]) -> Option<usize> {
    let levels = levels(&ledger.manifest.goals, measured);
    let lowest = || {
        let known = levels.iter().filter(|level| level.mark != StepMark::Unsure);
        known.map(|level| level.rate_millis).min()
    };
    let rate = bracket(&levels).0.map(|level| level.rate_millis).or_else(lowest)?;
    measured.iter().rposition(|run| run.step.rate_millis == rate)
}
