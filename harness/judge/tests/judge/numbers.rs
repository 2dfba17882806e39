//! Percentiles, rates, windows, stages, goals and faults.

use history::{FaultEvent, Mark, Phase};
use judge::Judgement;
use vocabulary::{OpKind, Outcome, ReasonCode, Times, UnknownWhy};

use crate::world::*;

/// A hundred resets with response times of 1 to 100 ms.
fn hundred() -> World {
    World::of_resets(100, 50_000)
}

/// Whether a percentile is the value that was seen, within its stated error.
fn near(kept: Option<f64>, seen: f64) -> bool {
    kept.is_some_and(|kept| (seen..=seen * (1.0 + Times::ERROR)).contains(&kept))
}

fn goal(judgement: &Judgement, goal: &str) -> (Option<f64>, Mark) {
    let found = judgement
        .verdict
        .goals
        .iter()
        .find(|result| result.goal == goal)
        .unwrap();
    (found.measured, found.verdict)
}

#[test]
fn percentiles_are_what_was_seen_within_the_stated_error_and_warm_up_is_in_none() {
    let mut world = hundred();
    world.op(
        100,
        OpKind::Reset,
        SECOND + 5,
        900_000,
        Outcome::rejected(ReasonCode::PasswordPolicy),
    );
    for op in &mut world.ops {
        op.started_us += 400;
    }
    let verdict = world.judge().verdict;
    let response = verdict.response_time_ms;
    assert_eq!(verdict.percentile_error, Times::ERROR);
    assert!(near(response.p50, 50.0) && near(response.p90, 90.0), "{response:?}");
    assert!(near(response.p99, 99.0), "{response:?}");
    assert_eq!(
        (response.p999, response.max),
        (Some(100.0), Some(100.0)),
        "the largest is exact"
    );
    assert!(near(verdict.service_time_ms.p50, 49.6), "{:?}", verdict.service_time_ms);
    assert_eq!(verdict.ops.rejected, 1, "warm-up counts here");
}

#[test]
fn dropped_and_unknown_count_as_slower_than_every_finished_one() {
    let mut world = hundred();
    for _ in 0..60 {
        world.drop_arrival(100, 5 * SECOND);
    }
    let late = world.op(
        100,
        OpKind::Reset,
        5 * SECOND,
        7 * SECOND,
        Outcome::Unknown(UnknownWhy::Timeout),
    );
    world.op(
        100,
        OpKind::Reset,
        6 * SECOND,
        10,
        Outcome::Unknown(UnknownWhy::ConnectionLost),
    );
    world.ops[late].started_us += 10;
    world.goal("response_time_p50_max", 100.0);
    world.goal("response_time_p99_max", 60_000.0);
    let judgement = world.judge();
    let response = judgement.verdict.response_time_ms;
    assert!(near(response.p50, 81.0), "of 162, the 81st: {response:?}");
    assert!(near(response.p90, 3000.0), "{response:?}");
    assert_eq!(response.max, Some(7000.0));
    assert_eq!(judgement.verdict.service_time_ms.max, Some(100.0), "finished ones only");
    assert_eq!(goal(&judgement, "response_time_p50_max").1, Mark::Pass);
    let (lasted, endless) = goal(&judgement, "response_time_p99_max");
    assert!(
        near(lasted, 3000.0) && endless == Mark::Fail,
        "what never ended is over any limit"
    );

    let curve = &judgement.figures.curve;
    assert_eq!(curve.first().unwrap().response_us, Some(1000));
    assert_eq!(
        (curve.last().unwrap().share, curve.last().unwrap().response_us),
        (1.0, None)
    );
    assert_eq!(curve.last().unwrap().service_us, Some(100_000));
    assert!(curve.windows(2).all(|pair| pair[0].share < pair[1].share));
    assert!((90..=110).contains(&curve.len()), "{}", curve.len());
}

#[test]
fn an_unknown_operation_that_ended_at_once_still_counts_as_the_slowest() {
    let mut world = World::of(2);
    world.op(
        0,
        OpKind::Reset,
        3 * SECOND,
        100_000,
        Outcome::rejected(ReasonCode::PasswordPolicy),
    );
    world.op(
        1,
        OpKind::Reset,
        3 * SECOND,
        10,
        Outcome::Unknown(UnknownWhy::ConnectionLost),
    );
    let response = world.judge().verdict.response_time_ms;
    assert_eq!((response.p50, response.max), (Some(100.0), Some(100.0)));
}

#[test]
fn a_drop_that_is_recorded_later_is_measured_by_when_it_was_due() {
    let mut world = hundred();
    world.drop_arrival(100, MEASURE.end - SECOND);
    world.drops[0].phase = Phase::Drain;
    world.goal("dropped_ratio_max", 0.001);
    let (measured, mark) = goal(&world.judge(), "dropped_ratio_max");
    assert_eq!((measured, mark), (Some(1.0 / 101.0), Mark::Fail));
}

#[test]
fn rates_are_over_the_measure_phase_as_it_was() {
    let mut world = hundred();
    world.op(
        100,
        OpKind::Reset,
        11 * SECOND,
        2 * SECOND,
        Outcome::rejected(ReasonCode::PasswordPolicy),
    );
    world.op(
        100,
        OpKind::Reset,
        11 * SECOND,
        10,
        Outcome::failed(ReasonCode::NoListener),
    );
    world.drop_arrival(100, 8 * SECOND);
    world.goal("achieved_rate_min", 9.5);
    let judgement = world.judge();
    let rates = judgement.verdict.rates;
    assert!((rates.offered_per_s - 10.3).abs() < 1e-9, "{rates:?}");
    assert!(
        (rates.achieved_per_s - 10.0).abs() < 1e-9,
        "a late one and a failed one are not achieved"
    );
    assert_eq!(goal(&judgement, "achieved_rate_min").1, Mark::Pass);
    world.manifest.goals[0].limit = 10.5;
    assert_eq!(goal(&world.judge(), "achieved_rate_min").1, Mark::Fail);
}

#[test]
fn goals_hold_fail_or_cannot_be_told() {
    let mut world = hundred();
    world.goal("service_time_p99_max", 99.1);
    world.goal("response_time_p999_max", 99.9);
    world.goal("unknown_ratio_max", 0.0);
    world.goal("failed_ratio_max", 0.0);
    world.goal("beauty_min", 1.0);
    let judgement = world.judge();
    assert_eq!(goal(&judgement, "service_time_p99_max").1, Mark::Pass);
    assert_eq!(goal(&judgement, "response_time_p999_max").1, Mark::Fail);
    assert_eq!(goal(&judgement, "unknown_ratio_max"), (Some(0.0), Mark::Pass));
    assert_eq!(goal(&judgement, "failed_ratio_max").1, Mark::Pass);
    assert_eq!(goal(&judgement, "beauty_min"), (None, Mark::Inconclusive));
    assert!(finding(&judgement, "goals-known").why.contains("beauty_min"));
    assert_eq!(judgement.verdict.verdict, Mark::Fail);

    world.ops.clear();
    let nothing = world.judge();
    for result in &nothing.verdict.goals {
        assert_eq!(
            (result.measured, result.verdict),
            (None, Mark::Inconclusive),
            "{}",
            result.goal
        );
    }
}

#[test]
fn stages_are_of_measured_operations_and_the_rest_is_network() {
    let mut world = hundred();
    for number in 0..10 {
        world.stages(number + 40, "write;dur=20.000, cloud;dur=5.000");
    }
    let judgement = world.judge();
    let stages: Vec<_> = judgement
        .figures
        .stages
        .iter()
        .map(|row| (row.stage.as_str(), row.count))
        .collect();
    assert_eq!(stages, [("cloud", 10), ("write", 10), ("network", 10)]);
    let network = &judgement.figures.stages[2];
    assert_eq!((network.p99_us, network.mean_us), (25_000, 20_500.0));
    assert!(near(Some(network.p50_us as f64), 20_000.0), "{network:?}");
    assert_eq!(
        judgement.verdict.stages_ms["write"].p50, 20.0,
        "one value only, so the largest"
    );
}

#[test]
fn windows_cover_the_load_without_gaps_and_lose_nobody() {
    let mut world = hundred();
    world.drop_arrival(100, 8 * SECOND);
    world.op(
        100,
        OpKind::Reset,
        SECOND - 10,
        100,
        Outcome::failed(ReasonCode::NoListener),
    );
    world.op(
        100,
        OpKind::Reset,
        MEASURE.start,
        SECOND - 1,
        Outcome::Unknown(UnknownWhy::Timeout),
    );
    let figures = world.judge().figures;
    assert_eq!((figures.window_us, figures.windows.len()), (SECOND, 12));
    assert_eq!(figures.windows[0].from_us, SECOND);
    assert!(
        figures
            .windows
            .windows(2)
            .all(|pair| pair[1].from_us - pair[0].from_us == SECOND)
    );
    let sum = |count: fn(&judge::Window) -> u64| figures.windows.iter().map(count).sum::<u64>();
    assert_eq!((sum(|one| one.offered), sum(|one| one.dropped)), (103, 1));
    assert_eq!((sum(|one| one.finished), sum(|one| one.achieved)), (102, 100));
    let first = &figures.windows[1];
    assert_eq!((first.offered, first.response_max_us), (21, Some(20_000)));
    let near = |us: Option<u64>, seen| near(us.map(|us| us as f64), seen);
    assert!(
        near(first.response_p50_us, 10_000.0) && near(first.response_p90_us, 18_000.0),
        "{first:?}"
    );
    assert_eq!(first.response_p99_us, Some(20_000));
    assert_eq!(figures.windows[11].response_p50_us, None);
    let names: Vec<&str> = figures.phases.iter().map(|span| span.name.as_str()).collect();
    assert_eq!(names[..4], ["provision", "populate", "baseline", "warm-up"]);
    assert!(figures.phases.windows(2).all(|pair| pair[0].to_us == pair[1].from_us));
}

#[test]
fn a_fault_lasts_from_injection_to_healing_or_its_lease() {
    let mut world = hundred();
    let fault = |fault: &str, at_us, bit| FaultEvent {
        seq: 0,
        at_us,
        phase: Phase::Measure,
        fault: fault.into(),
        target: "agent1".into(),
        lease_us: Some(2 * SECOND),
        bit,
        touched: Vec::new(),
    };
    world.faults.push((fault("pause", 4 * SECOND, None), false));
    world.faults.push((fault("pause", 5 * SECOND, Some(true)), true));
    world.faults.push((fault("pause", 5 * SECOND + 9, None), true));
    world.faults.push((fault("pause", 6 * SECOND, Some(false)), false));
    world.faults.push((fault("kill", 7 * SECOND, None), false));
    let judgement = world.judge();
    let spans: Vec<_> = judgement
        .figures
        .faults
        .iter()
        .map(|span| (span.from_us, span.to_us))
        .collect();
    let seconds = |from, to| (from * SECOND, to * SECOND);
    assert_eq!(spans, [seconds(4, 5), seconds(6, 8), seconds(7, 9)]);
    let bits: Vec<_> = judgement
        .verdict
        .faults
        .iter()
        .map(|fault| (fault.fault.as_str(), fault.bit))
        .collect();
    assert_eq!(bits, [("pause", Some(false)), ("kill", None)]);
}

#[test]
fn a_run_that_was_cut_off_says_nothing_about_goals() {
    let mut world = World::clean();
    world.goal("achieved_rate_min", 1_000_000.0);
    assert_eq!(goal(&world.judge(), "achieved_rate_min").1, Mark::Fail);
    world.interrupt(9 * SECOND);
    assert_eq!(goal(&world.judge(), "achieved_rate_min").1, Mark::Inconclusive);
}

#[test]
fn success_and_failure_kinds_and_personas_are_timed_apart() {
    let mut world = hundred();
    for op in &mut world.ops[..10] {
        op.outcome = Outcome::rejected(ReasonCode::PasswordPolicy);
        op.persona = "weak_password".to_owned();
    }
    world.ops[99].outcome = Outcome::failed(ReasonCode::NoListener);
    world.unlock(100, 5 * SECOND, Outcome::Unknown(UnknownWhy::Timeout));
    world.drop_arrival(100, 6 * SECOND);
    let verdict = world.judge().verdict;
    let by = &verdict.latency_by_outcome;
    let counts: Vec<_> = by
        .iter()
        .map(|(outcome, latency)| (outcome.as_str(), latency.count))
        .collect();
    assert_eq!(
        counts,
        [
            ("applied", 89),
            ("dropped", 1),
            ("failed", 1),
            ("rejected", 10),
            ("unknown", 1)
        ]
    );
    assert!(near(by["rejected"].response_time_ms.p50, 5.0), "{by:?}");
    assert_eq!(by["rejected"].service_time_ms.max, Some(10.0));
    assert!(near(by["applied"].response_time_ms.p50, 55.0), "{by:?}");
    assert_eq!(by["failed"].response_time_ms.max, Some(100.0));
    assert_eq!(
        by["dropped"].service_time_ms.max, None,
        "what never began has no service time"
    );
    let kinds = &verdict.latency_by_kind;
    assert_eq!((kinds["reset"].count, kinds["unlock"].count), (101, 1));
    let personas = &verdict.latency_by_persona;
    assert_eq!(personas["weak_password"].count, 10);
    assert_eq!(personas.values().map(|latency| latency.count).sum::<u64>(), 102);
    assert_eq!(
        personas["weak_password"].response_time_ms,
        by["rejected"].response_time_ms
    );
}
