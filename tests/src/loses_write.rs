//! Acknowledges before it writes, and then loses the write.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use agent::{Change, DirectoryWriter, Target, WriteFuture, WriteResult};

/// One write in so many is lost: a fault that shows on every write would be found by any judge.
const ONE_IN: u64 = 8;

/// A writer that says "applied" for a write that never happens, now and then.
pub(crate) struct LosesWrite {
    genuine: Arc<dyn DirectoryWriter>,
    asked: AtomicU64,
}

impl LosesWrite {
    pub(crate) fn new(genuine: Arc<dyn DirectoryWriter>) -> Self {
        Self {
            genuine,
            asked: AtomicU64::new(0),
        }
    }
}

impl DirectoryWriter for LosesWrite {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % ONE_IN == ONE_IN - 1 {
            return Box::pin(async { WriteResult::Applied });
        }
        self.genuine.write(target, change, expires)
    }
}
