//! What became of each kind of people.

use judge::{Judgement, PersonaRow};
use maud::{Markup, html};
use vocabulary::OutcomeClass;

use super::tables::boxed;
use crate::text::{self, clean};
use crate::words;

/// The table; nothing where the history does not tell personas apart.
pub(super) fn table(judgement: &Judgement) -> Markup {
    let rows = &judgement.figures.personas;
    let row = |row: &PersonaRow| {
        html! {
            tr {
                th.persona scope="row" { (clean(&words::spaced(&row.persona))) }
                @for class in OutcomeClass::ALL { td.number { (text::count(row.counts.get(class))) } }
                td.endings { (clean(&words::endings(row))) }
            }
        }
    };
    let table = html! {
        thead {
            tr {
                th scope="col" { "Persona" }
                @for class in OutcomeClass::ALL { th.number scope="col" { (class.as_str()) } }
                th.endings scope="col" { "How those ended that were not applied" }
            }
        }
        tbody { @for persona in rows { (row(persona)) } }
    };
    html! {
        @if !rows.is_empty() {
            section aria-labelledby="personas" {
                h2 id="personas" { "Personas" }
                (boxed("Operations by persona and outcome", &table))
                p.note { (words::PERSONAS_NOTE) }
            }
        }
    }
}
