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
    /// Makes every fault at its instant after the load has begun; one that is being made is finished, whatever the load does. A
    /// fault that could not be made, or whose instant the load did not live to see, did not bite.
    pub async fn disturb(
        &self,
        world: &mut dyn World,
        begins: oneshot::Receiver<u64>,
        mut ended: oneshot::Receiver<()>,
    ) {
        let Ok(start_us) = begins.await else {
            return self.never_made(self.faults).await;
        };
        for (number, fault) in self.faults.iter().enumerate() {
            let left_us = (start_us + micros(fault.at)).saturating_sub(self.clock.at_us());
            tokio::select! {
                () = wait(Duration::from_micros(left_us)) => {}
                _ = &mut ended => return self.never_made(&self.faults[number..]).await,
            }
            let injected = world.inject(fault).await.unwrap_or_else(|error| {
                self.progress.note(&format!("{}: {error}", fault.what.as_str()));
                not_made(error.to_string())
            });
            self.record(fault, injected).await;
        }
    }

    async fn never_made(&self, faults: &[Fault]) {
        for fault in faults {
            self.record(fault, not_made("the load ended before its instant".to_owned()))
                .await;
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

fn not_made(target: String) -> Injected {
    Injected {
        target,
        bit: Some(false),
    }
}

#[cfg(test)]
#[path = "nemesis_tests.rs"]
mod tests;
