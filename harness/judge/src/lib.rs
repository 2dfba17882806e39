//! What a run means: checks and statistics over the sealed run folder.
//!
//! For: turning a manifest and a history into a verdict, findings and the numbers behind the charts.
//! Never: opens anything but the run folder, knows a scenario or a world, or fails because a check cannot tell.
//!
//! A run that did nothing proves nothing:
//!
//! ```
//! # let dir = tempfile::tempdir()?;
//! # let root = dir.path().join("run");
//! let folder = history::RunFolder::create(&root)?;
//! # folder.write("manifest.json", br#"{"version": 1, "scenario": "quick", "why": "", "world": "embedded", "seed": 1,
//! #     "plan_hash": "", "people_sha256": "", "arrivals_sha256": "", "sentences": [], "people": 1, "arrivals": 1,
//! #     "message_lifetime_us": 1, "start_within_us": 1, "goals": [], "phases": [], "started_unix_ms": 0, "run": "r",
//! #     "versions": {}, "host": {"cpu": "", "cores": 1, "memory_mib": 1, "kernel": ""}, "reproduce": ""}"#)?;
//! folder.writer()?.seal()?;
//! let judgement = judge::judge(&folder)?;
//! assert_eq!(judgement.verdict.verdict, history::Mark::Inconclusive);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

pub mod capacity;
mod case;
mod check;
pub mod compare;
mod error;
mod figures;
mod goals;
mod heat;
mod latency;
mod ledger;
mod levels;
pub mod order;
mod phases;
mod propagation;
mod resolve;
mod statistics;
mod story;
mod student;
mod subject;
mod summary;
mod traces;
pub mod trend;
mod usage;
mod widths;
mod windows;

pub use case::{Case, CaseOp, CaseSight};
pub use error::JudgeError;
pub use figures::{
    CurvePoint, DelayPoint, FaultRow, Figures, HeatMap, Judgement, OutcomeRow, PersonaRow, PropagationRow, ReasonRow,
    ResourceRow, Span, StagePart, StageRow, Trace, UsePoint, Waterfall, Window,
};

use history::RunFolder;

/// Every check by its name, with the invariants of `docs/checks.md` that it holds up.
pub fn laws() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    check::laws()
}

/// Judges a run folder from its manifest, its history and its `people.csv` alone. The folder is not written to.
///
/// # Errors
/// [`JudgeError::Folder`] when a file is missing or a line of the history does not read. A history torn at its end is
/// no error: it is judged as far as it goes, and is at best inconclusive.
pub fn judge(folder: &RunFolder) -> Result<Judgement, JudgeError> {
    Ok(summary::judgement(&ledger::read(folder)?))
}
