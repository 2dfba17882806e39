//! What all surfaces share: the tenant, the sender, the secrets; and the carrying out of writebacks.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderMap;
use protocol::connection::ConnectionString;
use protocol::lab;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::info;
use uuid::Uuid;
use vocabulary::{OpKind, Outcome, Password, ReasonCode, SharedClock, Stage, StageTimes, UnknownWhy, lab_name};

use crate::config::{Accounts, Secrets};
use crate::inbox::Inbox;
use crate::secret::is_secret;
use crate::sender::{Sender, Sent};
use crate::tenant::{Ending, Now, Order, Tenant};
use crate::token::Tokens;
use crate::{CloudConfig, CloudError};

/// Writebacks in flight; one more is refused before it leaves.
const WRITEBACKS_MAX: usize = 8192;

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
    pub(crate) listeners: Vec<ConnectionString>,
    pub(crate) tokens: Tokens,
    pub(crate) clock: SharedClock,
    lab_token: Option<Password>,
    tenant: Mutex<Tenant>,
    inbox: Mutex<Inbox>,
    sender: Sender,
    in_flight: Semaphore,
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
    pub(crate) fn new(
        config: CloudConfig,
        clock: SharedClock,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Result<Self, CloudError> {
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
            listeners,
        } = Secrets::load(&config)?;
        let sender = Sender::new(&config, senders)?;
        let tenant = Tenant::new(config.tenant, config.heartbeat_s, run.clone(), Now::of(&*clock));
        Ok(Self {
            lab: config.lab,
            tenant_id: config.tenant_id,
            heartbeat_s: config.heartbeat_s,
            accounts: config.accounts,
            client_secret,
            admin_password,
            helpdesk_password,
            listeners,
            tokens: Tokens::new(run),
            clock,
            lab_token,
            tenant: Mutex::new(tenant),
            inbox: Mutex::default(),
            sender,
            in_flight: Semaphore::new(WRITEBACKS_MAX),
            tasks,
            stop,
        })
    }

    /// The tenant, for one event. A panic elsewhere does not close the tenant: every event leaves it whole.
    pub(crate) fn tenant(&self) -> MutexGuard<'_, Tenant> {
        self.tenant.lock().unwrap_or_else(PoisonError::into_inner)
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

    async fn carry(&self, order: Order, is_lab: bool) -> Carried {
        let sent = match self.in_flight.try_acquire() {
            Ok(_place) => self.send(&order, is_lab).await,
            Err(_) => nothing_sent(Outcome::failed(ReasonCode::CloudError)),
        };
        let mut spent = Spent {
            elsewhere: sent.waited,
            stages: sent.stages,
        };
        let stored = sent.outcome == Outcome::Applied && self.store(&order, &mut spent);
        let ending = self.tenant().settle(&order, sent.outcome, stored, self.now());
        info!(operation = %order.operation, kind = %order.kind, outcome = ?ending.outcome, "operation ended");
        Carried { ending, spent }
    }

    async fn send(&self, order: &Order, is_lab: bool) -> Sent {
        let token = self.lab_token.as_ref().filter(|_| is_lab);
        tokio::select! {
            sent = self.sender.send(order, token, &*self.clock) => sent,
            () = self.stop.cancelled() => nothing_sent(Outcome::Unknown(UnknownWhy::Interrupted)),
        }
    }

    /// On-premises first, cloud second.
    fn store(&self, order: &Order, spent: &mut Spent) -> bool {
        let begun = self.clock.monotonic();
        let stored = self.tenant().store(order, self.now());
        let took = self.clock.monotonic().saturating_sub(begun);
        spent.elsewhere += took;
        spent.stages.add(Stage::Cloudstore, took);
        stored
    }
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
