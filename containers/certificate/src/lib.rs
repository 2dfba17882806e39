//! The certificate that a TLS server shows, and its renewal while the server runs.
//!
//! For: the servers of the lab (cloud, relay, directory). Who puts another certificate and key into the files has them
//! shown to whoever connects from then on; the connections made under the one before are told to end, as a restart of the
//! server would end them.
//! Never: a client's trust, or a choice of certificate by name. A pair of files that does not fit together is not shown:
//! the one before stays until both are there.
//!
//! ```no_run
//! # fn main() -> Result<(), certificate::CertificateError> {
//! use certificate::ServerCertificate;
//!
//! let certificate = ServerCertificate::load("server.pem".into(), "server.key".into(), &[b"http/1.1"])?;
//! let config = certificate.config();
//! # Ok(())
//! # }
//! ```

mod clock;
mod error;

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio::sync::watch;

pub use error::CertificateError;

/// A server's certificate with its key.
pub struct ServerCertificate {
    certificate: PathBuf,
    key: PathBuf,
    alpn: Vec<Vec<u8>>,
    /// The bytes of the certificate file that is shown: keys are not held longer than they must be.
    shown: Mutex<Vec<u8>>,
    config: RwLock<Arc<ServerConfig>>,
    generation: watch::Sender<u64>,
}

impl fmt::Debug for ServerCertificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ServerCertificate({})", self.certificate.display())
    }
}

impl ServerCertificate {
    /// Reads both files, PEM, the leaf first; `alpn` are the protocols that are offered.
    ///
    /// # Errors
    /// [`CertificateError`] names the file that does not do.
    pub fn load(certificate: PathBuf, key: PathBuf, alpn: &[&[u8]]) -> Result<Self, CertificateError> {
        let alpn: Vec<Vec<u8>> = alpn.iter().map(|name| name.to_vec()).collect();
        let chain = read(&certificate)?;
        let config = server(&certificate, &chain, &key, &alpn)?;
        Ok(Self {
            certificate,
            key,
            alpn,
            shown: Mutex::new(chain),
            config: RwLock::new(config),
            generation: watch::Sender::new(0),
        })
    }

    /// What a connection that begins now is served with.
    #[must_use]
    pub fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.config.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Looks at the files once; tells whether another certificate is shown from now on.
    pub fn refresh(&self) -> bool {
        let Ok(chain) = read(&self.certificate) else {
            return false;
        };
        let mut shown = self.shown.lock().unwrap_or_else(PoisonError::into_inner);
        if *shown == chain {
            return false;
        }
        // One file may be new and the other not yet: then they do not fit, and the next look finds both.
        let Ok(config) = server(&self.certificate, &chain, &self.key, &self.alpn) else {
            return false;
        };
        // A new configuration also forgets the sessions that could be resumed without a look at the certificate.
        *self.config.write().unwrap_or_else(PoisonError::into_inner) = config;
        *shown = chain;
        self.generation.send_modify(|generation| *generation += 1);
        tracing::info!(file = %self.certificate.display(), "another certificate is shown from now on");
        true
    }

    /// Looks at the files for ever.
    pub async fn stay_fresh(self: Arc<Self>) {
        loop {
            clock::moment().await;
            self.refresh();
        }
    }

    /// Ends when another certificate is shown than at the time of this call.
    pub fn replaced(&self) -> impl Future<Output = ()> + Send + 'static {
        let mut generation = self.generation.subscribe();
        async move {
            if generation.changed().await.is_err() {
                // The server is gone, and whoever waits for it ends with it.
                std::future::pending::<()>().await;
            }
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>, CertificateError> {
    fs::read(path).map_err(|source| CertificateError::Read {
        path: path.to_owned(),
        source,
    })
}

fn server(
    certificate: &Path,
    chain: &[u8],
    key: &Path,
    alpn: &[Vec<u8>],
) -> Result<Arc<ServerConfig>, CertificateError> {
    let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(chain).collect();
    let chain = chain.map_err(|source| pem_error(certificate, source))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(|source| pem_error(key, source))?;
    let tls = |source| CertificateError::Tls {
        path: certificate.to_owned(),
        source,
    };
    let mut config = ServerConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(tls)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(tls)?;
    config.alpn_protocols = alpn.to_vec();
    Ok(Arc::new(config))
}

fn pem_error(path: &Path, source: rustls::pki_types::pem::Error) -> CertificateError {
    let path = path.to_owned();
    match source {
        rustls::pki_types::pem::Error::Io(source) => CertificateError::Read { path, source },
        source => CertificateError::Pem { path, source },
    }
}

#[cfg(test)]
mod tests;
