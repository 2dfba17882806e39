//! What all surfaces share: the tenant, the sender, the secrets; and the carrying out of writebacks.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use protocol::lab;
use protocol::writeback::Inquiry;
use store::Store;
use tokio::sync::{Notify, Semaphore};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{error, info};
use uuid::Uuid;
use vocabulary::{OpKind, Outcome, Password, ReasonCode, SharedClock, Stage, StageTimes, UnknownWhy, lab_name};

use crate::config::{Accounts, Secrets};
use crate::dispatch::{Dispatcher, Sent};
use crate::inbox::Inbox;
use crate::saving::Held;
use crate::secret::is_secret;
use crate::sender::Sender;
use crate::tenant::{Ending, Now, Order, SentOrder, Tenant};
use crate::token::Tokens;
use crate::{CloudConfig, CloudError, CloudParts, doubts, saving};

/// Writebacks in flight; one more is refused before it leaves.
const WRITEBACKS_MAX: usize = 8192;

/// How much longer than the relay may take one waits for an operation that left before.
const AWAIT_ROOM: Duration = Duration::from_secs(5);

/// The name of each surface below the lab's domain.
pub(crate) const SURFACES: [&str; 5] = ["portal", "graph", "login", "sync", "passwordreset"];

#[derive(Debug)]
pub(crate) struct App {
    pub(crate) lab: String,
    pub(crate) tenant_id: Uuid,
    pub(crate) heartbeat_s: u64,
    pub(crate) accounts: Accounts,
    pub(crate) client_secret: Password,
    pub(crate) admin_password: Password,
    pub(crate) helpdesk_password: Password,
    /// The files with the listeners' connection strings.
    pub(crate) listeners: Vec<PathBuf>,
    pub(crate) tokens: Tokens,
    pub(crate) clock: SharedClock,
    lab_token: Option<Password>,
    tenant: Mutex<Tenant>,
    store: Option<Store>,
    /// Tells everybody who waits for an operation that one has ended.
    ended: Notify,
    await_max: Duration,
    inbox: Mutex<Inbox>,
    dispatcher: Arc<dyn Dispatcher>,
    /// How long a message may live.
    lifetime: Duration,
    in_flight: Semaphore,
    /// Questions about operations in doubt.
    pub(crate) asking: Semaphore,
    tasks: TaskTracker,
    stop: CancellationToken,
}

/// How a writeback ended, and what is known about its time.
#[derive(Debug)]
pub(crate) struct Carried {
    pub(crate) ending: Ending,
    pub(crate) spent: Spent,
}

/// Time within a request that was not the cloud's own.
#[derive(Debug, Clone, Default)]
pub(crate) struct Spent {
    /// How long, in all.
    pub(crate) elsewhere: Duration,
    /// Where, as far as it is known.
    pub(crate) stages: StageTimes,
}

impl App {
    /// The cloud, and the operations that an earlier life of it left in doubt.
    pub(crate) fn new(
        config: CloudConfig,
        clock: SharedClock,
        tasks: TaskTracker,
        stop: CancellationToken,
        parts: &CloudParts,
    ) -> Result<(Self, Doubtful), CloudError> {
        let portal = format!("portal.{}.test", config.lab);
        if !lab_name(&portal) {
            return Err(CloudError::NotALab(portal));
        }
        let Secrets {
            run,
            lab_token,
            client_secret,
            admin_password,
            helpdesk_password,
            senders,
        } = Secrets::load(&config)?;
        let sender = Sender::new(&config, senders, SharedClock::clone(&clock))?;
        let await_max = config.relay_timeout + AWAIT_ROOM;
        let now = Now::of(&*clock);
        let tenant = Tenant::new(config.tenant, config.heartbeat_s, run.clone(), now);
        let mut tenant = tenant.behind(&parts.gates);
        let (store, doubtful) = take_up(&config, &mut tenant, now)?;
        let app = Self {
            lab: config.lab,
            tenant_id: config.tenant_id,
            heartbeat_s: config.heartbeat_s,
            accounts: config.accounts,
            client_secret,
            admin_password,
            helpdesk_password,
            listeners: config.relays.iter().map(|relay| relay.listen_file.clone()).collect(),
            tokens: Tokens::new(run),
            clock,
            lab_token,
            tenant: Mutex::new(tenant),
            store,
            ended: Notify::new(),
            await_max,
            inbox: Mutex::default(),
            dispatcher: (parts.dispatcher)(Arc::new(sender)),
            lifetime: config.message_lifetime,
            in_flight: Semaphore::new(WRITEBACKS_MAX),
            asking: Semaphore::new(doubts::ASKED_AT_ONCE),
            tasks,
            stop,
        };
        Ok((app, doubtful))
    }

    /// Settles, in a task of its own, what is in doubt.
    pub(crate) fn settle(self: &Arc<Self>, doubtful: Doubtful) {
        if doubtful.is_empty() {
            return;
        }
        let (app, stop) = (Arc::clone(self), self.stop.clone());
        self.tasks.spawn(async move {
            tokio::select! {
                () = doubts::settle(app, doubtful) => {}
                () = stop.cancelled() => {}
            }
        });
    }

    /// The tenant, for one event. A panic elsewhere does not close the tenant: every event leaves it whole.
    pub(crate) fn tenant(&self) -> Held<'_> {
        let tenant = self.tenant.lock().unwrap_or_else(PoisonError::into_inner);
        Held::new(tenant, self.store.as_ref())
    }

    /// Waits for the end of an operation that left before. One that does not end in time is unknown: nobody may say that
    /// nothing happened.
    pub(crate) async fn ended(&self, operation: Uuid) -> Ending {
        let end = async {
            loop {
                let next = self.ended.notified();
                if let Some(ending) = self.tenant().ended(operation) {
                    return ending;
                }
                next.await;
            }
        };
        let ending = tokio::time::timeout(self.await_max, end).await;
        ending.unwrap_or(Ending {
            operation,
            kind: None,
            outcome: Outcome::Unknown(UnknownWhy::Timeout),
            in_cloud: false,
        })
    }

    /// Asks the agent about an operation that was sent before.
    pub(crate) async fn ask(&self, order: &Order, inquiry: Inquiry) -> Outcome {
        self.dispatcher.ask(order, inquiry, self.expiry()).await
    }

    /// When a message expires that is sealed now, in Unix seconds.
    fn expiry(&self) -> u64 {
        (self.clock.unix() + self.lifetime).as_secs()
    }

    pub(crate) fn inbox(&self) -> MutexGuard<'_, Inbox> {
        self.inbox.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn now(&self) -> Now {
        Now::of(&*self.clock)
    }

    /// Whether a request comes from the laboratory.
    pub(crate) fn is_lab(&self, headers: &HeaderMap) -> bool {
        let offered = headers.get(lab::LAB_TOKEN).and_then(|value| value.to_str().ok());
        self.lab_token
            .as_ref()
            .zip(offered)
            .is_some_and(|(token, offered)| is_secret(token, offered))
    }

    /// Carries an order in a task of its own: what has left is followed to its end, also when the browser is gone.
    pub(crate) async fn writeback(self: &Arc<Self>, order: Order, is_lab: bool) -> Carried {
        let (operation, kind) = (order.operation, order.kind);
        let app = Arc::clone(self);
        let task = self.tasks.spawn(async move { app.carry(order, is_lab).await });
        task.await.unwrap_or_else(|_| interrupted(operation, kind))
    }

    async fn carry(self: &Arc<Self>, order: Order, is_lab: bool) -> Carried {
        let sent = match self.in_flight.try_acquire() {
            Ok(_place) => self.send(&order, is_lab).await,
            Err(_) => nothing_sent(Outcome::failed(ReasonCode::CloudError)),
        };
        let mut spent = Spent {
            elsewhere: sent.waited,
            stages: sent.stages,
        };
        let ending = self.end(&order, sent.outcome, &mut spent).await;
        info!(operation = %order.operation, kind = %order.kind, outcome = ?ending.outcome, "operation ended");
        self.settle(self.in_doubt(&ending));
        Carried { ending, spent }
    }

    /// The operation, if it left and nobody knows how it ended. One that the cloud's own stop cut short is for its next life.
    fn in_doubt(&self, ending: &Ending) -> Doubtful {
        match ending.outcome {
            Outcome::Unknown(why) if why != UnknownWhy::Interrupted => {
                let sent = self.tenant().sent(ending.operation);
                sent.map(|sent| (ending.operation, sent)).into_iter().collect()
            }
            _ => Vec::new(),
        }
    }

    /// Sends an order once it is on the disk that it leaves: a next life must know that it may have had its effect.
    async fn send(&self, order: &Order, is_lab: bool) -> Sent {
        let now = self.now();
        let expires = self.expiry();
        let saved = {
            let mut tenant = self.tenant();
            tenant.sends(order, expires, now);
            tenant.save()
        };
        if let Err(error) = saved.await {
            error!(operation = %order.operation, %error, "an order could not be noted and was not sent");
            return nothing_sent(Outcome::failed(ReasonCode::CloudError));
        }
        let token = self.lab_token.as_ref().filter(|_| is_lab);
        tokio::select! {
            sent = self.dispatcher.dispatch(order, expires, token) => sent,
            () = self.stop.cancelled() => nothing_sent(Outcome::Unknown(UnknownWhy::Interrupted)),
        }
    }

    /// On-premises first, cloud second; then both are noted, and whoever waits is told.
    async fn end(&self, order: &Order, outcome: Outcome, spent: &mut Spent) -> Ending {
        let begun = self.clock.monotonic();
        let applied = outcome == Outcome::Applied;
        let (ending, saved) = {
            let mut tenant = self.tenant();
            let stored = applied && tenant.store(order, self.now());
            let ending = tenant.settle(order, outcome, stored, self.now());
            (ending, tenant.save())
        };
        if let Err(error) = saved.await {
            error!(operation = %order.operation, %error, "an end could not be noted");
        }
        self.ended.notify_waiters();
        if applied {
            let took = self.clock.monotonic().saturating_sub(begun);
            spent.elsewhere += took;
            spent.stages.add(Stage::Cloudstore, took);
        }
        ending
    }
}

/// Operations that an earlier life left in doubt.
pub(crate) type Doubtful = Vec<(Uuid, SentOrder)>;

/// Opens the state, if there is to be one, and takes up what an earlier life kept in it.
fn take_up(config: &CloudConfig, tenant: &mut Tenant, now: Now) -> Result<(Option<Store>, Doubtful), CloudError> {
    let Some(path) = &config.state_file else {
        return Ok((None, Vec::new()));
    };
    let (store, content) = saving::open(path, tenant.new_id("state"))?;
    let doubtful = tenant.take_up(&content, now);
    let doubtful = doubtful.map_err(|why| CloudError::StateDamaged {
        path: path.clone(),
        why,
    })?;
    Ok((Some(store), doubtful))
}

fn nothing_sent(outcome: Outcome) -> Sent {
    Sent {
        outcome,
        stages: StageTimes::new(),
        waited: Duration::ZERO,
    }
}

fn interrupted(operation: Uuid, kind: OpKind) -> Carried {
    let outcome = Outcome::Unknown(UnknownWhy::Interrupted);
    Carried {
        ending: Ending {
            operation,
            kind: Some(kind),
            outcome,
            in_cloud: false,
        },
        spent: Spent::default(),
    }
}
