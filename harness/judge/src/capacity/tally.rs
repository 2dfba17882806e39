//! What one step of a search measured, from its operations as they end or as they stand in a sealed history.

use history::{Rates, StepEvent};
use vocabulary::{OpKind, OutcomeClass};

use crate::ledger::Op;
use crate::statistics::Statistics;

/// Parts that a step is cut in where its course over time matters.
pub(crate) const BLOCKS: usize = 10;

/// An arrival of the measured part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Arrived {
    /// When it should have begun.
    pub intended_us: u64,
    /// From then until its end, of one whose end is known.
    pub response_us: Option<u64>,
    /// From its begin until its end.
    pub service_us: u64,
}

/// A step under way.
#[derive(Debug)]
pub(crate) struct Tally {
    step: StepEvent,
    statistics: Statistics,
    arrived: Vec<Arrived>,
    /// When correct answers came within the measured part.
    answered_us: Vec<u64>,
}

/// A step that has ended.
#[derive(Debug)]
pub(crate) struct Measured {
    /// The step.
    pub step: StepEvent,
    /// What goals are judged by.
    pub statistics: Statistics,
    /// Its arrivals in the order of time.
    pub arrived: Vec<Arrived>,
    /// It cut in [`BLOCKS`] windows of time.
    pub windows: Vec<Window>,
}

/// A part of a step's time.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(crate) struct Window {
    /// Correct answers that came in it.
    pub answered: u64,
    /// Arrivals intended in it that ended.
    pub ended: u64,
    /// The sum of their response times.
    pub response_us: u64,
}

impl Tally {
    /// Nothing seen yet.
    pub(crate) fn of(step: StepEvent) -> Self {
        Self {
            step,
            statistics: Statistics::default(),
            arrived: Vec::new(),
            answered_us: Vec::new(),
        }
    }

    /// Takes an operation of the step; `measured` says that it is not of the warm-up.
    pub(crate) fn take(&mut self, op: &Op, measured: bool, persona: &str) {
        let correct = matches!(op.class, OutcomeClass::Applied | OutcomeClass::Rejected);
        if correct && (self.step.measured_from_us..self.step.until_us).contains(&op.finished_us) {
            self.answered_us.push(op.finished_us);
        }
        if measured {
            self.statistics.take(op, persona);
            self.arrived.push(Arrived {
                intended_us: op.intended_us,
                response_us: op.ended().then(|| op.response_us()),
                service_us: op.service_us(),
            });
        }
    }

    /// Takes an arrival of the measured part that never began.
    pub(crate) fn take_dropped(&mut self, kind: OpKind, persona: &str, intended_us: u64, lasted_us: u64) {
        self.statistics.take_dropped(kind, persona, lasted_us);
        self.arrived.push(Arrived {
            intended_us,
            response_us: None,
            service_us: 0,
        });
    }

    /// All of the step were seen.
    pub(crate) fn close(mut self) -> Measured {
        // Live they come as they end, and from a ledger by person: in the order of time both are one.
        self.arrived.sort_unstable();
        let seconds = seconds(&self.step);
        self.statistics.rates = (seconds > 0.0).then(|| Rates {
            offered_per_s: self.arrived.len() as f64 / seconds,
            achieved_per_s: self.answered_us.len() as f64 / seconds,
        });
        Measured {
            windows: windows(&self),
            step: self.step,
            statistics: self.statistics,
            arrived: self.arrived,
        }
    }
}

fn seconds(step: &StepEvent) -> f64 {
    step.until_us.saturating_sub(step.measured_from_us) as f64 / 1e6
}

fn windows(tally: &Tally) -> Vec<Window> {
    let step = &tally.step;
    let width = (step.until_us.saturating_sub(step.measured_from_us) / BLOCKS as u64).max(1);
    let place = |at_us: u64| ((at_us.saturating_sub(step.measured_from_us) / width) as usize).min(BLOCKS - 1);
    let mut windows = vec![Window::default(); BLOCKS];
    for at_us in &tally.answered_us {
        windows[place(*at_us)].answered += 1;
    }
    for arrived in &tally.arrived {
        if let Some(response_us) = arrived.response_us {
            let window = &mut windows[place(arrived.intended_us)];
            window.ended += 1;
            window.response_us += response_us;
        }
    }
    windows
}

impl Measured {
    /// How long it was measured, in seconds.
    pub(crate) fn seconds(&self) -> f64 {
        seconds(&self.step)
    }

    /// Correct answers per second.
    pub(crate) fn achieved_per_s(&self) -> f64 {
        self.statistics.rates.map_or(0.0, |rates| rates.achieved_per_s)
    }

    /// Arrivals per second that came.
    pub(crate) fn offered_per_s(&self) -> f64 {
        self.statistics.rates.map_or(0.0, |rates| rates.offered_per_s)
    }

    /// Its arrivals cut in [`BLOCKS`] parts of as many each, the last with the rest.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &[Arrived]> {
        let size = self.arrived.len() / BLOCKS;
        (0..if size == 0 { 0 } else { BLOCKS }).map(move |block| {
            let to = if block + 1 == BLOCKS {
                self.arrived.len()
            } else {
                (block + 1) * size
            };
            &self.arrived[block * size..to]
        })
    }

    /// Whether an arrival was never begun, or nobody knows its end.
    pub(crate) fn left_some(&self) -> bool {
        self.arrived.iter().any(|arrived| arrived.response_us.is_none())
    }
}
