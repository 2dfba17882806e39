//! One TLS configuration for everything that leaves: it trusts the lab's own authorities and nobody else.

use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use rustls::{ClientConfig, RootCertStore};

use crate::AgentError;

/// Reads the authorities of a PEM file.
pub(crate) fn client(ca_file: &Path) -> Result<Arc<ClientConfig>, AgentError> {
    let wrong = |why: String| AgentError::Content {
        path: ca_file.to_owned(),
        why,
    };
    let pem = std::fs::read(ca_file).map_err(|source| AgentError::File {
        path: ca_file.to_owned(),
        source,
    })?;
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(&pem) {
        let certificate = certificate.map_err(|error| wrong(error.to_string()))?;
        roots.add(certificate).map_err(|error| wrong(error.to_string()))?;
    }
    if roots.is_empty() {
        return Err(wrong("there is no certificate in it".to_owned()));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| wrong(error.to_string()))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}
