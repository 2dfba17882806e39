//! What people and machines see of a judged run, or of several compared: the terminal, one page, charts, JUnit and Markdown.
//!
//! For: drawing a [`judge::Judgement`] into its run folder, the same bytes for the same judgement, on a machine with no fonts.
//! Never: judges, reads the history, fetches anything, runs a script, or trusts a name: what came from outside is escaped.
//!
//! ```
//! use judge::Figures;
//! use reports::Chart;
//!
//! // Nothing was recorded, and the chart says so.
//! let svg = Chart::Outcomes.svg(&Figures::default())?;
//! assert!(svg.contains("No operation was recorded."));
//! # Ok::<(), reports::ReportError>(())
//! ```

mod charts;
mod compare;
mod error;
mod folder;
mod junit;
mod markdown;
mod page;
mod sheet;
mod terminal;
mod text;
mod usage;
mod words;

pub use charts::Chart;
pub use compare::{
    View, WrittenComparison, comparison_in_terminal, comparison_in_terminal_in_colour, write_comparison,
};
pub use error::ReportError;
pub use folder::{Written, write};
pub use terminal::{terminal, terminal_in_colour};
