//! Death at every step, in every order of what may come: deliveries, inquiries, restarts, time. Whatever happens, an
//! operation takes effect at most once, what is said of it is true, and it is told as applied at most once.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, RwLock};
use std::time::Duration;

use futures_util::FutureExt as _;
use protocol::writeback::Inquiry;
use vocabulary::{Clock as _, Password};

use super::ledger::{Ledger, Now};
use super::record::Record;
use super::*;
use crate::event::EventLog;
use crate::sync::SyncEngine;
use crate::testing::{self, FakeClock};
use crate::writeback::keyring::Keyring;
use crate::writeback::operation::Asked;
use crate::writeback::port::{
    Change, DirectoryReader, DirectoryWriter, Facts, ReadFuture, Reading, Remark, Standing, Target, WriteFuture,
    WriteResult,
};
use crate::writeback::service::{Parts, Service, Work};

const STALL: Duration = Duration::from_secs(10);
const EXPIRES: u64 = 160;
const JOURNAL: Uuid = Uuid::from_u128(77);

/// Where the agent dies on the way of one delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Death {
    /// Nowhere.
    None,
    /// Before anything is noted.
    Unnoted,
    /// Noted, and not sent.
    Noted,
    /// Sent; it takes effect later, when nobody looks.
    Sent,
    /// Sent, and it took effect.
    Effect,
    /// The ending is noted, and not answered.
    Ended,
}

#[derive(Debug, Clone, Copy)]
enum Step {
    Deliver(u128, Death),
    Ask(u128),
    /// Longer than a modify may be under way.
    Wait,
    /// A good part of the retention.
    Sleep,
}

fn steps() -> Vec<Step> {
    use Death as D;
    let deaths = [D::None, D::Unnoted, D::Noted, D::Sent, D::Effect, D::Ended];
    let deliveries = [1, 2]
        .into_iter()
        .flat_map(|op| deaths.map(|death| Step::Deliver(op, death)));
    deliveries.chain([Step::Ask(1), Step::Wait, Step::Sleep]).collect()
}

/// What survives the agent: the directory, with the operation that wrote each time.
#[derive(Default)]
struct Domain {
    facts: Mutex<Facts>,
    effects: Mutex<Vec<u128>>,
    /// Sent by one who is dead, and not yet carried out.
    under_way: Mutex<Vec<u128>>,
    death: Mutex<Option<Death>>,
}

impl Domain {
    fn dies(&self, here: Death) -> bool {
        *self.death.lock().unwrap() == Some(here)
    }

    fn write_now(&self, op: u128) {
        self.effects.lock().unwrap().push(op);
        let mut facts = self.facts.lock().unwrap();
        facts.key_version = facts.key_version.map(|version| version + 1);
    }

    fn carry_out_what_is_under_way(&self) {
        let under_way = std::mem::take(&mut *self.under_way.lock().unwrap());
        under_way.into_iter().for_each(|op| self.write_now(op));
    }
}

fn op_of(change: &Change) -> u128 {
    match change {
        Change::Reset { password, .. } => password.expose().trim_start_matches("Password-").parse().unwrap(),
        other => panic!("{other:?}"),
    }
}

/// The future of one who is dead.
async fn never<T>() -> T {
    std::future::pending().await
}

impl DirectoryWriter for Domain {
    fn write<'a>(&'a self, _: &'a Target, change: &'a Change, _: Duration) -> WriteFuture<'a> {
        let op = op_of(change);
        if self.dies(Death::Noted) {
            return Box::pin(never());
        }
        if self.dies(Death::Sent) {
            self.under_way.lock().unwrap().push(op);
            return Box::pin(never());
        }
        self.write_now(op);
        if self.dies(Death::Effect) {
            return Box::pin(never());
        }
        Box::pin(async { WriteResult::Applied })
    }
}

impl DirectoryReader for Domain {
    fn standing<'a>(&'a self, _: &'a Target) -> ReadFuture<'a, Standing> {
        Box::pin(async { Standing::Enabled })
    }

    fn before<'a>(&'a self, _: &'a Target, _: &'a Change, _: Duration) -> ReadFuture<'a, Result<Before, WriteResult>> {
        if self.dies(Death::Unnoted) {
            return Box::pin(never());
        }
        let before = Before {
            dc: "dc1.corp.test".to_owned(),
            facts: *self.facts.lock().unwrap(),
            unlocks: false,
        };
        Box::pin(async { Ok(before) })
    }

    fn reread<'a>(&'a self, _: &'a Target) -> ReadFuture<'a, Reading> {
        let reading = Reading {
            facts: vec![*self.facts.lock().unwrap()],
            complete: true,
        };
        Box::pin(async { reading })
    }

    fn remark(&self, _: &Target) -> Remark {
        Remark::default()
    }
}

type Disk = Arc<Mutex<BTreeMap<Vec<u8>, Vec<u8>>>>;

/// The ledger over a disk in memory: what is written is there at once, and nothing else outlives the agent.
struct DiskJournal {
    ledger: Mutex<Ledger>,
    disk: Disk,
    clock: Arc<FakeClock>,
}

impl DiskJournal {
    fn open(disk: &Disk, clock: &Arc<FakeClock>) -> Self {
        let mut ledger = Ledger::new(STALL, clock.monotonic());
        for (key, value) in &*disk.lock().unwrap() {
            let (id, record) = Record::read(key, value).unwrap();
            ledger.take_up(id, &record);
        }
        Self {
            ledger: Mutex::new(ledger),
            disk: Arc::clone(disk),
            clock: Arc::clone(clock),
        }
    }

    fn now(&self) -> Now {
        Now {
            unix: self.clock.unix().as_secs(),
            monotonic: self.clock.monotonic(),
        }
    }

    fn write(&self, writes: &[store::Write]) {
        let mut disk = self.disk.lock().unwrap();
        for write in writes {
            match write.value() {
                Some(value) => disk.insert(write.key().to_vec(), value.to_vec()),
                None => disk.remove(write.key()),
            };
        }
    }
}

impl Journal for DiskJournal {
    fn id(&self) -> Option<Uuid> {
        Some(JOURNAL)
    }

    fn begin<'a>(&'a self, operation: &'a Operation) -> JournalFuture<'a, Seen> {
        let (seen, writes) = self.ledger.lock().unwrap().begin(operation, self.now());
        self.write(&writes);
        Box::pin(async { seen })
    }

    fn start(&self, id: Uuid, before: Before) -> JournalFuture<'_, Result<(), Unnoted>> {
        let writes = self.ledger.lock().unwrap().start(id, before);
        self.write(&writes);
        Box::pin(async { Ok(()) })
    }

    fn end(&self, id: Uuid, ending: Ending) -> JournalFuture<'static, Result<(), Unnoted>> {
        let writes = self.ledger.lock().unwrap().end(id, ending, self.now());
        self.write(&writes);
        Box::pin(async { Ok(()) })
    }

    fn doubt(&self, id: Uuid) -> Option<Doubt> {
        self.ledger.lock().unwrap().doubt(id, self.now())
    }

    fn unended(&self) -> Vec<Operation> {
        self.ledger.lock().unwrap().unended()
    }
}

/// One life after the other of an agent, on one directory and one disk.
struct Story {
    domain: Arc<Domain>,
    disk: Disk,
    clock: Arc<FakeClock>,
    service: Service,
    answers: HashMap<u128, Vec<WriteResult>>,
    log: std::path::PathBuf,
}

impl Story {
    fn new(log: &std::path::Path) -> Self {
        let domain = Arc::new(Domain::default());
        domain.facts.lock().unwrap().key_version = Some(1);
        let (disk, clock) = (Disk::default(), FakeClock::at(100));
        std::fs::write(log, "").unwrap();
        Self {
            service: life(&domain, &disk, &clock, log),
            domain,
            disk,
            clock,
            answers: HashMap::new(),
            log: log.to_owned(),
        }
    }

    fn restart(&mut self) {
        self.service = life(&self.domain, &self.disk, &self.clock, &self.log);
        self.service.settle_unended().now_or_never().unwrap();
    }

    fn step(&mut self, step: Step) {
        match step {
            Step::Deliver(op, death) => {
                *self.domain.death.lock().unwrap() = Some(death);
                let password = Password::new(format!("Password-{op}"));
                let change = Change::Reset {
                    password,
                    unlock: false,
                };
                self.work(op, EXPIRES, Asked::Do(change), death);
            }
            Step::Ask(op) => {
                let inquiry = Inquiry {
                    journal: JOURNAL,
                    expires: EXPIRES,
                };
                self.work(op, self.clock.unix().as_secs() + 60, Asked::Tell(inquiry), Death::None);
            }
            Step::Wait | Step::Sleep => {
                self.domain.carry_out_what_is_under_way();
                let seconds = if matches!(step, Step::Wait) { 11 } else { 90 };
                self.clock.set(self.clock.unix().as_secs() + seconds);
                self.service.settle_unended().now_or_never().unwrap();
            }
        }
    }

    fn work(&mut self, op: u128, expires: u64, asked: Asked, death: Death) {
        let operation = Operation {
            id: Uuid::from_u128(op),
            anchor: testing::person(1).anchor(),
            kind: OpKind::Reset,
            expires,
        };
        let work = Work::of(operation, asked);
        let Some(finished) = self.service.perform(&work).now_or_never() else {
            return self.restart();
        };
        if death == Death::Ended {
            return self.restart();
        }
        let said = finished.result().clone();
        self.service.answer(&work, finished).now_or_never().unwrap();
        self.answers.entry(op).or_default().push(said);
    }

    /// What must hold whatever happened.
    fn check(&self, steps: &[Step]) {
        self.domain.carry_out_what_is_under_way();
        let log = std::fs::read_to_string(&self.log).unwrap();
        for op in [1, 2] {
            let effects = self
                .domain
                .effects
                .lock()
                .unwrap()
                .iter()
                .filter(|one| **one == op)
                .count();
            let own = format!(r#""op_id":"{}""#, Uuid::from_u128(op));
            let told = |line: &&str| line.contains(&own) && line.contains(r#""result":"applied""#);
            let told = log.lines().filter(told).count();
            assert!(effects <= 1, "operation {op} took effect {effects} times: {steps:?}");
            assert!(
                told <= effects,
                "operation {op} took effect {effects} times and was told {told} times: {steps:?}"
            );
            for answer in self.answers.get(&op).into_iter().flatten() {
                match answer {
                    WriteResult::Applied => assert_eq!(effects, 1, "operation {op} was called applied: {steps:?}"),
                    WriteResult::Rejected(_) | WriteResult::Failed(_) => {
                        assert_eq!(effects, 0, "operation {op} was called {answer:?}: {steps:?}");
                    }
                    WriteResult::Unknown(_) => {}
                }
            }
        }
    }
}

fn life(domain: &Arc<Domain>, disk: &Disk, clock: &Arc<FakeClock>, log: &std::path::Path) -> Service {
    let mut engine = SyncEngine::new(["corp.test"]);
    engine.import_directory("corp.test", vec![testing::person(1)]);
    engine.import_cloud(Vec::new());
    engine.full_sync().unwrap();
    engine.exported();
    Service::new(Parts {
        tenant: testing::TENANT,
        keys: Keyring::new(testing::keys("agent").0, testing::keys("cloud").1),
        lab_token: None,
        engine: RwLock::new(engine),
        reader: Arc::clone(domain) as _,
        writer: Arc::clone(domain) as _,
        journal: Arc::new(DiskJournal::open(disk, clock)),
        log: Arc::new(EventLog::open(log, Arc::clone(clock) as _).unwrap()),
        clock: Arc::clone(clock) as _,
    })
}

fn tell(log: &std::path::Path, steps: &[Step]) {
    let mut story = Story::new(log);
    steps.iter().for_each(|step| story.step(*step));
    story.check(steps);
}

fn folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm")
        .or_else(|_| tempfile::tempdir())
        .unwrap()
}

#[test]
fn every_order_of_three_steps() {
    let (folder, all) = (folder(), steps());
    let log = folder.path().join("log");
    for first in &all {
        for second in &all {
            for third in &all {
                tell(&log, &[*first, *second, *third]);
            }
        }
    }
}

#[test]
fn long_stories_by_the_dice() {
    let (folder, all) = (folder(), steps());
    let log = folder.path().join("log");
    let mut dice: u64 = 0x9E37_79B9_7F4A_7C15;
    let mut throw = |sides: usize| {
        dice ^= dice << 13;
        dice ^= dice >> 7;
        dice ^= dice << 17;
        usize::try_from(dice % sides as u64).unwrap()
    };
    for _ in 0..800 {
        let story: Vec<Step> = (0..9).map(|_| all[throw(all.len())]).collect();
        tell(&log, &story);
    }
}

#[test]
fn a_death_is_answered_by_what_is_read() {
    let folder = folder();
    let log = folder.path().join("log");
    let said = |steps: &[Step]| {
        let mut story = Story::new(&log);
        steps.iter().for_each(|step| story.step(*step));
        story
            .answers
            .get(&1)
            .and_then(|answers| answers.last().cloned())
            .unwrap()
    };
    use Step::{Ask, Deliver, Wait};
    assert_eq!(said(&[Deliver(1, Death::Effect), Ask(1)]), WriteResult::Applied);
    assert_eq!(
        said(&[Deliver(1, Death::Ended), Deliver(1, Death::None)]),
        WriteResult::Applied
    );
    let not_applied = said(&[Deliver(1, Death::Noted), Wait, Deliver(1, Death::None)]);
    assert!(matches!(&not_applied, WriteResult::Failed(reason) if reason.code == vocabulary::ReasonCode::NotApplied));
    assert!(
        matches!(said(&[Deliver(1, Death::Noted), Ask(1)]), WriteResult::Unknown(_)),
        "it may be under way"
    );
    assert_eq!(said(&[Deliver(1, Death::Sent), Wait, Ask(1)]), WriteResult::Applied);
    let unseen = said(&[Ask(1), Deliver(1, Death::None)]);
    assert!(
        matches!(unseen, WriteResult::Failed(_)),
        "what was asked about unseen is not carried out any more"
    );
}
