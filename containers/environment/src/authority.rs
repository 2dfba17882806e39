//! The run's own certificate authority. Verification is always on, against it alone.

use rcgen::{
    BasicConstraints, CertificateParams, CertifiedIssuer, DnType, ExtendedKeyUsagePurpose, IsCa, KeyPair,
    KeyUsagePurpose,
};
use rustls::ClientConfig;
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use std::sync::Arc;
use time::OffsetDateTime;

use crate::EnvironmentError;

/// Signs the certificates of one run.
pub(crate) struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
}

/// A certificate chain and its key, PEM.
pub(crate) struct Issued {
    pub certificate: String,
    pub key: String,
}

impl Authority {
    pub fn new(run: &str) -> Result<Self, EnvironmentError> {
        let failed =
            |error: rcgen::Error| EnvironmentError::Certificate("the run's authority".to_owned(), error.to_string());
        let mut params = CertificateParams::default();
        params
            .distinguished_name
            .push(DnType::CommonName, format!("wblab run {run}"));
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![
            KeyUsagePurpose::KeyCertSign,
            KeyUsagePurpose::CrlSign,
            KeyUsagePurpose::DigitalSignature,
        ];
        let key = KeyPair::generate().map_err(failed)?;
        let issuer = CertifiedIssuer::self_signed(params, key).map_err(failed)?;
        Ok(Self { issuer })
    }

    /// The authority's certificate, PEM.
    pub fn pem(&self) -> String {
        self.issuer.pem()
    }

    /// A certificate for a server of these names and addresses.
    pub fn issue(&self, names: &[String]) -> Result<Issued, EnvironmentError> {
        self.issue_until(names, None)
    }

    /// The same, with an end of its own where there is one.
    pub fn issue_until(&self, names: &[String], end: Option<OffsetDateTime>) -> Result<Issued, EnvironmentError> {
        let failed = |error: rcgen::Error| EnvironmentError::Certificate(names.join(", "), error.to_string());
        let mut params = CertificateParams::new(names.to_vec()).map_err(failed)?;
        if let Some(first) = names.first() {
            params.distinguished_name.push(DnType::CommonName, first.as_str());
        }
        if let Some(end) = end {
            params.not_after = end;
        }
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().map_err(failed)?;
        let certificate = params.signed_by(&key, &self.issuer).map_err(failed)?;
        Ok(Issued {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        })
    }

    /// A client that trusts this authority alone.
    pub fn client(&self) -> Result<Arc<ClientConfig>, EnvironmentError> {
        let failed = |error: String| EnvironmentError::Certificate("the run's authority".to_owned(), error);
        let der = CertificateDer::from_pem_slice(self.pem().as_bytes()).map_err(|error| failed(error.to_string()))?;
        let mut roots = RootCertStore::empty();
        roots.add(der).map_err(|error| failed(error.to_string()))?;
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let builder = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| failed(error.to_string()))?;
        Ok(Arc::new(builder.with_root_certificates(roots).with_no_client_auth()))
    }
}
