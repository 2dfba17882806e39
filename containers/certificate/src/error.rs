//! Why a certificate could not be shown.

use std::io;
use std::path::PathBuf;

use thiserror::Error;

/// A server's certificate could not be loaded.
#[derive(Debug, Error)]
pub enum CertificateError {
    /// A file could not be read.
    #[error("could not read `{}`: {source}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A file does not hold what it should.
    #[error("could not read PEM from `{}`: {source}", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        source: rustls::pki_types::pem::Error,
    },
    /// The certificate and the key do not make a TLS server.
    #[error("could not set up TLS with `{}`: {source}", path.display())]
    Tls {
        /// The certificate's file.
        path: PathBuf,
        /// What rustls said.
        source: rustls::Error,
    },
}
