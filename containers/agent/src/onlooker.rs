//! Who looks at an agent's work on each operation: for laboratories, which stop it there.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use uuid::Uuid;

use crate::writeback::journal::{Doubt, Journal, JournalFuture, Operation, Seen, Unnoted};
use crate::writeback::operation::Ending;
use crate::writeback::port::{Before, Change, DirectoryWriter, Target, WriteFuture};

/// A point in the work on one operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// It is on the disk that the directory is about to be written, and nothing was sent.
    BeforeWrite,
    /// The directory has answered, and nobody noted what.
    AfterWrite,
    /// The directory's answer is on the disk, and the cloud was not told.
    AfterAnswer,
}

/// Looks at an agent's work.
pub trait Onlooker: Send + Sync {
    /// The work has come to this point, and goes on when what is returned ends.
    fn at(&self, moment: Moment) -> Pin<Box<dyn Future<Output = ()> + Send + '_>>;

    /// Whether the journal's disk takes nothing now.
    fn disk_is_full(&self) -> bool;
}

/// An onlooker, or nobody.
#[derive(Clone, Default)]
pub struct Onlooking(Option<Arc<dyn Onlooker>>);

impl Onlooking {
    /// This one looks on.
    #[must_use]
    pub fn by(onlooker: Arc<dyn Onlooker>) -> Self {
        Self(Some(onlooker))
    }

    /// The writer, looked at.
    pub(crate) fn writer(&self, inner: Arc<dyn DirectoryWriter>) -> Arc<dyn DirectoryWriter> {
        match &self.0 {
            Some(onlooker) => Arc::new(Watched {
                inner,
                onlooker: Arc::clone(onlooker),
            }),
            None => inner,
        }
    }

    /// The journal, looked at.
    pub(crate) fn journal(&self, inner: Arc<dyn Journal>) -> Arc<dyn Journal> {
        match &self.0 {
            Some(onlooker) => Arc::new(Watched {
                inner,
                onlooker: Arc::clone(onlooker),
            }),
            None => inner,
        }
    }
}

impl fmt::Debug for Onlooking {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_some() { "somebody" } else { "nobody" })
    }
}

/// Two configurations are the same whoever looks on.
impl PartialEq for Onlooking {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Onlooking {}

/// A port that is looked at.
struct Watched<T: ?Sized> {
    inner: Arc<T>,
    onlooker: Arc<dyn Onlooker>,
}

impl DirectoryWriter for Watched<dyn DirectoryWriter> {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        Box::pin(async move {
            self.onlooker.at(Moment::BeforeWrite).await;
            let result = self.inner.write(target, change, expires).await;
            self.onlooker.at(Moment::AfterWrite).await;
            result
        })
    }
}

impl Journal for Watched<dyn Journal> {
    fn id(&self) -> Option<Uuid> {
        self.inner.id()
    }

    fn begin<'a>(&'a self, operation: &'a Operation) -> JournalFuture<'a, Seen> {
        self.inner.begin(operation)
    }

    fn start(&self, id: Uuid, before: Before) -> JournalFuture<'_, Result<(), Unnoted>> {
        if self.onlooker.disk_is_full() {
            return Box::pin(async { Err(Unnoted("no space is left on the device".to_owned())) });
        }
        self.inner.start(id, before)
    }

    fn end(&self, id: Uuid, ending: Ending) -> JournalFuture<'static, Result<(), Unnoted>> {
        let (noted, onlooker) = (self.inner.end(id, ending), Arc::clone(&self.onlooker));
        Box::pin(async move {
            let noted = noted.await;
            onlooker.at(Moment::AfterAnswer).await;
            noted
        })
    }

    fn doubt(&self, id: Uuid) -> Option<Doubt> {
        self.inner.doubt(id)
    }

    fn unended(&self) -> Vec<Operation> {
        self.inner.unended()
    }
}
