//! Tickets are released at their instants, by an OS thread of its own.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc as std_mpsc;

use scenario::{Executor, Person, Plan};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::arrival::{Arrival, Arrivals, Asking, arrivals, seed_of};
use crate::clock::{Awaited, RunClock};
use crate::schedule::{Fire, Users};

/// Tickets between the releasing thread and the pipe.
pub(crate) const RELEASED: usize = 1024;

/// The end of an operation, for the one who releases the next of that user.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ended {
    pub number: u64,
    /// On the run's axis.
    pub at_us: u64,
}

/// A releasing thread.
pub(crate) struct Release {
    /// What is released.
    pub tickets: mpsc::Receiver<Arrival>,
    /// Takes the ends of operations where somebody waits for them: in a closed model.
    pub ends: Option<std_mpsc::Sender<Ended>>,
    /// What was planned and never released, when the thread has ended.
    pub rest: JoinHandle<Unreleased>,
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
    tickets: mpsc::Sender<Arrival>,
}

/// Starts the thread of a load that begins at `start_us` on the run's axis. `released` counts.
pub(crate) fn release(
    plan: &Plan,
    people: &[Person],
    clock: &RunClock,
    start_us: u64,
    stop: &Arc<AtomicBool>,
    released: &Arc<AtomicU64>,
) -> Release {
    let (sender, tickets) = mpsc::channel(RELEASED);
    let thread = Thread {
        clock: clock.clone(),
        start_us,
        stop: Arc::clone(stop),
        released: Arc::clone(released),
        tickets: sender,
    };
    let Executor::Closed { users, think_time } = &plan.load.executor else {
        let arrivals = arrivals(plan, people);
        let rest = tokio::task::spawn_blocking(move || thread.open(arrivals));
        return Release {
            tickets,
            ends: None,
            rest,
        };
    };
    let users = Users::of(*users, *think_time, plan.load.length(), seed_of(plan));
    let asking = Asking::of(plan, people);
    let (ends, ended) = std_mpsc::channel();
    let rest = tokio::task::spawn_blocking(move || {
        thread.closed(users, asking, &ended);
        Unreleased::default()
    });
    Release {
        tickets,
        ends: Some(ends),
        rest,
    }
}

impl Thread {
    /// At its instant each arrival, whatever the system is doing then.
    fn open(&self, mut upcoming: Arrivals) -> Unreleased {
        while let Some(arrival) = upcoming.next() {
            if !self.clock.block_until(self.start_us + arrival.at_us, &self.stop) || !self.hand_over(arrival) {
                return Unreleased {
                    first: Some(arrival),
                    others: Some(upcoming),
                };
            }
        }
        Unreleased::default()
    }

    /// Each user's next when they have thought; they think from the end of the last.
    fn closed(&self, mut users: Users, mut asking: Asking, ended: &std_mpsc::Receiver<Ended>) {
        let mut number = 0;
        loop {
            let due = users.due();
            let until = self.start_us + due.unwrap_or(users.end_us());
            match self.clock.receive_until(until, ended, &self.stop) {
                Awaited::Message(end) => users.ended(end.number, end.at_us.saturating_sub(self.start_us)),
                Awaited::Point if due.is_some() => {
                    let begun = users
                        .begin(number)
                        .and_then(|at_us| asking.next(Fire { at_us, op: None }));
                    number += 1;
                    if !begun.is_some_and(|arrival| self.hand_over(arrival)) {
                        return;
                    }
                }
                Awaited::Point | Awaited::Stop => return,
            }
        }
    }

    fn hand_over(&self, arrival: Arrival) -> bool {
        let taken = self.tickets.blocking_send(arrival).is_ok();
        self.released.fetch_add(u64::from(taken), Ordering::Relaxed);
        taken
    }
}
