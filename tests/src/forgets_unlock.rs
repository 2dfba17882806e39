//! Forgets the unlock.

use std::sync::Arc;
use std::time::Duration;

use agent::{Change, DirectoryWriter, Target, WriteFuture, WriteResult};

/// A writer that resets without unlocking, and for an unlock alone says "applied" and does nothing.
pub(crate) struct ForgetsUnlock {
    genuine: Arc<dyn DirectoryWriter>,
}

impl ForgetsUnlock {
    pub(crate) fn new(genuine: Arc<dyn DirectoryWriter>) -> Self {
        Self { genuine }
    }
}

impl DirectoryWriter for ForgetsUnlock {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        let change = match change {
            Change::Unlock => return Box::pin(async { WriteResult::Applied }),
            Change::Reset { password, .. } => Change::Reset {
                password: password.clone(),
                unlock: false,
            },
            Change::Change { .. } => change.clone(),
        };
        Box::pin(async move { self.genuine.write(target, &change, expires).await })
    }
}
