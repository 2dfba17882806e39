//! The load: tickets are released at their instants, results are written down, and every arrival is accounted for.

mod running;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use history::{DropWhy, DroppedEvent, Event, OpEvent, Phase};
use rustc_hash::FxHashMap;
use scenario::{Person, Plan};
use tokio::runtime::Handle;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use uuid::Uuid;
use vocabulary::{Goal, Outcome, OutcomeClass, UnknownWhy};

use crate::arrival::{Arrival, arrivals};
use crate::attempt::{ATTEMPTS_MAX, AWAY_MAX_US, attempt_id};
use crate::breach::{Came, Watch};
use crate::clock::{RunClock, micros, wait};
use crate::error::EngineError;
use crate::keeping::Keeping;
use crate::pipe::{Done, Down, Hello, PipeError, Results, Up, send};
use crate::ports::{Generator, PortError, Progress, Steering, Target};
use crate::probe;
use crate::pulse::Gathering;
use crate::recorder::Recorder;
use crate::release::{Release, Releasing, Unreleased};
use crate::tickets::{Book, Desk, Open};
use crate::watch::Watching;

pub(crate) use running::Running;
pub(crate) use running::{LoadEnd, Touch};

/// Between the generator's readiness and the first arrival.
pub(crate) const LEAD_US: u64 = 50_000;
/// How long the generator may take to bring its users up.
const READY_WITHIN: Duration = Duration::from_secs(60);
/// How long a stopped generator may take to say what became of its work.
pub(crate) const STOP_WITHIN: Duration = Duration::from_secs(4);
/// Results that are taken in one go at most, before anything else gets its turn.
const TOGETHER: usize = 256;
/// Requests of one attempt, each of which may take its whole time.
const REQUESTS: u32 = 6;

/// What the load needs.
pub(crate) struct Load<'a> {
    pub plan: &'a Plan,
    pub people: &'a [Person],
    pub users: &'a [Uuid],
    pub recorder: &'a Recorder,
    pub clock: &'a RunClock,
    pub progress: &'a dyn Progress,
    pub watching: &'a Watching,
    /// Counts the tickets released.
    pub released: &'a Arc<AtomicU64>,
    /// How well the generator keeps up.
    pub keeping: &'a Keeping,
}

impl Load<'_> {
    /// Drives the whole load and waits until every ticket is accounted for. `begun` is told where on the run's axis it begins.
    pub async fn drive(
        &self,
        generator: Generator,
        target: &Target,
        begun: oneshot::Sender<u64>,
        steering: Option<&mut dyn Steering>,
        interrupt: &mut watch::Receiver<bool>,
    ) -> Result<LoadEnd, EngineError> {
        let Generator {
            mut down,
            mut up,
            pid,
            guard,
        } = generator;
        let hello = Down::Hello(Box::new(self.hello(target)));
        let greeted = send(&mut down, &hello).await;
        greeted.map_err(|error| EngineError::Generator(error.into()))?;
        self.ready(&mut up).await?;
        self.keeping.begin(pid, self.plan.load.in_flight_max);

        let start_us = self.clock.at_us() + LEAD_US;
        // Nobody waits for it where nothing shall break.
        let _ = begun.send(start_us);
        let book = Arc::new(Book::default());
        let stop = Arc::new(AtomicBool::new(false));
        let releasing = Releasing {
            plan: self.plan,
            people: self.people,
            clock: self.clock,
            start_us,
            stop: &stop,
            released: self.released,
            keeping: self.keeping,
            desk: Desk {
                down,
                book: Arc::clone(&book),
                names: self.names(),
                start_us,
                interrupt: interrupt.clone(),
                runtime: Handle::current(),
            },
        };
        let Release { ends, steps, rest } = match steering {
            Some(_) => releasing.stepwise(),
            None => releasing.planned(),
        };
        let mut running = Running {
            book,
            touched: FxHashMap::default(),
            start_us,
            answered: 0,
            gathering: Gathering::new(start_us, self.plan.load.length()),
            ends,
            measured_from_us: micros(self.plan.load.warm_up),
            steering,
            watch: Watch::of(self.plan, self.people),
        };
        let interrupted = match steps {
            Some(steps) => self.climb(&mut up, &mut running, steps, &stop, interrupt).await?,
            None => self.collect(&mut up, &mut running, &stop, interrupt).await?,
        };
        stop.store(true, Ordering::Relaxed);
        drop(guard);
        self.account_for_the_rest(&mut running, rest, interrupted).await;
        Ok(LoadEnd {
            touched: running.touched,
            interrupted,
        })
    }

    /// What the generator must know.
    fn hello(&self, target: &Target) -> Hello {
        let load = &self.plan.load;
        Hello {
            at_us: self.clock.at_us(),
            unix_us: self.clock.unix_us(),
            flow: target.flow,
            portal_url: target.portal_url.clone(),
            graph_url: target.graph_url.clone(),
            token_url: target.token_url.clone(),
            helpdesk_upn: target.helpdesk_upn.clone(),
            helpdesk_password: target.helpdesk_password.expose().to_owned(),
            names: target.names.clone(),
            ca_pem: target.ca_pem.clone(),
            lab_token: target.lab_token.expose().to_owned(),
            seed: self.plan.seed,
            users: load.in_flight_max,
            queue_max: load.queue_max,
            // In a closed model nobody queues: whoever waits for a free user is one.
            start_within_us: load.start_within.map_or(u64::MAX, micros),
            request_timeout_us: micros(load.request_timeout),
        }
    }

    /// Waits until the generator's users are up.
    async fn ready(&self, up: &mut Results) -> Result<(), EngineError> {
        let failed = |error: PortError| EngineError::Generator(error);
        let first = tokio::time::timeout(READY_WITHIN, up.receive())
            .await
            .map_err(|_| failed(format!("it was not ready within {READY_WITHIN:?}").into()))?;
        match first.map_err(|error| failed(error.into()))? {
            Some(Up::Ready) => Ok(()),
            Some(Up::Failed(message)) => Err(failed(message.into())),
            other => Err(failed(format!("it began with {other:?}").into())),
        }
    }

    fn names(&self) -> Vec<String> {
        self.people.iter().map(|person| person.upn.clone()).collect()
    }

    /// Reads results until the generator has ended; enters the phases on the way. Tells whether the run was interrupted.
    async fn collect(
        &self,
        up: &mut Results,
        running: &mut Running<'_>,
        stop: &AtomicBool,
        interrupt: &mut watch::Receiver<bool>,
    ) -> Result<bool, EngineError> {
        let mut phases = self.timetable(running.start_us);
        let planned = arrivals(self.plan, self.people).planned();
        let (mut ended, mut interrupted) = (false, false);
        let patience_us = micros(self.patience());
        let mut deadline = running.start_us + micros(self.plan.load.length()) + patience_us;
        let mut phase = Phase::Baseline;
        loop {
            let now = self.clock.at_us();
            while let Some((_, enter)) = phases.first().copied().filter(|(at_us, _)| *at_us <= now) {
                phases.remove(0);
                self.recorder.enter(phase, enter).await;
                self.progress.step(enter.as_str(), planned);
                phase = enter;
                running.enters(enter, now, phases.first().map(|(at_us, _)| *at_us));
            }
            if phase == Phase::Measure
                && !interrupted
                && let Some(goals) = running.lost()
            {
                stop.store(true, Ordering::Relaxed);
                self.drain_early(goals).await;
                phases.clear();
                phase = Phase::Drain;
                deadline = now + patience_us;
            }
            let due = deadline.min(self.tell(running, now, phase));
            let next = phases.first().map_or(due, |(at_us, _)| *at_us).min(due);
            // An idle end of the measure phase is measured too: it ends when it was to end.
            if now >= deadline || (ended && (interrupted || phases.is_empty())) {
                return Ok(interrupted);
            }
            tokio::select! {
                frame = up.receive(), if !ended => ended = self.hear(running, frame, up).await?,
                _ = interrupt.changed(), if !interrupted => {
                    interrupted = true;
                    stop.store(true, Ordering::Relaxed);
                    deadline = self.clock.at_us() + micros(STOP_WITHIN);
                }
                () = wait(Duration::from_micros(next.saturating_sub(now))) => {}
            }
        }
    }

    /// Tells people how it goes when that is due; gives when it is due next.
    pub(crate) fn tell(&self, running: &mut Running<'_>, now: u64, phase: Phase) -> u64 {
        if now >= running.gathering.due_us() {
            let released = self.released.load(Ordering::Relaxed);
            let pulse = running.gathering.take((now, phase), released, self.keeping.last());
            self.progress.load(&pulse);
        }
        running.gathering.due_us()
    }

    /// Takes what came up the pipe, and what came with it; tells whether nothing comes any more.
    pub(crate) async fn hear(
        &self,
        running: &mut Running<'_>,
        first: Result<Option<Up>, PipeError>,
        up: &mut Results,
    ) -> Result<bool, EngineError> {
        let mut ended = self.heard(running, first).await?;
        for _ in 1..TOGETHER {
            if ended {
                break;
            }
            let Some(frame) = up.received() else { break };
            ended = self.heard(running, frame).await?;
        }
        Ok(ended)
    }

    async fn heard(
        &self,
        running: &mut Running<'_>,
        frame: Result<Option<Up>, PipeError>,
    ) -> Result<bool, EngineError> {
        match frame.map_err(|error| EngineError::Generator(error.into()))? {
            Some(Up::Ended) | None => return Ok(true),
            Some(Up::Failed(message)) => return Err(EngineError::Generator(message.into())),
            Some(Up::Ready) => {}
            Some(Up::Gauge(gauge)) => self.keeping.gauge(gauge),
            Some(Up::Done(done)) => self.done(running, done).await,
            Some(Up::Dropped {
                number,
                attempt,
                intended_us,
                why,
            }) => self.dropped(running, number, (attempt, intended_us), why).await,
        }
        Ok(false)
    }

    /// What is left of the load has no more sense, since these goals cannot hold any more: what has begun may end.
    async fn drain_early(&self, goals: Vec<String>) {
        let told = goals.iter().map(|goal| {
            let named = goal.parse::<Goal>();
            named.map_or_else(|_| goal.clone(), |goal| goal.words())
        });
        let told: Vec<String> = told.collect();
        self.progress.note(&format!(
            "the load ends early, since this can no longer hold: {}",
            told.join("; ")
        ));
        self.recorder.enter_since(Phase::Measure, Phase::Drain, goals).await;
        self.progress.step(Phase::Drain.as_str(), None);
    }

    /// How long the last arrival may take at most, from its instant.
    pub(crate) fn patience(&self) -> Duration {
        let attempts = self.plan.load.request_timeout * REQUESTS * self.attempts_max();
        self.plan.load.start_within.unwrap_or_default() + attempts + Duration::from_micros(AWAY_MAX_US)
    }

    /// Attempts that an arrival of this plan may make at most.
    fn attempts_max(&self) -> u32 {
        let several = self.people.iter().any(|person| person.persona.may_try_again());
        if several { ATTEMPTS_MAX } else { 1 }
    }

    /// When each phase of the load is entered, on the run's axis.
    fn timetable(&self, start_us: u64) -> Vec<(u64, Phase)> {
        let measure = start_us + micros(self.plan.load.warm_up);
        let drain = measure + micros(self.plan.load.measure);
        let warm_up = (!self.plan.load.warm_up.is_zero()).then_some((start_us, Phase::WarmUp));
        warm_up
            .into_iter()
            .chain([(measure, Phase::Measure), (drain, Phase::Drain)])
            .collect()
    }

    fn user(&self, arrival: &Arrival) -> Uuid {
        let index = usize::try_from(arrival.person).ok();
        index
            .and_then(|index| self.users.get(index))
            .copied()
            .unwrap_or_default()
    }

    fn person(&self, arrival: &Arrival) -> Option<&Person> {
        self.people.get(usize::try_from(arrival.person).ok()?)
    }

    fn forest(&self, arrival: &Arrival) -> usize {
        self.person(arrival).map_or(0, |person| person.forest)
    }

    fn actor(&self, arrival: &Arrival) -> String {
        self.person(arrival)
            .map(|person| person.upn.clone())
            .unwrap_or_default()
    }

    async fn done(&self, running: &mut Running<'_>, done: Done) {
        let Some(arrival) = running.book.attempted(done.number, done.attempt, done.more) else {
            return;
        };
        let phase = running.phase_of(&arrival);
        if done.free && done.attempt == 1 && phase == Phase::Measure {
            let intended_us = running.start_us + arrival.at_us;
            self.keeping.began(done.started_us.saturating_sub(intended_us));
        }
        running.gathering.ended(&done);
        if !done.more {
            running.answer(done.number, done.finished_us);
            self.progress.at(running.answered);
        }
        let writes = arrival.writes_at(done.attempt);
        let touch = Touch {
            label: writes,
            started_us: done.started_us,
            finished_us: done.finished_us,
            class: done.outcome.class(),
        };
        let touches = running.touched.entry(arrival.person).or_default();
        touches.push(touch);
        probe::forget(touches);
        let operation = attempt_id(arrival.op_id, done.attempt);
        if touch.class == OutcomeClass::Applied {
            running.book.now_holds(arrival.person, writes);
            self.watching
                .acknowledged(self.forest(&arrival), self.user(&arrival), operation);
        }
        let event = OpEvent {
            seq: 0,
            at_us: 0,
            phase,
            op_id: operation,
            op: arrival.op,
            attempt: done.attempt,
            arrival: Some(arrival.number),
            actor: self.actor(&arrival),
            persona: arrival.persona.as_str().to_owned(),
            user: self.user(&arrival),
            writes,
            proves: done.proves,
            intended_us: done.intended_us,
            started_us: done.started_us,
            finished_us: done.finished_us,
            expires_us: done.finished_us + micros(self.plan.world.message_lifetime),
            outcome: done.outcome,
            stages_us: done.stages.filter(|stages| !stages.is_empty()),
        };
        running.came(&Came {
            persona: arrival.persona,
            attempt: done.attempt,
            more: done.more,
            measured: phase == Phase::Measure,
            class: touch.class,
            finished_us: event.finished_us,
            response_us: event.response_us(),
            service_us: event.service_us(),
            stages: event.stages_us.as_ref(),
        });
        let event = Event::Op(event);
        running.sees(&event);
        self.recorder.record(event, phase).await;
    }

    async fn dropped(&self, running: &mut Running<'_>, number: u64, (attempt, intended_us): (u32, u64), why: DropWhy) {
        if let Some(arrival) = running.book.attempted(number, attempt, false) {
            running.gathering.dropped();
            running.answer(number, self.clock.at_us());
            self.progress.at(running.answered);
            running.came(&Came {
                persona: arrival.persona,
                attempt,
                more: false,
                measured: running.phase_of(&arrival) == Phase::Measure,
                class: OutcomeClass::Dropped,
                finished_us: self.clock.at_us(),
                response_us: 0,
                service_us: 0,
                stages: None,
            });
            self.record_drop(running, &arrival, (attempt, intended_us), why).await;
        }
    }

    async fn record_drop(
        &self,
        running: &mut Running<'_>,
        arrival: &Arrival,
        (attempt, intended_us): (u32, u64),
        why: DropWhy,
    ) {
        let phase = running.phase_of(arrival);
        let event = DroppedEvent {
            seq: 0,
            at_us: 0,
            phase,
            actor: self.actor(arrival),
            persona: arrival.persona.as_str().to_owned(),
            attempt,
            arrival: Some(arrival.number),
            user: self.user(arrival),
            op: arrival.op,
            intended_us,
            why,
        };
        let event = Event::Dropped(event);
        running.sees(&event);
        self.recorder.record(event, phase).await;
    }

    /// Tickets the generator never answered are unknown; arrivals that were never released are dropped.
    async fn account_for_the_rest(
        &self,
        running: &mut Running<'_>,
        rest: JoinHandle<(Unreleased, Desk)>,
        interrupted: bool,
    ) {
        for Open { arrival, attempts } in running.book.open() {
            let now = self.clock.at_us();
            let planned_us = running.start_us + arrival.at_us;
            let why = if interrupted {
                UnknownWhy::Interrupted
            } else {
                UnknownWhy::Unplaced
            };
            let done = Done {
                number: arrival.number,
                free: false,
                attempt: attempts + 1,
                more: false,
                proves: None,
                intended_us: if attempts == 0 { planned_us } else { now },
                started_us: now,
                finished_us: now,
                outcome: Outcome::Unknown(why),
                stages: None,
            };
            self.done(running, done).await;
        }
        if let Ok((unreleased, _)) = rest.await {
            for arrival in unreleased {
                let intended_us = running.start_us + arrival.at_us;
                self.record_drop(running, &arrival, (1, intended_us), DropWhy::RunEnded)
                    .await;
            }
        }
    }
}
