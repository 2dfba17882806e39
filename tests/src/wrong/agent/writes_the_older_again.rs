//! Lets an old write overtake a newer one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agent::{Change, DirectoryWriter, Target, WriteFuture};
use uuid::Uuid;

use super::{Planted, writing};
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "writes-the-older-again",
    does: "sends the person's write before this one again after it, as a queue of retries would",
    caught_by: &["no-double-apply"],
    scenario: crate::wrong::AGAIN,
    stand: |parts| {
        writing(parts, |genuine| {
            Arc::new(WritesTheOlderAgain {
                genuine,
                last: Mutex::default(),
                turn: OneIn::new(8),
            })
        })
    },
};

struct WritesTheOlderAgain {
    genuine: Arc<dyn DirectoryWriter>,
    last: Mutex<HashMap<Uuid, Change>>,
    turn: OneIn,
}

impl DirectoryWriter for WritesTheOlderAgain {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        let older = self.older(target.guid, change);
        Box::pin(async move {
            let result = self.genuine.write(target, change, expires).await;
            if let Some(older) = older {
                self.genuine.write(target, &older, expires).await;
            }
            result
        })
    }
}

impl WritesTheOlderAgain {
    fn older(&self, person: Uuid, change: &Change) -> Option<Change> {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let older = last.insert(person, change.clone());
        older.filter(|_| self.turn.now())
    }
}
