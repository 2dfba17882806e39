//! goose users: each waits for a ticket, drives it to its end, and waits again.

use std::pin::{Pin, pin};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use engine::attempt::away_us;
use engine::clock::{RunClock, wait};
use engine::pipe::{Done, Ticket, Up};
use futures_util::FutureExt as _;
use futures_util::future::FusedFuture;
use goose::client::GooseClientBuilder;
use goose::config::GooseConfiguration;
use goose::prelude::{GooseAttack, GooseError, GooseUser, Scenario, Transaction, TransactionFunction};
use history::DropWhy;
use tokio::sync::{mpsc, watch};
use vocabulary::{Outcome, StageTimes, UnknownWhy};

use crate::LoadError;
use crate::course::{self, Next};
use crate::gauge::Counts;
use crate::portal::Portal;
use crate::visit::Visit;

/// More than goose can start in a second: all users come up at once.
const AT_ONCE: &str = "1000000";
/// goose's own voice: only its warnings.
const QUIET: u8 = 3;

/// A ticket in the queue.
pub(crate) struct Queued {
    pub ticket: Ticket,
    /// Whether a user was free when it came.
    pub free: bool,
}

/// Ends what a user does when the run is to end at once.
type Cancelled<'a> = Pin<&'a mut (dyn FusedFuture<Output = ()> + Send)>;

/// What all users share.
pub(crate) struct Crew {
    pub portal: Portal,
    pub clock: RunClock,
    pub counts: Arc<Counts>,
    pub tickets: async_channel::Receiver<Queued>,
    /// Where whoever has left comes back to.
    pub again: async_channel::WeakSender<Queued>,
    pub results: mpsc::Sender<Up>,
    pub cancelled: watch::Receiver<bool>,
    pub users: u32,
    pub start_within_us: u64,
}

/// Runs one goose attack whose users live from the first ticket to the last: one iteration, one transaction that loops.
pub(crate) async fn attack(crew: Arc<Crew>, host: &str) -> Result<(), LoadError> {
    let told = |error: GooseError| LoadError::Goose(error.to_string());
    let configuration = configuration(host, crew.users);
    let scenario = Scenario::new("portal").register_transaction(Transaction::new(shift(crew)));
    // The client that goose would build for each user loads the system's certificates, 2.5 ms each; none of them asks anything.
    GooseAttack::initialize_with_config(configuration)
        .and_then(|attack| attack.set_client_builder_without_cookies(GooseClientBuilder::new().without_cookies()))
        .map(|attack| attack.register_scenario(scenario))
        .map_err(told)?
        .execute()
        .await
        .map_err(told)?;
    Ok(())
}

fn configuration(host: &str, users: u32) -> GooseConfiguration {
    let mut configuration = GooseConfiguration::default();
    configuration.host = Some(host.to_owned());
    configuration.users = usize::try_from(users).ok();
    configuration.increase_rate = Some(AT_ONCE.to_owned());
    configuration.iterations = Some(1);
    configuration.quiet = QUIET;
    configuration.no_telnet = true;
    configuration.no_metrics = true;
    configuration.no_print_metrics = true;
    configuration.no_error_summary = true;
    configuration
}

/// A user's whole life.
fn shift(crew: Arc<Crew>) -> TransactionFunction {
    let (waiting, ended) = (Arc::new(AtomicU32::new(0)), Arc::new(AtomicU32::new(0)));
    Arc::new(move |_: &mut GooseUser| {
        let (crew, waiting, ended) = (Arc::clone(&crew), Arc::clone(&waiting), Arc::clone(&ended));
        Box::pin(async move {
            if waiting.fetch_add(1, Ordering::Relaxed) + 1 == crew.users {
                let _ = crew.results.send(Up::Ready).await;
                crew.counts.ready();
            }
            // One for all tickets of this user: what a user does for each is taken from what the generator can ask for.
            let mut order = crew.cancelled.clone();
            let mut cancelled = pin!(order.wait_for(|cancelled| *cancelled).map(drop).fuse());
            while let Ok(queued) = crew.tickets.recv().await {
                crew.counts.took();
                crew.serve(queued, cancelled.as_mut()).await;
                crew.counts.ended();
            }
            if ended.fetch_add(1, Ordering::Relaxed) + 1 == crew.users {
                let _ = crew.results.send(Up::Ended).await;
            }
            Ok(())
        })
    })
}

impl Crew {
    /// Drives one ticket to its end, unless it waited too long: attempt after attempt.
    async fn serve(&self, Queued { mut ticket, free }: Queued, mut cancelled: Cancelled<'_>) {
        let mut started_us = self.clock.at_us();
        if started_us > ticket.intended_us.saturating_add(self.start_within_us) {
            let dropped = dropped(&ticket, DropWhy::NotStartedInTime);
            let _ = self.results.send(dropped).await;
            return;
        }
        loop {
            let (ended, next) = self.visit(&ticket, (free, started_us), cancelled.as_mut()).await;
            let _ = self.results.send(Up::Done(ended)).await;
            if next == Next::Done {
                return;
            }
            let away = away_us(ticket.op_id);
            ticket.attempt = 2;
            ticket.intended_us = self.clock.at_us() + away;
            if let Some(queue) = self.again.upgrade() {
                tokio::spawn(come_back(ticket, away, queue, self.results.clone()));
                return;
            }
            // No ticket comes any more, so nobody needs this user meanwhile.
            wait(Duration::from_micros(away)).await;
            started_us = self.clock.at_us();
        }
    }

    /// One attempt: what the persona does, or one request that a target counts.
    async fn attempt(&self, visit: &mut Visit<'_>, ticket: &Ticket, attempt: u32) -> (Outcome, Option<StageTimes>) {
        if self.portal.counts() {
            return (self.portal.count(ticket).await, None);
        }
        visit.drive(attempt, &course::acts(ticket, attempt)).await
    }

    /// One visit from now on: attempts that follow at once. Gives the last one, and whether another follows later.
    async fn visit(
        &self,
        ticket: &Ticket,
        (free, mut started_us): (bool, u64),
        mut cancelled: Cancelled<'_>,
    ) -> (Done, Next) {
        let mut visit = Visit::new(&self.portal, ticket);
        let (mut attempt, mut intended_us) = (ticket.attempt, ticket.intended_us);
        loop {
            let ended = tokio::select! {
                ended = self.attempt(&mut visit, ticket, attempt), if !cancelled.is_terminated() => Some(ended),
                () = &mut cancelled, if !cancelled.is_terminated() => None,
                else => None,
            };
            let (outcome, stages) = ended.unwrap_or((Outcome::Unknown(UnknownWhy::Interrupted), None));
            let next = course::next(ticket, attempt, &outcome);
            let done = Done {
                number: ticket.number,
                free,
                attempt,
                more: next != Next::Done,
                proves: course::proves(ticket, attempt),
                intended_us,
                started_us,
                finished_us: self.clock.at_us(),
                outcome,
                stages,
            };
            if next != Next::Again {
                return (done, next);
            }
            (attempt, intended_us, started_us) = (attempt + 1, done.finished_us, done.finished_us);
            let _ = self.results.send(Up::Done(done)).await;
        }
    }
}

/// A ticket that is not begun.
pub(crate) fn dropped(ticket: &Ticket, why: DropWhy) -> Up {
    Up::Dropped {
        number: ticket.number,
        attempt: ticket.attempt,
        intended_us: ticket.intended_us,
        why,
    }
}

/// Somebody is away for a while, and then waits for a free user like everybody else.
async fn come_back(ticket: Ticket, away_us: u64, queue: async_channel::Sender<Queued>, results: mpsc::Sender<Up>) {
    wait(Duration::from_micros(away_us)).await;
    if let Err(closed) = queue.send(Queued { ticket, free: false }).await {
        let _ = results
            .send(dropped(&closed.into_inner().ticket, DropWhy::RunEnded))
            .await;
    }
}
