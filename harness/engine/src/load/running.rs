//! What is known while load runs, and what it leaves behind.

use std::sync::Arc;
use std::sync::mpsc as std_mpsc;

use history::{Event, Phase};
use rustc_hash::FxHashMap;
use vocabulary::OutcomeClass;

use crate::arrival::Arrival;
use crate::breach::{Came, Watch};
use crate::ports::Steering;
use crate::pulse::Gathering;
use crate::release::Ended;
use crate::tickets::Book;

/// What one operation did to a person, for the probes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Touch {
    pub label: Option<u32>,
    pub started_us: u64,
    pub finished_us: u64,
    pub class: OutcomeClass,
}

/// What the load left behind.
pub(crate) struct LoadEnd {
    pub touched: FxHashMap<u64, Vec<Touch>>,
    pub interrupted: bool,
}

/// A load under way.
pub(crate) struct Running<'s> {
    pub book: Arc<Book>,
    pub touched: FxHashMap<u64, Vec<Touch>>,
    pub start_us: u64,
    pub answered: u64,
    pub gathering: Gathering,
    pub ends: Option<std_mpsc::Sender<Ended>>,
    /// From when on arrivals are measured, from the start of the load: of the whole load, or of the step that is under way.
    pub measured_from_us: u64,
    /// Who says at which rate people come next, in a search.
    pub steering: Option<&'s mut dyn Steering>,
    /// Against which goals is watched, where the load shall end with the first that cannot hold.
    pub watch: Option<Watch>,
}

impl Running<'_> {
    /// In which phase somebody was to begin. Whoever is out belongs to the step that is under way.
    pub fn phase_of(&self, arrival: &Arrival) -> Phase {
        if arrival.at_us < self.measured_from_us {
            Phase::WarmUp
        } else {
            Phase::Measure
        }
    }

    pub fn sees(&mut self, event: &Event) {
        if let Some(steering) = &mut self.steering {
            steering.sees(event);
        }
    }

    /// A phase is entered, before those that are still to come.
    pub fn enters(&mut self, phase: Phase, now_us: u64, next: Option<u64>) {
        if let (Phase::Measure, Some(watch), Some(until_us)) = (phase, &mut self.watch, next) {
            watch.measure(now_us, until_us);
        }
    }

    /// The goals that cannot hold any more; none where nobody asks, or all still can.
    pub fn lost(&self) -> Option<Vec<String>> {
        let broken = self.watch.as_ref()?.broken();
        (!broken.is_empty()).then_some(broken)
    }

    pub fn came(&mut self, came: &Came<'_>) {
        if let Some(watch) = &mut self.watch {
            watch.take(came);
        }
    }

    /// One more arrival has its answer. In a closed model its user thinks from then on.
    pub fn answer(&mut self, number: u64, at_us: u64) {
        self.answered += 1;
        if let Some(ends) = &self.ends {
            // A thread that has ended lets nobody begin again.
            let _ = ends.send(Ended { number, at_us });
        }
    }
}
