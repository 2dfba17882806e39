//! `compare.html`: one file, no script, nothing fetched.

use history::{Change, Compared, Comparison, Party};
use judge::compare::SideFigures;
use maud::{Markup, PreEscaped, html};

use super::charts::View;
use super::words;
use crate::ReportError;
use crate::page::{boxed, mark, shell};
use crate::text::{self, clean};
use crate::words::{shout, sign};

/// Reasons that are told first; all measures stand in the table.
const REASONS: usize = 6;

/// The page.
///
/// # Errors
/// [`ReportError::Draw`].
pub(super) fn html(comparison: &Comparison, sides: &[SideFigures]) -> Result<String, ReportError> {
    let title = format!(
        "{}: {} compared",
        shout(comparison.verdict),
        clean(&comparison.scenario)
    );
    let mut body = header(comparison).into_string();
    body.push_str("<main>");
    for (number, compared) in comparison.compared.iter().enumerate() {
        body.push_str(&run(comparison, compared).into_string());
        body.push_str(&figure(View::Changes(number), comparison, sides)?.into_string());
        body.push_str(&table(compared, number).into_string());
    }
    let together = View::of(comparison).filter(|view| !matches!(view, View::Changes(_)));
    let drawn: Result<Vec<Markup>, ReportError> = together.map(|view| figure(view, comparison, sides)).collect();
    body.push_str(&charts(&drawn?).into_string());
    body.push_str(&about(comparison).into_string());
    body.push_str("</main>");
    body.push_str(&footer().into_string());
    Ok(shell(&title, &PreEscaped(body)))
}

fn footer() -> Markup {
    html! { footer { p { "Made by writeback-lab from the sealed histories of these runs. It holds no script and loads nothing." } } }
}

fn header(comparison: &Comparison) -> Markup {
    html! {
        header {
            p.brand { "writeback-lab · comparison" }
            h1 { (clean(&comparison.scenario)) }
            p.why { (against(comparison)) }
            p.facts {
                span { (clean(&comparison.world)) " world" }
                span { "base: " (clean(&comparison.base.name)) ", " (text::of(comparison.base.runs.len() as u64, "run", "runs")) }
            }
        }
    }
}

fn against(comparison: &Comparison) -> String {
    let names: Vec<String> = comparison
        .compared
        .iter()
        .map(|compared| clean(&compared.party.name))
        .collect();
    format!("{} against {}", text::listed(&names), clean(&comparison.base.name))
}

/// The verdict of one run, why, and what to do.
fn run(comparison: &Comparison, compared: &Compared) -> Markup {
    let several = comparison.compared.len() > 1;
    let reasons = words::reasons(compared);
    html! {
        section.verdict.(compared.verdict.as_str()) aria-label="Verdict" {
            h2 { span.sign aria-hidden="true" { (sign(compared.verdict)) } " " (shout(compared.verdict)) }
            @if several { p { strong { (clean(&compared.party.name)) } } }
            p.headline { (words::headline(compared)) }
            @if !reasons.is_empty() {
                ul.reasons {
                    @for change in reasons.iter().take(REASONS) {
                        li { (mark(change.verdict)) " " strong { (words::measure(change)) } ": " (words::reason(change)) }
                    }
                    @if reasons.len() > REASONS { li { (reasons.len() - REASONS) " more in the table below." } }
                }
            }
            h3 { "What to do next" }
            ul.steps { @for step in words::next_steps(compared) { li { (step) } } }
        }
        (figures(compared))
        (known(compared))
    }
}

fn figures(compared: &Compared) -> Markup {
    html! {
        section.figures.four aria-label="Figures" {
            @for figure in words::figures(compared) {
                div.figure {
                    p.value { (figure.value) }
                    p.label { (figure.label) }
                    p.note { (figure.note) }
                }
            }
        }
    }
}

/// What has to be known to read it.
fn known(compared: &Compared) -> Markup {
    let differences = words::differences(compared);
    html! {
        @if !compared.notes.is_empty() || !differences.is_empty() {
            section aria-label="To be known" {
                h2 { "What has to be known" }
                ul {
                    @for note in &compared.notes { li { (clean(note)) } }
                    @for difference in &differences { li { "Not alike: " (difference) } }
                }
            }
        }
    }
}

fn figure(view: View, comparison: &Comparison, sides: &[SideFigures]) -> Result<Markup, ReportError> {
    let [wide, narrow] = view.inline(comparison, sides)?;
    Ok(html! {
        figure {
            (PreEscaped(wide))
            (PreEscaped(narrow))
            figcaption { (view.caption()) }
        }
    })
}

fn charts(drawn: &[Markup]) -> Markup {
    html! {
        section aria-labelledby="charts" {
            h2 id="charts" { "Side by side" }
            @for figure in drawn { (figure) }
        }
    }
}

fn table(compared: &Compared, number: usize) -> Markup {
    let row = |change: &Change| {
        html! {
            tr {
                th scope="row" { @if change.decides { strong { (words::measure(change)) } } @else { (words::measure(change)) } }
                td { (mark(change.verdict)) " " (words::judged(change.judged)) }
                @for cell in words::cells(change) { td.number { (cell) } }
            }
        }
    };
    let table = html! {
        thead {
            tr {
                th scope="col" { "Measure" }
                th scope="col" { "Verdict" }
                @for head in words::HEADS { th.number scope="col" { (head) } }
            }
        }
        tbody { @for change in &compared.changes { (row(change)) } }
    };
    html! {
        section aria-labelledby=(format!("measures-{number}")) {
            h2 id=(format!("measures-{number}")) { "Measures" }
            (boxed("Every measure of base and run", &table))
        }
    }
}

fn about(comparison: &Comparison) -> Markup {
    html! {
        section aria-labelledby="method" {
            h2 id="method" { "How it was judged" }
            p.note { (words::note(comparison)) }
            ul { @for sentence in words::method(comparison) { li { (sentence) } } }
        }
        section aria-labelledby="runs" {
            h2 id="runs" { "The runs" }
            (party("Base", &comparison.base))
            @for compared in &comparison.compared { (party("Run", &compared.party)) }
        }
    }
}

fn party(role: &str, party: &Party) -> Markup {
    html! {
        h3 { (role) ": " (clean(&party.name)) }
        ul { @for member in &party.runs { li { (words::member(member)) } } }
    }
}
