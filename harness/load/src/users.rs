//! goose users: each waits for a ticket, drives it to its end, and waits again.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use engine::clock::RunClock;
use engine::pipe::{Done, Ticket, Up};
use goose::client::GooseClientBuilder;
use goose::config::GooseConfiguration;
use goose::prelude::{GooseAttack, GooseError, GooseUser, Scenario, Transaction, TransactionFunction};
use history::DropWhy;
use tokio::sync::{mpsc, watch};
use vocabulary::{Outcome, UnknownWhy};

use crate::LoadError;
use crate::gauge::Counts;
use crate::portal::Portal;

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

/// What all users share.
pub(crate) struct Crew {
    pub portal: Portal,
    pub clock: RunClock,
    pub counts: Arc<Counts>,
    pub tickets: async_channel::Receiver<Queued>,
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
    // The client that goose would build for each user loads the system's certificates, 2.5 ms each; ours replaces it.
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
    Arc::new(move |user: &mut GooseUser| {
        let (crew, waiting, ended) = (Arc::clone(&crew), Arc::clone(&waiting), Arc::clone(&ended));
        Box::pin(async move {
            user.client = crew.portal.client().clone();
            if waiting.fetch_add(1, Ordering::Relaxed) + 1 == crew.users {
                let _ = crew.results.send(Up::Ready).await;
                crew.counts.ready();
            }
            while let Ok(queued) = crew.tickets.recv().await {
                crew.counts.took();
                let result = crew.serve(user, &queued).await;
                crew.counts.ended();
                let _ = crew.results.send(result).await;
            }
            if ended.fetch_add(1, Ordering::Relaxed) + 1 == crew.users {
                let _ = crew.results.send(Up::Ended).await;
            }
            Ok(())
        })
    })
}

impl Crew {
    /// Drives one ticket to its end, unless it waited too long.
    async fn serve(&self, user: &GooseUser, queued: &Queued) -> Up {
        let ticket = &queued.ticket;
        let started_us = self.clock.at_us();
        if started_us > ticket.intended_us.saturating_add(self.start_within_us) {
            return Up::Dropped {
                number: ticket.number,
                why: DropWhy::NotStartedInTime,
            };
        }
        let mut cancelled = self.cancelled.clone();
        let (outcome, stages) = tokio::select! {
            ended = self.portal.drive(&user.client, ticket) => ended,
            _ = cancelled.wait_for(|cancelled| *cancelled) => (Outcome::Unknown(UnknownWhy::Interrupted), None),
        };
        let finished_us = self.clock.at_us();
        Up::Done(Done {
            number: ticket.number,
            free: queued.free,
            started_us,
            finished_us,
            outcome,
            stages,
        })
    }
}
