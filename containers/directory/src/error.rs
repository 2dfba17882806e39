//! What can go wrong while a directory starts. Once it runs, nothing a client does is an error of ours: it is an answer.

use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;

use thiserror::Error;

/// Why a directory could not start, or not be looked into.
#[derive(Debug, Error)]
pub enum DirectoryError {
    /// A file named in the configuration could not be read.
    #[error("could not read `{path}`: {source}")]
    ReadFile {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The certificate could not be shown.
    #[error(transparent)]
    Certificate(#[from] certificate::CertificateError),
    /// The address could not be bound.
    #[error("could not listen on {address}: {source}")]
    Listen {
        /// The address of the configuration.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// A name that is not a laboratory's.
    #[error(
        "could not serve `{name}`: a lab's names end in .test, .example or .invalid and contain no real cloud's name"
    )]
    NotALab {
        /// The domain or host name.
        name: String,
    },
    /// A name in the configuration that is no distinguished name of this domain.
    #[error("could not use `{name}` in a delegation: {why}")]
    Delegation {
        /// The name as written.
        name: String,
        /// What is wrong with it.
        why: String,
    },
    /// A controller that joins another domain was to be started by itself.
    #[error("could not start `{fqdn}`: an embedded domain controller joins in process only")]
    JoinInProcess {
        /// The controller's name.
        fqdn: String,
    },
    /// A controller that cannot join the domain of its partner.
    #[error("could not join `{fqdn}` to the domain of `{partner}`: {why}")]
    Join {
        /// The name of the controller that would join.
        fqdn: String,
        /// The name of the controller that is there.
        partner: String,
        /// What stands in the way.
        why: String,
    },
    /// A name below which no accounts can be looked at.
    #[error("could not inspect accounts below `{base}`: {why}")]
    Inspect {
        /// The name as given.
        base: String,
        /// What the directory says of it.
        why: String,
    },
    /// A person who could not be loaded.
    #[error("could not load `{dn}`: {why}")]
    Load {
        /// The person's DN.
        dn: String,
        /// The diagnostic text that an add over LDAP would have got.
        why: String,
    },
    /// The administrator's password file is empty.
    #[error("could not take the administrator's password from `{path}`: the file is empty")]
    EmptyPassword {
        /// The file.
        path: PathBuf,
    },
}
