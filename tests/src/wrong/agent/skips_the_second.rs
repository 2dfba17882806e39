//! Takes a second reset for a repetition of the first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agent::{Change, DirectoryWriter, Target, WriteFuture, WriteResult};
use uuid::Uuid;
use vocabulary::{SharedClock, SystemClock};

use super::{Planted, writing};

pub(super) const PLANTED: Planted = Planted {
    name: "skips-the-second",
    does: "says \"applied\" and does nothing for a person whom it served less than a second ago",
    caught_by: &["no-lost-ack"],
    scenario: crate::wrong::AGAIN,
    stand: |parts| {
        writing(parts, |genuine| {
            Arc::new(SkipsTheSecond {
                genuine,
                served: Mutex::default(),
                clock: SystemClock::shared(),
            })
        })
    },
};

struct SkipsTheSecond {
    genuine: Arc<dyn DirectoryWriter>,
    served: Mutex<HashMap<Uuid, Duration>>,
    clock: SharedClock,
}

impl DirectoryWriter for SkipsTheSecond {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        if self.just_served(target.guid) {
            return Box::pin(async { WriteResult::Applied });
        }
        self.genuine.write(target, change, expires)
    }
}

/// How long a person counts as just served.
const MEMORY: Duration = Duration::from_secs(1);

impl SkipsTheSecond {
    fn just_served(&self, person: Uuid) -> bool {
        let now = self.clock.monotonic();
        let mut served = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        let before = served.insert(person, now);
        before.is_some_and(|before| now.saturating_sub(before) < MEMORY)
    }
}
