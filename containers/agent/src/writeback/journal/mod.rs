//! The port of the journal: what was done under which operation id, so that nothing is done twice.

mod kept;
mod ledger;
mod record;

#[cfg(test)]
mod crash_tests;
#[cfg(test)]
mod tests;

use std::future::Future;
use std::pin::Pin;

use thiserror::Error;
use uuid::Uuid;
use vocabulary::OpKind;

use super::operation::Ending;
use super::port::Before;

pub(crate) use kept::KeptJournal;
pub(crate) use ledger::GRACE;

/// An operation, as the seal of its message proves it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operation {
    /// The operation id.
    pub id: Uuid,
    /// The person's source anchor.
    pub anchor: String,
    /// What kind it is.
    pub kind: OpKind,
    /// When its message expires, in Unix seconds.
    pub expires: u64,
}

/// What the journal knows about an operation id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Seen {
    /// Nothing: it is noted now and may go on.
    New,
    /// It is being worked on.
    Running,
    /// It ended like this.
    Ended(Ending),
    /// It was sent to the directory, and how that ended is not known.
    Doubtful,
    /// The id was used for somebody or something else.
    Other,
    /// Nothing, and there is no room to note it.
    Full,
}

/// An operation whose modify may have left and was never answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Doubt {
    /// How the person stood before.
    pub before: Before,
    /// Whether another operation for the same person may explain what is read now.
    pub crowded: bool,
    /// Whether a modify that left can no longer be under way.
    pub quiet: bool,
    /// How it ended, if that was noted: as unknown.
    pub ended: Option<Ending>,
}

/// The journal could not be written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("the journal could not be written: {0}")]
pub struct Unnoted(pub String);

/// Something that the journal does.
pub type JournalFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Remembers operations. The port that wrong parts wrap.
pub trait Journal: Send + Sync {
    /// The id of a journal that outlives its process. One that does not has none, and vouches for nothing.
    fn id(&self) -> Option<Uuid>;

    /// Notes an operation, or says how it stands.
    fn begin<'a>(&'a self, operation: &'a Operation) -> JournalFuture<'a, Seen>;

    /// Notes that the directory is about to be written; it is on the disk when this ends well. If it does not, nothing
    /// may be written.
    fn start(&self, id: Uuid, before: Before) -> JournalFuture<'_, Result<(), Unnoted>>;

    /// Notes how an operation ended: known at once, on the disk when what is returned ends well.
    fn end(&self, id: Uuid, ending: Ending) -> JournalFuture<'static, Result<(), Unnoted>>;

    /// What is in doubt about an operation.
    fn doubt(&self, id: Uuid) -> Option<Doubt>;

    /// The operations that an earlier life of this journal started and did not end.
    fn unended(&self) -> Vec<Operation>;
}
