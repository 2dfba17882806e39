//! Why the relay could not start.

use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

/// The relay could not start. What happens to single connections is answered on them, not raised.
#[derive(Debug, Error)]
pub enum RelayError {
    /// The address could not be listened on.
    #[error("could not listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file of the configuration could not be read.
    #[error("could not read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The certificate could not be shown.
    #[error(transparent)]
    Certificate(#[from] certificate::CertificateError),
    /// The configuration contradicts itself.
    #[error("could not use the configuration: {0}")]
    Config(String),
}
