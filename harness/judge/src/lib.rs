//! What a run means: checks and statistics over the sealed run folder.
//!
//! For: turning a manifest and a history into a verdict, findings and the numbers behind the charts.
//! Never: opens anything but the run folder, knows a scenario or a world, or fails because a check cannot tell.

mod error;
mod figures;

pub use error::JudgeError;
pub use figures::{CurvePoint, Figures, Judgement, OutcomeRow, ReasonRow, Span, StageRow, Window};
