//! Writes to the wrong person.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agent::{Change, DirectoryWriter, Target, WriteFuture};

/// One write in so many goes astray: a fault that shows on every write would be found by any judge.
const ONE_IN: u64 = 8;

/// Who was served.
#[derive(Default)]
struct Served {
    count: u64,
    last: Option<Target>,
}

/// A writer that now and then writes to the person whom it served before, as a stale cache would.
pub(crate) struct WrongPerson {
    genuine: Arc<dyn DirectoryWriter>,
    served: Mutex<Served>,
}

impl WrongPerson {
    pub(crate) fn new(genuine: Arc<dyn DirectoryWriter>) -> Self {
        Self {
            genuine,
            served: Mutex::default(),
        }
    }

    /// The person to write to: as a rule the one that was asked for.
    fn whom(&self, asked: &Target) -> Target {
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        served.count += 1;
        let before = served.last.replace(asked.clone());
        let astray = served.count.is_multiple_of(ONE_IN);
        before.filter(|_| astray).unwrap_or_else(|| asked.clone())
    }
}

impl DirectoryWriter for WrongPerson {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        let target = self.whom(target);
        Box::pin(async move { self.genuine.write(&target, change, expires).await })
    }
}
