//! The journal of operations, for the laboratory and for the cloud's own next life: what left, to whom, and how it ended.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use store::Write;
use uuid::Uuid;
use vocabulary::{OpKind, Outcome, UnknownWhy};

use super::records::millis;
use super::room;
use super::saved::OPERATIONS;

/// Operations that the journal keeps: with its [`room`] seven eighths of a power of two, which is a table filled to the brim.
const JOURNAL_MAX: usize = 229_376;

/// How an operation stands. `result` is `in_flight` or the class of its outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct JournalEntry {
    /// The operation id.
    pub op_id: Uuid,
    /// `in_flight`, `applied`, `rejected`, `failed` or `unknown`.
    pub result: &'static str,
    /// The reason's name, if there is one.
    pub code: Option<&'static str>,
    /// When it came to stand so, in milliseconds since the Unix epoch.
    pub unix_ms: u64,
    #[serde(skip)]
    note: Note,
}

/// The same as it is kept on the disk, without a password or anything that one could be found by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Note {
    unix_ms: u64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    began_unix_ms: Option<u64>,
    /// Whether it was about to leave; an operation is about to leave once.
    dispatched: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outcome: Option<Outcome>,
    #[serde(default)]
    in_cloud: bool,
    /// Whose it is and of which kind, once it is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    whose: Option<(Uuid, OpKind)>,
    /// Kept until it has surely ended: then nobody asks about it any more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sent: Option<Box<SentOrder>>,
}

/// What is needed to ask the agent about an order that was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SentOrder {
    pub(crate) person: Uuid,
    pub(crate) upn: String,
    pub(crate) anchor: String,
    pub(crate) kind: OpKind,
    /// When its message expires, in Unix seconds.
    pub(crate) expires: u64,
    /// The journal of the agent that it was sealed for.
    pub(crate) journal: Option<Uuid>,
}

impl JournalEntry {
    fn new(operation: Uuid, note: Note) -> Self {
        let (result, code) = match &note.outcome {
            None => ("in_flight", None),
            Some(outcome) => (outcome.class().as_str(), code(outcome)),
        };
        Self {
            op_id: operation,
            result,
            code,
            unix_ms: note.unix_ms,
            note,
        }
    }

    /// How it ended, if it left and has ended: what, of which kind, and whether the cloud's own write followed.
    pub(crate) fn ended(&self) -> Option<(Outcome, Option<OpKind>, bool)> {
        let outcome = self.note.outcome.clone().filter(|_| self.note.dispatched)?;
        let kind = self.note.whose.map(|(_, kind)| kind);
        Some((outcome, kind, self.note.in_cloud))
    }

    /// When it was first heard of, in milliseconds since the Unix epoch.
    pub(crate) fn began_unix_ms(&self) -> u64 {
        self.note.began_unix_ms.unwrap_or(self.unix_ms)
    }

    /// Whose it is and of which kind, if it left.
    pub(crate) fn whose(&self) -> Option<(Uuid, OpKind)> {
        self.note.whose.filter(|_| self.note.dispatched)
    }

    /// Whether it left.
    pub(crate) fn is_dispatched(&self) -> bool {
        self.note.dispatched
    }
}

fn code(outcome: &Outcome) -> Option<&'static str> {
    match outcome {
        Outcome::Applied => None,
        Outcome::Rejected(reason) | Outcome::Failed(reason) => Some(reason.code.as_str()),
        Outcome::Unknown(why) => Some(why.as_str()),
    }
}

/// The journal, and the guard that no operation is dispatched twice.
#[derive(Debug)]
pub(crate) struct Journal {
    /// Small, since a run may have as many operations as the journal keeps.
    notes: HashMap<Uuid, Note>,
    order: VecDeque<Uuid>,
    writes: Vec<Write>,
}

impl Default for Journal {
    /// An empty journal with room for all that it will ever keep.
    fn default() -> Self {
        // Room that was written to once is there; the system would hand out other room only as it fills.
        let mut order = VecDeque::from(vec![Uuid::max(); JOURNAL_MAX + 1]);
        order.clear();
        Self {
            notes: HashMap::with_capacity(room(JOURNAL_MAX)),
            order,
            writes: Vec::new(),
        }
    }
}

impl Journal {
    /// Notes that an operation is about to leave; `false` if it left before.
    pub(crate) fn dispatch(&mut self, operation: Uuid, now_unix: Duration) -> bool {
        if self.left(operation) {
            return false;
        }
        self.put(operation, millis(now_unix), |note| note.dispatched = true);
        true
    }

    /// Notes to whom it goes, right before it does.
    pub(crate) fn send(&mut self, operation: Uuid, sent: SentOrder, now_unix: Duration) {
        self.put(operation, millis(now_unix), |note| {
            note.whose = Some((sent.person, sent.kind));
            note.sent = Some(Box::new(sent));
        });
    }

    /// Notes how an operation ended.
    pub(crate) fn settle(&mut self, operation: Uuid, outcome: &Outcome, in_cloud: bool, now_unix: Duration) {
        self.put(operation, millis(now_unix), |note| {
            note.outcome = Some(outcome.clone());
            note.in_cloud = in_cloud;
            if !matches!(outcome, Outcome::Unknown(_)) {
                note.sent = None;
            }
        });
    }

    /// Notes a refusal before dispatch; it never hides what became of an operation that did leave.
    pub(crate) fn refuse(&mut self, operation: Uuid, outcome: &Outcome, now_unix: Duration) {
        if !self.left(operation) {
            self.settle(operation, outcome, false, now_unix);
        }
    }

    /// Whether an operation was about to leave.
    pub(crate) fn left(&self, operation: Uuid) -> bool {
        self.notes.get(&operation).is_some_and(|note| note.dispatched)
    }

    /// To whom an operation went, if it left and may not have ended.
    pub(crate) fn sent(&self, operation: Uuid) -> Option<&SentOrder> {
        let note = self.notes.get(&operation).filter(|note| note.dispatched)?;
        note.sent.as_deref()
    }

    fn put(&mut self, operation: Uuid, unix_ms: u64, change: impl FnOnce(&mut Note)) {
        let note = match self.notes.entry(operation) {
            Entry::Occupied(known) => known.into_mut(),
            Entry::Vacant(place) => {
                self.order.push_back(operation);
                place.insert(Note::fresh())
            }
        };
        note.unix_ms = unix_ms;
        note.began_unix_ms.get_or_insert(unix_ms);
        change(note);
        let value = serde_json::to_vec(note).unwrap_or_default();
        self.writes.push(Write::put(OPERATIONS, operation.as_bytes(), value));
        while self.order.len() > JOURNAL_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.notes.remove(&oldest);
            self.writes.push(Write::delete(OPERATIONS, oldest.as_bytes()));
        }
    }

    /// Takes up the entries of an earlier life, in any order, and gives those that left and never ended: they are
    /// unknown until the agent tells.
    pub(crate) fn take_up(&mut self, entries: &[(Vec<u8>, Vec<u8>)]) -> Result<Vec<(Uuid, SentOrder)>, String> {
        let mut found = Vec::new();
        for (key, value) in entries {
            let id = Uuid::from_slice(key).map_err(|error| format!("an operation: {error}"))?;
            let note: Note = serde_json::from_slice(value).map_err(|error| format!("the operation {id}: {error}"))?;
            found.push((id, note));
        }
        found.sort_by_key(|(id, note)| (note.unix_ms, *id));
        let mut doubtful = Vec::new();
        for (id, mut note) in found {
            let open = note.dispatched && matches!(note.outcome, None | Some(Outcome::Unknown(_)));
            if let Some(sent) = note.sent.as_deref().filter(|_| open) {
                doubtful.push((id, sent.clone()));
            }
            if note.dispatched && note.outcome.is_none() {
                note.outcome = Some(Outcome::Unknown(UnknownWhy::Interrupted));
            }
            self.notes.insert(id, note);
            self.order.push_back(id);
        }
        Ok(doubtful)
    }

    /// Takes what is to be written out.
    pub(crate) fn take_writes(&mut self) -> Vec<Write> {
        std::mem::take(&mut self.writes)
    }

    pub(crate) fn get(&self, operation: Uuid) -> Option<JournalEntry> {
        let note = self.notes.get(&operation)?;
        Some(JournalEntry::new(operation, note.clone()))
    }

    /// All entries, oldest operation first.
    pub(crate) fn iter(&self) -> impl Iterator<Item = JournalEntry> {
        self.order.iter().filter_map(|operation| self.get(*operation))
    }
}

impl Note {
    fn fresh() -> Self {
        Self {
            unix_ms: 0,
            began_unix_ms: None,
            dispatched: false,
            outcome: None,
            in_cloud: false,
            whose: None,
            sent: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use vocabulary::ReasonCode;

    use super::*;

    const NOW: Duration = Duration::from_secs(1);

    fn id(number: u128) -> Uuid {
        Uuid::from_u128(number)
    }

    fn sent() -> SentOrder {
        SentOrder {
            person: id(50),
            upn: "ann@corp.test".into(),
            anchor: "anchor".into(),
            kind: OpKind::Reset,
            expires: 61,
            journal: Some(id(77)),
        }
    }

    #[test]
    fn an_operation_leaves_once_and_a_later_refusal_does_not_hide_it() {
        let mut journal = Journal::default();
        let refusal = Outcome::rejected(ReasonCode::SessionInvalid);
        journal.refuse(id(1), &refusal, NOW);
        assert!(journal.dispatch(id(1), NOW));
        assert!(!journal.dispatch(id(1), NOW));
        journal.refuse(id(1), &refusal, NOW);
        journal.settle(id(1), &Outcome::Unknown(UnknownWhy::Timeout), false, NOW);
        let standing: Vec<_> = journal.iter().map(|entry| (entry.result, entry.code)).collect();
        assert_eq!(standing, [("unknown", Some("timeout"))]);
        assert!(!journal.dispatch(id(1), NOW));
    }

    #[test]
    fn the_newest_are_kept_and_their_table_never_grows() {
        let mut journal = Journal::default();
        let room = journal.notes.capacity();
        let last = JOURNAL_MAX as u128 * 5 / 2;
        for number in 0..=last {
            assert!(journal.dispatch(id(number), NOW));
            if number % 1000 == 0 {
                journal.take_writes();
            }
        }
        assert_eq!(
            (journal.notes.len(), journal.iter().count()),
            (JOURNAL_MAX, JOURNAL_MAX)
        );
        assert!(journal.get(id(last)).is_some() && journal.get(id(last - JOURNAL_MAX as u128)).is_none());
        assert!(
            journal.notes.capacity() <= room,
            "{} of {room}",
            journal.notes.capacity()
        );
    }

    #[test]
    fn the_next_life_knows_what_left_and_what_came_of_it() {
        let mut journal = Journal::default();
        for number in [1, 2, 3] {
            assert!(journal.dispatch(id(number), NOW));
        }
        journal.send(id(1), sent(), NOW);
        journal.send(id(2), sent(), NOW);
        journal.settle(id(2), &Outcome::Applied, true, NOW);
        let mut disk: HashMap<Vec<u8>, Vec<u8>> = HashMap::new();
        for write in journal.take_writes() {
            disk.insert(write.key().to_vec(), write.value().unwrap().to_vec());
        }
        assert!(
            journal.sent(id(1)).is_some() && journal.sent(id(2)).is_none(),
            "nobody asks about what has ended"
        );
        assert_eq!(journal.get(id(2)).unwrap().whose(), Some((id(50), OpKind::Reset)));
        let mut next = Journal::default();
        let doubtful = next.take_up(&disk.into_iter().collect::<Vec<_>>()).unwrap();
        assert_eq!(doubtful, [(id(1), sent())], "the third had not left yet");
        let standing: Vec<_> = next.iter().map(|entry| (entry.result, entry.code)).collect();
        assert_eq!(
            standing,
            [
                ("unknown", Some("interrupted")),
                ("applied", None),
                ("unknown", Some("interrupted"))
            ]
        );
        assert!([1, 2, 3].iter().all(|number| !next.dispatch(id(*number), NOW)));
        let wrong = next.take_up(&[(b"short".to_vec(), Vec::new())]);
        assert!(wrong.unwrap_err().starts_with("an operation: "));
    }
}
