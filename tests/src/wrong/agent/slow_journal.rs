//! Keeps its journal on a slow disk: right in all it does, and the part that saturates first.

use std::sync::Arc;
use std::time::Duration;

use agent::{Before, Doubt, Ending, Journal, JournalFuture, Operation, Seen, Unnoted};
use tokio::sync::Mutex;
use uuid::Uuid;

use super::{Planted, remembering};
use crate::wrong::MIXED;
use crate::wrong::clock::wait;

pub(super) const PLANTED: Planted = Planted {
    name: "slow-journal",
    does: "takes 50 ms to note that a write is about to be made, one note after the other",
    caught_by: &[],
    scenario: MIXED,
    stand: |parts| {
        remembering(parts, |genuine| {
            Arc::new(SlowJournal {
                genuine,
                disk: Mutex::default(),
            })
        })
    },
};

/// How long one note takes.
const NOTE: Duration = Duration::from_millis(50);

struct SlowJournal {
    genuine: Arc<dyn Journal>,
    disk: Mutex<()>,
}

impl Journal for SlowJournal {
    fn id(&self) -> Option<Uuid> {
        self.genuine.id()
    }

    fn begin<'a>(&'a self, operation: &'a Operation) -> JournalFuture<'a, Seen> {
        self.genuine.begin(operation)
    }

    fn start(&self, id: Uuid, before: Before) -> JournalFuture<'_, Result<(), Unnoted>> {
        Box::pin(async move {
            let disk = self.disk.lock().await;
            wait(NOTE).await;
            drop(disk);
            self.genuine.start(id, before).await
        })
    }

    fn end(&self, id: Uuid, ending: Ending) -> JournalFuture<'static, Result<(), Unnoted>> {
        self.genuine.end(id, ending)
    }

    fn doubt(&self, id: Uuid) -> Option<Doubt> {
        self.genuine.doubt(id)
    }

    fn unended(&self) -> Vec<Operation> {
        self.genuine.unended()
    }
}
