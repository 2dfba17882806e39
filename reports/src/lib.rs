//! What people and machines see of a run, or of several: the terminal, one page, charts, and the files that other programs read.
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

mod capacity;
mod charts;
mod compare;
mod error;
mod export;
mod folder;
mod github;
mod junit;
mod markdown;
mod metrics;
mod page;
mod screen;
mod sheet;
mod terminal;
mod text;
mod trend;
mod usage;
mod words;

pub use capacity::{terminal_of_capacity, write_capacity};
pub use charts::Chart;
pub use compare::{
    View, WrittenComparison, comparison_in_terminal, comparison_in_terminal_in_colour, write_comparison,
};
pub use error::ReportError;
pub use export::{Format, operations};
pub use folder::{Written, write};
pub use github::annotations;
pub use page::{Running, ended_page, live_page, page, waiting_page};
pub use terminal::{terminal, terminal_in_colour};
pub use trend::{trend_junit, trend_page, trend_summary, trend_terminal};
