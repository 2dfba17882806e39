//! Faults at their instants: each is made, asked whether it bit, healed, and written down.

mod timeline;

use std::time::Duration;

use history::{Event, FaultEvent, Phase};
use scenario::Fault;
use tokio::sync::oneshot;

use crate::clock::{RunClock, micros, wait};
use crate::ports::{Healed, Injected, Progress, World, lease};
use crate::recorder::Recorder;
use timeline::{Act, Step, Timeline};

/// Between two tries to heal a fault.
const HEAL_AGAIN: Duration = Duration::from_secs(1);

/// What the nemesis needs.
pub(crate) struct Nemesis<'a> {
    pub faults: &'a [Fault],
    pub recorder: &'a Recorder,
    pub clock: &'a RunClock,
    pub progress: &'a dyn Progress,
}

/// The faults of a load and what became of them so far.
struct Work {
    timeline: Timeline,
    /// Where on the run's axis the load began.
    start_us: u64,
    /// What each fault was done to, once it was made.
    targets: Vec<String>,
}

impl Nemesis<'_> {
    /// Makes every fault at its instant after the load has begun and ends it at its own; one that is being made is finished,
    /// whatever the load does. What is left when the load has ended is healed then, in a phase of its own. A fault that could not
    /// be made, or whose instant the load did not live to see, did not bite; one that would not heal is tried again each second.
    pub async fn disturb(
        &self,
        world: &mut dyn World,
        begins: oneshot::Receiver<u64>,
        mut ended: oneshot::Receiver<()>,
    ) {
        let mut work = Work {
            timeline: Timeline::of(self.faults),
            start_us: 0,
            targets: vec![String::new(); self.faults.len()],
        };
        let mut over = false;
        if let Ok(start_us) = begins.await {
            work.start_us = start_us;
            while let Some(at) = work.timeline.next_at().filter(|_| !over) {
                let left_us = (start_us + micros(at)).saturating_sub(self.clock.at_us());
                tokio::select! {
                    () = wait(Duration::from_micros(left_us)) => {
                        if let Some(step) = work.timeline.take() {
                            self.step(world, &mut work, step).await;
                        }
                    }
                    _ = &mut ended => over = true,
                }
            }
        }
        for number in work.timeline.give_up() {
            if let Some(fault) = self.faults.get(number) {
                self.never_made(fault, "the load ended before its instant").await;
            }
        }
        if !work.timeline.there().is_empty() {
            self.heal_the_rest(world, &mut work).await;
        }
    }

    async fn step(&self, world: &mut dyn World, work: &mut Work, step: Step) {
        let Some(fault) = self.faults.get(step.number) else {
            return;
        };
        match step.act {
            Act::Inject => self.inject(world, work, step.number, fault).await,
            Act::Again => {
                if let Err(error) = world.again(step.number, fault).await {
                    self.note(fault, &error.to_string());
                }
            }
            Act::Heal => {
                if let Err(error) = self.heal(world, work, step.number, fault).await {
                    self.note(fault, &error);
                    // What stands in its way may be another fault, which ends too.
                    let now_us = self.clock.at_us().saturating_sub(work.start_us);
                    work.timeline
                        .postpone(step.number, Duration::from_micros(now_us) + HEAL_AGAIN);
                }
            }
        }
    }

    async fn inject(&self, world: &mut dyn World, work: &mut Work, number: usize, fault: &Fault) {
        let injected = match world.inject(number, fault).await {
            Ok(injected) => injected,
            Err(error) => {
                let error = error.to_string();
                self.note(fault, &error);
                return self.never_made(fault, &error).await;
            }
        };
        if fault.what.lasts() {
            work.timeline.made(number);
            if let Some(target) = work.targets.get_mut(number) {
                target.clone_from(&injected.target);
            }
        }
        self.record(Event::Inject, fault, injected, lease(fault)).await;
    }

    async fn heal(&self, world: &mut dyn World, work: &mut Work, number: usize, fault: &Fault) -> Result<(), String> {
        let Healed { bit } = world
            .heal(number, fault)
            .await
            .map_err(|error| format!("could not be healed: {error}"))?;
        self.ended(work, number, fault, bit).await;
        Ok(())
    }

    async fn heal_the_rest(&self, world: &mut dyn World, work: &mut Work) {
        self.recorder.enter(self.recorder.phase(), Phase::Heal).await;
        self.progress.step(Phase::Heal.as_str(), None);
        for number in work.timeline.there() {
            let Some(fault) = self.faults.get(number) else {
                continue;
            };
            if let Err(error) = self.heal(world, work, number, fault).await {
                self.note(fault, &error);
                // What the world does now is no longer what a healed one would do, so nothing is proven.
                self.ended(work, number, fault, Some(false)).await;
            }
        }
    }

    async fn ended(&self, work: &mut Work, number: usize, fault: &Fault, bit: Option<bool>) {
        work.timeline.healed(number);
        let target = work.targets.get(number).cloned().unwrap_or_default();
        let healed = Injected {
            target,
            bit,
            touched: Vec::new(),
        };
        self.record(Event::Heal, fault, healed, None).await;
    }

    async fn never_made(&self, fault: &Fault, why: &str) {
        let injected = Injected {
            target: why.to_owned(),
            bit: Some(false),
            touched: Vec::new(),
        };
        self.record(Event::Inject, fault, injected, None).await;
    }

    async fn record(&self, event: fn(FaultEvent) -> Event, fault: &Fault, done: Injected, lease: Option<Duration>) {
        let phase = self.recorder.phase();
        let fault = FaultEvent {
            seq: 0,
            at_us: 0,
            phase,
            fault: fault.what.as_str().to_owned(),
            target: done.target,
            lease_us: lease.map(micros),
            bit: done.bit,
            touched: done.touched,
        };
        self.recorder.record(event(fault), phase).await;
    }

    fn note(&self, fault: &Fault, text: &str) {
        self.progress.note(&format!("{}: {text}", fault.what.as_str()));
    }
}

#[cfg(test)]
mod tests;
