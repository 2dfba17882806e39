//! The journal as a plain state machine: operations in, what is known and what must be written out.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::time::Duration;

use store::{Table, Write};
use uuid::Uuid;

use super::record::Record;
use super::{Doubt, Operation, Seen};
use crate::writeback::operation::{Ending, LIFE_MAX};
use crate::writeback::port::{Before, WriteResult};

/// How long an operation is remembered after its message died, in seconds: a duplicate that comes late is then told the
/// truth about the first, instead of "expired".
pub(crate) const GRACE: u64 = 120;

/// Operations that are remembered at once; one more is refused, since to forget one that lives is to do it twice.
pub(super) const ENTRIES_MAX: usize = 250_000;

/// The table of operations.
pub(super) const OPERATIONS: Table = Table("operations");

/// The time of an event, on both clocks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Now {
    /// Unix seconds: messages expire by it.
    pub(super) unix: u64,
    /// Orders what happens in this life.
    pub(super) monotonic: Duration,
}

#[derive(Debug)]
enum State {
    /// Noted in memory; nothing was sent.
    Begun,
    /// The modify may have left.
    Started { before: Before, earlier_life: bool },
    /// It ended. What was before is kept while the ending is not known.
    Ended {
        ending: Ending,
        before: Option<Before>,
        at: Duration,
    },
}

#[derive(Debug)]
struct Entry {
    operation: Operation,
    state: State,
    crowded: bool,
    /// Until when it is remembered whatever the wall clock says, which may jump and come back.
    kept_until: Duration,
}

impl Entry {
    fn record(&self) -> Record {
        let (before, ending) = match &self.state {
            State::Begun => (None, None),
            State::Started { before, .. } => (Some(before), None),
            State::Ended { ending, before, .. } => (before.as_ref(), Some(ending)),
        };
        Record::new(&self.operation, before.cloned(), self.crowded, ending)
    }

    fn write(&self) -> Write {
        Write::put(OPERATIONS, self.operation.id.as_bytes(), self.record().bytes())
    }

    /// Whether it may have had an effect that nobody has seen.
    fn is_doubtful(&self) -> bool {
        match &self.state {
            State::Begun => false,
            State::Started { .. } => true,
            State::Ended { before, .. } => before.is_some(),
        }
    }
}

/// The operations of messages that still live, or died just now.
#[derive(Debug)]
pub(super) struct Ledger {
    /// In a tree: a hash table through which so many come and go doubles at some instant, though it never holds more.
    entries: BTreeMap<Uuid, Entry>,
    by_expiry: BTreeSet<(u64, Uuid)>,
    /// Who has an operation in doubt, and which.
    doubtful: HashMap<String, HashSet<Uuid>>,
    /// What an earlier life started and did not end.
    left: HashSet<Uuid>,
    /// How long a modify that left may be under way after its sender is gone.
    stall: Duration,
    opened: Duration,
}

impl Ledger {
    /// An empty ledger.
    pub(super) fn new(stall: Duration, opened: Duration) -> Self {
        Self {
            entries: BTreeMap::new(),
            by_expiry: BTreeSet::new(),
            doubtful: HashMap::new(),
            left: HashSet::new(),
            stall,
            opened,
        }
    }

    /// Takes up an entry of an earlier life.
    pub(super) fn take_up(&mut self, id: Uuid, record: &Record) {
        let state = match (record.ending(), record.before.clone()) {
            (Some(ending), before) => State::Ended {
                ending,
                before,
                at: self.opened,
            },
            (None, Some(before)) => State::Started {
                before,
                earlier_life: true,
            },
            (None, None) => State::Begun,
        };
        if matches!(state, State::Started { .. }) {
            self.left.insert(id);
        }
        self.insert(Entry {
            operation: record.operation(id),
            state,
            crowded: record.crowded,
            kept_until: self.opened,
        });
    }

    /// Notes an operation, or says how it stands.
    pub(super) fn begin(&mut self, operation: &Operation, now: Now) -> (Seen, Vec<Write>) {
        let mut writes = self.forget_expired(now);
        let Some(entry) = self.entries.get_mut(&operation.id) else {
            if self.entries.len() >= ENTRIES_MAX {
                return (Seen::Full, writes);
            }
            self.insert(Entry {
                operation: operation.clone(),
                state: State::Begun,
                crowded: false,
                kept_until: now.monotonic + life_left(operation.expires, now.unix),
            });
            return (Seen::New, writes);
        };
        if entry.operation.anchor != operation.anchor || entry.operation.kind != operation.kind {
            return (Seen::Other, writes);
        }
        if operation.expires > entry.operation.expires {
            self.by_expiry.remove(&(entry.operation.expires, operation.id));
            entry.operation.expires = operation.expires;
            self.by_expiry.insert((operation.expires, operation.id));
            writes.push(entry.write());
        }
        let seen = match &entry.state {
            State::Begun
            | State::Started {
                earlier_life: false, ..
            } => Seen::Running,
            State::Started { .. } | State::Ended { before: Some(_), .. } => Seen::Doubtful,
            State::Ended { ending, .. } => Seen::Ended(ending.clone()),
        };
        (seen, writes)
    }

    /// Notes that the directory is about to be written. Whoever of the same person is in doubt can no longer be told
    /// apart from this one by reading, nor this one from them.
    pub(super) fn start(&mut self, id: Uuid, before: Before) -> Vec<Write> {
        let Some(anchor) = self.entries.get(&id).map(|entry| entry.operation.anchor.clone()) else {
            return Vec::new();
        };
        let others: Vec<Uuid> = self.doubtful.get(&anchor).into_iter().flatten().copied().collect();
        let others: Vec<Uuid> = others.into_iter().filter(|other| *other != id).collect();
        let mut writes = Vec::new();
        for other in &others {
            if let Some(entry) = self.entries.get_mut(other).filter(|entry| !entry.crowded) {
                entry.crowded = true;
                writes.push(entry.write());
            }
        }
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.crowded = !others.is_empty();
            entry.state = State::Started {
                before,
                earlier_life: false,
            };
            writes.push(entry.write());
        }
        self.left.remove(&id);
        self.doubtful.entry(anchor).or_default().insert(id);
        writes
    }

    /// Notes how an operation ended.
    pub(super) fn end(&mut self, id: Uuid, ending: Ending, now: Now) -> Vec<Write> {
        let Some(entry) = self.entries.get_mut(&id) else {
            return Vec::new();
        };
        let open = matches!(ending.result, WriteResult::Unknown(_));
        let before = match &entry.state {
            State::Begun => None,
            State::Started { before, .. } => Some(before.clone()),
            State::Ended { before, .. } => before.clone(),
        };
        entry.state = State::Ended {
            ending,
            before: before.filter(|_| open),
            at: now.monotonic,
        };
        let writes = vec![entry.write()];
        self.left.remove(&id);
        if !entry.is_doubtful() {
            let anchor = entry.operation.anchor.clone();
            self.clear_doubt(&anchor, id);
        }
        writes
    }

    /// What is in doubt about an operation.
    pub(super) fn doubt(&self, id: Uuid, now: Now) -> Option<Doubt> {
        let entry = self.entries.get(&id)?;
        let (before, since, ended) = match &entry.state {
            State::Started {
                before,
                earlier_life: true,
            } => (before, self.opened, None),
            State::Ended {
                ending,
                before: Some(before),
                at,
            } => (before, *at, Some(ending.clone())),
            _ => return None,
        };
        Some(Doubt {
            before: before.clone(),
            crowded: entry.crowded,
            quiet: now.monotonic.saturating_sub(since) >= self.stall,
            ended,
        })
    }

    /// The operations that an earlier life started and did not end.
    pub(super) fn unended(&self) -> Vec<Operation> {
        let entries = self.left.iter().filter_map(|id| self.entries.get(id));
        entries.map(|entry| entry.operation.clone()).collect()
    }

    fn insert(&mut self, entry: Entry) {
        let Operation { id, expires, .. } = entry.operation;
        if entry.is_doubtful() {
            let anchor = entry.operation.anchor.clone();
            self.doubtful.entry(anchor).or_default().insert(id);
        }
        self.by_expiry.insert((expires, id));
        self.entries.insert(id, entry);
    }

    fn clear_doubt(&mut self, anchor: &str, id: Uuid) {
        if let Some(doubtful) = self.doubtful.get_mut(anchor) {
            doubtful.remove(&id);
            if doubtful.is_empty() {
                self.doubtful.remove(anchor);
            }
        }
    }

    fn forget_expired(&mut self, now: Now) -> Vec<Write> {
        let mut writes = Vec::new();
        while let Some((expires, id)) = self.by_expiry.first().copied() {
            let kept = |entry: &Entry| entry.kept_until > now.monotonic;
            if expires.saturating_add(GRACE) > now.unix || self.entries.get(&id).is_some_and(kept) {
                break;
            }
            self.by_expiry.pop_first();
            self.left.remove(&id);
            if let Some(entry) = self.entries.remove(&id) {
                self.clear_doubt(&entry.operation.anchor, id);
                writes.push(Write::delete(OPERATIONS, id.as_bytes()));
            }
        }
        writes
    }
}

/// How long a message lives from now on, with the grace; no longer than any message may.
fn life_left(expires: u64, now: u64) -> Duration {
    Duration::from_secs(expires.saturating_sub(now).min(LIFE_MAX).saturating_add(GRACE))
}
