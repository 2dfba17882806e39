//! `report.html`: one file, no script, nothing fetched.

mod about;
mod first;
mod personas;
mod tables;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use history::Manifest;
use judge::Judgement;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest as _, Sha256};

use crate::ReportError;
use crate::charts::{Chart, palette};
use crate::text::clean;
use crate::words;

const STYLE: &str = include_str!("style.css");

/// The page.
///
/// # Errors
/// [`ReportError::Draw`].
pub(crate) fn html(judgement: &Judgement, manifest: &Manifest) -> Result<String, ReportError> {
    let style = style();
    let charts = charts(judgement, manifest.closed())?;
    let verdict = &judgement.verdict;
    let title = format!("{}: {}", words::shout(verdict.verdict), clean(&verdict.scenario));
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy(&style));
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="referrer" content="no-referrer";
                meta name="generator" content="writeback-lab";
                title { (title) }
                style { (PreEscaped(style)) }
            }
            body {
                (first::header(judgement, manifest))
                main {
                    (first::verdict(judgement, manifest))
                    (first::figures(judgement))
                    (charts)
                    (tables::all(judgement, manifest))
                    (about::all(judgement, manifest))
                }
                footer { p { "Made by writeback-lab from the sealed history of this run. It holds no script and loads nothing." } }
            }
        }
    };
    Ok(page.into_string())
}

/// The style sheet, with the colours of the charts in both schemes. On paper the light one holds.
fn style() -> String {
    let light = palette::variables(false);
    let dark = palette::variables(true);
    format!(
        ":root{{{light}}}\n{STYLE}\n{}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n",
        palette::rules()
    )
}

/// Nothing is allowed but this one style sheet, known by its hash (CSP Level 3, section 2.3.1), and pictures within the page.
fn policy(style: &str) -> String {
    let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{hash}'; img-src data:; base-uri 'none'; form-action 'none'")
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
