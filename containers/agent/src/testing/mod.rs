//! What the tests of this crate share.

pub(crate) mod cloud;
pub(crate) mod domain;
pub(crate) mod ldaps;
pub(crate) mod relay;

use std::collections::BTreeMap;
use std::future::Future;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use protocol::envelope::{Header, OpeningKey, SealingKey};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use uuid::Uuid;
use vocabulary::{Clock, OpKind};

use crate::AgentConfig;
use crate::sync::AdObject;
use crate::writeback::port::{
    Before, Change, DirectoryReader, DirectoryWriter, Facts, ReadFuture, Reading, Remark, Standing, Target,
    WriteFuture, WriteResult,
};

/// The tenant of all tests.
pub(crate) const TENANT: Uuid = Uuid::from_u128(42);

/// A clock that stands where it is put.
#[derive(Debug)]
pub(crate) struct FakeClock(Mutex<Duration>);

impl FakeClock {
    /// A clock at so many seconds.
    pub(crate) fn at(seconds: u64) -> Arc<Self> {
        Arc::new(Self(Mutex::new(Duration::from_secs(seconds))))
    }

    /// Moves it.
    pub(crate) fn set(&self, seconds: u64) {
        *self.0.lock().unwrap() = Duration::from_secs(seconds);
    }
}

impl Clock for FakeClock {
    fn monotonic(&self) -> Duration {
        *self.0.lock().unwrap()
    }

    fn unix(&self) -> Duration {
        *self.0.lock().unwrap()
    }
}

/// A config as its TOML file would say it.
pub(crate) fn config() -> AgentConfig {
    toml::from_str(
        r#"
        tenant_id = "00000000-0000-0000-0000-00000000002a"
        ca_file = "ca.pem"
        admin_upn = "sync@corp.test"
        admin_password_file = "admin.secret"
        event_log_file = "events.jsonl"

        [names]
        "*.wblab.test" = "127.0.0.1:8443"
        "dc1.corp.test" = "127.0.0.1:636"
        "dc2.corp.test" = "127.0.0.1:636"

        [[forests]]
        domain = "corp.test"
        base_dn = "DC=corp,DC=test"
        search_base = ["OU=People,DC=corp,DC=test"]
        bind_dn = "CN=svc-writeback,OU=Services,DC=corp,DC=test"
        password_file = "svc.secret"
        domain_controllers = [{ fqdn = "dc1.corp.test" }, { fqdn = "dc2.corp.test", pdc = true }]
        "#,
    )
    .unwrap()
}

/// An enabled person.
pub(crate) fn person(number: u128) -> AdObject {
    AdObject {
        guid: Uuid::from_u128(number),
        consistency: None,
        domain: "corp.test".to_owned(),
        dn: format!("CN=Person {number},OU=People,DC=corp,DC=test"),
        upn: Some(format!("person{number}@corp.test")),
        sam: format!("person{number}"),
        display_name: Some(format!("Person {number}")),
        mail: None,
        enabled: true,
        critical: false,
        protected: false,
    }
}

/// A request's header, sealed at 100.
pub(crate) fn header(op: u128, anchor: &str, kind: OpKind, expires: u64) -> Header {
    serde_json::from_value(serde_json::json!({
        "alg": "RSA-OAEP-256", "enc": "A256GCM", "kid": "agent", "tid": TENANT, "op": Uuid::from_u128(op),
        "anchor": anchor, "kind": kind, "dir": "request", "iat": 100, "exp": expires,
    }))
    .unwrap()
}

/// A key pair; each is made once for all tests, since making one is slow.
pub(crate) fn keys(id: &'static str) -> (OpeningKey, SealingKey) {
    static MADE: OnceLock<Mutex<BTreeMap<&'static str, Vec<u8>>>> = OnceLock::new();
    let mut made = MADE.get_or_init(Mutex::default).lock().unwrap();
    let der = made
        .entry(id)
        .or_insert_with(|| OpeningKey::generate(id).unwrap().to_pkcs8().unwrap().to_vec());
    let opening = OpeningKey::from_pkcs8(id, der).unwrap();
    let sealing = SealingKey::new(id, &opening.public().unwrap()).unwrap();
    (opening, sealing)
}

/// A directory that remembers what it was told and answers what it was given.
#[derive(Default)]
pub(crate) struct FakeDirectory {
    pub(crate) written: Mutex<Vec<(Target, Change, Duration)>>,
    pub(crate) answer: Mutex<Option<WriteResult>>,
    pub(crate) standing: Mutex<Option<Standing>>,
    pub(crate) remark: Mutex<Remark>,
    /// How everybody stands; a write that is applied shows in it.
    pub(crate) facts: Mutex<Facts>,
    /// Whether it gives no answer to who reads it again.
    pub(crate) silent: AtomicBool,
    /// When set, writes begin by taking a permit, so that a test decides when they go on.
    pub(crate) gate: Option<Arc<tokio::sync::Semaphore>>,
}

impl DirectoryWriter for FakeDirectory {
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a> {
        Box::pin(async move {
            self.written
                .lock()
                .unwrap()
                .push((target.clone(), change.clone(), expires));
            if let Some(gate) = &self.gate {
                gate.acquire().await.unwrap().forget();
            }
            let answer = self.answer.lock().unwrap().clone().unwrap_or(WriteResult::Applied);
            if answer == WriteResult::Applied {
                take_effect(&mut self.facts.lock().unwrap(), change);
            }
            answer
        })
    }
}

impl DirectoryReader for FakeDirectory {
    fn before<'a>(
        &'a self,
        _target: &'a Target,
        change: &'a Change,
        _expires: Duration,
    ) -> ReadFuture<'a, Result<Before, WriteResult>> {
        let facts = *self.facts.lock().unwrap();
        let before = Before {
            dc: "dc1.corp.test".to_owned(),
            facts,
            unlocks: change.unlocks(),
        };
        Box::pin(async { Ok(before) })
    }

    fn reread<'a>(&'a self, _target: &'a Target) -> ReadFuture<'a, Reading> {
        let facts = *self.facts.lock().unwrap();
        let complete = !self.silent.load(Ordering::Relaxed);
        let reading = Reading {
            facts: if complete { vec![facts] } else { Vec::new() },
            complete,
        };
        Box::pin(async { reading })
    }

    fn standing<'a>(&'a self, _target: &'a Target) -> ReadFuture<'a, Standing> {
        Box::pin(async { self.standing.lock().unwrap().clone().unwrap_or(Standing::Enabled) })
    }

    fn remark(&self, _target: &Target) -> Remark {
        std::mem::take(&mut *self.remark.lock().unwrap())
    }
}

/// What a change does to how a person stands.
pub(crate) fn take_effect(facts: &mut Facts, change: &Change) {
    if change.writes_password() {
        facts.key_version = facts.key_version.map(|version| version + 1);
    }
    if change.unlocks() {
        facts.locked = 0;
    }
}

/// Both ends of TLS under an authority of their own.
pub(crate) struct Tls {
    pub(crate) client: Arc<ClientConfig>,
    pub(crate) server: Arc<ServerConfig>,
}

/// An authority, as PEM, and both ends of TLS for these names.
pub(crate) fn authority(names: &[&str]) -> (String, Tls) {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let leaf = CertificateParams::new(names.iter().map(ToString::to_string).collect::<Vec<_>>())
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    let mut roots = RootCertStore::empty();
    roots.add(issuer.der().clone()).unwrap();
    let client = ClientConfig::builder()
        .with_root_certificates(roots)
        .with_no_client_auth();
    let key = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let server = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], key)
        .unwrap();
    (
        issuer.pem(),
        Tls {
            client: Arc::new(client),
            server: Arc::new(server),
        },
    )
}

/// Fails a test that would hang.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(20), future)
        .await
        .expect("it did not happen in time")
}
