//! Writes twice.

use std::sync::Arc;
use std::time::Duration;

use agent::{Change, DirectoryWriter, Target, WriteFuture};

use super::{Planted, writing};
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "writes-twice",
    does: "sends a modify again although it was answered",
    caught_by: &["no-double-apply"],
    scenario: crate::wrong::MIXED,
    stand: |parts| {
        writing(parts, |genuine| {
            Arc::new(WritesTwice {
                genuine,
                turn: OneIn::new(8),
            })
        })
    },
};

struct WritesTwice {
    genuine: Arc<dyn DirectoryWriter>,
    turn: OneIn,
}

impl DirectoryWriter for WritesTwice {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        let again = self.turn.now();
        Box::pin(async move {
            let result = self.genuine.write(target, change, expires).await;
            if again {
                return self.genuine.write(target, change, expires).await;
            }
            result
        })
    }
}
