//! What can go wrong before anything can be judged.

use thiserror::Error;

/// A run folder could not be judged at all. Everything else is a finding.
#[derive(Debug, Error)]
pub enum JudgeError {
    /// The folder could not be read.
    #[error("could not judge the run: {0}")]
    Folder(#[from] history::HistoryError),
}
