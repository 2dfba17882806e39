//! Why the gateway could not start.

use std::net::SocketAddr;

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
}
