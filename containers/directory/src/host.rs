//! One domain, shared by all connections, with its service times.

use std::fmt;
use std::sync::{PoisonError, RwLock};
use std::time::Duration;

use tokio::sync::Semaphore;
use vocabulary::SharedClock;

use crate::clock::spend;
use crate::config::ServiceTimes;
use crate::disturbed::Disturbed;
use crate::error::DirectoryError;
use crate::load::NewPerson;
use crate::partners::Ties;
use crate::state::Domain;
use crate::state::time::FileTime;

/// What all connections share.
pub(crate) struct Host {
    domain: RwLock<Domain>,
    pub(crate) clock: SharedClock,
    pub(crate) service: ServiceTimes,
    /// Whether nothing takes any time, so that nobody ever waits for another's write.
    pub(crate) instant: bool,
    /// Writes take turns, as transactions on one database do; slow ones keep the next waiting and nobody else.
    write_slots: Semaphore,
    pub(crate) ties: Ties,
    pub(crate) disturbed: Disturbed,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host")
            .field("service", &self.service)
            .finish_non_exhaustive()
    }
}

impl Host {
    /// `writes` is how many may be in their service time at once.
    pub(crate) fn new(domain: Domain, clock: SharedClock, service: ServiceTimes, writes: u32) -> Self {
        let writes = usize::try_from(writes).unwrap_or(Semaphore::MAX_PERMITS);
        Self {
            domain: RwLock::new(domain),
            clock,
            instant: service == ServiceTimes::default(),
            service,
            write_slots: Semaphore::new(writes.clamp(1, Semaphore::MAX_PERMITS)),
            ties: Ties::default(),
            disturbed: Disturbed::default(),
        }
    }

    /// The same host as one of several controllers.
    pub(crate) fn tied(self, ties: Ties) -> Self {
        Self { ties, ..self }
    }

    pub(crate) fn now(&self) -> FileTime {
        FileTime::from_unix(self.clock.unix())
    }

    /// Adds people at once.
    ///
    /// # Errors
    /// [`DirectoryError::Load`] for the first who cannot be added.
    pub(crate) fn load(&self, people: impl Iterator<Item = NewPerson>) -> Result<(), DirectoryError> {
        let now = self.now();
        self.change(|domain| {
            for person in people {
                let loaded = domain.load(&person.dn, person.attributes, &person.password, now);
                loaded.map_err(|refusal| DirectoryError::Load {
                    dn: person.dn,
                    why: refusal.text,
                })?;
            }
            Ok(())
        })
    }

    /// Reads the domain, as it is between two writes.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&Domain) -> T) -> T {
        look(&self.domain.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Changes the domain at once: for what happens beside a read, such as counting a bad password.
    pub(crate) fn change<T>(&self, change: impl FnOnce(&mut Domain) -> T) -> T {
        let mut domain = self.domain.write().unwrap_or_else(PoisonError::into_inner);
        let done = change(&mut domain);
        if self.ties.post(&mut domain, &self.clock) {
            self.keeps_back();
        }
        done
    }

    /// Changes the domain at the end of a service time, during which no more writes run than may.
    pub(crate) async fn write<T>(&self, service: Duration, change: impl FnOnce(&mut Domain) -> T) -> T {
        // The semaphore is never closed: this cannot fail.
        let _turn = self.write_slots.acquire().await.ok();
        spend(self.slowed(service)).await;
        self.change(change)
    }
}
