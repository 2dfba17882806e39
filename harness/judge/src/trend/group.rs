//! Which runs may stand on one line, and the lines of each group.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use history::{GoalResult, Manifest, Mark, Verdict};
use vocabulary::Goal;

use super::causes::differs;
use super::{
    Change, ChangePoint, Detector, RunOnLine, TrendAsked, TrendGroup, TrendLine, TrendPoint, TrendRun, VALUES_MIN,
};

/// MiB of a GiB: how much memory a machine says it has depends on its kernel, so it is told apart by the nearest of these.
const GIB_MIB: u64 = 1024;

/// Checks whose doubt is about the run's own numbers.
const ABOUT_NUMBERS: [(&str, &str); 2] = [
    ("run-complete", "it did not go all its way"),
    ("generator-kept-up", "its load generator did not keep up"),
];

/// What runs on one line have in common. The kernel is not among it: a new one is among what a trend must show.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Key {
    place: Place,
    plan: Option<String>,
}

/// The same whatever the plan is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
struct Place {
    scenario: String,
    world: String,
    cpu: String,
    cores: u32,
    memory_gib: u64,
}

impl Key {
    pub(super) fn of(manifest: &Manifest, any_plan: bool) -> Self {
        let host = &manifest.host;
        Self {
            place: Place {
                scenario: manifest.scenario.clone(),
                world: manifest.world.clone(),
                cpu: host.cpu.clone(),
                cores: host.cores,
                memory_gib: (host.memory_mib + GIB_MIB / 2) / GIB_MIB,
            },
            plan: (!any_plan).then(|| manifest.plan_hash.clone()),
        }
    }
}

impl Place {
    fn machine(&self) -> String {
        let processors = if self.cores == 1 { "processor" } else { "processors" };
        format!("{}, {} {processors}, {} GiB", self.cpu, self.cores, self.memory_gib)
    }
}

/// Runs in the order of their start.
pub(super) fn order(mut runs: Vec<TrendRun>) -> Vec<TrendRun> {
    runs.sort_by(|one, other| {
        let by_start = one.manifest.started_unix_ms.cmp(&other.manifest.started_unix_ms);
        by_start.then_with(|| one.folder.cmp(&other.folder))
    });
    runs
}

/// The groups of runs that are in the order of their start.
pub(super) fn groups(runs: &[TrendRun], asked: TrendAsked) -> Vec<TrendGroup> {
    let mut places: HashMap<Place, usize> = HashMap::new();
    let mut members: BTreeMap<Key, Vec<Member<'_>>> = BTreeMap::new();
    for run in runs {
        let key = Key::of(&run.manifest, asked.any_plan);
        let place = places.entry(key.place.clone()).or_default();
        members.entry(key).or_default().push(Member { run, place: *place });
        *place += 1;
    }
    let group = |(key, members): (Key, Vec<Member<'_>>)| {
        let newest = places.get(&key.place).copied().unwrap_or_default();
        group(key, &members, newest.saturating_sub(asked.since))
    };
    members.into_iter().map(group).collect()
}

/// A run of a group.
struct Member<'a> {
    run: &'a TrendRun,
    /// Which one it is of all runs of this scenario, world and machine, whatever their plans: what is newest is so among those.
    place: usize,
}

/// `fresh_from`: the first of the newest runs.
fn group(key: Key, members: &[Member<'_>], fresh_from: usize) -> TrendGroup {
    let runs: Vec<RunOnLine> = members.iter().map(|member| on_line(member.run)).collect();
    let lines = goals(members)
        .into_iter()
        .map(|goal| line(goal, members, &runs, fresh_from))
        .collect();
    TrendGroup {
        machine: key.place.machine(),
        scenario: key.place.scenario,
        world: key.place.world,
        plan_hash: key.plan,
        runs,
        lines,
    }
}

fn on_line(run: &TrendRun) -> RunOnLine {
    let manifest = &run.manifest;
    RunOnLine {
        folder: run.folder.clone(),
        run: manifest.run.clone(),
        started_unix_ms: manifest.started_unix_ms,
        seed: manifest.seed,
        versions: manifest.versions.clone().into_iter().collect(),
        verdict: run.verdict.verdict,
        doubt: doubt(&run.verdict),
    }
}

/// Why the numbers of a run are its own, and no measurement of what it drove.
fn doubt(verdict: &Verdict) -> Option<String> {
    let doubted = |check: &str| {
        let mut findings = verdict.findings.iter();
        findings.any(|finding| finding.check == check && finding.verdict != Mark::Pass)
    };
    let told: Vec<&str> = ABOUT_NUMBERS
        .iter()
        .filter(|(check, _)| doubted(check))
        .map(|(_, why)| *why)
        .collect();
    (!told.is_empty()).then(|| told.join(", "))
}

/// Every goal of a group, in the order of the newest run, then those that only older ones had.
fn goals<'a>(members: &[Member<'a>]) -> Vec<&'a str> {
    let mut known = BTreeSet::new();
    let results = members.iter().rev().flat_map(|member| &member.run.verdict.goals);
    results
        .map(|result| result.goal.as_str())
        .filter(|goal| known.insert(*goal))
        .collect()
}

fn line(goal: &str, members: &[Member<'_>], runs: &[RunOnLine], fresh_from: usize) -> TrendLine {
    let results: Vec<(usize, &GoalResult)> = members
        .iter()
        .enumerate()
        .filter_map(|(run, member)| Some((run, result_of(&member.run.verdict, goal)?)))
        .collect();
    let points: Vec<TrendPoint> = results
        .iter()
        .filter_map(|(run, result)| point(*run, result, &runs[*run]))
        .collect();
    let counted: Vec<TrendPoint> = points.iter().copied().filter(|point| point.counts).collect();
    let changes = changes(goal, &counted, members, fresh_from);
    TrendLine {
        goal: goal.to_owned(),
        limit: results.last().map_or(0.0, |(_, result)| result.limit),
        verdict: verdict(&counted, &changes),
        points,
        changes,
    }
}

fn result_of<'a>(verdict: &'a Verdict, goal: &str) -> Option<&'a GoalResult> {
    verdict.goals.iter().find(|result| result.goal == goal)
}

fn point(run: usize, result: &GoalResult, on_line: &RunOnLine) -> Option<TrendPoint> {
    let value = result.measured.filter(|value| value.is_finite())?;
    Some(TrendPoint {
        run,
        value,
        mark: result.verdict,
        counts: result.verdict != Mark::Inconclusive && on_line.doubt.is_none(),
    })
}

fn changes(goal: &str, counted: &[TrendPoint], members: &[Member<'_>], fresh_from: usize) -> Vec<Change> {
    let values: Vec<f64> = counted.iter().map(|point| point.value).collect();
    let found = Detector::default().change_points(&values);
    // Of a goal that is not known here nobody can say which side is good; names end with what they bound.
    let least = goal
        .parse::<Goal>()
        .map_or_else(|_| goal.ends_with("_min"), |goal| goal.is_least());
    let ends = found.iter().skip(1).map(|next| next.at).chain([values.len()]);
    let change = |(found, until): (&ChangePoint, usize)| {
        let (before, after) = (counted[found.at - 1].run, counted[found.at].run);
        let manifest = |run: usize| &members[run].run.manifest;
        Change {
            run: after,
            last_before: before,
            before: found.before,
            after: found.after,
            p: found.p,
            lasted: until - found.at,
            worse: (found.after < found.before) == least,
            stands: until == values.len(),
            fresh: members[after].place >= fresh_from,
            differs: differs(manifest(before), manifest(after)),
        }
    };
    found.iter().zip(ends).map(change).collect()
}

fn verdict(counted: &[TrendPoint], changes: &[Change]) -> Mark {
    match changes.last() {
        Some(last) if last.worse && last.fresh => Mark::Fail,
        _ if counted.len() < VALUES_MIN => Mark::Inconclusive,
        _ => Mark::Pass,
    }
}
