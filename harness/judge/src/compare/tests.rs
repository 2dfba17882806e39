//! Comparisons of runs that were made up.

use std::collections::BTreeMap;

use history::{Change, Comparison, GoalResult, Host, Judged, Mark, RunRecord};
use vocabulary::{OutcomeClass, Stage, StageTimes};

use super::{Asked, SeriesBuilder, Side, Timed, compare};

const SECOND: u64 = 1_000_000;

/// A minute of a hundred operations a second that take 8 to 12 ms, the write half of it, all times by this factor.
fn made(factor: f64, bend: impl Fn(u64, &mut Timed)) -> history::Series {
    let mut builder = SeriesBuilder::new(5 * SECOND, 60 * SECOND);
    for number in 0..6000 {
        let service_us = (8_000 + number * 7919 % 4000) as f64 * factor;
        let intended_us = 5 * SECOND + number * 10_000;
        let mut stages = StageTimes::new();
        stages.add(
            Stage::Write,
            std::time::Duration::from_micros((service_us / 2.0) as u64),
        );
        let mut op = Timed {
            intended_us,
            started_us: intended_us,
            finished_us: intended_us + service_us as u64,
            class: OutcomeClass::Applied,
            stages: Some(stages),
        };
        bend(number, &mut op);
        builder.op(&op);
    }
    builder.finish(65 * SECOND)
}

/// A run of that name and factor, in which nothing went wrong.
pub(super) fn run(name: &str, seed: u64) -> RunRecord {
    record(name, seed, made(1.0, |_, _| {}))
}

fn record(name: &str, seed: u64, series: history::Series) -> RunRecord {
    RunRecord {
        run: name.to_owned(),
        scenario: "quick".to_owned(),
        world: "embedded".to_owned(),
        seed,
        plan_hash: "plan".to_owned(),
        host: Host {
            cpu: "a processor".to_owned(),
            cores: 2,
            memory_mib: 16_000,
            kernel: "6.1".to_owned(),
        },
        versions: BTreeMap::new(),
        started_unix_ms: 0,
        closed: false,
        verdict: Mark::Pass,
        broken: Vec::new(),
        whole: true,
        goals: Vec::new(),
        series,
    }
}

fn side(runs: Vec<RunRecord>) -> Side {
    Side {
        name: runs[0].run.clone(),
        runs,
    }
}

fn held(run: RunRecord) -> Comparison {
    compare(&side(vec![self::run("base", 1)]), &[side(vec![run])], &Asked::default())
}

fn change<'a>(comparison: &'a Comparison, measure: &str) -> &'a Change {
    let changes = &comparison.compared[0].changes;
    changes.iter().find(|change| change.measure == measure).unwrap()
}

#[test]
fn an_equal_run_passes_and_a_slower_one_fails_with_its_stage() {
    let equal = held(run("equal", 1));
    assert_eq!(equal.verdict, Mark::Pass, "{equal:#?}");
    let slow = held(record("slow", 1, made(1.06, |_, _| {})));
    assert_eq!(slow.verdict, Mark::Fail);
    let median = change(&slow, "response_time_p50");
    assert_eq!(median.judged, Judged::Worse);
    assert!((median.change.unwrap() - 0.06).abs() < 0.002, "{median:?}");
    assert!((median.base.unwrap() - 10.0).abs() < 0.1, "{median:?}");
    let write = change(&slow, "stages.write.p50");
    assert!(
        (write.change.unwrap() - 0.03).abs() < 0.002,
        "half of the whole: {write:?}"
    );
    assert!((write.of_itself.unwrap() - 0.06).abs() < 0.002, "{write:?}");
    let fast = held(record("fast", 1, made(0.9, |_, _| {})));
    assert_eq!(
        (fast.verdict, change(&fast, "response_time_p50").judged),
        (Mark::Pass, Judged::Better)
    );
}

#[test]
fn what_breaks_down_fails_and_names_what_broke() {
    let unknown = made(1.0, |number, op| {
        if number % 40 == 0 {
            op.class = OutcomeClass::Unknown;
        }
    });
    let found = held(record("unknown", 1, unknown));
    assert_eq!(found.verdict, Mark::Fail);
    let share = change(&found, "unknown_ratio");
    assert_eq!(share.judged, Judged::Worse);
    assert!((share.change.unwrap() - 0.025).abs() < 1e-9);
    let tail = change(&found, "response_time_p99");
    assert_eq!(
        (tail.judged, tail.run, tail.change),
        (Judged::Worse, None, None),
        "{tail:?}"
    );
    assert!(tail.why.contains("never ended"), "{}", tail.why);
}

#[test]
fn too_little_is_inconclusive_never_a_pass() {
    let mut short = run("short", 1);
    short.series.windows.truncate(5);
    short.series.response.truncate(5);
    short.series.service.truncate(5);
    short.series.stages.values_mut().for_each(|column| column.truncate(5));
    let found = held(short);
    assert_eq!(found.verdict, Mark::Inconclusive);
    assert!(
        found.compared[0]
            .changes
            .iter()
            .all(|change| change.judged == Judged::TooLittle)
    );
}

#[test]
fn a_run_that_is_no_ground_keeps_the_comparison_from_passing() {
    let capped = |bend: fn(&mut RunRecord)| {
        let mut other = run("other", 1);
        bend(&mut other);
        let found = held(other);
        (found.verdict, found.compared[0].notes.join(" "))
    };
    let torn = capped(|run| run.whole = false);
    assert!(torn.0 == Mark::Inconclusive && torn.1.contains("torn"), "{torn:?}");
    let wrong = capped(|run| run.broken = vec!["no-lost-ack".to_owned()]);
    assert!(
        wrong.0 == Mark::Inconclusive && wrong.1.contains("no-lost-ack"),
        "{wrong:?}"
    );
    let itself = capped(|run| run.run = "base".to_owned());
    assert!(
        itself.0 == Mark::Inconclusive && itself.1.contains("itself"),
        "{itself:?}"
    );
    let missed = capped(|run| run.verdict = Mark::Fail);
    assert!(
        missed.0 == Mark::Pass && missed.1.contains("missed a goal"),
        "{missed:?}"
    );
    let alone = capped(|_| {});
    assert!(alone.1.contains("one on each side"), "{alone:?}");
}

#[test]
fn several_runs_of_the_base_tell_the_noise_between_them() {
    let factors = [1.0, 1.08, 0.95, 1.04, 0.93];
    let named = |(number, factor): (usize, &f64)| record(&format!("base-{number}"), 1, made(*factor, |_, _| {}));
    let base = side(factors.iter().enumerate().map(named).collect());
    let found = compare(
        &base,
        &[side(vec![record("new", 1, made(1.07, |_, _| {}))])],
        &Asked::default(),
    );
    let median = change(&found, "response_time_p50");
    assert_eq!(
        median.judged,
        Judged::Unclear,
        "7 % is nothing where equal runs differ by 6 %: {median:?}"
    );
    let noise = median.noise.unwrap();
    assert_eq!(noise.runs, 6);
    assert!((noise.spread - 0.066).abs() < 0.01, "{noise:?}");
    let far = compare(
        &base,
        &[side(vec![record("new", 1, made(2.0, |_, _| {}))])],
        &Asked::default(),
    );
    assert_eq!(change(&far, "response_time_p50").judged, Judged::Worse);
}

#[test]
fn goals_that_no_series_tells_are_told_by_the_runs_verdicts() {
    let goal = |measured: f64| GoalResult {
        goal: "personas.forgot.response_time_p99_max".to_owned(),
        limit: 100.0,
        measured: Some(measured),
        verdict: Mark::Pass,
    };
    let with = |name: &str, measured: f64| RunRecord {
        goals: vec![goal(measured)],
        ..run(name, 1)
    };
    let one = compare(
        &side(vec![with("a", 10.0)]),
        &[side(vec![with("b", 12.0)])],
        &Asked::default(),
    );
    let told = change(&one, "personas.forgot.response_time_p99");
    assert_eq!((told.decides, told.judged), (false, Judged::Unclear));
    assert!(
        (told.change.unwrap() - 0.2).abs() < 1e-9 && told.p_value.is_none(),
        "{told:?}"
    );
    assert_eq!(one.verdict, Mark::Pass, "what nobody can judge is no condition");
    let several = [10.0, 10.1, 9.9, 10.05, 9.95].iter().enumerate();
    let base = side(
        several
            .map(|(number, measured)| with(&format!("a{number}"), *measured))
            .collect(),
    );
    let found = compare(&base, &[side(vec![with("b", 12.0)])], &Asked::default());
    assert_eq!(
        change(&found, "personas.forgot.response_time_p99").judged,
        Judged::Worse
    );
    assert_eq!(found.verdict, Mark::Fail);
}

#[test]
fn named_measures_are_looked_at_alone_and_the_same_runs_are_judged_the_same() {
    let asked = Asked {
        measures: vec!["stages.write.p50".to_owned()],
        ..Asked::default()
    };
    let base = side(vec![run("base", 1)]);
    let slow = side(vec![record("slow", 1, made(1.06, |_, _| {}))]);
    let found = compare(&base, std::slice::from_ref(&slow), &asked);
    assert_eq!(found.compared[0].changes.len(), 1);
    assert!(
        (change(&found, "stages.write.p50").change.unwrap() - 0.06).abs() < 0.002,
        "of itself where it decides"
    );
    assert_eq!(found, compare(&base, &[slow], &asked));
}
