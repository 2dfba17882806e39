//! Why the cloud could not stand up.

use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

/// The cloud could not start. What goes wrong later is an answer to the one who asked, never an error of the cloud.
#[derive(Debug, Error)]
pub enum CloudError {
    /// A file could not be read.
    #[error("{} could not be read", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A secret file holds nothing.
    #[error("{} is empty, but must hold a secret", .0.display())]
    EmptySecret(PathBuf),
    /// A connection string could not be read.
    #[error("the connection string in {} could not be read", path.display())]
    ConnectionString {
        /// The file.
        path: PathBuf,
        /// Why.
        source: protocol::ProtocolError,
    },
    /// A PEM file holds no certificate or key.
    #[error("{} could not be read as PEM: {source}", path.display())]
    Pem {
        /// The file.
        path: PathBuf,
        /// Why.
        source: rustls::pki_types::pem::Error,
    },
    /// The certificate could not be shown.
    #[error(transparent)]
    Certificate(#[from] certificate::CertificateError),
    /// The client for the relays could not be built.
    #[error("the relay client with the authority in {} could not be built", path.display())]
    Client {
        /// The authority's file.
        path: PathBuf,
        /// Why.
        source: reqwest::Error,
    },
    /// The state could not be opened or made.
    #[error("the state could not be opened: {0}")]
    State(store::StoreError),
    /// The state is not what was written last. Started on it, the cloud could call an operation failed that was applied.
    #[error(
        "the state {} is damaged, and the cloud does not start on it: {why}. Move it and its .witness aside and start \
         again: the agent must then onboard and synchronise anew, and operations in flight stay unknown",
        path.display()
    )]
    StateDamaged {
        /// The state's file.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// A relay's host stands in no name table.
    #[error("the relay {0} has no address in `names`")]
    Unnamed(String),
    /// A name does not belong to a laboratory.
    #[error("{0} is not the name of a laboratory: names end in .test, .example or .invalid and are no real cloud's")]
    NotALab(String),
    /// The port could not be bound.
    #[error("{address} could not be listened on")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// Why.
        source: std::io::Error,
    },
}
