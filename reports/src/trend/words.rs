//! A trend in words: the same on every face.

use history::Mark;
use judge::trend::{Change, Differs, RunOnLine, Trend, TrendGroup, TrendLine, VALUES_MIN};

use crate::text::{self, clean};
use crate::words::goal_name;

/// Differences of one pair of manifests that a sentence names.
const TOLD: usize = 6;
/// Characters of a digest that tell it from others.
const DIGEST: usize = 12;

/// A change of which a line fails, with where it is.
pub(crate) struct Worse<'a> {
    pub(crate) group: &'a TrendGroup,
    pub(crate) line: &'a TrendLine,
    pub(crate) change: &'a Change,
}

/// Every change that fails the trend.
pub(crate) fn worse(trend: &Trend) -> Vec<Worse<'_>> {
    let lines = trend
        .groups
        .iter()
        .flat_map(|group| group.lines.iter().map(move |line| (group, line)));
    let failed = lines.filter(|(_, line)| line.verdict == Mark::Fail);
    failed
        .filter_map(|(group, line)| {
            let change = line.changes.last()?;
            Some(Worse { group, line, change })
        })
        .collect()
}

/// The trend in a sentence.
pub(crate) fn headline(trend: &Trend, since: usize) -> String {
    let count = worse(trend).len() as u64;
    let newest = text::of(since as u64, "run", "runs");
    let lines: usize = trend.groups.iter().map(|group| group.lines.len()).sum();
    match trend.verdict {
        Mark::Fail if count == 1 => format!("One goal became worse within the newest {newest}, and has stayed so."),
        Mark::Fail => format!(
            "{} goals became worse within the newest {newest}, and have stayed so.",
            text::count(count)
        ),
        Mark::Pass => format!("No goal became worse within the newest {newest} and stayed so."),
        Mark::Inconclusive if trend.groups.is_empty() => "There is no run to look at.".to_owned(),
        Mark::Inconclusive if lines == 0 => "No scenario sets a goal, so there is nothing to follow.".to_owned(),
        Mark::Inconclusive => {
            format!("No goal has {VALUES_MIN} runs yet that may stand on one line: too few to tell a change.")
        }
    }
}

/// A change in a sentence without its end: what, by how much, and since which run.
pub(crate) fn change(goal: &str, change: &Change, group: &TrendGroup) -> String {
    let turned = if change.worse { "worse" } else { "better" };
    let introduced = group.runs.get(change.run).map(run_name).unwrap_or_default();
    format!("{turned} since {introduced}: {}", step(goal, change))
}

/// `104 ms to 125 ms, +20 %`.
pub(crate) fn step(goal: &str, change: &Change) -> String {
    let value = |value: f64| text::goal_value(goal, value);
    format!("{} to {}{}", value(change.before), value(change.after), by(change))
}

/// By what part of itself it changed; nothing where it was nothing before.
fn by(change: &Change) -> String {
    let percent = (change.after - change.before) / change.before.abs() * 100.0;
    if percent.is_finite() {
        let sign = if percent > 0.0 { "+" } else { "" };
        format!(", {sign}{} %", text::significant(percent))
    } else {
        String::new()
    }
}

/// A run by its name, or by its folder where it has none.
pub(crate) fn run_name(run: &RunOnLine) -> String {
    clean(if run.run.is_empty() { &run.folder } else { &run.run })
}

/// The versions of a run: `wblab 0.1.0, samba 4.22`.
pub(crate) fn versions(run: &RunOnLine) -> String {
    let told: Vec<String> = run
        .versions
        .iter()
        .map(|(name, version)| format!("{} {}", clean(name), clean(version)))
        .collect();
    told.join(", ")
}

/// How likely a difference is by chance alone.
pub(crate) fn chance(p: f64) -> String {
    if p < 1e-12 {
        "below 1e-12".to_owned()
    } else {
        format!("{p:.0e}")
    }
}

/// What the manifests have different, in a sentence.
pub(crate) fn differences(differs: &[Differs]) -> String {
    if differs.is_empty() {
        return "nothing that a manifest holds changed".to_owned();
    }
    let mut told: Vec<String> = differs.iter().take(TOLD).map(difference).collect();
    if differs.len() > TOLD {
        told.push(format!("{} more", text::count((differs.len() - TOLD) as u64)));
    }
    told.join("; ")
}

fn difference(differs: &Differs) -> String {
    let value = |value: &str| {
        let value = clean(value);
        let digest = value.len() > 2 * DIGEST && value.chars().all(|c| c.is_ascii_hexdigit() || c == ':');
        match value.as_str() {
            "" => "none".to_owned(),
            _ if digest || value.starts_with("sha256:") => {
                value.trim_start_matches("sha256:").chars().take(DIGEST).collect()
            }
            _ => value,
        }
    };
    format!(
        "{}: {} → {}",
        clean(&differs.what),
        value(&differs.before),
        value(&differs.after)
    )
}

/// What runs on one line have in common.
pub(crate) fn title(group: &TrendGroup) -> String {
    format!("{}, {} world", clean(&group.scenario), clean(&group.world))
}

/// Its plan; a digest's first characters.
pub(crate) fn plan(group: &TrendGroup) -> String {
    match &group.plan_hash {
        Some(hash) => format!("plan {}", clean(hash).chars().take(DIGEST).collect::<String>()),
        None => "any plan".to_owned(),
    }
}

/// From when to when its runs are.
pub(crate) fn days(runs: &[RunOnLine]) -> String {
    match (runs.first(), runs.last()) {
        (Some(first), Some(last)) if runs.len() > 1 => {
            format!(
                "{} to {}",
                text::moment(first.started_unix_ms),
                text::moment(last.started_unix_ms)
            )
        }
        (Some(only), _) => text::moment(only.started_unix_ms),
        _ => String::new(),
    }
}

/// What to do next, the most useful first.
pub(crate) fn next_steps(trend: &Trend) -> Vec<String> {
    match trend.verdict {
        Mark::Fail => vec![
            "Look at what changed with the run that introduced it, and at the reports of that run and of the one before it.".to_owned(),
            "Run the scenario again on both versions, several times each, and compare them: a trend finds when, a comparison shows how much.".to_owned(),
        ],
        Mark::Pass => vec!["Nothing needs doing. Changes that are older stand below.".to_owned()],
        Mark::Inconclusive => vec![
            "Run the same scenario with the same seed on the same machine more often: runs of unlike plans do not stand on one line.".to_owned(),
            "Where every run has a seed of its own, --any-plan puts them on one line all the same.".to_owned(),
        ],
    }
}

/// Why a folder or a line cannot be told, for a table.
pub(crate) fn line_note(line: &TrendLine) -> String {
    let counted = line.points.iter().filter(|point| point.counts).count();
    if counted < VALUES_MIN {
        return format!(
            "{}: {} used, too few to tell a change",
            goal_name(&line.goal),
            text::of(counted as u64, "run", "runs")
        );
    }
    String::new()
}
