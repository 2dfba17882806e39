//! The writeback service and its journal: what cannot be noted, what is asked about, what a lost answer is settled by.

use super::*;
use crate::writeback::journal::{Doubt, JournalFuture, Seen, Unnoted};
use crate::writeback::port::Before;

/// A journal whose disk takes so many notes and no more.
struct FullDisk {
    memory: KeptJournal,
    left: std::sync::atomic::AtomicU32,
}

impl FullDisk {
    fn takes(&self) -> Result<(), Unnoted> {
        let took = self
            .left
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1));
        took.map(drop)
            .map_err(|_| Unnoted("no space left on device".to_owned()))
    }
}

impl Journal for FullDisk {
    fn id(&self) -> Option<Uuid> {
        Some(Uuid::from_u128(77))
    }

    fn begin<'a>(&'a self, operation: &'a Operation) -> JournalFuture<'a, Seen> {
        self.memory.begin(operation)
    }

    fn start(&self, id: Uuid, before: Before) -> JournalFuture<'_, Result<(), Unnoted>> {
        let takes = self.takes();
        if takes.is_ok() {
            drop(self.memory.start(id, before));
        }
        Box::pin(async { takes })
    }

    fn end(&self, id: Uuid, ending: Ending) -> JournalFuture<'static, Result<(), Unnoted>> {
        drop(self.memory.end(id, ending));
        let takes = self.takes();
        Box::pin(async { takes })
    }

    fn doubt(&self, id: Uuid) -> Option<Doubt> {
        self.memory.doubt(id)
    }

    fn unended(&self) -> Vec<Operation> {
        self.memory.unended()
    }
}

fn disk_for(notes: u32) -> (Lab, Arc<FullDisk>) {
    let clock = FakeClock::at(100);
    let disk = Arc::new(FullDisk {
        memory: KeptJournal::in_memory(Duration::from_secs(10), Arc::clone(&clock) as _),
        left: notes.into(),
    });
    (lab_with(FakeDirectory::default(), clock, Arc::clone(&disk) as _), disk)
}

#[tokio::test]
async fn what_cannot_be_noted_is_not_written() {
    let (lab, _) = disk_for(0);
    for _ in 0..2 {
        let answer = lab.answer(&request(1, 1, OpKind::Reset, RESET)).await;
        assert_eq!(code(&answer.result), ("journal_unavailable", 32000));
    }
    assert_eq!(lab.written(), []);
    assert!(lab.log().contains("no space left on device"));
}

#[tokio::test]
async fn an_ending_that_cannot_be_noted_is_answered_and_told_once_it_is() {
    let (lab, disk) = disk_for(1);
    let work = lab
        .service
        .open(&request(1, 1, OpKind::Reset, RESET))
        .unwrap_or_else(|reply| panic!("{reply:?}"));
    let finished = lab.service.perform(&work).await;
    let (reply, unstored) = lab.service.answer(&work, finished).await;
    assert_eq!((reply.status, lab.written().len()), (200, 1));
    assert!(!lab.log().contains(r#""result""#), "a restart would tell it again");
    disk.left.store(1, Ordering::Relaxed);
    lab.service.store_late(&work, unstored.unwrap()).await;
    assert_eq!(lab.log().matches(r#""result":"applied""#).count(), 1);
}

#[tokio::test]
async fn an_inquiry_is_answered_from_the_journal_and_writes_nothing() {
    let (lab, _) = disk_for(9);
    let ask = |op, person, journal: u128, expires: u64| {
        let journal = Uuid::from_u128(journal);
        let body = format!(r#"{{"unlock":false,"proof":"p3","ask":{{"journal":"{journal}","expires":{expires}}}}}"#);
        request(op, person, OpKind::Reset, &body)
    };
    lab.answer(&request(1, 1, OpKind::Reset, RESET)).await;
    let known = lab.answer(&ask(1, 1, 77, 160)).await;
    assert_eq!((known.result, known.proof.as_str()), (AgentResult::Applied, "p3"));
    let unseen = lab.answer(&ask(2, 1, 77, 160)).await;
    assert_eq!(code(&unseen.result), ("not_applied", 32003));
    let late = lab.answer(&request(2, 1, OpKind::Reset, RESET)).await;
    assert_eq!(
        code(&late.result),
        ("not_applied", 32003),
        "its message has no effect any more"
    );
    let elsewhere = lab.answer(&ask(3, 1, 78, 160)).await;
    assert_eq!(
        code(&elsewhere.result),
        ("directory_indeterminate", 0),
        "another journal may know it"
    );
    lab.clock.set(100 + 120);
    let forgotten = lab.answer(&ask(4, 1, 77, 100)).await;
    assert_eq!(
        code(&forgotten.result),
        ("directory_indeterminate", 0),
        "it may have been known once"
    );
    assert_eq!(lab.written().len(), 1);
    assert_eq!(lab.log().matches("redelivered: answered from the journal").count(), 2);
}

#[tokio::test]
async fn a_timed_out_modify_is_settled_by_reading_when_it_is_asked_about() {
    let (lab, _) = disk_for(9);
    lab.directory.facts.lock().unwrap().key_version = Some(3);
    *lab.directory.answer.lock().unwrap() = Some(WriteResult::Unknown(UnknownWhy::DirectoryIndeterminate));
    for op in [1, 2] {
        lab.answer(&request(op, op, OpKind::Reset, RESET)).await;
    }
    let again = async |op| lab.answer(&request(op, op, OpKind::Reset, RESET)).await;
    assert_eq!(
        code(&again(2).await.result),
        ("directory_indeterminate", 0),
        "it may still come about"
    );
    lab.directory.facts.lock().unwrap().key_version = Some(4);
    assert_eq!(again(1).await.result, AgentResult::Applied);
    lab.directory.facts.lock().unwrap().key_version = Some(3);
    lab.clock.set(110);
    assert_eq!(code(&again(2).await.result), ("not_applied", 33001));
    lab.directory.silent.store(true, Ordering::Relaxed);
    assert_eq!(again(1).await.result, AgentResult::Applied, "settled once");
    assert_eq!(lab.written().len(), 2);
    assert_eq!(lab.log().matches(r#""result":"applied""#).count(), 1);
}
