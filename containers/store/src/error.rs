//! What can go wrong with a store.

use std::fmt::Display;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// A store could not be opened or written.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum StoreError {
    /// A file could not be opened, made or read.
    #[error("{} cannot be used: {why}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// Another process, or an earlier owner in this one, has the file open.
    #[error("{} is in use", .0.display())]
    InUse(PathBuf),
    /// A file is not what was written last.
    #[error("{} is damaged: {why}", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        why: String,
    },
    /// A write did not come about; the store tries to open its file anew for the next one.
    #[error("{} could not be written: {why}", path.display())]
    Unwritten {
        /// The file.
        path: PathBuf,
        /// What the system said.
        why: String,
    },
    /// The store's writer is gone.
    #[error("the store {} has ended", .0.display())]
    Ended(PathBuf),
}

impl StoreError {
    pub(crate) fn unusable(path: &Path, why: &impl Display) -> Self {
        Self::Unusable {
            path: path.to_owned(),
            why: why.to_string(),
        }
    }

    pub(crate) fn damaged(path: &Path, why: &impl Display) -> Self {
        Self::Damaged {
            path: path.to_owned(),
            why: why.to_string(),
        }
    }

    pub(crate) fn unwritten(path: &Path, why: &impl Display) -> Self {
        Self::Unwritten {
            path: path.to_owned(),
            why: why.to_string(),
        }
    }
}
