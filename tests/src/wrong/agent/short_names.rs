//! Writes by name instead of by GUID.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use agent::{Change, DirectoryWriter, Target, WriteFuture};

use super::{Planted, writing};

pub(super) const PLANTED: Planted = Planted {
    name: "short-names",
    does: "finds people by the first letters of their name instead of by GUID, and takes the first who fits",
    caught_by: &["no-lost-ack"],
    scenario: crate::wrong::MIXED,
    stand: |parts| {
        writing(parts, |genuine| {
            Arc::new(ShortNames {
                genuine,
                known: Mutex::default(),
            })
        })
    },
};

struct ShortNames {
    genuine: Arc<dyn DirectoryWriter>,
    known: Mutex<HashMap<String, Target>>,
}

impl DirectoryWriter for ShortNames {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        let target = self.first_of_that_name(target);
        Box::pin(async move { self.genuine.write(&target, change, expires).await })
    }
}

/// How many letters of a name are looked at.
const LETTERS: usize = 2;

impl ShortNames {
    fn first_of_that_name(&self, asked: &Target) -> Target {
        let short: String = asked.upn.chars().take(LETTERS).collect();
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(short).or_insert_with(|| asked.clone()).clone()
    }
}
