//! Loses what it knows while messages still live, as a journal in memory does at a restart.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agent::{Operation, Seen};
use uuid::Uuid;
use vocabulary::{SharedClock, SystemClock};

use super::journal::{Look, Looking};
use super::{Planted, remembering};
use crate::wrong::AGAIN;
use crate::wrong::relay::repeating_late;

pub(super) const PLANTED: Planted = Planted {
    name: "forgets-too-soon",
    does: "forgets an operation after half a second, on a relay that delivers some messages again after a whole one",
    caught_by: &["no-double-apply"],
    scenario: AGAIN,
    stand: |parts| {
        remembering(repeating_late(parts), |genuine| {
            Arc::new(Looking {
                genuine,
                look: ForgetsTooSoon {
                    known: Mutex::default(),
                    clock: SystemClock::shared(),
                },
            })
        })
    },
};

/// How long it remembers.
const MEMORY: Duration = Duration::from_millis(500);

struct ForgetsTooSoon {
    known: Mutex<HashMap<Uuid, Duration>>,
    clock: SharedClock,
}

impl Look for ForgetsTooSoon {
    fn see(&self, operation: &Operation, genuine: Seen) -> Seen {
        let now = self.clock.monotonic();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        let before = known.insert(operation.id, now);
        match before {
            Some(before) if now.saturating_sub(before) >= MEMORY => Seen::New,
            _ => genuine,
        }
    }
}
