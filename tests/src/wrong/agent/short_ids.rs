//! Reports a stale result.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use agent::{Ending, Operation, Seen};
use uuid::Uuid;

use super::journal::{Look, Looking};
use super::{Planted, remembering};
use crate::wrong::MIXED;

pub(super) const PLANTED: Planted = Planted {
    name: "short-ids",
    does: "knows operations by a part of their id, and answers a new one with how another of that part ended",
    caught_by: &["no-lost-ack"],
    scenario: MIXED,
    stand: |parts| {
        remembering(parts, |genuine| {
            Arc::new(Looking {
                genuine,
                look: ShortIds(Mutex::default()),
            })
        })
    },
};

struct ShortIds(Mutex<HashMap<u8, Ending>>);

/// What it keeps of an id.
fn short(id: Uuid) -> u8 {
    id.as_bytes()[0] % 32
}

impl Look for ShortIds {
    fn see(&self, operation: &Operation, genuine: Seen) -> Seen {
        let known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let ended = known.get(&short(operation.id)).cloned();
        match (genuine, ended) {
            (Seen::New, Some(ending)) => Seen::Ended(ending),
            (genuine, _) => genuine,
        }
    }

    fn ended(&self, id: Uuid, ending: &Ending) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.insert(short(id), ending.clone());
    }
}
