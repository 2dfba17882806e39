//! Crosses two people.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agent::{Change, DirectoryWriter, Target, WriteFuture};
use vocabulary::Password;

use super::{Planted, writing};
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "previous-password",
    does: "writes the password of the person whom it served before, as a buffer that is used again would hold it",
    caught_by: &["directory-holds-acknowledged"],
    scenario: crate::wrong::MIXED,
    stand: |parts| {
        writing(parts, |genuine| {
            Arc::new(PreviousPassword {
                genuine,
                turn: OneIn::new(8),
                last: Mutex::default(),
            })
        })
    },
};

struct PreviousPassword {
    genuine: Arc<dyn DirectoryWriter>,
    turn: OneIn,
    last: Mutex<Option<Password>>,
}

impl DirectoryWriter for PreviousPassword {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        let Change::Reset { password, unlock } = change else {
            return self.genuine.write(target, change, expires);
        };
        let change = Change::Reset {
            password: self.which(password),
            unlock: *unlock,
        };
        Box::pin(async move { self.genuine.write(target, &change, expires).await })
    }
}

impl PreviousPassword {
    fn which(&self, asked: &Password) -> Password {
        let before = self
            .last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(asked.clone());
        let crossed = self.turn.now();
        before.filter(|_| crossed).unwrap_or_else(|| asked.clone())
    }
}
