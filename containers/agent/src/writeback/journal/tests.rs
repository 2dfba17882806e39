//! The ledger, step by step; and its files, with everything that may happen to them.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use vocabulary::{EventId, OutcomeClass, ReasonCode};

use super::ledger::{ENTRIES_MAX, Ledger, Now, OPERATIONS};
use super::*;
use crate::AgentError;
use crate::testing::FakeClock;
use crate::writeback::operation::{failed, rejected};
use crate::writeback::port::{Facts, WriteResult};

const STALL: Duration = Duration::from_secs(10);

fn at(seconds: u64) -> Now {
    Now {
        unix: seconds,
        monotonic: Duration::from_secs(seconds),
    }
}

fn operation(id: u128, anchor: &str, expires: u64) -> Operation {
    Operation {
        id: Uuid::from_u128(id),
        anchor: anchor.to_owned(),
        kind: OpKind::Reset,
        expires,
    }
}

fn before(version: u64) -> Before {
    Before {
        dc: "dc1.corp.test".to_owned(),
        facts: Facts {
            key_version: Some(version),
            password_set: Some(7),
            locked: 0,
        },
        unlocks: true,
    }
}

fn applied() -> Ending {
    Ending::of(WriteResult::Applied, OpKind::Reset)
}

fn ledger() -> Ledger {
    Ledger::new(STALL, Duration::ZERO)
}

impl Ledger {
    fn see(&mut self, operation: &Operation, now: u64) -> Seen {
        self.begin(operation, at(now)).0
    }
}

#[test]
fn an_operation_is_remembered_a_little_longer_than_its_message_lives() {
    let mut ledger = ledger();
    let first = operation(1, "anchor", 160);
    assert_eq!(ledger.see(&first, 100), Seen::New);
    assert_eq!(ledger.see(&first, 100), Seen::Running);
    ledger.end(first.id, applied(), at(101));
    assert_eq!(ledger.see(&first, 160 + GRACE - 1), Seen::Ended(applied()));
    let (seen, writes) = ledger.begin(&first, at(160 + GRACE));
    assert_eq!((seen, writes.len()), (Seen::New, 1), "and is forgotten on the disk too");
}

#[test]
fn a_later_message_of_the_same_operation_prolongs_the_memory() {
    let mut ledger = ledger();
    ledger.see(&operation(1, "anchor", 160), 100);
    ledger.end(Uuid::from_u128(1), applied(), at(100));
    let again = operation(1, "anchor", 200);
    let (seen, writes) = ledger.begin(&again, at(150));
    assert_eq!((seen, writes.len()), (Seen::Ended(applied()), 1));
    assert_eq!(ledger.see(&again, 170 + GRACE), Seen::Ended(applied()));
    assert_eq!(ledger.see(&again, 200 + GRACE), Seen::New);
}

#[test]
fn an_id_serves_one_person_and_one_kind() {
    let mut ledger = ledger();
    ledger.see(&operation(1, "anchor", 160), 100);
    assert_eq!(ledger.see(&operation(1, "other", 160), 100), Seen::Other);
    let unlock = Operation {
        kind: OpKind::Unlock,
        ..operation(1, "anchor", 160)
    };
    assert_eq!(ledger.see(&unlock, 100), Seen::Other);
}

#[test]
fn what_lives_is_never_forgotten_for_want_of_room() {
    let mut ledger = ledger();
    for id in 0..ENTRIES_MAX {
        assert_eq!(ledger.see(&operation(id as u128, "anchor", 160), 100), Seen::New);
    }
    let one_more = operation(u128::MAX, "anchor", 500);
    assert_eq!(ledger.see(&one_more, 100), Seen::Full);
    assert_eq!(ledger.see(&operation(7, "anchor", 160), 100), Seen::Running);
    assert_eq!(ledger.see(&one_more, 160 + GRACE), Seen::New, "what died makes room");
}

#[test]
fn who_may_still_take_effect_makes_the_next_one_for_the_person_unreadable() {
    let mut ledger = ledger();
    let unknown = Ending::in_doubt(OpKind::Reset);
    for (id, anchor) in [(1, "ann"), (2, "ann"), (3, "bob")] {
        let operation = operation(id, anchor, 160);
        ledger.see(&operation, 100);
        ledger.start(operation.id, before(3));
        ledger.end(operation.id, unknown.clone(), at(101));
    }
    let crowded = |id: u128| ledger.doubt(Uuid::from_u128(id), at(102)).unwrap().crowded;
    assert_eq!([1, 2, 3].map(crowded), [true, true, false]);
}

#[test]
fn a_modify_that_left_is_quiet_after_its_time() {
    let mut ledger = ledger();
    let first = operation(1, "ann", 160);
    ledger.see(&first, 100);
    ledger.start(first.id, before(3));
    assert_eq!(ledger.doubt(first.id, at(100)), None, "it is being worked on");
    ledger.end(first.id, Ending::in_doubt(OpKind::Reset), at(110));
    assert_eq!(ledger.see(&first, 111), Seen::Doubtful);
    let quiet = |now| ledger.doubt(first.id, at(now)).unwrap().quiet;
    assert!(!quiet(119) && quiet(120));
    ledger.end(first.id, applied(), at(121));
    assert_eq!(ledger.doubt(first.id, at(122)), None);
    assert_eq!(ledger.see(&first, 122), Seen::Ended(applied()));
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

fn open(path: &Path) -> Result<KeptJournal, AgentError> {
    KeptJournal::open(path, Uuid::from_u128(77), STALL, FakeClock::at(100))
}

/// The files of a journal as the death of its process leaves them.
fn killed(path: &Path, to: &Path) {
    let witness = |path: &Path| path.with_extension("store.witness");
    std::fs::copy(path, to).unwrap();
    std::fs::copy(witness(path), witness(to)).unwrap();
}

#[tokio::test]
async fn a_restart_knows_what_was_started_and_how_it_ended() {
    let folder = folder();
    let (live, left) = (folder.path().join("live.store"), folder.path().join("left.store"));
    let journal = open(&live).unwrap();
    let refused = Ending::of(
        rejected(ReasonCode::PasswordPolicy, EventId::AD_PASSWORD_POLICY),
        OpKind::Reset,
    );
    for id in 1..=4 {
        assert_eq!(
            journal.begin(&operation(id, &format!("person {id}"), 160)).await,
            Seen::New
        );
    }
    for id in 1..=3 {
        journal.start(Uuid::from_u128(id), before(3)).await.unwrap();
    }
    journal.end(Uuid::from_u128(1), applied()).await.unwrap();
    journal.end(Uuid::from_u128(2), refused.clone()).await.unwrap();
    killed(&live, &left);
    let journal = open(&left).unwrap();
    assert_eq!(journal.id(), Some(Uuid::from_u128(77)));
    let seen = async |id: u128| journal.begin(&operation(id, &format!("person {id}"), 160)).await;
    assert_eq!(seen(1).await, Seen::Ended(applied()));
    assert_eq!(seen(2).await, Seen::Ended(refused));
    assert_eq!(seen(3).await, Seen::Doubtful);
    assert_eq!(seen(4).await, Seen::New, "nothing was sent for it");
    assert_eq!(journal.unended(), [operation(3, "person 3", 160)]);
    let doubt = journal.doubt(Uuid::from_u128(3)).unwrap();
    assert_eq!((doubt.before, doubt.quiet, doubt.ended), (before(3), false, None));
}

#[tokio::test]
async fn what_is_told_again_is_on_the_disk_first() {
    let folder = folder();
    let (live, left) = (folder.path().join("live.store"), folder.path().join("left.store"));
    let journal = open(&live).unwrap();
    let first = operation(1, "ann", 160);
    journal.begin(&first).await;
    let refused = Ending::of(
        failed(ReasonCode::DirectoryUnreachable, EventId::AD_UNKNOWN_ERROR),
        OpKind::Reset,
    );
    drop(journal.end(first.id, refused.clone()));
    assert_eq!(journal.begin(&first).await, Seen::Ended(refused.clone()));
    killed(&live, &left);
    assert_eq!(open(&left).unwrap().begin(&first).await, Seen::Ended(refused));
}

#[tokio::test]
async fn a_damaged_journal_is_refused_and_the_error_says_what_to_do() {
    let folder = folder();
    let path = folder.path().join("live.store");
    let journal = open(&path).unwrap();
    journal.begin(&operation(1, "ann", 160)).await;
    journal.start(Uuid::from_u128(1), before(3)).await.unwrap();
    drop(journal);
    let whole = std::fs::read(&path).unwrap();
    std::fs::write(&path, &whole[..whole.len() / 3]).unwrap();
    let told = |path: &Path| open(path).map(drop).unwrap_err().to_string();
    let cut = told(&path);
    assert!(cut.contains("is damaged, and the agent does not start on it"), "{cut}");
    assert!(cut.contains("Move it and its .witness aside"), "{cut}");
    std::fs::write(&path, whole).unwrap();
    let (store, _) = store::Store::open(&path, &[], Uuid::nil()).unwrap();
    let wrong = store::Write::put(OPERATIONS, Uuid::from_u128(9).as_bytes(), b"{}".to_vec());
    store.write(vec![wrong]).await.unwrap();
    drop(store);
    let misread = told(&path);
    assert!(
        misread.contains("the entry of 00000000-0000-0000-0000-000000000009"),
        "{misread}"
    );
}

#[tokio::test]
async fn a_journal_in_memory_vouches_for_nothing() {
    let journal = KeptJournal::in_memory(STALL, FakeClock::at(100));
    assert_eq!(journal.id(), None);
    let first = operation(1, "ann", 160);
    assert_eq!(journal.begin(&first).await, Seen::New);
    journal.end(first.id, applied()).await.unwrap();
    assert_eq!(journal.begin(&first).await, Seen::Ended(applied()));
    assert_eq!(applied().class(), OutcomeClass::Applied);
    let shared: Arc<dyn Journal> = Arc::new(journal);
    assert!(shared.unended().is_empty());
}
