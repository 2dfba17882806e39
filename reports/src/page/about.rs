//! What the run was made of, so that it can be made again.

use history::Manifest;
use judge::Judgement;
use maud::{Markup, html};

use super::tables::boxed;
use crate::sheet::{self, Sheet};
use crate::text::{self, clean};

/// The plan, the directories, and what it takes to replay the run.
pub(super) fn all(judgement: &Judgement, manifest: &Manifest) -> Markup {
    html! {
        (plan(judgement, manifest))
        (directories(manifest))
        (replay(manifest))
    }
}

fn plan(judgement: &Judgement, manifest: &Manifest) -> Markup {
    html! {
        section aria-labelledby="plan" {
            h2 id="plan" { "The plan" }
            @if manifest.sentences.is_empty() { p { "The manifest tells no plan." } }
            ul { @for sentence in &manifest.sentences { li { (clean(sentence)) } } }
            @if !judgement.figures.phases.is_empty() {
                p.note {
                    "Phases as they really were: "
                    (text::listed(&judgement.figures.phases.iter().map(phase).collect::<Vec<_>>()))
                    "."
                }
            }
        }
    }
}

fn phase(span: &judge::Span) -> String {
    let length = span.to_us.saturating_sub(span.from_us) as f64;
    format!("{} {}", clean(&span.name), text::duration_us(length))
}

fn directories(manifest: &Manifest) -> Markup {
    let sheets = sheet::sheets(manifest);
    html! {
        section aria-labelledby="directories" {
            h2 id="directories" { "What the directories keep and enforce" }
            @if sheets.is_empty() { p { "No directory was asked." } }
            @for sheet in &sheets { (capabilities(sheet)) }
        }
    }
}

fn capabilities(sheet: &Sheet) -> Markup {
    let table = html! {
        thead { tr { th scope="col" { "Rule" } th scope="col" { "Here" } } }
        tbody { @for row in &sheet.rows { tr { th scope="row" { (row.name) } td { (row.answer) } } } }
    };
    html! {
        h3 { (sheet.title()) }
        (boxed(&format!("What {} keeps and enforces", sheet.title()), &table))
    }
}

fn replay(manifest: &Manifest) -> Markup {
    let host = &manifest.host;
    let machine = format!(
        "{}, {}, {} MiB, Linux {}",
        clean(&host.cpu),
        text::of(u64::from(host.cores), "processor", "processors"),
        text::count(host.memory_mib),
        clean(&host.kernel)
    );
    html! {
        section aria-labelledby="replay" {
            h2 id="replay" { "To make it again" }
            pre tabindex="0" { code { (clean(&manifest.reproduce)) } }
            dl.facts {
                (fact("Run", &manifest.run))
                (fact("Seed", &manifest.seed.to_string()))
                (fact("Plan", &manifest.plan_hash))
                (fact("People (SHA-256)", &manifest.people_sha256))
                // Nobody knows the arrivals of a search beforehand.
                @if !manifest.arrivals_sha256.is_empty() { (fact("Arrivals (SHA-256)", &manifest.arrivals_sha256)) }
                (fact("Machine", &machine))
                @for (name, version) in &manifest.versions { (fact(name, version)) }
                @for (name, digest) in &manifest.image_digests { (fact(&format!("Image {name}"), digest)) }
            }
        }
    }
}

fn fact(name: &str, value: &str) -> Markup {
    html! { div { dt { (clean(name)) } dd { (clean(value)) } } }
}
