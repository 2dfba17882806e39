//! Forgets the unlock.

use std::sync::Arc;
use std::time::Duration;

use agent::{Change, DirectoryWriter, Target, WriteFuture, WriteResult};

use super::{Planted, writing};

pub(super) const PLANTED: Planted = Planted {
    name: "forgets-unlock",
    does: "resets without unlocking, and for an unlock alone says \"applied\" and does nothing",
    caught_by: &["unlock-unlocks-and-changes-no-password", "reset-also-unlocks"],
    scenario: crate::wrong::MIXED,
    stand: |parts| writing(parts, |genuine| Arc::new(ForgetsUnlock { genuine })),
};

struct ForgetsUnlock {
    genuine: Arc<dyn DirectoryWriter>,
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
