//! A gateway between a TLS client and a TLS server that says back what it hears.

use std::fs;
use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use gateway::{AllowRule, GatewayConfig, GatewayHandle, LabConfig, start};
use http_body_util::{BodyExt as _, Full};
use hyper::Request;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use vocabulary::SystemClock;

pub const ALLOWED: &str = "relay1.servicebus.wblab.test";
pub const FORBIDDEN: &str = "evil.example";
pub const OWN: &str = "gateway.wblab.test";
pub const LAB_TOKEN: &str = "the-lab-token";

pub struct Lab {
    pub gateway: GatewayHandle,
    trust: CertificateDer<'static>,
    _files: TempDir,
}

pub async fn lab(change: impl FnOnce(&mut GatewayConfig)) -> Lab {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let names = vec![ALLOWED.to_owned(), FORBIDDEN.to_owned(), OWN.to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    let files = TempDir::new().unwrap();
    let file = |name: &str, content: String| {
        let path = files.path().join(name);
        fs::write(&path, content).unwrap();
        path
    };
    let own = LabConfig {
        name: OWN.to_owned(),
        certificate_file: file("cert.pem", cert.pem()),
        key_file: file("key.pem", signing_key.serialize_pem()),
        token_file: file("lab.token", format!("{LAB_TOKEN}\n")),
    };
    let key = PrivateKeyDer::try_from(signing_key.serialize_der()).unwrap();
    let echo = echo_server(cert.der().clone(), key).await;
    let mut config = GatewayConfig {
        listen: "127.0.0.1:0".parse().unwrap(),
        allow: vec![AllowRule {
            name: "*.servicebus.wblab.test".to_owned(),
            to: echo,
        }],
        hello_timeout: Duration::from_millis(100),
        connections_max: 10,
        seed: 7,
        capture_file: None,
        lab: Some(own),
    };
    change(&mut config);
    let gateway = start(config, SystemClock::shared()).await.unwrap();
    Lab {
        gateway,
        trust: cert.der().clone(),
        _files: files,
    }
}

async fn echo_server(certificate: CertificateDer<'static>, key: PrivateKeyDer<'static>) -> SocketAddr {
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)
        .unwrap();
    let acceptor = TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                let (mut reader, mut writer) = tokio::io::split(acceptor.accept(socket).await?);
                tokio::io::copy(&mut reader, &mut writer).await
            });
        }
    });
    address
}

impl Lab {
    pub async fn dial(&self, name: &'static str) -> std::io::Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(self.trust.clone()).unwrap();
        let config = ClientConfig::builder()
            .with_root_certificates(roots)
            .with_no_client_auth();
        let socket = TcpStream::connect(self.gateway.address()).await?;
        TlsConnector::from(Arc::new(config))
            .connect(ServerName::try_from(name).unwrap(), socket)
            .await
    }

    pub async fn refused(&self, label: &str, count: u64) {
        let seen = async {
            while self.gateway.stats().refused.get(label) != Some(&count) {
                tokio::task::yield_now().await;
            }
        };
        assert!(
            timeout(Duration::from_secs(5), seen).await.is_ok(),
            "{:?}",
            self.gateway.stats()
        );
    }

    /// A connection through the gateway that has carried something both ways.
    pub async fn echoing(&self) -> TlsStream<TcpStream> {
        let mut stream = self.dial(ALLOWED).await.unwrap();
        echo(&mut stream, b"hello").await.unwrap();
        stream
    }

    /// Asks the laboratory's interface.
    pub async fn ask(&self, method: &str, path: &str, body: &str, token: &str) -> (u16, Value) {
        let (mut sender, connection) = http1::handshake(TokioIo::new(self.dial(OWN).await.unwrap()))
            .await
            .unwrap();
        tokio::spawn(connection);
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("host", OWN)
            .header("lab-token", token)
            .body(Full::new(Bytes::from(body.to_owned())))
            .unwrap();
        let answer = sender.send_request(request).await.unwrap();
        let status = answer.status().as_u16();
        let body = answer.into_body().collect().await.unwrap().to_bytes();
        (status, serde_json::from_slice(&body).unwrap_or_default())
    }

    /// Sets the fault `f` on the relays' names.
    pub async fn fault(&self, what: Value, lease: &str) {
        let order = json!({ "names": ["*.servicebus.wblab.test"], "what": what, "lease": lease });
        let (status, told) = self.ask("PUT", "/lab/faults/f", &order.to_string(), LAB_TOKEN).await;
        assert_eq!(status, 204, "{told}");
    }

    /// Connections and bytes that the fault has touched, and how long it still acts.
    pub async fn touched(&self) -> (u64, u64, u64) {
        let (_, told) = self.ask("GET", "/lab/faults", "", LAB_TOKEN).await;
        let number = |name: &str| told[0][name].as_u64().unwrap();
        (number("connections"), number("bytes"), number("left_ms"))
    }

    /// Waits until the lease is over.
    pub async fn ended(&self) {
        while self.touched().await.2 > 0 {}
    }
}

/// Sends something and waits until it has come back.
pub async fn echo(stream: &mut TlsStream<TcpStream>, bytes: &[u8]) -> std::io::Result<()> {
    stream.write_all(bytes).await?;
    let mut back = vec![0; bytes.len()];
    stream.read_exact(&mut back).await?;
    assert!(back == bytes, "what came back is not what was sent");
    Ok(())
}

/// Whether something is not done within a time that is long beside what it takes.
pub async fn stalls(future: impl Future) -> bool {
    timeout(Duration::from_millis(150), future).await.is_err()
}

/// Fails the test instead of hanging it.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(10), future).await.unwrap()
}

/// The first bytes of a TLS client that asks for this name.
pub fn hello(name: &'static str) -> Vec<u8> {
    let config = ClientConfig::builder()
        .with_root_certificates(RootCertStore::empty())
        .with_no_client_auth();
    let name = ServerName::try_from(name).unwrap();
    let mut client = rustls::ClientConnection::new(Arc::new(config), name).unwrap();
    let mut bytes = Vec::new();
    client.write_tls(&mut bytes).unwrap();
    bytes
}
