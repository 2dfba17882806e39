//! A relay with its certificate and keys, and the two kinds of client.

use std::fs;
use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper::ext::ReasonPhrase;
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::rt::TokioIo;
use protocol::sas;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use relay::{EntityConfig, RelayConfig, RelayHandle, Right, RuleConfig};
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};
use vocabulary::{Clock, SharedClock, SystemClock};

pub const HOST: &str = "relay1.servicebus.wblab.test";
pub const LAB_TOKEN: &str = "the-lab-token";

pub type Tls = TlsStream<TcpStream>;
pub type Socket = WebSocketStream<Tls>;

pub struct Lab {
    pub relay: RelayHandle,
    clock: Arc<LabClock>,
    address: SocketAddr,
    trust: CertificateDer<'static>,
    files: TempDir,
}

/// The machine's clock, and what the test has put before it.
#[derive(Debug)]
struct LabClock {
    machine: SystemClock,
    ahead_ms: AtomicU64,
}

impl LabClock {
    fn ahead(&self) -> Duration {
        Duration::from_millis(self.ahead_ms.load(Ordering::SeqCst))
    }
}

impl Clock for LabClock {
    fn monotonic(&self) -> Duration {
        self.machine.monotonic() + self.ahead()
    }

    fn unix(&self) -> Duration {
        self.machine.unix() + self.ahead()
    }
}

/// What a sender got.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub reason: String,
    pub headers: HeaderMap,
    pub body: Bytes,
}

/// Fails the test instead of hanging it.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(10), future).await.unwrap()
}

fn rule(files: &Path, name: &str, right: Right) -> RuleConfig {
    let key_file = files.join(format!("{name}.key"));
    fs::write(&key_file, format!("key of {name}\n")).unwrap();
    RuleConfig {
        name: name.to_owned(),
        rights: vec![right],
        key_file,
        secondary_key_file: None,
    }
}

fn config(files: &Path) -> (RelayConfig, CertificateDer<'static>) {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(vec![HOST.to_owned()]).unwrap();
    fs::write(files.join("cert.pem"), cert.pem()).unwrap();
    fs::write(files.join("key.pem"), signing_key.serialize_pem()).unwrap();
    fs::write(files.join("lab.token"), LAB_TOKEN).unwrap();
    let mut config: RelayConfig = toml::from_str(&format!(
        "listen = '127.0.0.1:0'\nhost = '{HOST}'\ncertificate_file = 'cert.pem'\nkey_file = 'key.pem'\nentities = []"
    ))
    .unwrap();
    config.certificate_file = files.join("cert.pem");
    config.key_file = files.join("key.pem");
    config.lab_token_file = Some(files.join("lab.token"));
    let rules = vec![rule(files, "listen", Right::Listen), rule(files, "send", Right::Send)];
    let entity = |path: &str, guarded| EntityConfig {
        path: path.to_owned(),
        requires_client_authorization: guarded,
        rules: rules.clone(),
    };
    config.entities = vec![entity("hc", true), entity("open", false)];
    (config, cert.der().clone())
}

pub async fn lab(change: impl FnOnce(&mut RelayConfig)) -> Lab {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let files = TempDir::new().unwrap();
    let (mut config, trust) = config(files.path());
    change(&mut config);
    let clock = Arc::new(LabClock {
        machine: SystemClock::new(),
        ahead_ms: AtomicU64::new(0),
    });
    let shared: SharedClock = Arc::<LabClock>::clone(&clock);
    let relay = relay::start(config, shared).await.unwrap();
    Lab {
        address: relay.address(),
        relay,
        clock,
        trust,
        files,
    }
}

/// A token of a rule, for the whole namespace, that expires in that many seconds.
pub fn token_for(rule: &str, key: &str, seconds: i64) -> String {
    let now = i64::try_from(SystemClock::new().unix().as_secs()).unwrap();
    let expires = u64::try_from(now + seconds).unwrap();
    sas::sign(&format!("http://{HOST}/"), rule, key, expires)
}

/// A good token that outlives what the tests do to the clock.
pub fn token(rule: &str) -> String {
    token_for(rule, &format!("key of {rule}"), 100_000)
}

impl Lab {
    /// Puts the relay's clock forward.
    pub fn later(&self, by: Duration) {
        let by = u64::try_from(by.as_millis()).unwrap();
        self.clock.ahead_ms.fetch_add(by, Ordering::SeqCst);
    }

    /// Puts another key into a rule's file.
    pub fn rekey(&self, rule: &str, key: &str) {
        fs::write(self.files.path().join(format!("{rule}.key")), key).unwrap();
    }

    pub async fn dial(&self) -> Tls {
        let mut roots = RootCertStore::empty();
        roots.add(self.trust.clone()).unwrap();
        let config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let socket = TcpStream::connect(self.address).await.unwrap();
        socket.set_nodelay(true).unwrap();
        let name = ServerName::try_from(HOST).unwrap();
        TlsConnector::from(Arc::new(config))
            .connect(name, socket)
            .await
            .unwrap()
    }

    /// One connection for requests.
    pub async fn http(&self) -> http1::SendRequest<Full<Bytes>> {
        let (sender, connection) = http1::handshake(TokioIo::new(self.dial().await)).await.unwrap();
        tokio::spawn(connection);
        sender
    }

    /// A request with a good token, on a connection of its own.
    pub async fn post(&self, target: &str, body: impl Into<Bytes>) -> Answer {
        self.send(request(target).header("ServiceBusAuthorization", token("send")), body)
            .await
    }

    pub async fn send(&self, request: http::request::Builder, body: impl Into<Bytes>) -> Answer {
        let request = request.body(Full::new(body.into())).unwrap();
        exchange(&mut self.http().await, request).await.unwrap()
    }

    pub async fn upgrade(&self, target: &str, headers: &[(&'static str, String)]) -> Result<Socket, Box<Error>> {
        let mut request = format!("wss://{HOST}{target}").into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let upgraded = client_async(request, self.dial().await).await;
        upgraded.map(|(socket, _)| socket).map_err(Box::new)
    }

    /// Dials an address that the relay gave out.
    pub async fn dial_address(&self, address: &str) -> Result<Socket, Box<Error>> {
        let prefix = format!("wss://{HOST}:{}", self.address.port());
        self.upgrade(address.strip_prefix(&prefix).unwrap(), &[]).await
    }

    pub async fn try_listen(&self, query: &str) -> Result<Socket, Box<Error>> {
        let authorization = ("ServiceBusAuthorization", token("listen"));
        self.upgrade(&format!("/$hc/hc?sb-hc-action=listen{query}"), &[authorization])
            .await
    }

    pub async fn listener(&self) -> Listener {
        Listener(self.try_listen("").await.unwrap())
    }

    pub async fn listeners(&self, count: usize) {
        soon(async {
            while self.relay.listeners() != count {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

pub fn request(target: &str) -> http::request::Builder {
    Request::post(target).header("host", HOST)
}

pub async fn exchange(
    sender: &mut http1::SendRequest<Full<Bytes>>,
    request: Request<Full<Bytes>>,
) -> hyper::Result<Answer> {
    let answer = soon(sender.send_request(request)).await?;
    let (head, body) = answer.into_parts();
    let reason = head.extensions.get::<ReasonPhrase>();
    Ok(Answer {
        status: head.status,
        reason: reason
            .map(|reason| String::from_utf8(reason.as_bytes().to_vec()).unwrap())
            .unwrap_or_default(),
        headers: head.headers,
        body: soon(body.collect()).await?.to_bytes(),
    })
}

/// The listener's side of a control channel or of a request's rendezvous.
pub struct Listener(pub Socket);

impl Listener {
    /// The next JSON message.
    pub async fn json(&mut self) -> Value {
        loop {
            match soon(self.0.next()).await.unwrap().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Ping(_) => {}
                other => panic!("{other:?} in place of JSON"),
            }
        }
    }

    /// The next request and its body, which must come right after it.
    pub async fn request(&mut self) -> (Value, Bytes) {
        let request = self.json().await["request"].take();
        if request["body"] != json!(true) {
            return (request, Bytes::new());
        }
        match soon(self.0.next()).await.unwrap().unwrap() {
            Message::Binary(body) => (request, body),
            other => panic!("{other:?} in place of a body"),
        }
    }

    pub async fn respond(&mut self, request: &Value, response: Value, body: impl Into<Bytes>) {
        let mut full = json!({ "requestId": request["id"], "statusCode": 200, "body": true });
        full.as_object_mut()
            .unwrap()
            .extend(response.as_object().unwrap().clone());
        self.say(json!({ "response": full })).await;
        if full["body"] == json!(true) {
            self.0.send(Message::Binary(body.into())).await.unwrap();
        }
    }

    pub async fn say(&mut self, message: Value) {
        self.0.send(Message::text(message.to_string())).await.unwrap();
    }

    /// Answers every request with its own body, also those that come as pointers, until the channel ends.
    pub async fn echo(mut self, lab: Arc<Lab>) {
        while let Some(Ok(message)) = self.0.next().await {
            let Message::Text(text) = message else { continue };
            let request: Value = serde_json::from_str(&text).unwrap();
            let request = &request["request"];
            if request.get("method").is_none() {
                let address = request["address"].as_str().unwrap();
                let mut rendezvous = Listener(lab.dial_address(address).await.unwrap());
                let (request, body) = rendezvous.request().await;
                rendezvous.respond(&request, json!({}), body).await;
                rendezvous.0.close(None).await.unwrap();
                continue;
            }
            let body = if request["body"] == json!(true) {
                self.0.next().await.unwrap().unwrap().into_data()
            } else {
                Bytes::new()
            };
            self.respond(request, json!({}), body).await;
        }
    }

    /// Returns once the relay has read all that was said so far.
    pub async fn proven(&mut self) {
        self.0.send(Message::Ping("proof".into())).await.unwrap();
        while !matches!(soon(self.0.next()).await.unwrap().unwrap(), Message::Pong(_)) {}
    }

    /// Returns once the relay has pinged, which it does at a tick at which nothing closed this channel.
    pub async fn pinged(&mut self) {
        while !matches!(soon(self.0.next()).await.unwrap().unwrap(), Message::Ping(_)) {}
    }

    /// How the relay closed the channel.
    pub async fn closed(mut self) -> (u16, String) {
        loop {
            match soon(self.0.next()).await.unwrap().unwrap() {
                Message::Close(Some(frame)) => return (frame.code.into(), frame.reason.to_string()),
                Message::Close(None) => panic!("a close without a reason"),
                _ => {}
            }
        }
    }
}
