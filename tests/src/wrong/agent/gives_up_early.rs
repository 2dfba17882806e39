//! Takes an answer that is late for a refusal.

use std::sync::Arc;
use std::time::Duration;

use agent::{Change, DirectoryWriter, Target, WriteFuture, WriteResult};
use vocabulary::{Reason, ReasonCode};

use super::{Planted, writing};
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "gives-up-early",
    does: "calls a modify failed that has left and is not answered at once, and lets it go on",
    caught_by: &["rejected-leaves-no-trace"],
    scenario: crate::wrong::MIXED,
    stand: |parts| {
        writing(parts, |genuine| {
            Arc::new(GivesUpEarly {
                genuine,
                turn: OneIn::new(8),
            })
        })
    },
};

struct GivesUpEarly {
    genuine: Arc<dyn DirectoryWriter>,
    turn: OneIn,
}

impl DirectoryWriter for GivesUpEarly {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        if !self.turn.now() {
            return self.genuine.write(target, change, expires);
        }
        let (genuine, target, change) = (Arc::clone(&self.genuine), target.clone(), change.clone());
        tokio::spawn(async move { genuine.write(&target, &change, expires).await });
        let reason = Reason::new(ReasonCode::DirectoryUnreachable);
        Box::pin(async { WriteResult::Failed(reason) })
    }
}
