//! `report.html`: one file, no script, nothing fetched.

mod about;
mod charts;
mod first;
mod personas;
mod shell;
mod tables;

use history::Manifest;
use judge::Judgement;
use maud::html;

use crate::ReportError;
use crate::text::clean;
use crate::words;

pub(crate) use shell::shell;

/// The report as one page, of a run that is over or of one that still goes on: what is not known yet it says.
///
/// # Errors
/// [`ReportError::Draw`].
pub fn page(judgement: &Judgement, manifest: &Manifest) -> Result<String, ReportError> {
    let charts = charts::section(judgement, manifest.closed())?;
    let verdict = &judgement.verdict;
    let title = format!("{}: {}", words::shout(verdict.verdict), clean(&verdict.scenario));
    let body = html! {
        (first::header(judgement, manifest))
        main {
            (first::verdict(judgement, manifest))
            (first::figures(judgement))
            (first::contents())
            (charts)
            (tables::all(judgement, manifest))
            (about::all(judgement, manifest))
        }
        footer { p { "Made by writeback-lab from the sealed history of this run. It holds no script and loads nothing." } }
    };
    Ok(shell(&title, &body))
}
