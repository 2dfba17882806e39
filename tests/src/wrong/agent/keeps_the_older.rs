//! Applies two writes of one person in the wrong order.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agent::{Change, DirectoryWriter, Target, WriteFuture, WriteResult};
use uuid::Uuid;

use super::{Planted, writing};

pub(super) const PLANTED: Planted = Planted {
    name: "keeps-the-older",
    does: "puts the person's password back to the one before when it writes, by writing the two in the wrong order",
    caught_by: &["acknowledged-is-durable"],
    scenario: crate::wrong::AGAIN,
    stand: |parts| {
        writing(parts, |genuine| {
            Arc::new(KeepsTheOlder {
                genuine,
                held: Mutex::default(),
            })
        })
    },
};

struct KeepsTheOlder {
    genuine: Arc<dyn DirectoryWriter>,
    held: Mutex<HashMap<Uuid, Change>>,
}

impl DirectoryWriter for KeepsTheOlder {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        let (first, second) = self.turned(target.guid, change);
        Box::pin(async move {
            let Some(first) = first else {
                return WriteResult::Applied;
            };
            let result = self.genuine.write(target, &first, expires).await;
            if let Some(second) = second {
                return self.genuine.write(target, &second, expires).await;
            }
            result
        })
    }
}

impl KeepsTheOlder {
    /// What to write now: nothing while there is one to hold back, then the newer and after it the older.
    fn turned(&self, person: Uuid, change: &Change) -> (Option<Change>, Option<Change>) {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        match held.remove(&person) {
            Some(older) => (Some(change.clone()), Some(older)),
            None => {
                held.insert(person, change.clone());
                (None, None)
            }
        }
    }
}
