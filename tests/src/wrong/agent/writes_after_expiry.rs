//! Checks the expiry too early.

use std::sync::Arc;
use std::time::Duration;

use agent::{Change, DirectoryWriter, Target, WriteFuture, WriteResult};
use vocabulary::UnknownWhy;

use super::{Planted, writing};
use crate::wrong::clock::wait;
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "writes-after-expiry",
    does: "checks the expiry when it takes a write, and makes it when the message has long expired",
    caught_by: &["no-late-apply"],
    scenario: crate::wrong::LATE,
    stand: |parts| {
        writing(parts, |genuine| {
            Arc::new(WritesAfterExpiry {
                genuine,
                turn: OneIn::new(6),
            })
        })
    },
};

struct WritesAfterExpiry {
    genuine: Arc<dyn DirectoryWriter>,
    turn: OneIn,
}

impl DirectoryWriter for WritesAfterExpiry {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        if !change_is_reset(change) || !self.turn.now() {
            return self.genuine.write(target, change, expires);
        }
        let (genuine, target, change) = (Arc::clone(&self.genuine), target.clone(), change.clone());
        tokio::spawn(async move {
            wait(STALL).await;
            genuine.write(&target, &change, expires + STALL + STALL).await
        });
        Box::pin(async { WriteResult::Unknown(UnknownWhy::DirectoryIndeterminate) })
    }
}

/// How long a write lies about: longer than any message of the zoo lives, shorter than the run.
const STALL: Duration = Duration::from_secs(7);

fn change_is_reset(change: &Change) -> bool {
    matches!(change, Change::Reset { .. })
}
