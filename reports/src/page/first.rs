//! The first screen: what the run was, its verdict, why, what to do, and five figures.

use history::{Manifest, Mark};
use judge::Judgement;
use maud::{Markup, html};

use crate::text::{self, clean};
use crate::words;

/// Reasons on the first screen; all of them stand in the table of checks.
const REASONS: usize = 6;

/// What the run was.
pub(super) fn header(judgement: &Judgement, manifest: &Manifest) -> Markup {
    let verdict = &judgement.verdict;
    html! {
        header {
            p.brand { "writeback-lab · run report" }
            h1 { (clean(&verdict.scenario)) }
            @if !manifest.why.is_empty() { p.why { (clean(&manifest.why)) } }
            p.facts {
                span { (clean(&verdict.world)) " world" }
                span { "seed " (verdict.seed) }
                span { (text::moment(manifest.started_unix_ms)) }
                span { (text::of(manifest.people, "person", "people")) }
                @if manifest.closed() {
                    span { (text::of(manifest.arrivals, "operation", "operations")) " begun, closed model" }
                } @else if manifest.counts_released() {
                    span { (text::of(manifest.arrivals, "arrival", "arrivals")) " in steps of a search" }
                } @else {
                    span { (text::of(manifest.arrivals, "arrival", "arrivals")) " planned" }
                }
            }
        }
    }
}

/// The verdict, why, and what to do.
pub(super) fn verdict(judgement: &Judgement, manifest: &Manifest) -> Markup {
    let verdict = &judgement.verdict;
    let reasons = words::reasons(verdict);
    html! {
        section.verdict.(verdict.verdict.as_str()) aria-labelledby="verdict" {
            h2 id="verdict" { span.sign aria-hidden="true" { (words::sign(verdict.verdict)) } " " (words::shout(verdict.verdict)) }
            p.headline { (words::headline(verdict)) }
            @if let Some(early) = words::ended_early(verdict) { p { (early) } }
            @if !reasons.is_empty() {
                ul.reasons {
                    @for reason in reasons.iter().take(REASONS) {
                        li { (mark(reason.mark)) " " strong { (reason.name) } ": " (reason.why) }
                    }
                    @if reasons.len() > REASONS {
                        li { (text::count((reasons.len() - REASONS) as u64)) " more in the tables below." }
                    }
                }
            }
            h3 { "What to do next" }
            ul.steps { @for step in words::next_steps(verdict, manifest) { li { (step) } } }
        }
    }
}

/// Five figures.
pub(super) fn figures(judgement: &Judgement) -> Markup {
    html! {
        section.figures aria-label="Five figures" {
            @for figure in words::figures(judgement) {
                div.figure {
                    p.value { (figure.value) }
                    p.label { (figure.label) }
                    p.note { (figure.note) }
                }
            }
        }
    }
}

/// Where things stand on this page, by the ids of their headings.
const CONTENTS: [(&str, &str); 8] = [
    ("charts", "What happened"),
    ("checks", "Checks"),
    ("goals", "Goals"),
    ("operations", "Operations"),
    ("latency", "Latency"),
    ("plan", "The plan"),
    ("directories", "Directories"),
    ("replay", "To make it again"),
];

/// Where to find what.
pub(super) fn contents() -> Markup {
    html! {
        nav.contents aria-label="On this page" {
            @for (id, name) in CONTENTS { a href=(format!("#{id}")) { (name) } }
        }
    }
}

/// A mark in its colour, and in words.
pub(crate) fn mark(mark: Mark) -> Markup {
    html! { span.mark.(mark.as_str()) { (words::sign(mark)) " " (mark.as_str()) } }
}
