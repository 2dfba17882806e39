//! Cuts passwords.

use std::sync::Arc;
use std::time::Duration;

use agent::{Change, DirectoryWriter, Target, WriteFuture};
use vocabulary::Password;

use super::{Planted, writing};
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "cuts-password",
    does: "keeps the first 16 characters of a password, as a field that is too short would",
    caught_by: &["acknowledged-is-durable"],
    scenario: crate::wrong::MIXED,
    stand: |parts| {
        writing(parts, |genuine| {
            Arc::new(CutsPassword {
                genuine,
                turn: OneIn::new(8),
            })
        })
    },
};

struct CutsPassword {
    genuine: Arc<dyn DirectoryWriter>,
    turn: OneIn,
}

impl DirectoryWriter for CutsPassword {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        let change = match change {
            Change::Reset { password, unlock } if self.turn.now() => Change::Reset {
                password: Password::new(password.expose().chars().take(16).collect()),
                unlock: *unlock,
            },
            _ => change.clone(),
        };
        Box::pin(async move { self.genuine.write(target, &change, expires).await })
    }
}
