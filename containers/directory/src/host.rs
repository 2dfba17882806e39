//! One domain, shared by all connections, with its service times.

use std::fmt;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Mutex;
use vocabulary::SharedClock;

use crate::clock::spend;
use crate::config::ServiceTimes;
use crate::error::DirectoryError;
use crate::load::NewPerson;
use crate::state::Domain;
use crate::state::time::FileTime;

/// What all connections share.
pub(crate) struct Host {
    domain: RwLock<Domain>,
    clock: SharedClock,
    pub(crate) service: ServiceTimes,
    /// Writes take turns, as transactions on one database do; a slow one keeps the next waiting and nobody else.
    write_slot: Mutex<()>,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

impl Host {
    pub(crate) fn new(domain: Domain, clock: SharedClock, service: ServiceTimes) -> Self {
        Self {
            domain: RwLock::new(domain),
            clock,
            service,
            write_slot: Mutex::new(()),
        }
    }

    pub(crate) fn now(&self) -> FileTime {
        FileTime::from_unix(self.clock.unix())
    }

    /// Adds people at once.
    ///
    /// # Errors
    /// [`DirectoryError::Load`] for the first who cannot be added.
    pub(crate) fn load(&self, people: &[NewPerson]) -> Result<(), DirectoryError> {
        let now = self.now();
        self.change(|domain| {
            people.iter().try_for_each(|person| {
                let NewPerson {
                    dn,
                    attributes,
                    password,
                } = person;
                domain
                    .load(dn, attributes, password, now)
                    .map_err(|refusal| DirectoryError::Load {
                        dn: dn.clone(),
                        why: refusal.text,
                    })
            })
        })
    }

    /// Reads the domain, as it is between two writes.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Domain) -> T) -> T {
        look(&self.domain.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the domain at once: for what happens beside a read, such as counting a bad password.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Domain) -> T) -> T {
        change(&mut self.domain.write().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the domain at the end of a service time during which no other write runs.
    pub(crate) async fn write<T>(&self, service: Duration, change: impl FnOnce(&mut Domain) -> T) -> T {
        let _turn = self.write_slot.lock().await;
        spend(service).await;
        self.change(change)
    }
}
