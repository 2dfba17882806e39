//! Tickets are released at their instants, by an OS thread of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc as std_mpsc;

use scenario::{Executor, Person, Plan};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::arrival::{Arrival, Arrivals, Asking, arrivals, seed_of};
use crate::clock::{Awaited, RunClock, micros};
use crate::keeping::Keeping;
use crate::pipe::PACE;
use crate::process::Urgent;
use crate::schedule::{Fire, Fires, Users};
use crate::tickets::Desk;

/// Tickets that go out together at most.
const TOGETHER: usize = 256;

/// The end of an operation, for the one who releases the next of that user.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended {
    pub number: u64,
    /// On the run's axis.
    pub at_us: u64,
}

/// A ticket that was released.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Released {
    pub arrival: Arrival,
    /// On the run's axis.
    pub at_us: u64,
}

/// A releasing thread.
pub(crate) struct Release {
    /// Takes the ends of operations where somebody waits for them: in a closed model.
    pub ends: Option<std_mpsc::Sender<Ended>>,
    /// Takes the steps of a search, where there is one.
    pub steps: Option<Steps>,
    /// What was planned and never released, when the thread has ended; with it the pipe, which must stay open until then.
    pub rest: JoinHandle<(Unreleased, Desk)>,
}

/// A step of a search on its way to the releasing thread.
#[derive(Debug)]
pub(crate) struct StepFires {
    /// When somebody comes, from `from_us` on.
    pub fires: Fires,
    /// Where the step begins, from the start of the load.
    pub from_us: u64,
    /// Where its measured part begins.
    pub measured_from_us: u64,
}

/// How a search and its releasing thread speak with each other.
pub(crate) struct Steps {
    /// The next step; without a sender nobody comes any more.
    pub orders: std_mpsc::Sender<StepFires>,
    /// Tells that everybody of a step has been released.
    pub released: mpsc::UnboundedReceiver<()>,
}

/// Arrivals that were planned and never released.
#[derive(Debug, Default)]
pub(crate) struct Unreleased {
    first: Option<Arrival>,
    others: Option<Arrivals>,
}

impl Iterator for Unreleased {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        self.first.take().or_else(|| self.others.as_mut()?.next())
    }
}

/// What a releasing thread works with.
struct Thread {
    clock: RunClock,
    start_us: u64,
    stop: Arc<AtomicBool>,
    released: Arc<AtomicU64>,
    /// Where the measure phase begins, from the start of the load.
    measured_from_us: u64,
    keeping: Keeping,
    /// What is due and not yet handed out.
    due: Vec<Released>,
    desk: Desk,
}

/// What the releasing thread of a load needs, which begins at `start_us` on the run's axis. `released` counts.
pub(crate) struct Releasing<'a> {
    pub plan: &'a Plan,
    pub people: &'a [Person],
    pub clock: &'a RunClock,
    pub start_us: u64,
    pub stop: &'a Arc<AtomicBool>,
    pub released: &'a Arc<AtomicU64>,
    pub keeping: &'a Keeping,
    pub desk: Desk,
}

impl Releasing<'_> {
    /// Starts the thread of a load as planned.
    pub fn planned(self) -> Release {
        let Executor::Closed { users, think_time } = &self.plan.load.executor else {
            let arrivals = arrivals(self.plan, self.people);
            return self.start(None, None, move |thread| thread.open(arrivals));
        };
        let users = Users::of(*users, *think_time, self.plan.load.length(), seed_of(self.plan));
        let asking = Asking::of(self.plan, self.people);
        let (ends, ended) = std_mpsc::channel();
        self.start(Some(ends), None, move |thread| {
            thread.closed(users, asking, &ended);
            Unreleased::default()
        })
    }

    /// Starts the thread of a search, whose arrivals are known a step at a time.
    pub fn stepwise(self) -> Release {
        let asking = Asking::of(self.plan, self.people);
        let (orders, ordered) = std_mpsc::channel();
        let (told, released) = mpsc::unbounded_channel();
        self.start(None, Some(Steps { orders, released }), move |thread| {
            thread.steps(asking, &ordered, &told);
            Unreleased::default()
        })
    }

    fn start(
        self,
        ends: Option<std_mpsc::Sender<Ended>>,
        steps: Option<Steps>,
        work: impl FnOnce(&mut Thread) -> Unreleased + Send + 'static,
    ) -> Release {
        let mut thread = Thread {
            clock: self.clock.clone(),
            start_us: self.start_us,
            stop: Arc::clone(self.stop),
            released: Arc::clone(self.released),
            measured_from_us: micros(self.plan.load.warm_up),
            keeping: self.keeping.clone(),
            due: Vec::new(),
            desk: self.desk,
        };
        let rest = tokio::task::spawn_blocking(move || {
            let unreleased = work(&mut thread);
            thread.hand_out();
            thread.desk.close();
            (unreleased, thread.desk)
        });
        Release { ends, steps, rest }
    }
}

impl Thread {
    /// At its instant each arrival, whatever the system is doing then.
    fn open(&mut self, mut upcoming: Arrivals) -> Unreleased {
        let _urgent = Urgent::here();
        let mut woken_us = 0;
        let first = loop {
            let Some(arrival) = upcoming.next() else { break None };
            if !self.wait_for(self.start_us + arrival.at_us, &mut woken_us) {
                break Some(arrival);
            }
            if !self.release(arrival) {
                break None;
            }
        };
        Unreleased {
            first,
            others: Some(upcoming),
        }
    }

    /// Until an instant has come; tells whether it came before a stop. What is due goes out before.
    fn wait_for(&mut self, due_us: u64, woken_us: &mut u64) -> bool {
        if due_us <= self.clock.at_us() {
            return !self.stop.load(Ordering::Relaxed);
        }
        if !self.hand_out() {
            return false;
        }
        let came = self.clock.block_until(due_us.max(*woken_us + micros(PACE)), &self.stop);
        *woken_us = self.clock.at_us();
        came
    }

    /// Each user's next when they have thought; they think from the end of the last.
    fn closed(&mut self, mut users: Users, mut asking: Asking, ended: &std_mpsc::Receiver<Ended>) {
        let (mut number, mut woken_us) = (0, 0);
        loop {
            let due = users.due();
            let until_us = self.start_us + due.unwrap_or(users.end_us());
            let waits = until_us > self.clock.at_us();
            if waits {
                if !self.hand_out() {
                    return;
                }
                self.clock
                    .block_until(until_us.min(woken_us + micros(PACE)), &self.stop);
            }
            let awaited = self.clock.receive_until(until_us, ended, &self.stop);
            if waits {
                woken_us = self.clock.at_us();
            }
            match awaited {
                Awaited::Message(end) => users.ended(end.number, end.at_us.saturating_sub(self.start_us)),
                Awaited::Point if due.is_some() => {
                    let begun = users
                        .begin(number)
                        .and_then(|at_us| asking.next(Fire { at_us, op: None }));
                    number += 1;
                    if !begun.is_some_and(|arrival| self.release(arrival)) {
                        return;
                    }
                }
                Awaited::Point | Awaited::Stop => return,
            }
        }
    }

    /// One step after the other, each at its instants. Who comes is asked only when somebody does, so that nobody is planned who is
    /// not released.
    fn steps(&mut self, mut asking: Asking, ordered: &std_mpsc::Receiver<StepFires>, told: &mpsc::UnboundedSender<()>) {
        let _urgent = Urgent::here();
        let mut woken_us = 0;
        while let Awaited::Message(step) = self.clock.receive_until(u64::MAX, ordered, &self.stop) {
            self.measured_from_us = step.measured_from_us;
            for fire in step.fires {
                let at_us = step.from_us + fire.at_us;
                if !self.wait_for(self.start_us + at_us, &mut woken_us) {
                    return;
                }
                let arrival = asking.next(Fire { at_us, ..fire });
                if !arrival.is_some_and(|arrival| self.release(arrival)) {
                    return;
                }
            }
            if !self.hand_out() || told.send(()).is_err() {
                return;
            }
        }
    }

    /// An arrival's instant has come. It goes with the others of this instant; tells whether somebody takes them.
    fn release(&mut self, arrival: Arrival) -> bool {
        let at_us = self.clock.at_us();
        self.due.push(Released { arrival, at_us });
        self.due.len() < TOGETHER || self.hand_out()
    }

    /// What is due goes out; tells whether the generator still listens.
    fn hand_out(&mut self) -> bool {
        if self.due.is_empty() {
            return true;
        }
        let listens = self.desk.hand_out(&self.due);
        let now_us = self.clock.at_us().saturating_sub(self.start_us);
        self.released.fetch_add(self.due.len() as u64, Ordering::Relaxed);
        let instants = self.due.drain(..).map(|released| released.arrival.at_us);
        let measured_from_us = self.measured_from_us;
        self.keeping
            .released(instants.map(|at_us| (now_us.saturating_sub(at_us), at_us >= measured_from_us)));
        listens
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use scenario::Choices;
    use tokio::io::DuplexStream;
    use tokio::runtime::Handle;
    use tokio::sync::watch;
    use vocabulary::SystemClock;

    use super::*;
    use crate::pipe::{Down, Frames, Ticket};
    use crate::tickets::{Book, Open};

    /// Longer than any of these loads, by far.
    const BOUND: Duration = Duration::from_secs(60);

    fn plan(load: &str) -> Plan {
        let text = format!("schema = 1\nname = \"a\"\nwhy = \"b\"\nseed = 1\n[population]\npeople = 40\n[load.{load}");
        let scenario = scenario::parse("a.toml", &text, &[]).unwrap();
        Plan::resolve(&scenario, &Choices::default())
    }

    struct Started {
        release: Release,
        clock: RunClock,
        stop: Arc<AtomicBool>,
        released: Arc<AtomicU64>,
        book: Arc<Book>,
        /// The generator's end of the pipe.
        pipe: Frames<DuplexStream>,
    }

    fn start(plan: &Plan) -> Started {
        let clock = RunClock::starting_now(SystemClock::shared());
        let (stop, released, book) = (Arc::default(), Arc::default(), Arc::<Book>::default());
        let (down, pipe) = tokio::io::duplex(1 << 10);
        let release = Releasing {
            plan,
            people: &scenario::people(plan),
            clock: &clock,
            start_us: 0,
            stop: &stop,
            released: &released,
            keeping: &Keeping::default(),
            desk: Desk {
                down: Box::new(down),
                book: Arc::clone(&book),
                names: Vec::new(),
                start_us: 0,
                interrupt: watch::channel(false).1,
                runtime: Handle::current(),
            },
        }
        .planned();
        Started {
            release,
            clock,
            stop,
            released,
            book,
            pipe: Frames::of(pipe),
        }
    }

    impl Started {
        async fn next(&mut self) -> Option<Ticket> {
            match tokio::time::timeout(BOUND, self.pipe.receive()).await.unwrap() {
                Ok(Some(Down::Ticket(ticket))) => Some(ticket),
                Ok(Some(Down::End)) => None,
                other => panic!("{other:?}"),
            }
        }
    }

    #[tokio::test]
    async fn a_closed_load_goes_on_as_its_users_are_answered_and_ends_by_itself() {
        let plan = plan(
            "closed]\nusers = 3\nthink_time = { uniform = { min = \"1ms\", max = \"9ms\" } }\nmeasure = \"300ms\"\n",
        );
        let mut started = start(&plan);
        let ends = started.release.ends.take().unwrap();
        let mut numbers = Vec::new();
        while let Some(ticket) = started.next().await {
            let at_us = started.clock.at_us();
            assert!(
                at_us >= ticket.released_us && ticket.released_us >= ticket.intended_us && ticket.intended_us < 300_000,
                "{ticket:?}"
            );
            numbers.push(ticket.number);
            // The thread ends with the load, whoever still waits.
            let _ = ends.send(Ended {
                number: ticket.number,
                at_us,
            });
        }
        let (rest, _desk) = started.release.rest.await.unwrap();
        assert_eq!(rest.count(), 0);
        let consecutive: Vec<u64> = (0..started.released.load(Ordering::Relaxed)).collect();
        assert_eq!(numbers, consecutive);
        assert!(numbers.len() > 9, "{}", numbers.len());
        let mut asking = Asking::of(&plan, &scenario::people(&plan));
        for Open { arrival, .. } in started.book.open() {
            let at_us = arrival.at_us;
            assert_eq!(
                asking.next(Fire { at_us, op: None }),
                Some(arrival),
                "who comes is known beforehand"
            );
        }
    }

    #[tokio::test]
    async fn users_who_are_never_answered_ask_once() {
        let plan = plan("closed]\nusers = 3\nthink_time = { constant = \"1ms\" }\nmeasure = \"100ms\"\n");
        let mut started = start(&plan);
        let _ends = started.release.ends.take();
        let mut count = 0;
        while started.next().await.is_some() {
            count += 1;
        }
        assert_eq!(count, 3);
    }

    #[tokio::test]
    async fn a_stopped_thread_gives_back_what_it_did_not_release() {
        let plan = plan("constant_arrival_rate]\nrate = \"1/min\"\nmeasure = \"2h\"\n");
        let mut started = start(&plan);
        let first = started.next().await;
        assert_eq!(first.map(|ticket| ticket.number), Some(0));
        started.stop.store(true, Ordering::Relaxed);
        let ended = tokio::time::timeout(BOUND, started.release.rest).await;
        let (rest, _desk) = ended.unwrap().unwrap();
        let numbers: Vec<u64> = rest.map(|arrival| arrival.number).collect();
        assert_eq!(numbers, (1..120).collect::<Vec<u64>>());
    }
}
