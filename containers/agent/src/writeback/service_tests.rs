//! The writeback service without sockets: a fake directory, a clock that stands, real seals.

use protocol::writeback::{AgentResult, AnswerBody};
use tokio::sync::{Semaphore, mpsc};
use vocabulary::{Clock as _, OpKind, Reason, ReasonCode, UnknownWhy, Win32};

use super::*;
use crate::sync::AdObject;
use crate::testing::{self, FakeClock, FakeDirectory, soon};
use crate::writeback::journal::KeptJournal;
use crate::writeback::operation::{failed, rejected};
use crate::writeback::port::{Change, Remark, Standing, WriteResult};
use crate::writeback::worker::{ReplyTo, desk};

#[path = "service_noted_tests.rs"]
mod noted;

const TOKEN: &str = "the-lab-token";

struct Lab {
    service: Arc<Service>,
    directory: Arc<FakeDirectory>,
    clock: Arc<FakeClock>,
    folder: tempfile::TempDir,
}

/// Persons 1 and 2 are synchronised, 3 is disabled, 4 is protected; it is second 100.
fn lab(directory: FakeDirectory) -> Lab {
    let clock = FakeClock::at(100);
    let journal = KeptJournal::in_memory(Duration::from_secs(10), Arc::clone(&clock) as _);
    lab_with(directory, clock, Arc::new(journal))
}

fn lab_with(directory: FakeDirectory, clock: Arc<FakeClock>, journal: Arc<dyn Journal>) -> Lab {
    let folder = tempfile::tempdir().unwrap();
    let directory = Arc::new(directory);
    let service = Service::new(Parts {
        tenant: testing::TENANT,
        keys: Keyring::new(testing::keys("agent").0, testing::keys("cloud").1),
        lab_token: Some(Password::new(TOKEN.to_owned())),
        engine: RwLock::new(engine()),
        reader: Arc::clone(&directory) as _,
        writer: Arc::clone(&directory) as _,
        journal,
        log: Arc::new(EventLog::open(&folder.path().join("log"), Arc::clone(&clock) as _).unwrap()),
        clock: Arc::clone(&clock) as _,
    });
    Lab {
        service: Arc::new(service),
        directory,
        clock,
        folder,
    }
}

fn engine() -> SyncEngine {
    let disabled = AdObject {
        enabled: false,
        ..testing::person(3)
    };
    let protected = AdObject {
        protected: true,
        ..testing::person(4)
    };
    let mut engine = SyncEngine::new(["corp.test"]);
    engine.import_directory(
        "corp.test",
        vec![testing::person(1), testing::person(2), disabled, protected],
    );
    engine.import_cloud(Vec::new());
    engine.full_sync().unwrap();
    engine.exported();
    engine
}

fn request(op: u128, person: u128, kind: OpKind, body: &str) -> Incoming {
    sealed(op, &testing::person(person).anchor(), kind, body, 160)
}

fn sealed(op: u128, anchor: &str, kind: OpKind, body: &str, expires: u64) -> Incoming {
    let binding = Binding {
        tenant: testing::TENANT,
        operation: Uuid::from_u128(op),
        anchor: anchor.to_owned(),
        kind,
        direction: Direction::Request,
        issued: 100,
        expires,
    };
    let body = testing::keys("agent").1.seal(&binding, body.as_bytes()).unwrap();
    incoming(body)
}

fn incoming(body: String) -> Incoming {
    Incoming {
        method: "POST".to_owned(),
        headers: BTreeMap::from([("Content-Type".to_owned(), "application/jose; x=y".to_owned())]),
        body: Bytes::from(body),
        received: Duration::from_secs(100),
    }
}

const RESET: &str = r#"{"password":"New-secret-1","unlock":true,"proof":"p1"}"#;
const UNLOCK: &str = r#"{"unlock":true,"proof":"p2"}"#;

impl Lab {
    async fn answer(&self, incoming: &Incoming) -> AnswerBody {
        let work = self.service.open(incoming).unwrap_or_else(|reply| panic!("{reply:?}"));
        let reply = reply(&self.service, &work).await;
        assert_eq!(
            (reply.status, reply.headers["content-type"].as_str()),
            (200, CONTENT_TYPE)
        );
        let (header, content) = testing::keys("cloud")
            .0
            .open(str::from_utf8(&reply.body).unwrap())
            .unwrap();
        assert_eq!(
            (header.dir, header.op, header.anchor),
            (Direction::Answer, work.operation.id, work.operation.anchor)
        );
        assert!(header.exp > self.clock.unix().as_secs());
        serde_json::from_slice(&content).unwrap()
    }

    fn written(&self) -> Vec<(String, Change)> {
        let written = self.directory.written.lock().unwrap();
        written
            .iter()
            .map(|(target, change, _)| (target.upn.clone(), change.clone()))
            .collect()
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).unwrap()
    }

    fn events(&self) -> Vec<u64> {
        let line = |line: &str| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["id"]
                .as_u64()
                .unwrap()
        };
        self.log().lines().map(line).collect()
    }
}

async fn reply(service: &Service, work: &Work) -> Reply {
    let finished = service.perform(work).await;
    service.answer(work, finished).await.0
}

fn code(result: &AgentResult) -> (&'static str, u32) {
    match result {
        AgentResult::Rejected(reason) | AgentResult::Failed(reason) => {
            (reason.code.as_str(), reason.event.map_or(0, |event| event.0))
        }
        AgentResult::Applied => ("applied", 0),
        AgentResult::Unknown(why) => (why.as_str(), 0),
    }
}

#[tokio::test]
async fn a_reset_is_written_once_for_the_right_person_and_told_in_the_log() {
    let lab = lab(FakeDirectory::default());
    let answer = lab.answer(&request(1, 2, OpKind::Reset, RESET)).await;
    assert_eq!(
        (answer.result, answer.event, answer.proof.as_str()),
        (AgentResult::Applied, EventId(31002), "p1")
    );
    let password = Password::new("New-secret-1".to_owned());
    assert_eq!(
        lab.written(),
        [("person2@corp.test".to_owned(), Change::Reset { password, unlock: true })]
    );
    assert_eq!(lab.directory.written.lock().unwrap()[0].2, Duration::from_secs(160));
    assert_eq!(lab.events(), [31001, 31002]);
    let log = lab.log();
    assert!(log.contains("UserPrincipalName: person2@corp.test, unblockUser: True"));
    assert!(log.contains(r#""result":"applied","code":31002"#));
    assert!(!log.contains("New-secret-1") && !log.contains("p1"));
    assert_eq!(lab.service.served(), 1);
}

#[tokio::test]
async fn an_unlock_is_an_unlock() {
    let lab = lab(FakeDirectory::default());
    assert_eq!(
        lab.answer(&request(1, 1, OpKind::Unlock, UNLOCK)).await.result,
        AgentResult::Applied
    );
    assert_eq!(lab.written(), [("person1@corp.test".to_owned(), Change::Unlock)]);
}

#[tokio::test]
async fn a_repeated_message_is_answered_again_and_never_written_again() {
    let lab = lab(FakeDirectory::default());
    let first = lab.answer(&request(1, 1, OpKind::Reset, RESET)).await;
    *lab.directory.answer.lock().unwrap() = Some(WriteResult::Unknown(UnknownWhy::DirectoryIndeterminate));
    let again = lab
        .answer(&request(1, 1, OpKind::Reset, &RESET.replace("p1", "p9")))
        .await;
    assert_eq!(
        (again.result, again.event, again.proof.as_str()),
        (first.result, first.event, "p9")
    );
    lab.clock.set(170);
    assert_eq!(
        lab.answer(&request(1, 1, OpKind::Reset, RESET)).await.result,
        AgentResult::Applied
    );
    let other = lab.answer(&request(1, 2, OpKind::Reset, RESET)).await;
    assert_eq!(code(&other.result), ("replayed", 32003));
    assert_eq!(lab.written().len(), 1);
    assert_eq!(lab.log().matches(r#""result""#).count(), 1);
}

#[tokio::test]
async fn an_unknown_end_is_not_tried_again_either() {
    let lab = lab(FakeDirectory::default());
    *lab.directory.answer.lock().unwrap() = Some(WriteResult::Unknown(UnknownWhy::DirectoryIndeterminate));
    for _ in 0..2 {
        let answer = lab.answer(&request(1, 1, OpKind::Reset, RESET)).await;
        assert_eq!(code(&answer.result), ("directory_indeterminate", 0));
    }
    assert_eq!(lab.written().len(), 1);
    assert!(lab.log().contains(r#""result":"unknown","code":33001"#));
}

#[tokio::test]
async fn what_is_expired_is_not_written() {
    let lab = lab(FakeDirectory::default());
    lab.clock.set(160);
    let answer = lab.answer(&request(1, 1, OpKind::Reset, RESET)).await;
    assert_eq!(code(&answer.result), ("expired", 32003));
    assert_eq!(lab.written(), []);
    assert!(lab.log().contains(r#""result":"failed","code":32003"#));
}

#[tokio::test]
async fn who_is_not_in_the_metaverse_is_not_found() {
    let lab = lab(FakeDirectory::default());
    for person in [3, 99] {
        let answer = lab.answer(&request(person, person, OpKind::Reset, RESET)).await;
        assert_eq!(code(&answer.result), ("not_found_on_premises", 33002), "{person}");
    }
    let strange = lab.answer(&sealed(7, "no anchor", OpKind::Reset, RESET, 160)).await;
    assert_eq!(code(&strange.result), ("not_found_on_premises", 33002));
    assert_eq!(lab.written(), []);
}

#[tokio::test]
async fn who_is_enabled_in_two_forests_is_refused_and_not_written() {
    let lab = lab(FakeDirectory::default());
    let person = testing::person(1);
    let twin = AdObject {
        domain: "africa.test".to_owned(),
        ..person.clone()
    };
    let mut engine = SyncEngine::new(["corp.test", "africa.test"]);
    engine.import_directory("corp.test", vec![person]);
    engine.import_directory("africa.test", vec![twin]);
    engine.import_cloud(Vec::new());
    engine.full_sync().unwrap();
    engine.exported();
    *lab.service.parts.engine.write().unwrap() = engine;
    for kind in [OpKind::Reset, OpKind::AdminReset] {
        let answer = lab.answer(&request(kind as u128, 1, kind, RESET)).await;
        assert_eq!(code(&answer.result), ("multiple_matches", 33003));
    }
    assert_eq!(lab.written(), []);
    assert_eq!(lab.events(), [31001, 33003, 31003, 31009, 33003, 31011]);
}

#[tokio::test]
async fn the_last_event_names_the_domain_controller_and_what_was_remarked() {
    let lab = lab(FakeDirectory::default());
    let remark = || Remark {
        dc: Some("dc2.corp.test".to_owned()),
        notes: vec!["one thing".to_owned(), "another".to_owned()],
    };
    *lab.directory.remark.lock().unwrap() = remark();
    lab.answer(&request(1, 1, OpKind::Reset, RESET)).await;
    let unreachable = failed(ReasonCode::DirectoryUnreachable, EventId::AD_UNKNOWN_ERROR);
    *lab.directory.answer.lock().unwrap() = Some(unreachable);
    *lab.directory.remark.lock().unwrap() = Remark { dc: None, ..remark() };
    lab.answer(&request(2, 1, OpKind::Reset, RESET)).await;
    lab.answer(&request(3, 3, OpKind::Reset, RESET)).await;
    let log = lab.log();
    let last: Vec<&str> = log.lines().filter(|line| line.contains(r#""result""#)).collect();
    assert!(last[0].contains("unblockUser: True; one thing; another"), "{}", last[0]);
    assert!(last[0].ends_with(r#""result":"applied","code":31002,"dc":"dc2.corp.test"}"#));
    assert!(last[1].contains("Details: directory_unreachable event 33001; one thing; another"));
    assert!(last[1].ends_with(r#""result":"failed","code":33001}"#));
    assert!(!last[2].contains("thing"), "nobody was asked for who is not found");
}

#[tokio::test]
async fn the_directory_is_asked_before_it_is_written() {
    let lab = lab(FakeDirectory::default());
    *lab.directory.standing.lock().unwrap() = Some(Standing::Disabled);
    let answer = lab.answer(&request(1, 1, OpKind::Reset, RESET)).await;
    assert_eq!(code(&answer.result), ("account_disabled", 33005));
    let gone = rejected(ReasonCode::NotFoundOnPremises, EventId::AD_USER_NOT_FOUND);
    *lab.directory.standing.lock().unwrap() = Some(Standing::Refused(gone));
    let answer = lab.answer(&request(2, 1, OpKind::Reset, RESET)).await;
    assert_eq!(code(&answer.result), ("not_found_on_premises", 33002));
    assert_eq!(lab.written(), []);
}

#[tokio::test]
async fn an_administrators_reset_of_a_protected_account_is_refused() {
    let lab = lab(FakeDirectory::default());
    let body = RESET.replace("true", "false");
    let answer = lab.answer(&request(1, 4, OpKind::AdminReset, &body)).await;
    assert_eq!(code(&answer.result), ("permission_denied", 33004));
    assert_eq!(
        lab.answer(&request(2, 4, OpKind::Reset, RESET)).await.result,
        AgentResult::Applied
    );
    assert_eq!(lab.events(), [31009, 33004, 31011, 31001, 31002]);
}

#[tokio::test]
async fn a_refusal_carries_the_directorys_code() {
    let lab = lab(FakeDirectory::default());
    let reason = Reason::new(ReasonCode::PasswordPolicy)
        .with_event(EventId::AD_PASSWORD_POLICY)
        .with_win32(Some(Win32::PASSWORD_RESTRICTION));
    *lab.directory.answer.lock().unwrap() = Some(WriteResult::Rejected(reason.clone()));
    let answer = lab.answer(&request(1, 1, OpKind::Reset, RESET)).await;
    assert_eq!(answer.result, AgentResult::Rejected(reason));
    assert_eq!((answer.event, answer.win32), (EventId(33008), Some(Win32(0x52D))));
    assert_eq!(lab.events(), [31001, 6329, 33008, 31003]);
    assert!(lab.log().contains("hr=80230619"));
    let empty = lab
        .answer(&request(2, 2, OpKind::Reset, &RESET.replace("New-secret-1", "")))
        .await;
    assert_eq!(code(&empty.result), ("password_policy", 33008));
    assert_eq!(lab.written().len(), 1, "an empty password never reaches the directory");
}

#[tokio::test]
async fn what_does_not_open_or_fit_is_answered_in_the_clear() {
    let lab = lab(FakeDirectory::default());
    let status = |incoming: &Incoming| lab.service.open(incoming).map(drop).unwrap_err();
    let good = request(1, 1, OpKind::Reset, RESET);
    assert!(lab.service.open(&good).is_ok());
    let broken = status(&incoming("a.b.c.d.e".to_owned()));
    assert_eq!((broken.status, &broken.body[..]), (400, &br#"{"event":32004}"#[..]));
    assert_eq!(
        status(&Incoming {
            body: Bytes::from_static(&[0xff]),
            ..good.clone()
        })
        .status,
        400
    );
    assert_eq!(
        status(&Incoming {
            method: "GET".to_owned(),
            ..good.clone()
        })
        .status,
        405
    );
    assert_eq!(
        status(&Incoming {
            headers: BTreeMap::new(),
            ..good
        })
        .status,
        415
    );
    let misfit = status(&request(1, 1, OpKind::Unlock, RESET));
    assert_eq!((misfit.status, &misfit.body[..]), (400, &br#"{"event":32003}"#[..]));
    assert_eq!(status(&request(1, 1, OpKind::Reset, "{}")).status, 400);
    assert_eq!(status(&sealed(1, "a", OpKind::Reset, RESET, 100_000)).status, 400);
    assert!(lab.events().contains(&32004));
}

#[tokio::test]
async fn stage_times_are_for_the_lab_alone() {
    let lab = lab(FakeDirectory::default());
    for (token, expected) in [(Some(TOKEN), true), (Some("wrong"), false), (None, false)] {
        let mut incoming = request(1, 1, OpKind::Reset, RESET);
        incoming
            .headers
            .extend(token.map(|token| ("Lab-Token".to_owned(), token.to_owned())));
        let work = lab.service.open(&incoming).unwrap_or_else(|reply| panic!("{reply:?}"));
        let reply = reply(&lab.service, &work).await;
        assert_eq!(reply.headers.contains_key(lab::SERVER_TIMING), expected, "{token:?}");
    }
    let mut incoming = request(2, 2, OpKind::Reset, RESET);
    incoming.headers.insert("lab-token".to_owned(), TOKEN.to_owned());
    let work = lab.service.open(&incoming).unwrap_or_else(|reply| panic!("{reply:?}"));
    lab.clock.set(103);
    let times = StageTimes::from_server_timing(&reply(&lab.service, &work).await.headers[lab::SERVER_TIMING]);
    assert_eq!(times.get(Stage::Queue), Some(3_000_000));
    assert!(
        [Stage::Crypto, Stage::Locate, Stage::Write]
            .iter()
            .all(|stage| times.get(*stage).is_some())
    );
}

#[tokio::test]
async fn one_person_is_written_in_order_and_others_do_not_wait() {
    let gate = Arc::new(Semaphore::new(0));
    let lab = lab(FakeDirectory {
        gate: Some(Arc::clone(&gate)),
        ..FakeDirectory::default()
    });
    let (desk, crew) = desk(Arc::clone(&lab.service), 8);
    let workers: Vec<_> = (0..3).map(|_| tokio::spawn(Arc::clone(&crew).work())).collect();
    let (channel, mut replies) = mpsc::channel(8);
    let send = |id: &str, incoming| {
        let reply_to = ReplyTo {
            request_id: id.to_owned(),
            channel: channel.clone(),
        };
        assert!(desk.submit(incoming, reply_to));
    };
    send("first", request(1, 1, OpKind::Reset, RESET));
    send("second", request(2, 1, OpKind::Unlock, UNLOCK));
    send("third", request(3, 1, OpKind::Unlock, UNLOCK));
    send("other", request(4, 2, OpKind::Unlock, UNLOCK));
    soon(async {
        while lab.written().len() < 2 {
            tokio::task::yield_now().await;
        }
    })
    .await;
    let names = |lab: &Lab| lab.written().into_iter().map(|(upn, _)| upn).collect::<Vec<_>>();
    let mut begun = names(&lab);
    begun.sort();
    assert_eq!(begun, ["person1@corp.test", "person2@corp.test"]);
    gate.add_permits(4);
    let mut order = Vec::new();
    while order.len() < 4 {
        order.push(soon(replies.recv()).await.unwrap().request_id);
    }
    order.retain(|id| id != "other");
    assert_eq!(order, ["first", "second", "third"]);
    workers.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn a_message_that_comes_again_while_it_is_in_work_waits_for_the_first() {
    let gate = Arc::new(Semaphore::new(0));
    let lab = lab(FakeDirectory {
        gate: Some(Arc::clone(&gate)),
        ..FakeDirectory::default()
    });
    let (desk, crew) = desk(Arc::clone(&lab.service), 8);
    let workers: Vec<_> = (0..3).map(|_| tokio::spawn(Arc::clone(&crew).work())).collect();
    let (channel, mut replies) = mpsc::channel(8);
    for id in ["first", "second", "third"] {
        let reply_to = ReplyTo {
            request_id: id.to_owned(),
            channel: channel.clone(),
        };
        assert!(desk.submit(request(1, 1, OpKind::Reset, RESET), reply_to));
    }
    soon(async {
        while lab.written().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(
        replies.try_recv().is_err(),
        "nobody is told before the directory has answered"
    );
    gate.add_permits(3);
    for _ in 0..3 {
        assert_eq!(soon(replies.recv()).await.unwrap().reply.status, 200);
    }
    assert_eq!(lab.written().len(), 1);
    assert_eq!(lab.log().matches("redelivered: answered from the journal").count(), 2);
    workers.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn a_full_house_refuses_without_dispatch() {
    let gate = Arc::new(Semaphore::new(0));
    let lab = lab(FakeDirectory {
        gate: Some(Arc::clone(&gate)),
        ..FakeDirectory::default()
    });
    let (desk, crew) = desk(Arc::clone(&lab.service), 2);
    let worker = tokio::spawn(Arc::clone(&crew).work());
    let (channel, mut replies) = mpsc::channel(8);
    let submit = |op: u128| {
        let reply_to = ReplyTo {
            request_id: op.to_string(),
            channel: channel.clone(),
        };
        desk.submit(request(op, op, OpKind::Unlock, UNLOCK), reply_to)
    };
    assert!(submit(1) && submit(2));
    assert!(!submit(3), "two places are taken until their answers are written");
    gate.add_permits(2);
    let first = soon(replies.recv()).await.unwrap();
    assert!(first.place.is_some());
    soon(replies.recv()).await.unwrap();
    drop(first);
    assert!(submit(3));
    worker.abort();
}
