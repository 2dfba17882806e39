//! Why nothing could be measured.

use thiserror::Error;

/// A calibration could not be made.
#[derive(Debug, Error)]
pub enum CalibrationError {
    /// The counting target could not listen.
    #[error("the counting target could not listen: {0}")]
    Target(#[source] std::io::Error),
    /// The scenario of a run does not read.
    #[error("a calibration's own scenario does not read: {0}")]
    Scenario(#[from] scenario::ScenarioError),
    /// A run failed.
    #[error(transparent)]
    Run(#[from] engine::EngineError),
    /// A run folder could not be written or read.
    #[error(transparent)]
    Folder(#[from] history::HistoryError),
    /// A run could not be judged.
    #[error(transparent)]
    Judge(#[from] judge::JudgeError),
    /// The generator did not come up, or is no process of its own.
    #[error("the load generator: {0}")]
    Generator(String),
    /// A run measured nothing.
    #[error("nothing was measured of {0}")]
    Nothing(&'static str),
    /// A person wanted it to end.
    #[error("the calibration was interrupted")]
    Interrupted,
}
