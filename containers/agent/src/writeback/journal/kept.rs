//! The journal of this agent: the ledger in memory, and behind it a store on the disk, if it was given one.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use store::{Store, StoreError, Write};
use uuid::Uuid;
use vocabulary::SharedClock;

use super::ledger::{Ledger, Now, OPERATIONS};
use super::record::Record;
use super::{Doubt, Journal, JournalFuture, Operation, Seen, Unnoted};
use crate::AgentError;
use crate::writeback::operation::Ending;
use crate::writeback::port::Before;

/// A journal that outlives its process when it has a store.
pub(crate) struct KeptJournal {
    ledger: Mutex<Ledger>,
    store: Option<Store>,
    clock: SharedClock,
}

impl KeptJournal {
    /// A journal in memory: a restart forgets it.
    pub(crate) fn in_memory(stall: Duration, clock: SharedClock) -> Self {
        Self {
            ledger: Mutex::new(Ledger::new(stall, clock.monotonic())),
            store: None,
            clock,
        }
    }

    /// The journal in this file; `fresh` becomes its id if there is none yet. `stall` is how long a modify that left may
    /// be under way when its sender is gone.
    pub(crate) fn open(path: &Path, fresh: Uuid, stall: Duration, clock: SharedClock) -> Result<Self, AgentError> {
        let (store, content) = Store::open(path, &[OPERATIONS], fresh).map_err(|source| unopened(path, source))?;
        let mut ledger = Ledger::new(stall, clock.monotonic());
        for (key, value) in content.of(OPERATIONS) {
            let (id, record) = Record::read(key, value).map_err(|why| AgentError::JournalDamaged {
                path: path.to_owned(),
                why,
            })?;
            ledger.take_up(id, &record);
        }
        Ok(Self {
            ledger: Mutex::new(ledger),
            store: Some(store),
            clock,
        })
    }

    fn now(&self) -> Now {
        Now {
            unix: self.clock.unix().as_secs(),
            monotonic: self.clock.monotonic(),
        }
    }

    fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.ledger.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes; called while the ledger is held, so that the disk sees the order that the ledger saw.
    fn write(&self, writes: Vec<Write>) -> JournalFuture<'static, Result<(), Unnoted>> {
        let written = self.store.as_ref().map(|store| store.write(writes));
        Box::pin(async move {
            match written {
                Some(written) => written.await.map_err(|error| Unnoted(error.to_string())),
                None => Ok(()),
            }
        })
    }

    async fn see(&self, operation: &Operation) -> Seen {
        let (seen, written) = {
            let mut ledger = self.ledger();
            let (seen, writes) = ledger.begin(operation, self.now());
            (seen, self.write(writes))
        };
        // What is told again must first be on the disk: a restart must not know less than the cloud.
        if matches!(seen, Seen::Ended(_)) {
            let _ = written.await;
        }
        seen
    }
}

fn unopened(path: &Path, source: StoreError) -> AgentError {
    match source {
        StoreError::Damaged { path: file, why } => AgentError::JournalDamaged {
            path: path.to_owned(),
            why: format!("{}: {why}", file.display()),
        },
        source => AgentError::Journal(source),
    }
}

impl Journal for KeptJournal {
    fn id(&self) -> Option<Uuid> {
        self.store.as_ref().map(Store::id)
    }

    fn begin<'a>(&'a self, operation: &'a Operation) -> JournalFuture<'a, Seen> {
        Box::pin(self.see(operation))
    }

    fn start(&self, id: Uuid, before: Before) -> JournalFuture<'_, Result<(), Unnoted>> {
        let mut ledger = self.ledger();
        let writes = ledger.start(id, before);
        self.write(writes)
    }

    fn end(&self, id: Uuid, ending: Ending) -> JournalFuture<'static, Result<(), Unnoted>> {
        let mut ledger = self.ledger();
        let writes = ledger.end(id, ending, self.now());
        self.write(writes)
    }

    fn doubt(&self, id: Uuid) -> Option<Doubt> {
        self.ledger().doubt(id, self.now())
    }

    fn unended(&self) -> Vec<Operation> {
        self.ledger().unended()
    }
}
