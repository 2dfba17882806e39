//! Where each person was last written, for as long as replication may need to bring it everywhere.
//!
//! Active Directory takes writes on every domain controller. Two writes for one person on two of them, closer together
//! than replication, are a conflict: one of them is thrown away (MS-ADTS 3.1.1.1.9), and both count as one in
//! `msDS-KeyVersionNumber`. So a write goes to another domain controller than the last one only when the last one has
//! arrived there.

use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use uuid::Uuid;

use super::locator::Dc;
use crate::writeback::port::Facts;

/// What a write touched.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Touched {
    /// The password.
    pub(super) password: bool,
    /// The lock.
    pub(super) lock: bool,
}

/// The last writes for one person, all on one domain controller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Last {
    /// The domain controller.
    pub(super) dc: Dc,
    /// What they touched.
    pub(super) touched: Touched,
    /// Whether one of them was never answered, so that it may still come about.
    pub(super) unsure: bool,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    dc: Dc,
    touched: Touched,
    at: Duration,
    unsure: Option<Duration>,
}

/// The memory of persons. It holds those written within the period and nobody else.
pub(super) struct Recent {
    period: Duration,
    entries: HashMap<Uuid, Entry>,
    by_time: VecDeque<(Duration, Uuid)>,
}

impl Recent {
    /// An empty memory that reaches back so far.
    pub(super) fn new(period: Duration) -> Self {
        Self {
            period,
            entries: HashMap::new(),
            by_time: VecDeque::new(),
        }
    }

    /// Notes a write; `sure` when it was answered as applied.
    pub(super) fn note(&mut self, person: Uuid, dc: Dc, touched: Touched, sure: bool, now: Duration) {
        self.forget(now);
        let before = self.entries.get(&person).filter(|entry| entry.dc == dc).copied();
        let unsure = before.and_then(|entry| entry.unsure);
        let earlier = before.map(|entry| entry.touched).unwrap_or_default();
        let entry = Entry {
            dc,
            touched: Touched {
                password: touched.password || earlier.password,
                lock: touched.lock || earlier.lock,
            },
            at: now,
            unsure: if sure { unsure } else { Some(now) },
        };
        self.entries.insert(person, entry);
        self.by_time.push_back((now, person));
    }

    /// The last writes for a person, if they are recent.
    pub(super) fn last(&mut self, person: Uuid, now: Duration) -> Option<Last> {
        self.forget(now);
        let entry = self.entries.get(&person)?;
        Some(Last {
            dc: entry.dc,
            touched: entry.touched,
            unsure: entry.unsure.is_some_and(|at| now.saturating_sub(at) < self.period),
        })
    }

    fn forget(&mut self, now: Duration) {
        while let Some((at, person)) = self.by_time.front().copied() {
            if now.saturating_sub(at) < self.period {
                break;
            }
            self.by_time.pop_front();
            if self.entries.get(&person).is_some_and(|entry| entry.at == at) {
                self.entries.remove(&person);
            }
        }
    }
}

/// Whether what was written on the old domain controller is on the new one, by what both say now; the old one was
/// asked first. What neither shows has not been seen to arrive.
pub(super) fn has_arrived(touched: Touched, old: &Facts, new: &Facts) -> bool {
    let shown = old.key_version.is_some() || old.password_set.is_some();
    let same = old.key_version == new.key_version && old.password_set == new.password_set;
    let password = !touched.password || (shown && same);
    let lock = !touched.lock || new.locked == 0 || new.locked == old.locked;
    password && lock
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWORD: Touched = Touched {
        password: true,
        lock: false,
    };
    const LOCK: Touched = Touched {
        password: false,
        lock: true,
    };

    fn at(seconds: u64) -> Duration {
        Duration::from_secs(100 + seconds)
    }

    fn person(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn facts(key_version: u64, password_set: i64, locked: i64) -> Facts {
        Facts {
            key_version: Some(key_version),
            password_set: Some(password_set),
            locked,
        }
    }

    #[test]
    fn a_person_is_remembered_for_the_period_after_the_last_write() {
        let mut recent = Recent::new(Duration::from_secs(60));
        recent.note(person(1), 0, PASSWORD, true, at(0));
        recent.note(person(2), 1, LOCK, true, at(10));
        recent.note(person(1), 0, LOCK, true, at(30));
        let both = Touched {
            password: true,
            lock: true,
        };
        let last = recent.last(person(1), at(89)).unwrap();
        assert_eq!((last.dc, last.touched, last.unsure), (0, both, false));
        assert_eq!(recent.last(person(2), at(89)), None);
    }

    #[test]
    fn the_memory_is_bounded_by_the_period() {
        let mut recent = Recent::new(Duration::from_secs(60));
        for number in 0..100 {
            recent.note(person(number), 0, PASSWORD, true, at(0));
            recent.note(person(number), 0, PASSWORD, true, at(1));
        }
        assert_eq!(recent.last(person(7), at(61)), None);
        assert!(recent.entries.is_empty() && recent.by_time.is_empty());
    }

    #[test]
    fn a_write_elsewhere_replaces_what_was_known() {
        let mut recent = Recent::new(Duration::from_secs(60));
        recent.note(person(1), 0, PASSWORD, false, at(0));
        assert!(recent.last(person(1), at(1)).unwrap().unsure);
        recent.note(person(1), 1, LOCK, true, at(2));
        let last = recent.last(person(1), at(3)).unwrap();
        assert_eq!((last.dc, last.touched, last.unsure), (1, LOCK, false));
    }

    #[test]
    fn a_write_that_was_never_answered_stays_in_doubt_for_the_period() {
        let mut recent = Recent::new(Duration::from_secs(60));
        recent.note(person(1), 0, PASSWORD, false, at(0));
        recent.note(person(1), 0, PASSWORD, true, at(50));
        assert!(recent.last(person(1), at(59)).unwrap().unsure);
        assert!(!recent.last(person(1), at(60)).unwrap().unsure);
    }

    #[test]
    fn a_password_has_arrived_when_both_count_and_date_it_alike() {
        let old = facts(5, 900, 0);
        assert!(has_arrived(PASSWORD, &old, &facts(5, 900, 77)));
        assert!(!has_arrived(PASSWORD, &old, &facts(4, 900, 0)));
        assert!(
            !has_arrived(PASSWORD, &old, &facts(5, 800, 0)),
            "another write, counted alike"
        );
        let dumb = Facts::default();
        assert!(
            !has_arrived(PASSWORD, &dumb, &dumb),
            "what cannot be read proves nothing"
        );
        assert!(has_arrived(LOCK, &dumb, &dumb));
    }

    #[test]
    fn an_unlock_has_arrived_when_the_lock_is_gone_or_is_everywhere() {
        let old = facts(5, 900, 0);
        assert!(has_arrived(LOCK, &old, &facts(4, 800, 0)));
        assert!(!has_arrived(LOCK, &old, &facts(5, 900, 77)));
        assert!(has_arrived(LOCK, &facts(5, 900, 77), &facts(5, 900, 77)));
    }
}
