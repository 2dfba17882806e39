//! Acknowledges before it writes, and then loses the write.

use std::sync::Arc;
use std::time::Duration;

use agent::{Change, DirectoryWriter, Target, WriteFuture, WriteResult};

use super::{Planted, writing};
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "loses-write",
    does: "says \"applied\" for a write that never happens",
    caught_by: &["no-lost-ack"],
    scenario: crate::wrong::MIXED,
    stand: |parts| {
        writing(parts, |genuine| {
            Arc::new(LosesWrite {
                genuine,
                turn: OneIn::new(8),
            })
        })
    },
};

struct LosesWrite {
    genuine: Arc<dyn DirectoryWriter>,
    turn: OneIn,
}

impl DirectoryWriter for LosesWrite {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        if self.turn.now() {
            return Box::pin(async { WriteResult::Applied });
        }
        self.genuine.write(target, change, expires)
    }
}
