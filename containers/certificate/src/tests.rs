use std::sync::Arc;

use rcgen::{CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tempfile::TempDir;
use tokio_rustls::{TlsAcceptor, TlsConnector};

use super::{CertificateError, ServerCertificate};

const NAME: &str = "one.test";

struct Bench {
    folder: TempDir,
    issuer: CertifiedIssuer<'static, KeyPair>,
    client: Arc<ClientConfig>,
}

impl Bench {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
        let issuer = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let mut roots = RootCertStore::empty();
        roots.add(issuer.der().clone()).unwrap();
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self {
            folder: tempfile::tempdir().unwrap(),
            issuer,
            client: Arc::new(client),
        }
    }

    fn write(&self, name: &str) {
        let (certificate, key) = self.issue(name);
        std::fs::write(self.folder.path().join("key"), key).unwrap();
        std::fs::write(self.folder.path().join("certificate"), certificate).unwrap();
    }

    fn issue(&self, name: &str) -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    fn load(&self) -> Result<ServerCertificate, CertificateError> {
        let at = |name| self.folder.path().join(name);
        ServerCertificate::load(at("certificate"), at("key"), &[])
    }

    /// Whether a client who looks for [`NAME`] is content with what is shown.
    async fn trusts(&self, certificate: &ServerCertificate) -> bool {
        let (near, far) = tokio::io::duplex(1 << 16);
        let acceptor = TlsAcceptor::from(certificate.config());
        let serving = tokio::spawn(async move { acceptor.accept(far).await.is_ok() });
        let connector = TlsConnector::from(Arc::clone(&self.client));
        let trusted = connector
            .connect(ServerName::try_from(NAME).unwrap(), near)
            .await
            .is_ok();
        drop(serving);
        trusted
    }
}

#[tokio::test]
async fn another_certificate_is_shown_once_both_files_are_there_and_ends_what_was_before() {
    let bench = Bench::new();
    bench.write(NAME);
    let certificate = bench.load().unwrap();
    assert!(bench.trusts(&certificate).await);
    assert!(!certificate.refresh(), "nothing changed");
    let replaced = certificate.replaced();
    let (other, key) = bench.issue("two.test");
    std::fs::write(bench.folder.path().join("certificate"), other).unwrap();
    assert!(!certificate.refresh(), "the key is not there yet");
    assert!(bench.trusts(&certificate).await);
    std::fs::write(bench.folder.path().join("key"), key).unwrap();
    assert!(certificate.refresh());
    replaced.await;
    assert!(
        !bench.trusts(&certificate).await,
        "no session of before is resumed either"
    );
    bench.write(NAME);
    assert!(certificate.refresh());
    assert!(bench.trusts(&certificate).await);
}

#[test]
fn files_that_are_missing_or_hold_something_else_are_named() {
    let bench = Bench::new();
    assert!(matches!(bench.load(), Err(CertificateError::Read { path, .. }) if path.ends_with("certificate")));
    bench.write(NAME);
    std::fs::write(bench.folder.path().join("key"), "no key").unwrap();
    assert!(matches!(bench.load(), Err(CertificateError::Pem { path, .. }) if path.ends_with("key")));
    std::fs::write(bench.folder.path().join("key"), bench.issue(NAME).1).unwrap();
    assert!(matches!(bench.load(), Err(CertificateError::Tls { .. })));
}
