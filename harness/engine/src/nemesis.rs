//! Faults at their instants: each is made, asked whether it bit, and written down.

use std::time::Duration;

use history::{Event, FaultEvent};
use scenario::Fault;
use tokio::sync::oneshot;

use crate::clock::{RunClock, micros, wait};
use crate::ports::{Injected, Progress, World};
use crate::recorder::Recorder;

/// What the nemesis needs.
pub(crate) struct Nemesis<'a> {
    pub faults: &'a [Fault],
    pub recorder: &'a Recorder,
    pub clock: &'a RunClock,
    pub progress: &'a dyn Progress,
}

impl Nemesis<'_> {
    /// Makes every fault at its instant after the load has begun. One that could not be made did not bite.
    pub async fn disturb(&self, world: &mut dyn World, begins: oneshot::Receiver<u64>) {
        let Ok(start_us) = begins.await else { return };
        for fault in self.faults {
            let due_us = start_us + micros(fault.at);
            wait(Duration::from_micros(due_us.saturating_sub(self.clock.at_us()))).await;
            let injected = world.inject(fault).await.unwrap_or_else(|error| {
                self.progress.note(&format!("{}: {error}", fault.what.as_str()));
                Injected {
                    target: error.to_string(),
                    bit: Some(false),
                }
            });
            self.record(fault, injected).await;
        }
    }

    async fn record(&self, fault: &Fault, injected: Injected) {
        let phase = self.recorder.phase();
        let event = FaultEvent {
            seq: 0,
            at_us: 0,
            phase,
            fault: fault.what.as_str().to_owned(),
            target: injected.target,
            lease_us: None,
            bit: injected.bit,
        };
        self.recorder.record(Event::Inject(event), phase).await;
    }
}
