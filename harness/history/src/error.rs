//! What can go wrong with a run folder.

use std::path::PathBuf;

use thiserror::Error;

/// A run folder could not be written or read.
#[derive(Debug, Error)]
pub enum HistoryError {
    /// A file could not be written.
    #[error("could not write {path}: {source}")]
    Write {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A file could not be read.
    #[error("could not read {path}: {source}")]
    Read {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: std::io::Error,
    },
    /// A file holds something else than it should.
    #[error("{path}: {what} does not read: {source}")]
    Format {
        /// The file.
        path: PathBuf,
        /// The place in it.
        what: String,
        /// The cause.
        source: serde_json::Error,
    },
    /// The folder is of a newer version.
    #[error("{path} was written in format {found}; this wblab reads up to {known}: use a newer one")]
    Version {
        /// The file.
        path: PathBuf,
        /// Its version.
        found: u32,
        /// The newest version known here.
        known: u32,
    },
}
