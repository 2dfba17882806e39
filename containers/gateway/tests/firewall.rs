//! The gateway on real sockets, with a real TLS client through it.
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use gateway::{AllowRule, GatewayConfig, GatewayHandle, start};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore, ServerConfig};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::client::TlsStream;
use tokio_rustls::{TlsAcceptor, TlsConnector};
use vocabulary::SystemClock;

const ALLOWED: &str = "relay1.servicebus.wblab.test";
const FORBIDDEN: &str = "evil.example";

struct Lab {
    gateway: GatewayHandle,
    trust: CertificateDer<'static>,
}

async fn lab(change: impl FnOnce(&mut GatewayConfig)) -> Lab {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let names = vec![ALLOWED.to_owned(), FORBIDDEN.to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
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
    };
    change(&mut config);
    let gateway = start(config, SystemClock::shared()).await.unwrap();
    Lab {
        gateway,
        trust: cert.der().clone(),
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
    async fn dial(&self, name: &'static str) -> std::io::Result<TlsStream<TcpStream>> {
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

    async fn refused(&self, label: &str, count: u64) {
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
}

#[tokio::test]
async fn an_allowed_name_reaches_the_server_behind() {
    let lab = lab(|_| {}).await;
    let mut stream = lab.dial(ALLOWED).await.unwrap();
    let sent = vec![7_u8; 300_000];
    let (mut reader, mut writer) = tokio::io::split(&mut stream);
    let mut back = vec![0; sent.len()];
    let (written, read) = tokio::join!(writer.write_all(&sent), reader.read_exact(&mut back));
    written.unwrap();
    read.unwrap();
    assert_eq!(back, sent);
    assert_eq!(lab.gateway.stats().allowed[ALLOWED], 1);
    lab.gateway.stop().await;
    let cut = timeout(Duration::from_secs(5), stream.read_u8()).await;
    assert!(cut.unwrap().is_err(), "stop cuts what is carried");
}

#[tokio::test]
async fn a_forbidden_name_gets_an_alert_and_is_counted() {
    let lab = lab(|_| {}).await;
    let error = lab.dial(FORBIDDEN).await.unwrap_err();
    assert!(error.to_string().contains("UnrecognisedName"), "{error}");
    lab.refused(FORBIDDEN, 1).await;
    assert!(lab.gateway.stats().allowed.is_empty());
}

#[tokio::test]
async fn plain_http_is_refused() {
    let lab = lab(|_| {}).await;
    let mut socket = TcpStream::connect(lab.gateway.address()).await.unwrap();
    socket
        .write_all(b"GET / HTTP/1.1\r\nHost: relay1.servicebus.wblab.test\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    // Closed or reset: both refuse.
    let _ = timeout(Duration::from_secs(5), socket.read_to_end(&mut answer))
        .await
        .unwrap();
    assert!(answer.is_empty());
    lab.refused("(not tls)", 1).await;
}

#[tokio::test]
async fn a_slow_client_is_cut_and_one_too_many_is_refused() {
    let lab = lab(|config| config.connections_max = 1).await;
    let mut slow = TcpStream::connect(lab.gateway.address()).await.unwrap();
    slow.write_all(&[22, 3, 1]).await.unwrap();
    let mut second = TcpStream::connect(lab.gateway.address()).await.unwrap();
    assert!(!matches!(
        timeout(Duration::from_secs(5), second.read(&mut [0; 1])).await.unwrap(),
        Ok(1..)
    ));
    lab.refused("(too many)", 1).await;
    assert!(!matches!(
        timeout(Duration::from_secs(5), slow.read(&mut [0; 1])).await.unwrap(),
        Ok(1..)
    ));
    lab.refused("(too slow)", 1).await;
    assert!(lab.dial(ALLOWED).await.is_ok(), "its place is free again");
}

#[tokio::test]
async fn a_dead_destination_is_counted() {
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let lab = lab(|config| config.allow[0].to = unused).await;
    assert!(lab.dial(ALLOWED).await.is_err());
    assert_eq!(lab.gateway.stats().unreachable[ALLOWED], 1);
}
