//! The charts, each with how to read it and the numbers behind it.

use judge::{Figures, Judgement};
use maud::{Markup, PreEscaped, html};

use super::tables::boxed;
use crate::ReportError;
use crate::charts::{self, Chart, Numbers};

/// Every chart that this run has, those of one subject together.
pub(super) fn section(judgement: &Judgement, closed: bool) -> Result<Markup, ReportError> {
    let figures = &judgement.figures;
    let shown: Vec<Chart> = Chart::shown(figures).collect();
    let drawn = charts::each(&shown, |chart| {
        Ok((chart.subject(), figure(chart, figures, closed)?.into_string()))
    })?;
    Ok(html! {
        section aria-labelledby="charts" {
            h2 id="charts" { "What happened" }
            @for subject in drawn.chunk_by(|(one, _), (next, _)| one == next) {
                @if let Some((name, _)) = subject.first() { h3.subject { (name) } }
                @for (_, figure) in subject { (PreEscaped(figure)) }
            }
        }
    })
}

fn figure(chart: Chart, figures: &Figures, closed: bool) -> Result<Markup, ReportError> {
    let [wide, narrow] = chart.inline(figures)?;
    Ok(html! {
        figure {
            (PreEscaped(wide))
            (PreEscaped(narrow))
            figcaption { (if closed { chart.caption_closed() } else { chart.caption() }) }
            @if let Some(numbers) = chart.numbers(figures) { (table(&numbers, chart)) }
        }
    })
}

/// The numbers behind a chart, closed from the start.
fn table(numbers: &Numbers, chart: Chart) -> Markup {
    let table = html! {
        thead { tr { th scope="col" { (numbers.first) } @for head in &numbers.heads { th scope="col" { (head) } } } }
        tbody {
            @for (name, cells) in &numbers.rows {
                tr { th scope="row" { (name) } @for cell in cells { td { (cell) } } }
            }
        }
    };
    html! {
        details.numbers {
            summary { "The numbers" }
            (boxed(&format!("The numbers behind the chart {}", chart.name()), &table))
        }
    }
}
