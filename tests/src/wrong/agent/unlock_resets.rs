//! An unlock that also resets.

use std::sync::Arc;
use std::time::Duration;

use agent::{Change, DirectoryWriter, Target, WriteFuture};
use vocabulary::Password;

use super::{Planted, writing};
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "unlock-resets",
    does: "sets a password of its own when it is asked to unlock alone",
    caught_by: &["unlock-unlocks-and-changes-no-password"],
    scenario: crate::wrong::MIXED,
    stand: |parts| {
        writing(parts, |genuine| {
            Arc::new(UnlockResets {
                genuine,
                turn: OneIn::new(4),
            })
        })
    },
};

struct UnlockResets {
    genuine: Arc<dyn DirectoryWriter>,
    turn: OneIn,
}

impl DirectoryWriter for UnlockResets {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        if *change != Change::Unlock || !self.turn.now() {
            return self.genuine.write(target, change, expires);
        }
        let change = Change::Reset {
            password: Password::new("Unlocked-4-Everyone".to_owned()),
            unlock: true,
        };
        Box::pin(async move { self.genuine.write(target, &change, expires).await })
    }
}
