//! Why a world would not stand up, or could not be read.

use std::path::PathBuf;

use thiserror::Error;

/// Something about a world failed. Each says what to do where something can be done.
#[derive(Debug, Error)]
pub enum EnvironmentError {
    /// No Docker engine answers.
    #[error("could not reach the Docker engine ({0}): start it, or use `--world embedded`, which needs none")]
    DockerUnreachable(String),
    /// The engine refused or failed something.
    #[error("could not {doing}: {cause}")]
    Docker {
        /// What was being done.
        doing: String,
        /// The cause.
        cause: String,
    },
    /// A base image could neither be pulled nor made.
    #[error("could not make the base image: {0}")]
    BaseImage(String),
    /// A part did not become ready.
    #[error("{part} did not become ready: {cause}")]
    NotReady {
        /// The part.
        part: String,
        /// The last thing it said.
        cause: String,
    },
    /// A part in process would not start.
    #[error("could not start {part}: {cause}")]
    Part {
        /// The part.
        part: String,
        /// The cause.
        cause: String,
    },
    /// A file could not be written or read.
    #[error("could not use {path}: {source}")]
    File {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A certificate could not be made.
    #[error("could not make the certificate of {0}: {1}")]
    Certificate(String, String),
    /// The system gave no random bytes.
    #[error("the system gave no random bytes")]
    Random,
    /// The search for secrets could not search everything.
    #[error("could not search for secrets: {0}")]
    Scan(String),
    /// An LDAP operation of the harness failed.
    #[error("could not {doing} on {dc}: {cause}")]
    Ldap {
        /// What was being done.
        doing: String,
        /// The domain controller.
        dc: String,
        /// The cause.
        cause: String,
    },
    /// A call to a part's lab interface failed.
    #[error("could not {doing}: {cause}")]
    Lab {
        /// What was being done.
        doing: String,
        /// The cause.
        cause: String,
    },
    /// A fault could not be made or ended.
    #[error("could not make or end {fault}: {cause}")]
    Fault {
        /// The fault.
        fault: &'static str,
        /// The cause.
        cause: String,
    },
    /// Something was asked of a world that does not stand.
    #[error("the world does not stand yet")]
    NotStanding,
    /// The world asked for is not a laboratory.
    #[error("{0}")]
    Interlock(String),
}
