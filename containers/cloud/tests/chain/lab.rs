//! A cloud with its files, its authority and its onboarded agent.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use cloud::{Accounts, CloudConfig, CloudError, CloudHandle, RelayFiles, TenantSettings};
use protocol::envelope::{OpeningKey, SealingKey};
use protocol::service::{Heartbeat, OnboardRequest, OnboardResponse, SyncExport, SyncObject, TokenResponse, path};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};
use reqwest::{Client, StatusCode};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use serde_json::Value;
use uuid::Uuid;
use vocabulary::{NameTable, SystemClock};

use crate::relay::{Agent, Relay};

pub(crate) const TENANT: Uuid = Uuid::from_u128(42);
pub(crate) const JOURNAL: Uuid = Uuid::from_u128(77);
pub(crate) const LAB_TOKEN: &str = "the-lab-token";
pub(crate) const ADMIN: &str = "admin@wblab.test";
pub(crate) const ANN: &str = "ann@corp.test";
const HOSTS: [&str; 6] = [
    "portal.wblab.test",
    "graph.wblab.test",
    "login.wblab.test",
    "sync.wblab.test",
    "passwordreset.wblab.test",
    "stranger.wblab.test",
];

/// The agent's key, made once: making one takes longer than a whole flow.
static KEY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let key = OpeningKey::generate("agent-1").unwrap();
    key.to_pkcs8().unwrap().to_vec()
});

pub(crate) fn agent_key() -> OpeningKey {
    OpeningKey::from_pkcs8("agent-1", &KEY).unwrap()
}

/// An authority and one certificate for every name of the lab.
struct Authority {
    pem: String,
    certificate: String,
    key: String,
    tls: Arc<ServerConfig>,
}

fn authority() -> Authority {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    // Without a name of its own it has that of the leaf, and OpenSSL takes the leaf for self-signed.
    params
        .distinguished_name
        .push(DnType::CommonName, "authority of a test");
    let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
    let key = KeyPair::generate().unwrap();
    let mut names: Vec<String> = HOSTS.iter().map(ToString::to_string).collect();
    names.extend([1, 2].map(relay_host));
    let leaf = CertificateParams::new(names).unwrap().signed_by(&key, &issuer).unwrap();
    let private = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
    let tls = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![leaf.der().clone()], private)
        .unwrap();
    Authority {
        pem: issuer.pem(),
        certificate: leaf.pem(),
        key: key.serialize_pem(),
        tls: Arc::new(tls),
    }
}

fn relay_host(number: usize) -> String {
    format!("relay{number}.servicebus.wblab.test")
}

fn connection(number: usize, rule: &str) -> String {
    let host = relay_host(number);
    format!("Endpoint=sb://{host}/;SharedAccessKeyName={rule};SharedAccessKey=key-{rule};EntityPath=a/b")
}

/// A running cloud and what surrounds it.
pub(crate) struct Lab {
    pub(crate) address: SocketAddr,
    pub(crate) relays: Vec<Relay>,
    pub(crate) ca_pem: String,
    pub(crate) handle: CloudHandle,
    config: CloudConfig,
    folder: tempfile::TempDir,
}

impl Lab {
    /// A cloud with two relays, an agent that listens, and Ann; Bob has no mail.
    pub(crate) async fn ready() -> Self {
        let lab = Self::bare(|_| {}).await;
        lab.populate().await;
        lab
    }

    /// A cloud alone.
    pub(crate) async fn bare(adjust: impl FnOnce(&mut CloudConfig)) -> Self {
        let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
        let authority = authority();
        let folder = tempfile::tempdir().unwrap();
        let relays = vec![Relay::start(&authority.tls).await, Relay::start(&authority.tls).await];
        let mut config = config(folder.path(), &authority, &relays);
        adjust(&mut config);
        let handle = cloud::start(config.clone(), SystemClock::shared()).await.unwrap();
        Self {
            address: handle.address(),
            relays,
            ca_pem: authority.pem,
            handle,
            config,
            folder,
        }
    }

    /// A cloud that keeps its state, with an agent that listens, and Ann.
    pub(crate) async fn kept() -> Self {
        let state =
            |config: &mut CloudConfig| config.state_file = Some(config.secret_file.with_file_name("life-0.store"));
        let lab = Self::bare(state).await;
        lab.populate().await;
        lab
    }

    /// Another life of the cloud, from what is on the disk now; the one before is gone without a word.
    pub(crate) async fn killed(mut self, life: u32) -> Self {
        let before = self.config.state_file.clone().unwrap();
        let state = before.with_file_name(format!("life-{life}.store"));
        for end in ["store", "store.witness"] {
            std::fs::copy(before.with_extension(end), state.with_extension(end)).unwrap();
        }
        self.config.state_file = Some(state);
        self.handle = cloud::start(self.config.clone(), SystemClock::shared()).await.unwrap();
        self.address = self.handle.address();
        self
    }

    /// Starts another cloud on a copy of the state with this content.
    pub(crate) async fn start_on(&self, content: &[u8]) -> Result<CloudHandle, CloudError> {
        let before = self.config.state_file.clone().unwrap();
        let state = before.with_file_name("other.store");
        std::fs::write(&state, content).unwrap();
        std::fs::copy(
            before.with_extension("store.witness"),
            state.with_extension("store.witness"),
        )
        .unwrap();
        let mut config = self.config.clone();
        config.state_file = Some(state);
        cloud::start(config, SystemClock::shared()).await
    }

    pub(crate) async fn populate(&self) {
        let token = self.admin_token().await;
        self.export(&token, true, true).await;
        let agreed = self.onboard(&token, "2.0.0.0").await.unwrap();
        let sealing = SealingKey::new(&agreed.key_id, &agreed.public_key).unwrap();
        for relay in &self.relays {
            relay.seat(Agent::new(agent_key(), sealing.clone()));
        }
    }

    /// A client that trusts the lab's authority and knows where its names are.
    pub(crate) fn client(&self) -> Client {
        let authority = reqwest::Certificate::from_pem(self.ca_pem.as_bytes()).unwrap();
        let builder = Client::builder().tls_certs_only([authority]).no_proxy();
        let builder = HOSTS
            .iter()
            .fold(builder, |builder, host| builder.resolve(host, self.address));
        builder.cookie_store(true).build().unwrap()
    }

    pub(crate) async fn token(&self, form: &[(&str, &str)]) -> (StatusCode, Value) {
        let url = format!(
            "https://login.wblab.test{}",
            path(protocol::service::TOKEN_PATH, TENANT)
        );
        let response = self.client().post(url).form(form).send().await.unwrap();
        (response.status(), response.json().await.unwrap())
    }

    pub(crate) async fn admin_token(&self) -> String {
        self.password_token(ADMIN, "admin password").await
    }

    pub(crate) async fn password_token(&self, upn: &str, password: &str) -> String {
        let form = [("grant_type", "password"), ("username", upn), ("password", password)];
        access_token(self.token(&form).await)
    }

    pub(crate) async fn app_token(&self) -> String {
        let secret = [("client_id", "harness"), ("client_secret", "client secret")];
        let form = [
            ("grant_type", "client_credentials"),
            ("scope", "https://graph.wblab.test/.default"),
        ];
        access_token(self.token(&[form, secret].concat()).await)
    }

    /// Exports Ann and Bob; gives the status.
    pub(crate) async fn export(&self, token: &str, full: bool, last: bool) -> StatusCode {
        let objects = vec![person(ANN, Some("ann@mail.test")), person("bob@corp.test", None)];
        let url = format!("https://sync.wblab.test{}", path(protocol::service::SYNC_PATH, TENANT));
        let batch = SyncExport { full, last, objects };
        self.client()
            .post(url)
            .bearer_auth(token)
            .json(&batch)
            .send()
            .await
            .unwrap()
            .status()
    }

    /// Onboards; the error is the status and the text.
    pub(crate) async fn onboard(&self, token: &str, version: &str) -> Result<OnboardResponse, (StatusCode, String)> {
        let url = format!(
            "https://passwordreset.wblab.test{}",
            path(protocol::service::ONBOARD_PATH, TENANT)
        );
        let asked = OnboardRequest {
            agent_version: version.to_owned(),
            key_id: "agent-1".to_owned(),
            public_key: agent_key().public().unwrap(),
            journal: Some(JOURNAL),
        };
        let response = self
            .client()
            .post(url)
            .bearer_auth(token)
            .json(&asked)
            .send()
            .await
            .unwrap();
        match response.status() {
            StatusCode::OK => Ok(response.json().await.unwrap()),
            status => Err((status, response.text().await.unwrap())),
        }
    }

    pub(crate) async fn heartbeat(&self, token: &str, key_id: &str) -> StatusCode {
        let url = format!(
            "https://passwordreset.wblab.test{}",
            path(protocol::service::HEARTBEAT_PATH, TENANT)
        );
        let beat = Heartbeat {
            agent_version: "2.0.0.0".to_owned(),
            key_id: key_id.to_owned(),
            listening: 2,
            served: 0,
        };
        self.client()
            .post(url)
            .bearer_auth(token)
            .json(&beat)
            .send()
            .await
            .unwrap()
            .status()
    }

    /// A lab endpoint's JSON.
    pub(crate) async fn lab_json(&self, path: &str) -> Value {
        let request = self.client().get(format!("https://portal.wblab.test/lab{path}"));
        request
            .header("lab-token", LAB_TOKEN)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    pub(crate) async fn patch(&self, patch: Value) -> StatusCode {
        let request = self.client().patch("https://portal.wblab.test/lab/tenant").json(&patch);
        request.header("lab-token", LAB_TOKEN).send().await.unwrap().status()
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

fn access_token((status, body): (StatusCode, Value)) -> String {
    assert_eq!(status, StatusCode::OK, "{body}");
    let token: TokenResponse = serde_json::from_value(body).unwrap();
    token.access_token
}

fn person(upn: &str, mail: Option<&str>) -> SyncObject {
    SyncObject {
        source_anchor: format!("anchor-{upn}"),
        upn: upn.to_owned(),
        sam: "sam".to_owned(),
        display_name: "<script>alert(1)</script>".to_owned(),
        dn: "CN=Name,OU=People,DC=corp,DC=test".to_owned(),
        domain: "corp.test".to_owned(),
        mail: mail.map(str::to_owned),
        enabled: true,
    }
}

fn config(folder: &Path, authority: &Authority, relays: &[Relay]) -> CloudConfig {
    let file = |name: &str, content: &str| {
        std::fs::write(folder.join(name), format!("{content}\n")).unwrap();
        folder.join(name)
    };
    let mut names = NameTable::default();
    let mut files = Vec::new();
    for (number, relay) in (1..).zip(relays) {
        names.insert(&relay_host(number), relay.address);
        files.push(RelayFiles {
            send_file: file(&format!("relay{number}.send"), &connection(number, "send")),
            listen_file: file(&format!("relay{number}.listen"), &connection(number, "listen")),
        });
    }
    CloudConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        lab: "wblab".to_owned(),
        tenant_id: TENANT,
        certificate_file: file("cloud.pem", &authority.certificate),
        key_file: file("cloud.key", &authority.key),
        ca_file: file("ca.pem", &authority.pem),
        names,
        lab_token_file: Some(file("lab.token", LAB_TOKEN)),
        message_lifetime: std::time::Duration::from_secs(60),
        relay_timeout: std::time::Duration::from_secs(10),
        secret_file: file("run.secret", "the run's secret"),
        state_file: None,
        heartbeat_s: 300,
        relays: files,
        tenant: TenantSettings::default(),
        accounts: Accounts {
            client_id: "harness".to_owned(),
            client_secret_file: file("client.secret", "client secret"),
            admin_upn: ADMIN.to_owned(),
            admin_password_file: file("admin.secret", "admin password"),
            helpdesk_upn: "helpdesk@wblab.test".to_owned(),
            helpdesk_password_file: file("helpdesk.secret", "helpdesk password"),
        },
    }
}
