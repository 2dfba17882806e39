//! A trend on a terminal, for a job's page, and for who reads JUnit.

use std::fmt::Write as _;

use history::Mark;
use judge::trend::{Trend, TrendGroup, TrendLine};

use super::words;
use crate::ReportError;
use crate::junit::{Case, Run, Suite, rendered};
use crate::markdown::plain;
use crate::text::{self, clean};
use crate::words::{goal_name, shout, sign};

/// Folders left out that a terminal names; the page has all.
const LEFT_OUT: usize = 10;

/// The trend in plain text, ending in a line break.
#[must_use]
pub fn trend_terminal(trend: &Trend, since: usize) -> String {
    let mut out = String::new();
    let _ = writeln!(
        out,
        "\n{} {}  {}",
        sign(trend.verdict),
        shout(trend.verdict),
        words::headline(trend, since)
    );
    for group in &trend.groups {
        let _ = writeln!(
            out,
            "\n{}: {}, {}\n  {}; {}",
            words::title(group),
            text::of(group.runs.len() as u64, "run", "runs"),
            words::days(&group.runs),
            clean(&group.machine),
            words::plan(group)
        );
        lines(&mut out, group);
    }
    left_out(&mut out, trend);
    if trend.verdict != Mark::Pass {
        out.push_str("\nWhat to do\n");
        for step in words::next_steps(trend) {
            let _ = writeln!(out, "  - {step}");
        }
    }
    out
}

fn lines(out: &mut String, group: &TrendGroup) {
    let names: Vec<String> = group.lines.iter().map(|line| goal_name(&line.goal)).collect();
    let wide = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    for (line, name) in group.lines.iter().zip(&names) {
        let room = " ".repeat(wide - name.chars().count());
        let _ = writeln!(out, "  {} {name}{room}  {}", sign(line.verdict), last(line));
        for change in &line.changes {
            let told = words::change(&line.goal, change, group);
            let _ = writeln!(out, "      {told}; {}", words::differences(&change.differs));
        }
    }
    if group.lines.is_empty() {
        out.push_str("  the scenario sets no goal\n");
    }
}

/// What a line came to.
fn last(line: &TrendLine) -> String {
    let counted: Vec<f64> = line
        .points
        .iter()
        .filter(|point| point.counts)
        .map(|point| point.value)
        .collect();
    let limit = text::goal_value(&line.goal, line.limit);
    let Some(last) = counted.last() else {
        return format!("nothing is used, limit {limit}");
    };
    let few = if line.verdict == Mark::Inconclusive {
        ", too few runs to tell a change"
    } else {
        ""
    };
    format!("last {}, limit {limit}{few}", text::goal_value(&line.goal, *last))
}

fn left_out(out: &mut String, trend: &Trend) {
    if trend.left_out.is_empty() {
        return;
    }
    let _ = writeln!(
        out,
        "\nLeft out: {}",
        text::of(trend.left_out.len() as u64, "folder", "folders")
    );
    for folder in trend.left_out.iter().take(LEFT_OUT) {
        let _ = writeln!(out, "  {}: {}", clean(&folder.folder), clean(&folder.why));
    }
    let more = trend.left_out.len().saturating_sub(LEFT_OUT);
    if more > 0 {
        let _ = writeln!(out, "  and {} more on the page", text::count(more as u64));
    }
}

/// The trend in Markdown, for the page of a CI job.
#[must_use]
pub fn trend_summary(trend: &Trend, since: usize) -> String {
    let mut out = format!(
        "# {} {}: trend\n\n{}\n\n",
        sign(trend.verdict),
        shout(trend.verdict),
        plain(&words::headline(trend, since))
    );
    for group in &trend.groups {
        let runs = text::of(group.runs.len() as u64, "run", "runs");
        let _ = writeln!(
            out,
            "## {}\n\n{runs}, {}\n",
            plain(&words::title(group)),
            plain(&words::days(&group.runs))
        );
        out.push_str("| | goal | | changes |\n|---|---|---|---|\n");
        for line in &group.lines {
            let changes = line
                .changes
                .iter()
                .map(|change| plain(&words::change(&line.goal, change, group)));
            let changes: Vec<String> = changes.collect();
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} |",
                sign(line.verdict),
                plain(&goal_name(&line.goal)),
                plain(&last(line)),
                changes.join("; ")
            );
        }
        out.push('\n');
    }
    for folder in &trend.left_out {
        let _ = writeln!(out, "- left out: {}: {}", plain(&folder.folder), plain(&folder.why));
    }
    out
}

/// The trend as JUnit XML: a suite for each group, a case for each goal of which enough runs are known to tell.
///
/// # Errors
/// [`ReportError::Junit`].
pub fn trend_junit(trend: &Trend) -> Result<String, ReportError> {
    let titles: Vec<String> = trend.groups.iter().map(words::title).collect();
    let groups = trend.groups.iter().zip(&titles);
    let suites: Vec<Suite<'_>> = groups
        .map(|(group, title)| Suite {
            what: title,
            cases: group.lines.iter().filter_map(|line| case(group, line)).collect(),
        })
        .collect();
    let newest = trend
        .groups
        .iter()
        .flat_map(|group| &group.runs)
        .map(|run| run.started_unix_ms)
        .max();
    let run = Run {
        scenario: "trend".to_owned(),
        timestamp: text::timestamp(newest.unwrap_or_default()),
        seconds: "0".to_owned(),
        properties: Vec::new(),
        output: String::new(),
        reproduce: "wblab trend DIR".to_owned(),
    };
    rendered(&run, &suites)
}

/// Too few runs are no error of what was tested, and no finding either: they make no case.
fn case(group: &TrendGroup, line: &TrendLine) -> Option<Case> {
    let change = line.changes.last();
    let told = change.map(|change| {
        (
            words::change(&line.goal, change, group),
            words::differences(&change.differs),
        )
    });
    let (why, differs) = match line.verdict {
        Mark::Inconclusive => return None,
        Mark::Pass => (String::new(), String::new()),
        Mark::Fail => told.unwrap_or_default(),
    };
    Some(Case {
        name: clean(&line.goal),
        mark: line.verdict,
        why: format!("{}: {why}", goal_name(&line.goal)),
        lines: vec![differs],
    })
}
