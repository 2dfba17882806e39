//! The tables: checks with what breaks them, goals, faults, operations, stages.

use history::{Finding, Manifest, OpCounts};
use judge::{Case, Judgement, StageRow};
use maud::{Markup, html};
use vocabulary::{OpKind, OutcomeClass};

use super::first::mark;
use crate::text::{self, clean};
use crate::usage::{self, Row};
use crate::{sheet, words};

/// Violations up to which the list is open from the start.
const FEW: u64 = 5;

/// All tables.
pub(super) fn all(judgement: &Judgement, manifest: &Manifest) -> Markup {
    html! {
        (checks(judgement))
        (limits(manifest))
        (goals(judgement))
        (faults(judgement))
        (operations(judgement))
        (super::personas::table(judgement))
        (latency(judgement, manifest.closed()))
        (stages(judgement))
        (propagation(judgement))
        (generator(judgement))
        (resources(judgement))
    }
}

/// A table of rows with a head each.
fn table<const CELLS: usize>(first: &str, heads: [&str; CELLS], rows: &[Row<CELLS>]) -> Markup {
    html! {
        thead { tr { th scope="col" { (first) } @for name in heads { th.number scope="col" { (name) } } } }
        tbody {
            @for row in rows {
                tr { th scope="row" { (row.name) } @for cell in &row.cells { td.number { (cell) } } }
            }
        }
    }
}

/// A table that scrolls in a box of its own, reachable by keyboard.
pub(crate) fn boxed(label: &str, table: &Markup) -> Markup {
    html! { div.scroll tabindex="0" role="region" aria-label=(label) { table { (table) } } }
}

fn checks(judgement: &Judgement) -> Markup {
    let findings = &judgement.verdict.findings;
    html! {
        section aria-labelledby="checks" {
            h2 id="checks" { "Checks" }
            @if findings.is_empty() { p { "No check ran." } }
            @for finding in findings { (check(finding)) }
            @for case in &judgement.figures.cases { (told(case)) }
        }
    }
}

/// One person's part of the history in sentences.
fn told(case: &Case) -> Markup {
    html! {
        article {
            h3 { "Step by step: " (clean(&case.person)) }
            ul { @for sentence in &case.story { li { (clean(sentence)) } } }
        }
    }
}

fn check(finding: &Finding) -> Markup {
    let violations = finding.violations.len() as u64;
    html! {
        article.check.(finding.verdict.as_str()) {
            p.row {
                (mark(finding.verdict))
                strong { (clean(&finding.check)) }
                span.note { (text::count(finding.checked)) " looked at" }
                span { (clean(&finding.why)) }
            }
            @if violations > 0 {
                details open[violations <= FEW] {
                    summary { (text::of(violations, "violation", "violations")) }
                    ol { @for violation in &finding.violations { li { (clean(violation)) } } }
                }
            }
        }
    }
}

/// What no check here can show, for want of ground.
fn limits(manifest: &Manifest) -> Markup {
    let limits = sheet::limits(manifest);
    html! {
        @if !limits.is_empty() {
            section aria-labelledby="limits" {
                h2 id="limits" { "What this run cannot show" }
                ul { @for limit in &limits { li { (limit) } } }
            }
        }
    }
}

fn goals(judgement: &Judgement) -> Markup {
    let goals = &judgement.verdict.goals;
    let table = html! {
        thead { tr { th scope="col" { "Goal" } th scope="col" { "Verdict" } th.number scope="col" { "Limit" } th.number scope="col" { "Measured" } } }
        tbody {
            @for goal in goals {
                tr {
                    th scope="row" { (words::goal_name(&goal.goal)) }
                    td { (mark(goal.verdict)) }
                    td.number { (text::goal_value(&goal.goal, goal.limit)) }
                    td.number { (goal.measured.map_or_else(|| "no data".to_owned(), |value| text::goal_value(&goal.goal, value))) }
                }
            }
        }
    };
    html! {
        section aria-labelledby="goals" {
            h2 id="goals" { "Goals" }
            @if goals.is_empty() { p { "The scenario sets no goal." } } @else { (boxed("Goals", &table)) }
        }
    }
}

fn faults(judgement: &Judgement) -> Markup {
    let rows = &judgement.figures.fault_rows;
    let zero = judgement.figures.windows.first().map_or(0, |window| window.from_us);
    let at = |us: u64| format!("{:.1} s", us.saturating_sub(zero) as f64 / 1e6);
    let table = html! {
        thead {
            tr {
                th.number scope="col" { "Number" }
                th scope="col" { "Fault" }
                th scope="col" { "Done to" }
                th.number scope="col" { "From" }
                th.number scope="col" { "To" }
                th scope="col" { "Did it bite?" }
            }
        }
        tbody {
            @for (number, row) in (1..).zip(rows) {
                tr {
                    td.number { (number) }
                    th scope="row" { (words::fault(&row.span.name)) }
                    td { (clean(&row.target)) }
                    td.number { (at(row.span.from_us)) }
                    td.number { @if row.span.to_us > row.span.from_us { (at(row.span.to_us)) } @else { "at once" } }
                    td { (words::bit(row.bit)) }
                }
            }
        }
    };
    html! {
        @if !rows.is_empty() {
            section aria-labelledby="faults" {
                h2 id="faults" { "Faults" }
                p { "Times count from the begin of the load, as on the charts, where a number stands for a name that does not fit." }
                (boxed("Faults", &table))
            }
        }
    }
}

fn operations(judgement: &Judgement) -> Markup {
    let verdict = &judgement.verdict;
    let row = |name: &str, counts: OpCounts| {
        html! {
            tr {
                th scope="row" { (name) }
                @for class in OutcomeClass::ALL { td.number { (text::count(counts.get(class))) } }
            }
        }
    };
    let table = html! {
        thead { tr { th scope="col" { "Kind" } @for class in OutcomeClass::ALL { th.number scope="col" { (class.as_str()) } } } }
        tbody {
            @for kind in OpKind::ALL { (row(&kind.as_str().replace('_', " "), verdict.ops_by_kind.of(kind))) }
        }
        tfoot { (row("all", verdict.ops)) }
    };
    html! {
        section aria-labelledby="operations" {
            h2 id="operations" { "Operations" }
            (boxed("Operations by kind and outcome", &table))
            (proven(judgement))
        }
    }
}

fn proven(judgement: &Judgement) -> Markup {
    let verdict = &judgement.verdict;
    let (unknown, probed) = (verdict.unknown_resolved, verdict.probed);
    html! {
        dl.facts {
            div { dt { "Unknown, resolved by the directory" } dd { (text::count(unknown.applied)) " applied, " (text::count(unknown.not_applied)) " not applied, " (text::count(unknown.open)) " still open" } }
            div { dt { "People probed" } dd { (text::count(probed.people)) " of " (text::count(probed.of)) ", with " (text::of(probed.binds, "bind", "binds")) } }
            div { dt { "Locks proven before the load" } dd { (text::count(verdict.locks_proven)) } }
        }
    }
}

const LATENCY: &str = "Over the measure phase. Response counts from the intended start, with dropped and unknown operations slower than all others; service counts from the actual start.";
const LATENCY_CLOSED: &str = "Over the measure phase. In a closed model response counts from the end of a user's think time, so no queueing is in it: a slow system is asked less. Unknown operations are slower than all others; service counts from the actual start.";

fn latency(judgement: &Judgement, closed: bool) -> Markup {
    let verdict = &judgement.verdict;
    let sorts = usage::latency(verdict);
    let rows = [
        ("response time", verdict.response_time_ms),
        ("service time", verdict.service_time_ms),
    ];
    let table = html! {
        thead { tr { th scope="col" { "Latency" } @for name in ["p50", "p90", "p99", "p99.9", "max"] { th.number scope="col" { (name) } } } }
        tbody {
            @for (name, times) in rows {
                tr {
                    th scope="row" { (name) }
                    @for value in [times.p50, times.p90, times.p99, times.p999, times.max] { td.number { (text::millis(value)) } }
                }
            }
        }
    };
    html! {
        section aria-labelledby="latency" {
            h2 id="latency" { "Latency" }
            (boxed("Latency percentiles", &table))
            @if !sorts.is_empty() { (boxed("Latency by outcome, kind and persona", &self::table("Sort", usage::LATENCY_HEADS, &sorts))) }
            p.note { (if closed { LATENCY_CLOSED } else { LATENCY }) @if let Some(error) = usage::percentile_error(verdict) { " " (error) } }
        }
    }
}

fn stages(judgement: &Judgement) -> Markup {
    let rows = &judgement.figures.stages;
    let row = |row: &StageRow| {
        html! {
            tr {
                th scope="row" { (clean(&row.stage)) }
                td.number { (text::count(row.count)) }
                td.number { (text::duration_us(row.mean_us)) }
                td.number { (text::duration_us(row.p50_us as f64)) }
                td.number { (text::duration_us(row.p99_us as f64)) }
            }
        }
    };
    let table = html! {
        thead { tr { th scope="col" { "Stage" } @for name in ["operations", "mean", "p50", "p99"] { th.number scope="col" { (name) } } } }
        tbody { @for stage in rows { (row(stage)) } }
    };
    html! {
        section aria-labelledby="stages" {
            h2 id="stages" { "Stages" }
            @if rows.is_empty() { p { "No answer carried stage times." } } @else { (boxed("Stages", &table)) }
        }
    }
}

fn propagation(judgement: &Judgement) -> Markup {
    let rows = words::propagation(&judgement.verdict);
    let table = html! {
        thead { tr { th scope="col" { "Domain controller" } @for name in words::PROPAGATION_HEADS { th.number scope="col" { (name) } } } }
        tbody {
            @for row in &rows {
                tr { th scope="row" { (row.dc) } @for cell in &row.cells { td.number { (cell) } } }
            }
        }
    };
    html! {
        @if !rows.is_empty() {
            section aria-labelledby="propagation" {
                h2 id="propagation" { "Propagation" }
                (boxed("Time from the acknowledgement to each domain controller", &table))
                p.note { (words::PROPAGATION_NOTE) }
            }
        }
    }
}

fn generator(judgement: &Judgement) -> Markup {
    let rows = usage::generator(&judgement.verdict);
    html! {
        @if let Some(generator) = &judgement.verdict.generator {
            section aria-labelledby="generator" {
                h2 id="generator" { "Load generator" }
                (boxed("How late the generator was", &table("Lateness", usage::GENERATOR_HEADS, &rows)))
                p.note { (usage::generator_note(generator)) }
            }
        }
    }
}

fn resources(judgement: &Judgement) -> Markup {
    let rows = usage::resources(&judgement.verdict);
    html! {
        @if !rows.is_empty() {
            section aria-labelledby="resources" {
                h2 id="resources" { "Resources" }
                (boxed("What each part used", &table("Part", usage::RESOURCE_HEADS, &rows)))
                p.note { "Sampled once a second. Memory, threads and sockets are the most that was seen; disks and networks are over the whole time." }
            }
        }
    }
}
