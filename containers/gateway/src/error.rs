//! Why the gateway could not start.

use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

/// The gateway could not start. What happens to single connections is counted, not raised.
#[derive(Debug, Error)]
pub enum GatewayError {
    /// The address could not be listened on.
    #[error("could not listen on {address}")]
    Listen {
        /// The address asked for.
        address: SocketAddr,
        /// What the system said.
        source: std::io::Error,
    },
    /// A name of the allow-list is no host name, nor `*.` and one.
    #[error("could not read the allowed name `{0}`: write a host name, or `*.` and a suffix")]
    Name(String),
    /// A file of the configuration could not be read.
    #[error("could not read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A certificate or a key could not be read out of its file.
    #[error("could not read PEM out of {}", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// What the reader said.
        source: rustls::pki_types::pem::Error,
    },
    /// The certificate and the key do not make a TLS server.
    #[error("could not build the TLS server of {}", path.display())]
    Tls {
        /// The certificate's file.
        path: PathBuf,
        /// What rustls said.
        source: rustls::Error,
    },
}
