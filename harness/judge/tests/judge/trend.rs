//! Trends over made-up runs: what stands on one line, what changed, and who brought it.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use history::{Finding, GoalResult, Manifest, Mark, Verdict};
use judge::trend::{Trend, TrendAsked, TrendRun, trend};

use crate::series::{Noise, tally};
use crate::world::World;

const DAY_MS: u64 = 86_400_000;
const GOAL: &str = "response_time_p99_max";

/// A run of that day whose goal came to that.
fn run(day: usize, value: f64) -> TrendRun {
    static PLAIN: LazyLock<(Manifest, Verdict)> = LazyLock::new(|| {
        let world = World::of(3);
        (world.manifest.clone(), world.judge().verdict)
    });
    let (mut manifest, mut verdict) = PLAIN.clone();
    manifest.run = format!("run-{day}");
    manifest.started_unix_ms = day as u64 * DAY_MS;
    manifest.versions = BTreeMap::from([("wblab".to_owned(), "0.1.0".to_owned())]);
    manifest.host.cpu = "a processor".to_owned();
    (manifest.host.cores, manifest.host.memory_mib) = (2, 24_105);
    for finding in &mut verdict.findings {
        finding.verdict = Mark::Pass;
    }
    verdict.verdict = Mark::Pass;
    verdict.goals = vec![GoalResult {
        goal: GOAL.to_owned(),
        limit: 500.0,
        measured: Some(value),
        verdict: Mark::Pass,
    }];
    TrendRun {
        folder: format!("quick/run-{day}"),
        manifest,
        verdict,
    }
}

/// Runs that wobble by a hundredth around levels.
fn runs(levels: &[(f64, usize)]) -> Vec<TrendRun> {
    let levels = levels
        .iter()
        .flat_map(|(level, count)| std::iter::repeat_n(*level, *count));
    let wobbled = levels
        .enumerate()
        .map(|(day, level)| (day, level * (1.0 + 0.005 * ((day * 7 % 5) as f64 - 2.0))));
    wobbled.map(|(day, value)| run(day, value)).collect()
}

fn of(runs: Vec<TrendRun>) -> Trend {
    trend(runs, TrendAsked::default())
}

#[test]
fn a_step_up_is_laid_at_the_run_that_brought_it_with_what_was_different_there() {
    let mut runs = runs(&[(100.0, 20), (125.0, 6)]);
    for run in &mut runs[20..] {
        run.manifest.versions.insert("wblab".to_owned(), "0.2.0".to_owned());
        run.manifest.host.kernel = "6.19".to_owned();
        run.manifest.host.memory_mib += 3;
    }
    runs.reverse();
    let trend = of(runs);
    assert_eq!(trend.verdict, Mark::Fail);
    let [group] = trend.groups.as_slice() else {
        panic!("{:?}", trend.groups);
    };
    assert_eq!(group.machine, "a processor, 2 processors, 24 GiB");
    let change = &group.lines[0].changes[0];
    assert_eq!(group.runs[change.run].run, "run-20");
    assert_eq!((change.lasted, change.last_before), (6, 19));
    assert!(change.worse && change.stands && change.fresh);
    let differs: Vec<(&str, &str, &str)> = change
        .differs
        .iter()
        .map(|differs| (differs.what.as_str(), differs.before.as_str(), differs.after.as_str()))
        .collect();
    assert_eq!(
        differs,
        [
            ("kernel", "", "6.19"),
            ("memory", "24105 MiB", "24108 MiB"),
            ("version of wblab", "0.1.0", "0.2.0")
        ]
    );
}

#[test]
fn what_got_worse_long_ago_better_or_worse_and_better_again_does_not_fail() {
    for (levels, changes) in [
        (vec![(100.0, 20), (125.0, 30)], 1),
        (vec![(125.0, 20), (100.0, 6)], 1),
        (vec![(100.0, 20), (125.0, 8), (100.0, 8)], 2),
        (vec![(100.0, 30)], 0),
    ] {
        let trend = of(runs(&levels));
        assert_eq!(trend.verdict, Mark::Pass, "{levels:?}");
        assert_eq!(trend.groups[0].lines[0].changes.len(), changes, "{levels:?}");
    }
}

#[test]
fn less_is_worse_of_a_rate() {
    let mut runs = runs(&[(100.0, 20), (80.0, 6)]);
    for run in &mut runs {
        run.verdict.goals[0].goal = "achieved_rate_min".to_owned();
    }
    assert_eq!(of(runs).verdict, Mark::Fail);
}

#[test]
fn too_few_runs_tell_nothing_and_none_even_less() {
    assert_eq!(of(runs(&[(100.0, 7)])).verdict, Mark::Inconclusive);
    assert_eq!(of(runs(&[(100.0, 8)])).verdict, Mark::Pass);
    assert_eq!(of(Vec::new()).verdict, Mark::Inconclusive);
}

#[test]
fn unlike_runs_stand_on_lines_of_their_own() {
    let differently = |other: fn(&mut TrendRun)| {
        let mut runs = runs(&[(100.0, 10), (150.0, 10)]);
        runs[10..].iter_mut().for_each(other);
        let trend = of(runs);
        (trend.groups.len(), trend.verdict)
    };
    let apart = (2, Mark::Pass);
    assert_eq!(differently(|run| run.manifest.scenario = "storm".to_owned()), apart);
    assert_eq!(differently(|run| run.manifest.world = "docker".to_owned()), apart);
    assert_eq!(differently(|run| run.manifest.plan_hash = "other".to_owned()), apart);
    assert_eq!(differently(|run| run.manifest.host.cores = 4), apart);
    assert_eq!(differently(|run| run.manifest.host.memory_mib = 64_000), apart);
    assert_eq!(
        differently(|run| run.manifest.host.kernel = "6.19".to_owned()),
        (1, Mark::Fail),
        "a new kernel is what a trend must show"
    );
}

#[test]
fn runs_of_any_plan_stand_on_one_line_when_asked_and_the_plan_is_told() {
    let mut runs = runs(&[(100.0, 20), (125.0, 6)]);
    for (number, run) in runs.iter_mut().enumerate() {
        run.manifest.seed = number as u64;
        run.manifest.plan_hash = format!("plan {number}");
    }
    let asked = TrendAsked {
        any_plan: true,
        ..TrendAsked::default()
    };
    let trend = trend(runs, asked);
    assert_eq!((trend.groups.len(), trend.verdict), (1, Mark::Fail));
    let differs: Vec<&str> = trend.groups[0].lines[0].changes[0]
        .differs
        .iter()
        .map(|differs| differs.what.as_str())
        .collect();
    assert_eq!(differs, ["plan", "seed"]);
}

#[test]
fn an_old_line_alarms_no_longer_when_newer_runs_have_another_plan() {
    let mut runs = runs(&[(100.0, 20), (125.0, 6), (125.0, 8)]);
    for run in &mut runs[26..] {
        run.manifest.plan_hash = "next".to_owned();
    }
    let trend = of(runs);
    assert_eq!(trend.verdict, Mark::Pass, "the step is fourteen runs old by now");
}

#[test]
fn runs_that_prove_nothing_are_shown_and_not_used() {
    let mut runs = runs(&[(100.0, 20), (150.0, 6)]);
    for run in &mut runs[20..23] {
        run.verdict.findings.push(Finding {
            check: "generator-kept-up".to_owned(),
            verdict: Mark::Inconclusive,
            checked: 1,
            violations: Vec::new(),
            why: "it was late".to_owned(),
        });
    }
    for run in &mut runs[23..] {
        run.verdict.goals[0].verdict = Mark::Inconclusive;
    }
    let trend = of(runs);
    let line = &trend.groups[0].lines[0];
    assert_eq!((trend.verdict, line.changes.len()), (Mark::Pass, 0));
    assert_eq!(line.points.len(), 26);
    assert!(line.points[..20].iter().all(|point| point.counts));
    assert!(line.points[20..].iter().all(|point| !point.counts));
    assert!(
        trend.groups[0].runs[20]
            .doubt
            .as_ref()
            .unwrap()
            .contains("did not keep up")
    );
}

#[test]
fn a_copy_of_a_folder_counts_once() {
    let mut runs = runs(&[(100.0, 9)]);
    let mut copy = runs[4].clone();
    copy.folder = "z/copy".to_owned();
    runs.push(copy);
    let trend = of(runs);
    assert_eq!(trend.groups[0].runs.len(), 9);
    assert_eq!(trend.left_out[0].folder, "z/copy");
    assert_eq!(trend.left_out[0].why, "it is the same run as quick/run-4");
}

#[test]
fn a_goal_that_only_some_runs_have_has_its_line() {
    let mut runs = runs(&[(100.0, 20)]);
    for run in &mut runs[..8] {
        run.verdict.goals[0].goal = "stage.write.p99_max".to_owned();
    }
    let trend = of(runs);
    let lines: Vec<(&str, usize)> = trend.groups[0]
        .lines
        .iter()
        .map(|line| (line.goal.as_str(), line.points.len()))
        .collect();
    assert_eq!(lines, [(GOAL, 12), ("stage.write.p99_max", 8)]);
}

#[test]
fn a_step_is_found_and_a_flat_series_is_left_alone() {
    let tally = tally(0, 20, Noise::Normal(0.03));
    assert!(
        tally.alarmed == 0 && tally.found >= 19 && tally.named >= 18,
        "{tally:?}"
    );
}

#[test]
fn slow_nights_are_no_level_and_good_and_bad_weeks_hide_no_step() {
    let nights = tally(1000, 6, Noise::Outliers(0.03));
    assert!(nights.alarmed <= 1, "{nights:?}");
    let weeks = tally(1000, 6, Noise::Weeks(0.03, 0.3));
    assert!(weeks.alarmed <= 1 && weeks.found >= 5, "{weeks:?}");
}
