//! The tenant, held for one event, and what is written out when it is let go.

use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::path::Path;
use std::pin::Pin;
use std::sync::MutexGuard;
use std::task::{Context, Poll};

use store::{Content, Store, StoreError, Written};
use uuid::Uuid;

use crate::CloudError;
use crate::tenant::{TABLES, Tenant};

/// Opens the state. `fresh` becomes its id if there is none yet.
pub(crate) fn open(path: &Path, fresh: Uuid) -> Result<(Store, Content), CloudError> {
    Store::open(path, &TABLES, fresh).map_err(|error| match error {
        StoreError::Damaged { path: file, why } => CloudError::StateDamaged {
            path: path.to_owned(),
            why: format!("{}: {why}", file.display()),
        },
        error => CloudError::State(error),
    })
}

/// The tenant, for one event. What the event changed is on its way to the disk once this is dropped, in the order of
/// events.
pub(crate) struct Held<'a> {
    tenant: MutexGuard<'a, Tenant>,
    store: Option<&'a Store>,
}

impl<'a> Held<'a> {
    pub(crate) fn new(tenant: MutexGuard<'a, Tenant>, store: Option<&'a Store>) -> Self {
        Self { tenant, store }
    }

    /// Lets go, and gives what ends well when the changes are on the disk.
    pub(crate) fn save(mut self) -> Saved {
        Saved(self.write_out())
    }

    fn write_out(&mut self) -> Option<Written> {
        let writes = self.tenant.take_writes();
        self.store
            .filter(|_| !writes.is_empty())
            .map(|store| store.write(writes))
    }
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        drop(self.write_out());
    }
}

impl Deref for Held<'_> {
    type Target = Tenant;

    fn deref(&self) -> &Tenant {
        &self.tenant
    }
}

impl DerefMut for Held<'_> {
    fn deref_mut(&mut self) -> &mut Tenant {
        &mut self.tenant
    }
}

/// Changes on their way to the disk; nothing to wait for where there were none, or where nothing is kept.
#[derive(Debug)]
pub(crate) struct Saved(Option<Written>);

impl Future for Saved {
    type Output = Result<(), StoreError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        match &mut self.0 {
            Some(written) => Pin::new(written).poll(context),
            None => Poll::Ready(Ok(())),
        }
    }
}
