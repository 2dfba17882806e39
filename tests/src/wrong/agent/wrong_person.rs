//! Writes to the wrong person.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agent::{Change, DirectoryWriter, Target, WriteFuture};

use super::{Planted, writing};
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "wrong-person",
    does: "writes to the person whom it served before, as a stale cache would",
    caught_by: &["no-lost-ack"],
    scenario: crate::wrong::MIXED,
    stand: |parts| {
        writing(parts, |genuine| {
            Arc::new(WrongPerson {
                genuine,
                turn: OneIn::new(8),
                last: Mutex::default(),
            })
        })
    },
};

struct WrongPerson {
    genuine: Arc<dyn DirectoryWriter>,
    turn: OneIn,
    last: Mutex<Option<Target>>,
}

impl DirectoryWriter for WrongPerson {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        let target = self.whom(target);
        Box::pin(async move { self.genuine.write(&target, change, expires).await })
    }
}

impl WrongPerson {
    /// The person to write to: as a rule the one that was asked for.
    fn whom(&self, asked: &Target) -> Target {
        let before = self
            .last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(asked.clone());
        let astray = self.turn.now();
        before.filter(|_| astray).unwrap_or_else(|| asked.clone())
    }
}
