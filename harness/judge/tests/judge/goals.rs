//! Goals by stage and persona, and loads that goals ended.

use history::{GoalResult, Mark, PartSample, Sample};
use judge::Judgement;
use vocabulary::{Outcome, ReasonCode, UnknownWhy};

use crate::world::*;

fn goal<'a>(judgement: &'a Judgement, name: &str) -> &'a GoalResult {
    let mut goals = judgement.verdict.goals.iter();
    goals.find(|result| result.goal == name).unwrap()
}

/// Fifty resets, one each 100 ms, with response times of 1 to 50 ms.
fn fifty() -> World {
    World::of_resets(50, 100_000)
}

#[test]
fn a_goal_of_a_stage_is_held_against_what_that_stage_took() {
    let mut world = fifty();
    for number in 0..40 {
        world.stages(number, &format!("write;dur={}", (number + 1) as f64 / 2.0));
    }
    world.goal("stage.write.p50_max", 10.1);
    world.goal("stage.write.max", 19.9);
    world.goal("stage.network.max", 20.0);
    world.goal("stage.relay.p99_max", 1.0);
    let judgement = world.judge();
    let told = [
        "stage.write.p50_max",
        "stage.write.max",
        "stage.network.max",
        "stage.relay.p99_max",
    ]
    .map(|name| goal(&judgement, name))
    .map(|goal| (goal.measured.map(|value| (value * 10.0).floor() / 10.0), goal.verdict));
    assert_eq!(
        told,
        [
            (Some(10.0), Mark::Pass),
            (Some(20.0), Mark::Fail),
            (Some(20.0), Mark::Pass),
            (None, Mark::Inconclusive)
        ]
    );
}

#[test]
fn a_goal_of_a_persona_is_held_against_what_became_of_its_people_alone() {
    let mut world = fifty();
    for op in &mut world.ops[..10] {
        op.persona = "helpdesk".to_owned();
    }
    world.ops[0].outcome = Outcome::failed(ReasonCode::NoListener);
    world.ops[1].outcome = Outcome::Unknown(UnknownWhy::Timeout);
    world.goal("persona.helpdesk.response_time_p50_max", 6.1);
    world.goal("persona.helpdesk.response_time_max", 60_000.0);
    world.goal("persona.helpdesk.failed_ratio_max", 0.1);
    world.goal("persona.helpdesk.unknown_ratio_max", 0.05);
    world.goal("persona.impostor.unknown_ratio_max", 1.0);
    world.goal("applied_rate_min", 4.8);
    world.goal("rejected_ratio_max", 0.0);
    let judgement = world.judge();
    assert_eq!(
        goal(&judgement, "persona.helpdesk.response_time_p50_max").verdict,
        Mark::Pass
    );
    assert_eq!(
        goal(&judgement, "persona.helpdesk.response_time_max").verdict,
        Mark::Fail,
        "one never ended"
    );
    assert_eq!(
        goal(&judgement, "persona.helpdesk.failed_ratio_max").measured,
        Some(0.1)
    );
    assert_eq!(
        goal(&judgement, "persona.helpdesk.failed_ratio_max").verdict,
        Mark::Pass
    );
    assert_eq!(
        goal(&judgement, "persona.helpdesk.unknown_ratio_max").verdict,
        Mark::Fail
    );
    assert_eq!(
        goal(&judgement, "persona.impostor.unknown_ratio_max").verdict,
        Mark::Inconclusive,
        "nobody of them came"
    );
    assert_eq!(goal(&judgement, "applied_rate_min").measured, Some(4.8));
    assert_eq!(goal(&judgement, "applied_rate_min").verdict, Mark::Pass);
    assert_eq!(goal(&judgement, "rejected_ratio_max").verdict, Mark::Pass);
}

#[test]
fn a_part_that_grows_while_it_is_measured_misses_the_goal_and_one_that_grew_before_does_not() {
    let world = |memory: fn(u64) -> u64| {
        let mut world = fifty();
        for tick in 0..60 {
            world.samples.push(Sample::Part(PartSample {
                at_us: tick * SECOND / 2,
                part: "agent".to_owned(),
                memory_bytes: memory(tick * SECOND / 2),
                files: Some(100),
                ..PartSample::default()
            }));
        }
        world.goal("memory_growth_max", 0.05);
        world.goal("open_files_growth_max", 0.0);
        world
    };
    let full = |at_us: u64| (at_us * 1_000 / MEASURE.start).min(1_000);
    let leaking = |at_us: u64| 10_000 + at_us * 1_000 / MEASURE.end;
    for (memory, mark) in [(full as fn(u64) -> u64, Mark::Pass), (leaking, Mark::Fail)] {
        let judgement = world(memory).judge();
        let grown = goal(&judgement, "memory_growth_max");
        assert_eq!(grown.verdict, mark, "{grown:?}");
        assert_eq!(goal(&judgement, "open_files_growth_max").verdict, Mark::Pass);
    }
    let mut unseen = world(full);
    unseen.samples.clear();
    assert_eq!(
        goal(&unseen.judge(), "memory_growth_max").verdict,
        Mark::Inconclusive,
        "nobody looked"
    );
}

/// Half of a run that was to have a hundred arrivals, ended for these goals.
fn half(goals: &[&str]) -> World {
    let mut world = fifty();
    for number in 50..100 {
        world.spare(50, MEASURE.start + number * 100_000);
    }
    world.end_early(MEASURE.start + 5 * SECOND, goals);
    world
}

#[test]
fn a_load_that_a_goal_ended_fails_it_spares_the_rest_and_leaves_the_other_goals_open() {
    let mut world = half(&["response_time_p90_max"]);
    world.goal("response_time_p90_max", 39.0);
    world.goal("response_time_p50_max", 1.0);
    world.goal("dropped_ratio_max", 0.0);
    let judgement = world.judge();
    let verdict = &judgement.verdict;
    let lost = goal(&judgement, "response_time_p90_max");
    assert_eq!(lost.verdict, Mark::Fail, "eleven of a hundred are above");
    assert!(lost.measured.unwrap() >= 45.0, "{lost:?}");
    for open in ["response_time_p50_max", "dropped_ratio_max"] {
        assert_eq!(goal(&judgement, open).verdict, Mark::Inconclusive, "{open}");
    }
    assert_eq!(
        goal(&judgement, "dropped_ratio_max").measured,
        Some(0.0),
        "the spared are no measurement"
    );
    let early = verdict.ended_early.as_ref().unwrap();
    assert_eq!(
        (early.measured_ms, early.planned_ms, early.spared),
        (5000.0, 10_000.0, 50)
    );
    assert!((verdict.rates.offered_per_s - 10.0).abs() < 1e-9, "{:?}", verdict.rates);
    assert_eq!(verdict.verdict, Mark::Fail);
    for check in ["run-complete", "every-arrival-accounted"] {
        assert_mark(&judgement, check, Mark::Pass);
    }
    let why = &finding(&judgement, "run-complete").why;
    assert!(
        why.contains("50 arrivals were spared, since this could no longer hold: response time, p90"),
        "{why}"
    );
}

#[test]
fn a_load_that_was_ended_for_a_goal_that_could_still_hold_proves_nothing() {
    let mut world = half(&["response_time_p90_max"]);
    world.goal("response_time_p90_max", 40.1);
    let judgement = world.judge();
    assert_eq!(
        goal(&judgement, "response_time_p90_max").verdict,
        Mark::Inconclusive,
        "ten of a hundred may be"
    );
    assert_mark(&judgement, "run-complete", Mark::Inconclusive);
    assert!(finding(&judgement, "run-complete").why.contains("does not show"));
}

#[test]
fn shares_rates_and_stages_are_given_up_by_the_same_rule() {
    for (name, holds, lost) in [
        ("failed_ratio_max", 0.03, 0.029),
        ("achieved_rate_min", 9.7, 9.71),
        ("applied_rate_min", 9.7, 9.71),
        ("stage.write.p90_max", 20.1, 19.9),
        ("persona.forgot.failed_ratio_max", 0.03, 0.029),
        ("service_time_p90_max", 41.0, 39.0),
    ] {
        for (limit, mark) in [(holds, Mark::Inconclusive), (lost, Mark::Fail)] {
            let mut world = half(&[name]);
            world.ops.iter_mut().for_each(|op| op.persona = "forgot".to_owned());
            for op in &mut world.ops[..3] {
                op.outcome = Outcome::failed(ReasonCode::NoListener);
            }
            for number in 0..50 {
                world.stages(number, &format!("write;dur={}", (number + 1) as f64 / 2.0));
            }
            world.goal(name, limit);
            assert_eq!(goal(&world.judge(), name).verdict, mark, "{name} {limit}");
        }
    }
}
