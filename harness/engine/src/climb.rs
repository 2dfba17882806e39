//! A search for the capacity: one load whose rate moves from step to step, each of which begins when all before have their answer.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use history::{Event, Phase, StepEvent};
use tokio::sync::{mpsc, watch};
use vocabulary::{Rate, Seed};

use crate::arrival::seed_of;
use crate::clock::{micros, wait};
use crate::error::EngineError;
use crate::load::{LEAD_US, Load, Running, STOP_WITHIN};
use crate::pipe::Results;
use crate::ports::Step;
use crate::release::{StepFires, Steps};
use crate::schedule::Fires;

/// What comes to whoever steers.
struct Ears<'e> {
    up: &'e mut Results,
    /// Nothing comes up the pipe any more.
    ended: bool,
    released: mpsc::UnboundedReceiver<()>,
    /// Everybody of the step is out.
    all_out: bool,
    interrupt: &'e mut watch::Receiver<bool>,
    interrupted: bool,
}

impl Load<'_> {
    /// Makes one step after the other until the search is over, and waits for the generator's end. Tells whether it was interrupted.
    pub(crate) async fn climb(
        &self,
        up: &mut Results,
        running: &mut Running<'_>,
        steps: Steps,
        stop: &AtomicBool,
        interrupt: &mut watch::Receiver<bool>,
    ) -> Result<bool, EngineError> {
        let Steps { orders, released } = steps;
        let mut ears = Ears {
            up,
            ended: false,
            released,
            all_out: false,
            interrupt,
            interrupted: false,
        };
        let mut phase = Phase::Baseline;
        let seed = seed_of(self.plan).child("steps");
        for number in 0.. {
            let next = running.steering.as_mut().and_then(|steering| steering.next());
            self.tell_step(running);
            let Some(step) = next else { break };
            let begun = self.begin(running, step, number, &mut phase).await;
            let fires = self.fires(step, seed.nth("step", number.into()));
            let Some(fires) = fires.filter(|_| !ears.interrupted) else {
                break;
            };
            ears.all_out = false;
            let relative = |at_us: u64| at_us.saturating_sub(running.start_us);
            let order = StepFires {
                fires,
                from_us: relative(begun.from_us),
                measured_from_us: relative(begun.measured_from_us),
            };
            // A thread that has ended releases nobody; the generator's end is heard of then.
            let _ = orders.send(order);
            if !self.step(running, &mut ears, &begun, &mut phase).await? {
                break;
            }
        }
        drop(orders);
        self.run_out(running, &mut ears, stop, phase).await
    }

    /// Says how the step before went.
    fn tell_step(&self, running: &Running<'_>) {
        if let Some(told) = running.steering.as_ref().and_then(|steering| steering.told()) {
            self.progress.note(&told);
        }
    }

    fn fires(&self, step: Step, seed: Seed) -> Option<Fires> {
        let rate = Rate::per_second(step.rate_millis as f64 / 1e3)?;
        Fires::at_rate(&self.plan.load.executor, rate, step.warm_up + step.measure, seed)
    }

    /// A step begins: it is written down before anybody of it comes.
    async fn begin(&self, running: &mut Running<'_>, step: Step, number: u32, phase: &mut Phase) -> StepEvent {
        if *phase == Phase::Baseline {
            let first = if step.warm_up.is_zero() {
                Phase::Measure
            } else {
                Phase::WarmUp
            };
            self.enter(phase, first).await;
        }
        let from_us = self.clock.at_us() + LEAD_US;
        let measured_from_us = from_us + micros(step.warm_up);
        let begun = StepEvent {
            seq: 0,
            at_us: 0,
            phase: *phase,
            number,
            rate_millis: step.rate_millis,
            from_us,
            measured_from_us,
            until_us: measured_from_us + micros(step.measure),
        };
        running.measured_from_us = measured_from_us.saturating_sub(running.start_us);
        let released = self.released.load(Ordering::Relaxed);
        running.gathering.begins(from_us, step.warm_up + step.measure, released);
        self.recorder.record(Event::Step(begun), *phase).await;
        if let Some(steering) = &mut running.steering {
            steering.begins(begun);
        }
        let name = format!("step {}: {}/s", number + 1, step.rate_millis as f64 / 1e3);
        self.progress.step(&name, None);
        begun
    }

    /// Until the step is over and everybody of it has an answer; tells whether another may follow.
    async fn step(
        &self,
        running: &mut Running<'_>,
        ears: &mut Ears<'_>,
        begun: &StepEvent,
        phase: &mut Phase,
    ) -> Result<bool, EngineError> {
        let deadline = begun.until_us + micros(self.patience());
        loop {
            let now = self.clock.at_us();
            if *phase == Phase::WarmUp && now >= begun.measured_from_us {
                self.enter(phase, Phase::Measure).await;
            }
            if ears.interrupted || ears.ended || now >= deadline {
                return Ok(false);
            }
            let answered = running.answered >= self.released.load(Ordering::Relaxed);
            if now >= begun.until_us && ears.all_out && answered {
                return Ok(true);
            }
            let points = [begun.measured_from_us, begun.until_us, deadline];
            let next = points.into_iter().find(|at_us| *at_us > now).unwrap_or(deadline);
            let due = self.tell(running, now, *phase);
            self.listen(running, ears, next.min(due)).await?;
        }
    }

    /// Waits for the generator's end, which comes when every ticket has its answer.
    async fn run_out(
        &self,
        running: &mut Running<'_>,
        ears: &mut Ears<'_>,
        stop: &AtomicBool,
        mut phase: Phase,
    ) -> Result<bool, EngineError> {
        if !ears.interrupted {
            self.enter(&mut phase, Phase::Drain).await;
        }
        let mut deadline = self.clock.at_us() + micros(self.patience());
        loop {
            if ears.interrupted && !stop.swap(true, Ordering::Relaxed) {
                deadline = self.clock.at_us() + micros(STOP_WITHIN);
            }
            if ears.ended || self.clock.at_us() >= deadline {
                return Ok(ears.interrupted);
            }
            self.listen(running, ears, deadline).await?;
        }
    }

    /// Waits until something comes, at most until a point of the run's axis.
    async fn listen(&self, running: &mut Running<'_>, ears: &mut Ears<'_>, until_us: u64) -> Result<(), EngineError> {
        let left = Duration::from_micros(until_us.saturating_sub(self.clock.at_us()));
        tokio::select! {
            frame = ears.up.receive(), if !ears.ended => ears.ended = self.hear(running, frame, ears.up).await?,
            Some(()) = ears.released.recv() => ears.all_out = true,
            _ = ears.interrupt.changed(), if !ears.interrupted => ears.interrupted = true,
            () = wait(left) => {}
        }
        Ok(())
    }

    async fn enter(&self, phase: &mut Phase, enter: Phase) {
        self.recorder.enter(*phase, enter).await;
        *phase = enter;
        self.progress.step(enter.as_str(), None);
    }
}
