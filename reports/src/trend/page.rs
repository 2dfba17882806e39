//! `trend.html`: one file, no script, nothing fetched.

use judge::trend::{Change, LeftOut, RunOnLine, Trend, TrendGroup, TrendLine};
use maud::{Markup, PreEscaped, html};

use super::{chart, words};
use crate::ReportError;
use crate::page::shell;
use crate::text::{self, clean};
use crate::words::{goal_name, shout, sign};

/// Runs of a group that the table lists; older ones are in the JSON.
const LISTED: usize = 500;
/// Lines that fail and are told on the first screen.
const REASONS: usize = 6;

/// The page of a trend; a goal that became worse within the newest `since` runs fails.
///
/// # Errors
/// [`ReportError::Draw`].
pub fn trend_page(trend: &Trend, since: usize) -> Result<String, ReportError> {
    let mut groups = Vec::with_capacity(trend.groups.len());
    for (number, group) in (1..).zip(&trend.groups) {
        groups.push(section(number, group)?);
    }
    let title = format!("{}: trend", shout(trend.verdict));
    let body = html! {
        (header(trend))
        main {
            (verdict(trend, since))
            @for group in &groups { (group) }
            (left_out(&trend.left_out))
            (reading())
        }
        footer { p { "Made by writeback-lab from the manifests and verdicts of these runs. It holds no script and loads nothing." } }
    };
    Ok(shell(&title, &body))
}

fn header(trend: &Trend) -> Markup {
    let runs: usize = trend.groups.iter().map(|group| group.runs.len()).sum();
    html! {
        header {
            p.brand { "writeback-lab · trend" }
            h1 { "Trend of " (text::of(runs as u64, "run", "runs")) }
            p.facts {
                span { (text::of(trend.groups.len() as u64, "line of alike runs", "lines of alike runs")) }
                @if !trend.left_out.is_empty() { span { (text::of(trend.left_out.len() as u64, "folder", "folders")) " left out" } }
            }
        }
    }
}

fn verdict(trend: &Trend, since: usize) -> Markup {
    let worse = words::worse(trend);
    html! {
        section.verdict.(trend.verdict.as_str()) aria-labelledby="verdict" {
            h2 id="verdict" { span.sign aria-hidden="true" { (sign(trend.verdict)) } " " (shout(trend.verdict)) }
            p.headline { (words::headline(trend, since)) }
            @if !worse.is_empty() {
                ul.reasons {
                    @for one in worse.iter().take(REASONS) {
                        li {
                            strong { (words::title(one.group)) ", " (goal_name(&one.line.goal)) } ": "
                            (words::change(&one.line.goal, one.change, one.group)) ". "
                            (words::differences(&one.change.differs)) "."
                        }
                    }
                    @if worse.len() > REASONS { li { (text::count((worse.len() - REASONS) as u64)) " more below." } }
                }
            }
            h3 { "What to do next" }
            ul.steps { @for step in words::next_steps(trend) { li { (step) } } }
        }
    }
}

fn section(number: usize, group: &TrendGroup) -> Result<Markup, ReportError> {
    let mut charts = Vec::with_capacity(group.lines.len());
    for (place, line) in (1..).zip(&group.lines) {
        let [wide, narrow] = chart::inline(&format!("trend-{number}-{place}"), group, line)?;
        charts.push(html! {
            figure {
                (PreEscaped(wide))
                (PreEscaped(narrow))
                @let note = words::line_note(line);
                @if !note.is_empty() { figcaption { (note) "." } }
            }
        });
    }
    let name = format!("group-{number}");
    Ok(html! {
        section aria-labelledby=(name) {
            h2 id=(name) { (words::title(group)) }
            p.facts {
                span { (text::of(group.runs.len() as u64, "run", "runs")) }
                span { (words::days(&group.runs)) }
                span { (clean(&group.machine)) }
                span { (words::plan(group)) }
            }
            @if group.lines.is_empty() { p { "The scenario sets no goal, so there is nothing to follow." } }
            @for figure in &charts { (figure) }
            (changes(group))
            (runs(group))
        }
    })
}

fn changes(group: &TrendGroup) -> Markup {
    let all = group.lines.iter().flat_map(|line| {
        (1..)
            .zip(&line.changes)
            .map(move |(number, change)| (line, number, change))
    });
    let all: Vec<(&TrendLine, usize, &Change)> = all.collect();
    html! {
        @if !all.is_empty() {
            h3 { "Changes" }
            div.scroll tabindex="0" role="region" aria-label="Changes" {
                table {
                    thead { tr {
                        th scope="col" { "Goal" }
                        th.number scope="col" { "Number" }
                        th scope="col" { "Became" }
                        th scope="col" { "Mean" }
                        th scope="col" { "Since run" }
                        th.number scope="col" { "Runs since" }
                        th.number scope="col" { "By chance" }
                        th scope="col" { "What its manifest has different" }
                    } }
                    tbody { @for (line, number, change) in &all { (row(group, line, *number, change)) } }
                }
            }
        }
    }
}

fn row(group: &TrendGroup, line: &TrendLine, number: usize, change: &Change) -> Markup {
    let run = group.runs.get(change.run);
    html! {
        tr {
            th scope="row" { (goal_name(&line.goal)) }
            td.number { (number) }
            td { @if change.worse { span.mark.fail { "worse" } } @else { span.mark.pass { "better" } } }
            td { (words::step(&line.goal, change)) }
            td { @if let Some(run) = run { (introduced(run)) } }
            td.number { (text::count(change.lasted as u64)) @if !change.stands { ", then changed again" } }
            td.number { (words::chance(change.p)) }
            td.endings { (words::differences(&change.differs)) }
        }
    }
}

fn introduced(run: &RunOnLine) -> Markup {
    html! { strong { (words::run_name(run)) } br; (text::moment(run.started_unix_ms)) ", seed " (run.seed) br; (words::versions(run)) }
}

fn runs(group: &TrendGroup) -> Markup {
    let older = group.runs.len().saturating_sub(LISTED);
    html! {
        details {
            summary { "The runs" }
            @if older > 0 { p.note { "The newest " (text::count(LISTED as u64)) "; " (text::count(older as u64)) " older ones are in what --json tells." } }
            div.scroll tabindex="0" role="region" aria-label="Runs" {
                table {
                    thead { tr {
                        th.number scope="col" { "Number" }
                        th scope="col" { "Run" }
                        th scope="col" { "Started" }
                        th.number scope="col" { "Seed" }
                        th scope="col" { "Versions" }
                        th scope="col" { "Verdict" }
                        th scope="col" { "Folder" }
                    } }
                    tbody { @for (number, run) in (1..).zip(&group.runs).skip(older) { (listed(number, run)) } }
                }
            }
        }
    }
}

fn listed(number: usize, run: &RunOnLine) -> Markup {
    html! {
        tr {
            td.number { (text::count(number as u64)) }
            th scope="row" { (words::run_name(run)) }
            td { (text::moment(run.started_unix_ms)) }
            td.number { (run.seed) }
            td { (words::versions(run)) }
            td { span.mark.(run.verdict.as_str()) { (sign(run.verdict)) " " (run.verdict.as_str()) } @if let Some(why) = &run.doubt { " not used: " (why) } }
            td { (clean(&run.folder)) }
        }
    }
}

fn left_out(folders: &[LeftOut]) -> Markup {
    html! {
        @if !folders.is_empty() {
            section aria-labelledby="left-out" {
                h2 id="left-out" { "Left out" }
                div.scroll tabindex="0" role="region" aria-label="Left out" {
                    table {
                        thead { tr { th scope="col" { "Folder" } th scope="col" { "Why" } } }
                        tbody { @for folder in folders { tr { th scope="row" { (clean(&folder.folder)) } td { (clean(&folder.why)) } } } }
                    }
                }
            }
        }
    }
}

fn reading() -> Markup {
    html! {
        section aria-labelledby="reading" {
            h2 id="reading" { "How to read it" }
            ul {
                li { "Runs stand on one line if scenario, world, processor, processors, memory and plan are the same; the kernel may change, and is told where it did." }
                li { "A change is a level that lasted four runs at least, that is 5 % of itself away from the one before, and that chance alone would give once in a million tests (E-divisive in windows of 50 runs, Student's t-test)." }
                li { "A run that was cut short, or whose load generator did not keep up, is shown and not used." }
            }
        }
    }
}
