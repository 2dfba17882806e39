//! `report.html`: one file, no script, nothing fetched.

mod about;
mod first;
mod personas;
mod shell;
mod tables;

use history::Manifest;
use judge::Judgement;
use maud::{Markup, PreEscaped, html};

use crate::ReportError;
use crate::charts::Chart;
use crate::text::clean;
use crate::words;

pub(crate) use first::mark;
pub(crate) use shell::shell;
pub(crate) use tables::boxed;

/// The page.
///
/// # Errors
/// [`ReportError::Draw`].
pub(crate) fn html(judgement: &Judgement, manifest: &Manifest) -> Result<String, ReportError> {
    let charts = charts(judgement, manifest.closed())?;
    let verdict = &judgement.verdict;
    let title = format!("{}: {}", words::shout(verdict.verdict), clean(&verdict.scenario));
    let body = html! {
        (first::header(judgement, manifest))
        main {
            (first::verdict(judgement, manifest))
            (first::figures(judgement))
            (charts)
            (tables::all(judgement, manifest))
            (about::all(judgement, manifest))
        }
        footer { p { "Made by writeback-lab from the sealed history of this run. It holds no script and loads nothing." } }
    };
    Ok(shell(&title, &body))
}

fn charts(judgement: &Judgement, closed: bool) -> Result<Markup, ReportError> {
    let mut figures = Vec::with_capacity(Chart::ALL.len());
    for chart in Chart::shown(&judgement.figures) {
        let [wide, narrow] = chart.inline(&judgement.figures)?;
        figures.push(html! {
            figure {
                (PreEscaped(wide))
                (PreEscaped(narrow))
                figcaption { (if closed { chart.caption_closed() } else { chart.caption() }) }
            }
        });
    }
    Ok(html! {
        section aria-labelledby="charts" {
            h2 id="charts" { "What happened" }
            @for figure in &figures { (figure) }
        }
    })
}
