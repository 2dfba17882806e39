//! Why a run could not be carried out.

use thiserror::Error;

/// A run ended before it could be sealed as planned.
#[derive(Debug, Error)]
pub enum EngineError {
    /// The world would not stand up, or fell.
    #[error("{0}")]
    World(#[source] crate::ports::PortError),
    /// The load generator failed.
    #[error("the load generator failed: {0}")]
    Generator(#[source] crate::ports::PortError),
    /// The history could not be written.
    #[error(transparent)]
    History(#[from] history::HistoryError),
}
