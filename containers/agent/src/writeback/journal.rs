//! What was done under which operation id, for as long as its message lives: a repeated message is answered again and
//! never written again.

use std::collections::{BTreeSet, HashMap};

use protocol::envelope::Header;
use uuid::Uuid;
use vocabulary::{OpKind, UnknownWhy};

use super::operation::Ending;
use super::port::WriteResult;

/// How long an operation is remembered after its message died, in seconds: a duplicate that comes late is then told the
/// truth about the first, instead of "expired".
const GRACE: u64 = 120;

/// What the journal knows about an operation id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Seen {
    /// Nothing: it is noted now and may go on.
    New,
    /// It ended like this.
    Ended(Ending),
    /// The id was used for somebody or something else.
    Other,
}

#[derive(Debug)]
struct Entry {
    anchor: String,
    kind: OpKind,
    expires: u64,
    ending: Option<Ending>,
}

/// The operations of messages that still live, or died just now.
#[derive(Debug, Default)]
pub(crate) struct Journal {
    entries: HashMap<Uuid, Entry>,
    by_expiry: BTreeSet<(u64, Uuid)>,
}

impl Journal {
    /// Notes an operation, or says how it stands. `now` is Unix seconds.
    pub(crate) fn begin(&mut self, header: &Header, now: u64) -> Seen {
        self.forget_expired(now);
        let Some(entry) = self.entries.get_mut(&header.op) else {
            self.insert(header);
            return Seen::New;
        };
        if entry.anchor != header.anchor || entry.kind != header.kind {
            return Seen::Other;
        }
        if header.exp > entry.expires {
            self.by_expiry.remove(&(entry.expires, header.op));
            entry.expires = header.exp;
            self.by_expiry.insert((header.exp, header.op));
        }
        // Begun but never ended: whether it was written cannot be told, so it is not written again.
        let unknown = || Ending::of(WriteResult::Unknown(UnknownWhy::DirectoryIndeterminate), header.kind);
        Seen::Ended(entry.ending.clone().unwrap_or_else(unknown))
    }

    /// Notes how an operation ended.
    pub(crate) fn finish(&mut self, op: Uuid, ending: &Ending) {
        if let Some(entry) = self.entries.get_mut(&op) {
            entry.ending = Some(ending.clone());
        }
    }

    fn insert(&mut self, header: &Header) {
        let entry = Entry {
            anchor: header.anchor.clone(),
            kind: header.kind,
            expires: header.exp,
            ending: None,
        };
        self.entries.insert(header.op, entry);
        self.by_expiry.insert((header.exp, header.op));
    }

    fn forget_expired(&mut self, now: u64) {
        while let Some((expires, op)) = self.by_expiry.first().copied() {
            if expires.saturating_add(GRACE) > now {
                break;
            }
            self.by_expiry.pop_first();
            self.entries.remove(&op);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn applied() -> Ending {
        Ending::of(WriteResult::Applied, OpKind::Reset)
    }

    #[test]
    fn an_operation_is_remembered_a_little_longer_than_its_message_lives() {
        let mut journal = Journal::default();
        let header = testing::header(1, "anchor", OpKind::Reset, 160);
        assert_eq!(journal.begin(&header, 100), Seen::New);
        journal.finish(header.op, &applied());
        assert_eq!(journal.begin(&header, 160 + GRACE - 1), Seen::Ended(applied()));
        assert_eq!(journal.begin(&header, 160 + GRACE), Seen::New);
        assert_eq!(journal.entries.len(), 1);
    }

    #[test]
    fn a_later_message_of_the_same_operation_prolongs_the_memory() {
        let mut journal = Journal::default();
        journal.begin(&testing::header(1, "anchor", OpKind::Reset, 160), 100);
        journal.finish(Uuid::from_u128(1), &applied());
        let again = testing::header(1, "anchor", OpKind::Reset, 200);
        assert_eq!(journal.begin(&again, 150), Seen::Ended(applied()));
        assert_eq!(journal.begin(&again, 170 + GRACE), Seen::Ended(applied()));
        assert_eq!(journal.begin(&again, 200 + GRACE), Seen::New);
        assert_eq!(journal.by_expiry.len(), 1);
    }

    #[test]
    fn an_id_serves_one_person_and_one_kind() {
        let mut journal = Journal::default();
        journal.begin(&testing::header(1, "anchor", OpKind::Reset, 160), 100);
        assert_eq!(
            journal.begin(&testing::header(1, "other", OpKind::Reset, 160), 100),
            Seen::Other
        );
        assert_eq!(
            journal.begin(&testing::header(1, "anchor", OpKind::Unlock, 160), 100),
            Seen::Other
        );
        let open = journal.begin(&testing::header(1, "anchor", OpKind::Reset, 160), 100);
        let Seen::Ended(ending) = open else { panic!("{open:?}") };
        assert!(matches!(ending.result, WriteResult::Unknown(_)));
    }
}
