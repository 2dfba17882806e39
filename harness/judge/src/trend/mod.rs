//! What became of the goals over many runs: a line for each goal, and where it changed.
//!
//! Change points are found as E-divisive does (Matteson and James 2014), in windows and with Student's t-test for their significance
//! as Hunter does (Fleming and others 2023): `docs/adr/0013-change-points.md`.

mod causes;
mod compared;
mod divide;
mod energy;
mod group;

use std::collections::HashSet;

use history::{Manifest, Mark, Verdict};

pub use causes::Differs;
pub use divide::{ChangePoint, Detector};

use group::{Key, order};

/// A run, as far as a trend needs it.
#[derive(Debug, Clone)]
pub struct TrendRun {
    /// Its folder, as people find it.
    pub folder: String,
    /// Its manifest.
    pub manifest: Manifest,
    /// Its verdict.
    pub verdict: Verdict,
}

/// What is asked of a trend.
#[derive(Debug, Clone, Copy)]
pub struct TrendAsked {
    /// A goal that got worse in the newest runs, so many of them, fails.
    pub since: usize,
    /// Whether runs of unlike plans, so of unlike seeds too, may stand on one line.
    pub any_plan: bool,
}

impl Default for TrendAsked {
    fn default() -> Self {
        Self {
            since: 10,
            any_plan: false,
        }
    }
}

/// The trend of many runs.
#[derive(Debug, Clone)]
pub struct Trend {
    /// Fail when a goal got worse in the newest runs and has stayed so; inconclusive when no line is long enough to tell.
    pub verdict: Mark,
    /// Runs that may stand on one line, with their lines.
    pub groups: Vec<TrendGroup>,
    /// Folders that are in no group.
    pub left_out: Vec<LeftOut>,
}

/// A folder that is in no group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeftOut {
    /// The folder.
    pub folder: String,
    /// Why.
    pub why: String,
}

/// Runs of one scenario, world, machine and plan.
#[derive(Debug, Clone)]
pub struct TrendGroup {
    /// The scenario's name.
    pub scenario: String,
    /// `embedded` or `docker`.
    pub world: String,
    /// Processor, processors and memory.
    pub machine: String,
    /// The plan's digest; absent where any plan may stand here.
    pub plan_hash: Option<String>,
    /// The runs in the order of their start.
    pub runs: Vec<RunOnLine>,
    /// A line for each goal.
    pub lines: Vec<TrendLine>,
}

/// One run of a group.
#[derive(Debug, Clone)]
pub struct RunOnLine {
    /// Its folder, as people find it.
    pub folder: String,
    /// Its name.
    pub run: String,
    /// Wall time of its start, Unix milliseconds.
    pub started_unix_ms: u64,
    /// Its seed.
    pub seed: u64,
    /// Versions of the program and of what it drives, as in the manifest.
    pub versions: Vec<(String, String)>,
    /// Its verdict.
    pub verdict: Mark,
    /// Why its numbers are shown and not used.
    pub doubt: Option<String>,
}

/// One goal over the runs of a group.
#[derive(Debug, Clone)]
pub struct TrendLine {
    /// The goal's name.
    pub goal: String,
    /// Its limit in the newest run that has it.
    pub limit: f64,
    /// What was measured, in the order of the runs that measured anything.
    pub points: Vec<TrendPoint>,
    /// Where it changed, in order.
    pub changes: Vec<Change>,
    /// Fail when it got worse in the newest runs and has stayed so; inconclusive when it is too short to tell.
    pub verdict: Mark,
}

/// What one run measured of a goal.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TrendPoint {
    /// Index into [`TrendGroup::runs`].
    pub run: usize,
    /// The value, in the goal's unit.
    pub value: f64,
    /// The goal's mark in that run.
    pub mark: Mark,
    /// Whether it is used: the run went all its way, and its generator kept up.
    pub counts: bool,
}

/// A change of a goal's level.
#[derive(Debug, Clone)]
pub struct Change {
    /// The run that introduced it: index into [`TrendGroup::runs`].
    pub run: usize,
    /// The last run before it whose value counts, likewise.
    pub last_before: usize,
    /// The mean since the change before.
    pub before: f64,
    /// The mean from here until the next change.
    pub after: f64,
    /// How likely so large a difference is without one, by Student's t-test.
    pub p: f64,
    /// Runs from here until the next change that count.
    pub lasted: usize,
    /// Whether more of it is worse.
    pub worse: bool,
    /// Whether nothing has changed since.
    pub stands: bool,
    /// Whether it is among the newest runs.
    pub fresh: bool,
    /// What the manifests of the run and of the one before it have different.
    pub differs: Vec<Differs>,
}

/// Fewer values than this can show nothing but an enormous change.
pub const VALUES_MIN: usize = 8;

/// The trend of these runs, whatever their order.
#[must_use]
pub fn trend(runs: Vec<TrendRun>, asked: TrendAsked) -> Trend {
    let (runs, left_out) = distinct(order(runs));
    let groups = group::groups(&runs, asked);
    let marks = groups.iter().flat_map(|group| &group.lines).map(|line| line.verdict);
    Trend {
        verdict: merged(marks),
        groups,
        left_out,
    }
}

/// One line that fails is enough; one that can be told is enough where none does.
fn merged(marks: impl Iterator<Item = Mark>) -> Mark {
    let marks: HashSet<Mark> = marks.collect();
    [Mark::Fail, Mark::Pass]
        .into_iter()
        .find(|mark| marks.contains(mark))
        .unwrap_or(Mark::Inconclusive)
}

/// A copy of a run's folder would count twice.
fn distinct(runs: Vec<TrendRun>) -> (Vec<TrendRun>, Vec<LeftOut>) {
    let (mut kept, mut left_out): (Vec<TrendRun>, Vec<LeftOut>) = (Vec::new(), Vec::new());
    for run in runs {
        let mut same = kept.iter().rev().take_while(|other| same_start(other, &run));
        let known = same.find(|other| is_copy(other, &run));
        match known.map(|other| other.folder.clone()) {
            Some(folder) => left_out.push(LeftOut {
                folder: run.folder,
                why: format!("it is the same run as {folder}"),
            }),
            None => kept.push(run),
        }
    }
    (kept, left_out)
}

fn same_start(one: &TrendRun, other: &TrendRun) -> bool {
    one.manifest.started_unix_ms == other.manifest.started_unix_ms
}

fn is_copy(one: &TrendRun, other: &TrendRun) -> bool {
    let name = |run: &TrendRun| (run.manifest.run.clone(), Key::of(&run.manifest, false));
    name(one) == name(other)
}
