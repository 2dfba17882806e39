//! Does half of a reset that unlocks.

use std::sync::Arc;
use std::time::Duration;

use agent::{Change, DirectoryWriter, Target, WriteFuture};

use super::{Planted, writing};
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "unlocks-without-reset",
    does: "clears the lock of a reset and forgets the password",
    caught_by: &["no-lost-ack"],
    scenario: crate::wrong::MIXED,
    stand: |parts| {
        writing(parts, |genuine| {
            Arc::new(UnlocksWithoutReset {
                genuine,
                turn: OneIn::new(8),
            })
        })
    },
};

struct UnlocksWithoutReset {
    genuine: Arc<dyn DirectoryWriter>,
    turn: OneIn,
}

impl DirectoryWriter for UnlocksWithoutReset {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        let half = matches!(change, Change::Reset { unlock: true, .. }) && self.turn.now();
        let change = if half { Change::Unlock } else { change.clone() };
        Box::pin(async move { self.genuine.write(target, &change, expires).await })
    }
}
