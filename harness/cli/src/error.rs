//! Exit codes, and what leads to them.

use std::path::PathBuf;
use std::process::ExitCode;

use history::Mark;
use thiserror::Error;

/// The exit codes, as documented.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Pass,
    Fail,
    Inconclusive,
    Usage,
    Bug,
    Files,
    World,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Pass => 0,
            Exit::Fail => 1,
            Exit::Inconclusive => 2,
            Exit::Usage => 64,
            Exit::Bug => 70,
            Exit::Files => 74,
            Exit::World => 75,
        })
    }
}

impl From<Mark> for Exit {
    fn from(mark: Mark) -> Self {
        match mark {
            Mark::Pass => Self::Pass,
            Mark::Inconclusive => Self::Inconclusive,
            Mark::Fail => Self::Fail,
        }
    }
}

/// A command could not do its work.
#[derive(Debug, Error)]
pub(crate) enum CliError {
    #[error("{0}")]
    Scenario(#[from] scenario::ScenarioError),
    #[error("{0}")]
    Usage(String),
    #[error("{0}")]
    NoSuchRun(String),
    #[error("{0}")]
    History(#[from] history::HistoryError),
    #[error("could not {doing} {path}: {source}")]
    File {
        doing: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{0}")]
    Engine(#[from] engine::EngineError),
    #[error("{0}")]
    World(#[from] environment::EnvironmentError),
    #[error("{0}")]
    Judge(#[from] judge::JudgeError),
    #[error("{0}")]
    Report(#[from] reports::ReportError),
    #[error("{0}")]
    Load(#[source] load::LoadError),
    #[error("{0}")]
    Calibration(#[from] calibration::CalibrationError),
    #[error("could not start {role}: {cause}")]
    Serve { role: &'static str, cause: String },
    #[error("could not start: {0}")]
    Runtime(#[source] std::io::Error),
}

impl CliError {
    /// The exit code of this error.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Scenario(scenario::ScenarioError::Read { .. }) => Exit::Files,
            Self::Scenario(_) | Self::Usage(_) => Exit::Usage,
            Self::History(_) | Self::NoSuchRun(_) | Self::File { .. } | Self::Judge(_) | Self::Report(_) => Exit::Files,
            Self::Engine(engine::EngineError::History(_)) => Exit::Files,
            Self::Engine(engine::EngineError::World(_)) | Self::World(_) | Self::Serve { .. } => Exit::World,
            Self::Calibration(calibration::CalibrationError::Interrupted) => Exit::Inconclusive,
            Self::Calibration(_) => Exit::Bug,
            Self::Engine(engine::EngineError::Generator(_)) | Self::Load(_) | Self::Runtime(_) => Exit::Bug,
        }
    }
}
