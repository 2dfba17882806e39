//! One domain, shared by all connections, with its service times.

use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Mutex;
use vocabulary::SharedClock;

use crate::clock::spend;
use crate::config::ServiceTimes;
use crate::partners::Ties;
use crate::state::Domain;
use crate::state::time::FileTime;

/// What all connections share.
pub(crate) struct Host {
    domain: RwLock<Domain>,
    pub(crate) clock: SharedClock,
    pub(crate) service: ServiceTimes,
    /// Writes take turns, as transactions on one database do; a slow one keeps the next waiting and nobody else.
    write_slot: Mutex<()>,
    pub(crate) ties: Ties,
}

impl Host {
    pub(crate) fn new(domain: Domain, clock: SharedClock, service: ServiceTimes, ties: Ties) -> Self {
        Self {
            domain: RwLock::new(domain),
            clock,
            service,
            write_slot: Mutex::new(()),
            ties,
        }
    }

    pub(crate) fn now(&self) -> FileTime {
        FileTime::from_unix(self.clock.unix())
    }

    /// Reads the domain, as it is between two writes.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Domain) -> T) -> T {
        look(&self.domain.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the domain at once: for what happens beside a read, such as counting a bad password.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Domain) -> T) -> T {
        let mut domain = self.domain.write().unwrap_or_else(PoisonError::into_inner);
        let done = change(&mut domain);
        self.ties.post(&mut domain, &self.clock);
        done
    }

    /// Changes the domain at the end of a service time during which no other write runs.
    pub(crate) async fn write<T>(&self, service: Duration, change: impl FnOnce(&mut Domain) -> T) -> T {
        let _turn = self.write_slot.lock().await;
        spend(service).await;
        self.change(change)
    }
}
