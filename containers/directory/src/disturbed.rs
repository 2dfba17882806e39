//! How the shell asks what disturbs it.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;

use crate::host::Host;
use crate::lab::{Disturbance, Lab};
use crate::server::DirectoryHandle;
use crate::state::Refusal;

/// What a laboratory does to one controller.
#[derive(Debug)]
pub(crate) struct Disturbed {
    lab: Mutex<Lab>,
    /// Whether there is anything at all, so that an undisturbed operation takes no lock.
    any: AtomicBool,
    /// Counts how often all connections were ended.
    hung_up: watch::Sender<u64>,
}

impl Default for Disturbed {
    fn default() -> Self {
        Self {
            lab: Mutex::default(),
            any: AtomicBool::new(false),
            hung_up: watch::Sender::new(0),
        }
    }
}

impl Disturbed {
    fn lab(&self) -> MutexGuard<'_, Lab> {
        self.lab.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends when all connections are to end.
    pub(crate) fn hung_up(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut hung_up = self.hung_up.subscribe();
        async move {
            if hung_up.changed().await.is_err() {
                // The controller is gone, and its connections end with it.
                std::future::pending::<()>().await;
            }
        }
    }
}

impl Host {
    /// Asks the laboratory, where there is anything to ask.
    fn ask<T>(&self, question: impl FnOnce(&mut Lab, Duration) -> T) -> Option<T> {
        let disturbed = self.disturbed.any.load(Ordering::Acquire);
        disturbed.then(|| question(&mut self.disturbed.lab(), self.clock.monotonic()))
    }

    /// Whether no operation takes any time.
    pub(crate) fn is_instant(&self) -> bool {
        self.instant && !self.disturbed.any.load(Ordering::Acquire)
    }

    /// How long an operation of this service time takes now.
    pub(crate) fn slowed(&self, service: Duration) -> Duration {
        service + self.ask(Lab::slowed).unwrap_or_default()
    }

    /// Why nothing is written now, if that is so.
    pub(crate) fn refuses_writes(&self) -> Option<Refusal> {
        let elsewhere = || self.read(|domain| domain.dns_domain().to_owned());
        self.ask(|lab, now| lab.refuse_write(&elsewhere(), now)).flatten()
    }

    /// Whether delegations hold.
    pub(crate) fn rights_hold(&self) -> bool {
        self.ask(Lab::rights_hold).unwrap_or(true)
    }

    /// Notes that a right was missing.
    pub(crate) fn was_denied(&self) {
        self.ask(Lab::was_denied).unwrap_or_default();
    }

    /// How long changes are kept back from now on.
    pub(crate) fn kept_back(&self) -> Duration {
        self.ask(Lab::kept_back).unwrap_or_default()
    }

    /// Notes a change that is kept back.
    pub(crate) fn keeps_back(&self) {
        self.ask(Lab::keeps_back).unwrap_or_default();
    }

    /// Begins a disturbance.
    pub(crate) fn disturb(&self, what: Disturbance, lease: Duration) {
        let until = self.clock.monotonic().saturating_add(lease);
        self.disturbed.lab().begin(what, until);
        self.disturbed.any.store(true, Ordering::Release);
    }

    /// Ends a disturbance.
    pub(crate) fn calm(&self, what: Disturbance) -> u64 {
        let mut lab = self.disturbed.lab();
        let touched = lab.end(what);
        self.disturbed.any.store(!lab.is_calm(), Ordering::Release);
        touched
    }
}

/// For laboratories alone: nothing of this can be asked for over LDAP.
impl DirectoryHandle {
    /// Begins to disturb this controller, for `lease` at the most.
    pub fn disturb(&self, what: Disturbance, lease: Duration) {
        self.host().disturb(what, lease);
    }

    /// Ends a disturbance of that kind; tells how many operations it touched.
    pub fn calm(&self, what: Disturbance) -> u64 {
        self.host().calm(what)
    }

    /// How many operations a disturbance of that kind touched so far.
    #[must_use]
    pub fn touched(&self, what: Disturbance) -> u64 {
        self.host().disturbed.lab().touched(what)
    }

    /// Ends every connection, as a restart would.
    pub fn hang_up(&self) {
        self.host().disturbed.hung_up.send_modify(|times| *times += 1);
    }
}
