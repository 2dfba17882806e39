//! A journal that is wrong in what it says of an operation when that begins.

use std::sync::Arc;

use agent::{Before, Doubt, Ending, Journal, JournalFuture, Operation, Seen, Unnoted};
use uuid::Uuid;

/// What is said of an operation.
pub(super) trait Look: Send + Sync {
    /// Says how it stands, given what the genuine journal says.
    fn see(&self, operation: &Operation, genuine: Seen) -> Seen;

    /// Hears how one ended.
    fn ended(&self, _id: Uuid, _ending: &Ending) {}
}

/// A genuine journal behind a wrong look.
pub(super) struct Looking<L> {
    pub(super) genuine: Arc<dyn Journal>,
    pub(super) look: L,
}

impl<L: Look> Journal for Looking<L> {
    fn id(&self) -> Option<Uuid> {
        self.genuine.id()
    }

    fn begin<'a>(&'a self, operation: &'a Operation) -> JournalFuture<'a, Seen> {
        Box::pin(async move {
            let seen = self.genuine.begin(operation).await;
            self.look.see(operation, seen)
        })
    }

    fn start(&self, id: Uuid, before: Before) -> JournalFuture<'_, Result<(), Unnoted>> {
        self.genuine.start(id, before)
    }

    fn end(&self, id: Uuid, ending: Ending) -> JournalFuture<'static, Result<(), Unnoted>> {
        self.look.ended(id, &ending);
        self.genuine.end(id, ending)
    }

    fn doubt(&self, id: Uuid) -> Option<Doubt> {
        self.genuine.doubt(id)
    }

    fn unended(&self) -> Vec<Operation> {
        self.genuine.unended()
    }
}
