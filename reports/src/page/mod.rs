//! `report.html`: one file, no script, nothing fetched.

mod about;
pub(crate) mod capacity;
mod charts;
mod first;
mod live;
mod personas;
mod shell;
mod tables;

use history::Manifest;
use judge::Judgement;
use maud::{Markup, html};

use crate::ReportError;
use crate::text::clean;
use crate::words;

pub(crate) use first::mark;
pub use live::{Running, ended_page, live_page, waiting_page};
pub(crate) use shell::shell;
pub(crate) use tables::boxed;

/// The report as one page, of a run that is over or of one that still goes on: what is not known yet it says.
///
/// # Errors
/// [`ReportError::Draw`].
pub fn page(judgement: &Judgement, manifest: &Manifest) -> Result<String, ReportError> {
    let verdict = &judgement.verdict;
    let title = format!("{}: {}", words::shout(verdict.verdict), clean(&verdict.scenario));
    let body = body(judgement, manifest, &first::verdict(judgement, manifest), MADE)?;
    Ok(shell(&title, &body))
}

/// What a finished page says of itself.
const MADE: &str = "Made by writeback-lab from the sealed history of this run. It holds no script and loads nothing.";

/// Everything of a page, with what comes first on it.
fn body(judgement: &Judgement, manifest: &Manifest, first: &Markup, made: &str) -> Result<Markup, ReportError> {
    let charts = charts::section(judgement, manifest.closed())?;
    Ok(html! {
        (first::header(judgement, manifest))
        main {
            (first)
            (first::figures(judgement))
            (first::contents())
            (charts)
            (tables::all(judgement, manifest))
            (about::all(judgement, manifest))
        }
        footer { p { (made) } }
    })
}
