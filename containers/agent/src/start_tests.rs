//! A whole agent between a cloud, a relay and a directory that the test plays.

use std::path::PathBuf;

use futures_util::SinkExt as _;
use protocol::envelope::{Binding, Direction};
use protocol::service::{Heartbeat, OnboardRequest, SyncExport};
use protocol::writeback::{AgentResult, AnswerBody};
use tokio_tungstenite::tungstenite::Message;
use uuid::Uuid;
use vocabulary::{NameTable, OpKind, SystemClock};

use super::*;
use crate::DirectoryWriter;
use crate::testing::cloud::{Call, Cloud as FakeCloud, well};
use crate::testing::ldaps::{Act, MODIFY, Request, SEARCH, Server, entry};
use crate::testing::relay::{HOST, Relay, request, response};
use crate::testing::{self, soon};
use crate::{Change, Target, WriteFuture};

const CLOUD: [&str; 3] = ["login.wblab.test", "passwordreset.wblab.test", "sync.wblab.test"];

struct World {
    cloud: FakeCloud,
    relay: Relay,
    directory: Server,
    config: AgentConfig,
    folder: tempfile::TempDir,
}

/// A world in which all is well, but for what `wrong` says about the cloud.
async fn world(wrong: impl Fn(&Call) -> Option<u16> + Send + Sync + 'static) -> World {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let ends = [&CLOUD[..], &[HOST], &["dc2.corp.test"]].map(testing::authority);
    let ca = ends.iter().map(|(pem, _)| pem.as_str()).collect::<String>();
    let [cloud_tls, relay_tls, directory_tls] = ends.map(|(_, tls)| tls.server);
    let public = testing::keys("cloud").0.public().unwrap();
    let listener = format!("Endpoint=sb://{HOST}/;SharedAccessKeyName=listen;SharedAccessKey=key;EntityPath=a/b");
    let cloud = FakeCloud::start(cloud_tls, move |call| match wrong(call) {
        Some(status) => (status, serde_json::json!({})),
        None => well(call, std::slice::from_ref(&listener), &public),
    })
    .await;
    let directory = Server::play(directory_tls, None, script).await;
    let directory_nowhere = Server::mute(([127, 0, 0, 1], 0).into()).await.stop().await;
    let (relay, relay_address) = Relay::bind(relay_tls).await;
    let folder = tempfile::tempdir().unwrap();
    let mut config = config(folder.path(), &ca);
    config.names = NameTable::default();
    CLOUD.iter().for_each(|name| config.names.insert(name, cloud.address));
    config.names.insert("*.servicebus.wblab.test", relay_address);
    // The first domain controller is nowhere: what needs one goes on to the second.
    config.names.insert("dc1.corp.test", directory_nowhere);
    config.names.insert("dc2.corp.test", directory.address);
    World {
        cloud,
        relay,
        directory,
        config,
        folder,
    }
}

/// One person; every write is taken.
fn script(request: &Request<'_>) -> Act {
    let guid = testing::person(1).guid.to_bytes_le();
    let attributes: [(&str, &[u8]); 4] = [
        ("objectGUID", &guid),
        ("sAMAccountName", b"person1"),
        ("userPrincipalName", b"person1@corp.test"),
        ("userAccountControl", b"512"),
    ];
    let owner =
        b"CN=NTDS Settings,CN=DC2,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,DC=corp,DC=test";
    match request.tag {
        SEARCH if request.says("fSMORoleOwner") => {
            Act::Page(vec![entry("DC=corp,DC=test", &[("fSMORoleOwner", owner)])], b"")
        }
        SEARCH => Act::Page(vec![entry("CN=Person 1,OU=People,DC=corp,DC=test", &attributes)], b""),
        _ => Act::Result(0, ""),
    }
}

fn config(folder: &std::path::Path, ca: &str) -> AgentConfig {
    let file = |name: &str, content: &str| -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, content).unwrap();
        path
    };
    let mut config = testing::config();
    config.ca_file = file("ca.pem", ca);
    config.admin_password_file = file("admin", "admin-secret\n");
    config.forests[0].password_file = file("service", "service-secret\n");
    config.event_log_file = folder.join("events");
    config
}

impl World {
    async fn start(&self, parts: AgentParts) -> Result<AgentHandle, AgentError> {
        soon(start_with(self.config.clone(), SystemClock::shared(), parts)).await
    }

    fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("events")).unwrap()
    }

    fn events(&self) -> Vec<u64> {
        let id = |line: &str| {
            serde_json::from_str::<serde_json::Value>(line).unwrap()["id"]
                .as_u64()
                .unwrap()
        };
        self.log().lines().map(id).collect()
    }

    /// A sealed reset for person 1, with the key that the agent onboarded.
    fn sealed(&self) -> String {
        let call = &self.cloud.calls("/onboarding")[0];
        self.sealed_for(&serde_json::from_str(&call.body).unwrap())
    }

    fn sealed_for(&self, onboard: &OnboardRequest) -> String {
        let now = SystemClock::shared().unix().as_secs();
        let binding = Binding {
            tenant: self.config.tenant_id,
            operation: Uuid::from_u128(9),
            anchor: testing::person(1).anchor(),
            kind: OpKind::Reset,
            direction: Direction::Request,
            issued: now,
            expires: now + 60,
        };
        let body = br#"{"password":"New-secret-1","unlock":true,"proof":"p"}"#;
        let key = SealingKey::new(&onboard.key_id, &onboard.public_key).unwrap();
        key.seal(&binding, body).unwrap()
    }
}

fn opened(body: &[u8]) -> AnswerBody {
    let (_, content) = testing::keys("cloud")
        .0
        .open(std::str::from_utf8(body).unwrap())
        .unwrap();
    serde_json::from_slice(&content).unwrap()
}

#[tokio::test]
async fn it_onboards_synchronises_listens_and_writes() {
    let world = world(|_| None).await;
    let (agent, (mut channel, ..)) = tokio::join!(world.start(AgentParts::default()), world.relay.accept());
    let agent = agent.unwrap();
    assert_eq!(agent.listening(), 1);
    let token = &world.cloud.calls("/oauth2/v2.0/token")[0];
    assert!(token.body.contains("grant_type=password") && token.line.ends_with("login.wblab.test"));
    let export: SyncExport = serde_json::from_str(&world.cloud.calls("POST /v1/tenants/")[1].body).unwrap();
    assert_eq!(
        (export.full, export.last, export.objects[0].upn.as_str()),
        (true, true, "person1@corp.test")
    );
    let health = &world.cloud.calls("/heartbeat")[0];
    assert_eq!(health.authorization.as_deref(), Some("Bearer token-1"));
    assert_eq!(serde_json::from_str::<Heartbeat>(&health.body).unwrap().listening, 1);
    channel.send(request("r1")).await.unwrap();
    channel.send(Message::binary(world.sealed())).await.unwrap();
    let (answer, body) = response(&mut channel).await;
    assert_eq!((answer.status_code, opened(&body).result), (200, AgentResult::Applied));
    assert_eq!((world.directory.count(MODIFY), agent.served()), (1, 1));
    soon(agent.stop()).await;
    let expected = [31004, 31017, 31018, 31005, 31015, 31019, 31001, 31002, 31016];
    assert_eq!(world.events(), expected);
    let log = world.log();
    assert!(log.contains(r#""result":"applied","code":31002,"dc":"dc2.corp.test"}"#));
    assert!(
        ["New-secret-1", "admin-secret", "service-secret", "token-1"]
            .iter()
            .all(|secret| !log.contains(secret))
    );
}

/// A wrong part: says "applied" and writes nothing.
struct Liar;

impl DirectoryWriter for Liar {
    fn write<'a>(&'a self, _: &'a Target, _: &'a Change, _: Duration) -> WriteFuture<'a> {
        Box::pin(async { AgentResult::Applied })
    }
}

#[tokio::test]
async fn the_writer_can_be_wrapped() {
    let world = world(|_| None).await;
    let parts = AgentParts {
        writer: Box::new(|_| Arc::new(Liar)),
        ..AgentParts::default()
    };
    let (agent, (mut channel, ..)) = tokio::join!(world.start(parts), world.relay.accept());
    channel.send(request("r1")).await.unwrap();
    channel.send(Message::binary(world.sealed())).await.unwrap();
    let (_, body) = response(&mut channel).await;
    assert_eq!(opened(&body).result, AgentResult::Applied);
    assert_eq!(world.directory.count(MODIFY), 0);
    agent.unwrap().stop().await;
}

#[tokio::test]
async fn a_start_that_fails_names_the_step_and_the_event() {
    for (part, step, event) in [
        (
            "/oauth2/",
            "signing in at login.wblab.test: the cloud answered 403 Forbidden",
            32009,
        ),
        (
            "/onboarding",
            "onboarding at passwordreset.wblab.test: the cloud answered 403 Forbidden",
            32011,
        ),
        (
            "GET ",
            "importing at sync.wblab.test: the cloud answered 403 Forbidden",
            6306,
        ),
        (
            "/objects",
            "importing at sync.wblab.test: the cloud answered 403 Forbidden",
            6306,
        ),
    ] {
        let world = world(move |call| call.line.contains(part).then_some(403)).await;
        let error = world.start(AgentParts::default()).await.unwrap_err();
        assert_eq!(error.to_string(), step);
        assert_eq!(world.events().last(), Some(&event));
    }
}

#[tokio::test]
async fn a_forest_that_cannot_be_imported_is_named() {
    let mut world = world(|_| None).await;
    let nowhere = world.config.names.resolve("dc1.corp.test").unwrap();
    let mut africa = world.config.forests[0].clone();
    africa.domain = "africa.test".to_owned();
    africa.domain_controllers.truncate(1);
    africa.domain_controllers[0].fqdn = "dc1.africa.test".to_owned();
    world.config.names.insert("dc1.africa.test", nowhere);
    world.config.forests.push(africa);
    let error = world.start(AgentParts::default()).await.unwrap_err().to_string();
    let named = "importing the forest africa.test: connecting to dc1.africa.test at ";
    assert!(error.starts_with(named), "{error}");
    assert_eq!(world.events().last(), Some(&6306));
    assert!(world.cloud.calls("/objects").is_empty(), "nothing is exported");
}

#[tokio::test]
async fn a_relay_that_refuses_the_listener_fails_the_start() {
    let world = world(|_| None).await;
    let (agent, ()) = tokio::join!(world.start(AgentParts::default()), world.relay.refuse(401));
    let error = agent.unwrap_err().to_string();
    assert!(
        error.starts_with(&format!("listening on {HOST}: ")) && error.contains("401"),
        "{error}"
    );
    assert_eq!(world.events().last(), Some(&6800));
}

#[tokio::test]
async fn a_heartbeat_that_nobody_hears_is_not_fatal() {
    let world = world(|call| call.line.contains("/heartbeat").then_some(500)).await;
    let (agent, _channel) = tokio::join!(world.start(AgentParts::default()), world.relay.accept());
    assert_eq!(agent.unwrap().listening(), 1);
    assert_eq!(world.events().last(), Some(&32015));
}

#[tokio::test]
async fn a_restart_answers_from_the_journal_and_says_which_it_keeps() {
    let mut world = world(|_| None).await;
    world.config.journal_file = Some(world.folder.path().join("journal.store"));
    let mut results = Vec::new();
    for life in 0..3 {
        let (agent, (mut channel, ..)) = tokio::join!(world.start(AgentParts::default()), world.relay.accept());
        let call = world.cloud.calls("/onboarding").pop().unwrap();
        let onboard: OnboardRequest = serde_json::from_str(&call.body).unwrap();
        channel.send(request("r1")).await.unwrap();
        channel.send(Message::binary(world.sealed_for(&onboard))).await.unwrap();
        let (_, body) = response(&mut channel).await;
        results.push((opened(&body).result, onboard.journal));
        let agent = agent.unwrap();
        // The first life is stopped, the second goes without a word.
        if life == 0 {
            soon(agent.stop()).await;
        } else {
            drop(agent);
        }
        assert_eq!(world.directory.count(MODIFY), 1, "life {life}");
    }
    assert!(
        results[0].1.is_some() && results.iter().all(|one| *one == results[0]),
        "{results:?}"
    );
    assert_eq!(results[0].0, AgentResult::Applied);
    assert_eq!(world.log().matches(r#""result":"applied""#).count(), 1);
    assert!(world.log().contains("redelivered: answered from the journal"));
}

#[tokio::test]
async fn a_damaged_journal_fails_the_start_before_anything_is_said_to_the_cloud() {
    let mut world = world(|_| None).await;
    let path = world.folder.path().join("journal.store");
    std::fs::write(&path, b"something else entirely").unwrap();
    world.config.journal_file = Some(path);
    let error = world.start(AgentParts::default()).await.unwrap_err();
    assert!(matches!(error, AgentError::JournalDamaged { .. }), "{error}");
    assert_eq!(world.events().last(), Some(&32000));
    assert!(world.cloud.calls("/onboarding").is_empty());
}
