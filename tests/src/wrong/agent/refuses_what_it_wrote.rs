//! Says no and does it.

use std::sync::Arc;
use std::time::Duration;

use agent::{Change, DirectoryWriter, Target, WriteFuture, WriteResult};
use vocabulary::{Reason, ReasonCode};

use super::{Planted, writing};
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "refuses-what-it-wrote",
    does: "says that the directory refused what the directory took",
    caught_by: &["rejected-leaves-no-trace"],
    scenario: crate::wrong::MIXED,
    stand: |parts| {
        writing(parts, |genuine| {
            Arc::new(RefusesWhatItWrote {
                genuine,
                turn: OneIn::new(8),
            })
        })
    },
};

struct RefusesWhatItWrote {
    genuine: Arc<dyn DirectoryWriter>,
    turn: OneIn,
}

impl DirectoryWriter for RefusesWhatItWrote {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        let lie = self.turn.now();
        Box::pin(async move {
            match self.genuine.write(target, change, expires).await {
                WriteResult::Applied if lie => WriteResult::Rejected(Reason::new(ReasonCode::PermissionDenied)),
                result => result,
            }
        })
    }
}
