//! `summary.md`: for the page of a CI job.

use std::fmt::Write as _;

use history::{Finding, Manifest, Mark, OpCounts};
use judge::Judgement;
use vocabulary::{OpKind, OutcomeClass};

use crate::sheet;
use crate::text::{self, clean};
use crate::words::{self, Reason};

/// Violations of one check that are listed; the page has all.
const LISTED: usize = 10;

/// The summary.
pub(crate) fn summary(judgement: &Judgement, manifest: &Manifest) -> String {
    let verdict = &judgement.verdict;
    let mut out = format!(
        "# {} {}: {}\n\n{}\n\n",
        icon(verdict.verdict),
        words::shout(verdict.verdict),
        plain(&verdict.scenario),
        plain(&words::headline(verdict))
    );
    if let Some(early) = words::ended_early(verdict) {
        let _ = writeln!(out, "{}\n", plain(&early));
    }
    reasons(&mut out, &words::reasons(verdict));
    figures(&mut out, judgement);
    list(&mut out, "What to do", &words::next_steps(verdict, manifest));
    goals(&mut out, judgement);
    findings(&mut out, &verdict.findings);
    cases(&mut out, judgement);
    stages(&mut out, judgement);
    operations(&mut out, judgement);
    personas(&mut out, judgement);
    propagation(&mut out, judgement);
    let limits = sheet::limits(manifest);
    if !limits.is_empty() {
        list(&mut out, "What this run cannot show", &limits);
    }
    directories(&mut out, manifest);
    about(&mut out, manifest);
    out
}

/// A mark where pictures are shown.
pub(crate) fn icon(mark: Mark) -> &'static str {
    match mark {
        Mark::Pass => "✅",
        Mark::Fail => "❌",
        Mark::Inconclusive => "⚠️",
    }
}

fn reasons(out: &mut String, reasons: &[Reason]) {
    for reason in reasons {
        let _ = writeln!(
            out,
            "- {} **{}**: {}",
            icon(reason.mark),
            plain(&reason.name),
            plain(&reason.why)
        );
    }
    if !reasons.is_empty() {
        out.push('\n');
    }
}

/// A list under its title.
pub(crate) fn list(out: &mut String, title: &str, items: &[String]) {
    let _ = writeln!(out, "**{title}**\n");
    for item in items {
        let _ = writeln!(out, "- {}", plain(item));
    }
    out.push('\n');
}

fn figures(out: &mut String, judgement: &Judgement) {
    let figures = words::figures(judgement);
    let row = |cells: Vec<&str>| format!("| {} |\n", cells.join(" | "));
    out.push_str(&row(figures.iter().map(|figure| figure.label).collect()));
    out.push_str("|---|---|---|---|---|\n");
    let values: Vec<String> = figures
        .iter()
        .map(|figure| format!("**{}**", plain(&figure.value)))
        .collect();
    out.push_str(&row(values.iter().map(String::as_str).collect()));
    let notes: Vec<String> = figures.iter().map(|figure| plain(&figure.note)).collect();
    out.push_str(&row(notes.iter().map(String::as_str).collect()));
    out.push('\n');
}

fn findings(out: &mut String, findings: &[Finding]) {
    out.push_str("## Checks\n\n| | check | looked at | why |\n|---|---|---:|---|\n");
    for finding in findings {
        let (mark, checked) = (icon(finding.verdict), text::count(finding.checked));
        let _ = writeln!(
            out,
            "| {mark} | {} | {checked} | {} |",
            plain(&finding.check),
            plain(&finding.why)
        );
    }
    out.push('\n');
    for finding in findings.iter().filter(|finding| !finding.violations.is_empty()) {
        violations(out, finding);
    }
}

fn cases(out: &mut String, judgement: &Judgement) {
    for case in &judgement.figures.cases {
        let _ = writeln!(out, "### Step by step: {}\n", plain(&case.person));
        for sentence in &case.story {
            let _ = writeln!(out, "1. {}", plain(sentence));
        }
        out.push('\n');
    }
}

fn violations(out: &mut String, finding: &Finding) {
    let all = finding.violations.len();
    let _ = writeln!(
        out,
        "### {}: {}\n",
        plain(&finding.check),
        text::of(all as u64, "violation", "violations")
    );
    for violation in finding.violations.iter().take(LISTED) {
        let _ = writeln!(out, "1. {}", plain(violation));
    }
    if all > LISTED {
        let _ = writeln!(out, "\n{} more in report.html.", text::count((all - LISTED) as u64));
    }
    out.push('\n');
}

fn goals(out: &mut String, judgement: &Judgement) {
    if judgement.verdict.goals.is_empty() {
        return;
    }
    out.push_str("## Goals\n\n| | goal | limit | measured |\n|---|---|---:|---:|\n");
    for goal in &judgement.verdict.goals {
        let value = |number: f64| text::goal_value(&goal.goal, number);
        let measured = goal.measured.map_or_else(|| "–".to_owned(), value);
        let _ = writeln!(
            out,
            "| {} | {} | {} | {measured} |",
            icon(goal.verdict),
            plain(&words::goal_name(&goal.goal)),
            value(goal.limit)
        );
    }
    out.push('\n');
}

fn stages(out: &mut String, judgement: &Judgement) {
    if judgement.figures.stages.is_empty() {
        return;
    }
    out.push_str("## Where the time went\n\n| stage | p50 | p99 | mean | operations |\n|---|---:|---:|---:|---:|\n");
    for row in &judgement.figures.stages {
        let time = |us: u64| text::duration_us(us as f64);
        let _ = writeln!(
            out,
            "| {} | {} | {} | {} | {} |",
            plain(&row.stage),
            time(row.p50_us),
            time(row.p99_us),
            text::duration_us(row.mean_us),
            text::count(row.count)
        );
    }
    out.push('\n');
}

fn operations(out: &mut String, judgement: &Judgement) {
    out.push_str(
        "## Operations\n\n| kind | applied | rejected | failed | unknown | dropped |\n|---|---:|---:|---:|---:|---:|\n",
    );
    let mut row = |name: &str, counts: OpCounts| {
        let cells = OutcomeClass::ALL.map(|class| text::count(counts.get(class)));
        let _ = writeln!(out, "| {name} | {} |", cells.join(" | "));
    };
    for kind in OpKind::ALL {
        row(&plain(kind.as_str()), judgement.verdict.ops_by_kind.of(kind));
    }
    row("all", judgement.verdict.ops);
    out.push('\n');
}

fn personas(out: &mut String, judgement: &Judgement) {
    if judgement.figures.personas.is_empty() {
        return;
    }
    out.push_str(
        "## Personas\n\n| persona | applied | rejected | failed | unknown | dropped | how the rest ended |\n|---|---:|---:|---:|---:|---:|---|\n",
    );
    for row in &judgement.figures.personas {
        let cells = OutcomeClass::ALL.map(|class| text::count(row.counts.get(class)));
        let _ = writeln!(
            out,
            "| {} | {} | {} |",
            plain(&words::spaced(&row.persona)),
            cells.join(" | "),
            plain(&words::endings(row))
        );
    }
    let _ = writeln!(out, "\n{}\n", plain(words::PERSONAS_NOTE));
}

fn propagation(out: &mut String, judgement: &Judgement) {
    let rows = words::propagation(&judgement.verdict);
    if rows.is_empty() {
        return;
    }
    let heads = words::PROPAGATION_HEADS.join(" | ");
    let _ = writeln!(
        out,
        "## Propagation\n\n| domain controller | {heads} |\n|---|---:|---:|---:|---:|---:|---:|"
    );
    for row in &rows {
        let _ = writeln!(out, "| {} | {} |", plain(&row.dc), row.cells.join(" | "));
    }
    let _ = writeln!(out, "\n{}\n", plain(words::PROPAGATION_NOTE));
}

fn directories(out: &mut String, manifest: &Manifest) {
    let sheets = sheet::sheets(manifest);
    if sheets.is_empty() {
        return;
    }
    out.push_str("## What the directories keep and enforce\n\n");
    for sheet in &sheets {
        let _ = writeln!(out, "| {} | |\n|---|---|", plain(&sheet.title()));
        for row in &sheet.rows {
            let _ = writeln!(out, "| {} | {} |", plain(&row.name), plain(&row.answer));
        }
        out.push('\n');
    }
}

fn about(out: &mut String, manifest: &Manifest) {
    let _ = writeln!(
        out,
        "In the run folder {}: `report.html` is all of this with its charts, one file that opens anywhere; `charts/` has them as \
         pictures, `junit.xml` the test cases, `metrics.txt` the figures, `logs/` what each part wrote.\n",
        code(&manifest.run)
    );
    let _ = writeln!(
        out,
        "World {}, seed {}, plan {}. Replay: {}",
        plain(&manifest.world),
        manifest.seed,
        code(&manifest.plan_hash),
        code(&manifest.reproduce)
    );
}

/// The text with everything that Markdown or HTML would act on taken as it is.
pub(crate) fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in clean(text).chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            // Entities, since a backslash does not stop a mention or a bare link.
            '@' => out.push_str("&#64;"),
            ':' => out.push_str("&#58;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '(' | ')' | '#' | '|' | '~' | '!' | '$' => {
                out.push('\\');
                out.push(c);
            }
            other => out.push(other),
        }
    }
    // A colon within a sentence needs no entity; only one that begins a link does.
    out.replace("&#58; ", ": ")
}

/// The text as code, to be copied; as plain text where a code span could be broken out of.
fn code(text: &str) -> String {
    let hostile = clean(text) != text || text.contains(['`', '|', '<', '>', '&', '@']);
    if hostile || text.is_empty() {
        plain(text)
    } else {
        format!("`{text}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_hostile_is_acted_on() {
        let hostile = "<script>|`x`| [a](http://b) @team #1\n# head\u{1b}[0m";
        let text = plain(hostile);
        assert!(
            !text.contains('<') && !text.contains("://") && !text.contains('@') && !text.contains('\n'),
            "{text}"
        );
        assert!(
            text.contains("\\|") && text.contains("\\`x\\`") && text.contains("\\["),
            "{text}"
        );
        assert_eq!(plain("p99: fine"), "p99: fine");
        assert_eq!(code("a`b"), "a\\`b");
        assert_eq!(code("wblab run"), "`wblab run`");
    }
}
