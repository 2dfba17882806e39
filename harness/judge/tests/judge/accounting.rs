//! Arrivals, interruption, a torn history, and people read.

use history::Mark;
use uuid::Uuid;
use vocabulary::{OutcomeClass, ReasonCode};

use crate::world::*;

const ACCOUNTED: &str = "every-arrival-accounted";
const COMPLETE: &str = "run-complete";

#[test]
fn an_arrival_without_a_record_fails_a_whole_run_and_leaves_an_interrupted_one_open() {
    let mut world = World::clean();
    world.arrivals = Some(12);
    assert_fails(&world.judge(), ACCOUNTED, &["12 planned, 10 begun, 1 dropped"]);
    world.interrupt(9 * SECOND);
    let interrupted = world.judge();
    assert_mark(&interrupted, ACCOUNTED, Mark::Inconclusive);
    assert_mark(&interrupted, COMPLETE, Mark::Inconclusive);
    assert_eq!(interrupted.verdict.verdict, Mark::Inconclusive);
    world.arrivals = Some(10);
    assert_mark(&world.judge(), ACCOUNTED, Mark::Fail);
}

#[test]
fn an_operation_id_on_record_twice_is_caught() {
    let mut world = World::clean();
    world.ops[1].op_id = Uuid::from_u128(7);
    world.ops[2].op_id = Uuid::from_u128(7);
    let id = Uuid::from_u128(7).to_string();
    assert_fails(
        &world.judge(),
        ACCOUNTED,
        &["person1@corp.test, person2@corp.test", &id, "saw 2"],
    );
}

#[test]
fn an_interrupted_run_is_at_best_inconclusive_and_still_fails_on_a_lost_ack() {
    let mut world = World::clean();
    world.interrupt(9 * SECOND);
    let judgement = world.judge();
    assert_eq!(judgement.verdict.verdict, Mark::Inconclusive);
    assert_eq!(finding(&judgement, COMPLETE).why, "the run was interrupted");
    assert!((judgement.verdict.rates.offered_per_s - 11.0 / 7.0).abs() < 1e-9);
    world.after(2).kvno -= 1;
    assert_fails(&world.judge(), "no-lost-ack", &["person2@corp.test"]);
}

#[test]
fn what_an_unrecorded_operation_could_explain_is_no_violation_of_an_unfinished_run() {
    let mut world = World::clean();
    world.after(9).kvno += 1;
    assert_mark(&world.judge(), "no-cross-user-write", Mark::Fail);
    world.interrupt(9 * SECOND);
    assert_mark(&world.judge(), "no-cross-user-write", Mark::Fail);
    world.arrivals = Some(12);
    let judgement = world.judge();
    assert_mark(&judgement, "no-cross-user-write", Mark::Inconclusive);
    let why = &finding(&judgement, "no-cross-user-write").why;
    assert!(why.contains("1 arrivals are not on record"), "{why}");
}

#[test]
fn a_closed_run_is_held_to_what_was_released() {
    let mut world = World::clean();
    world.manifest.executor = "closed".into();
    assert_mark(&world.judge(), ACCOUNTED, Mark::Pass);
    world.arrivals = Some(12);
    assert_fails(&world.judge(), ACCOUNTED, &["12 released, 10 begun, 1 dropped"]);
    world.arrivals = Some(0);
    assert_fails(&world.judge(), ACCOUNTED, &["0 released, 10 begun, 1 dropped"]);
    world.interrupt(9 * SECOND);
    assert_mark(&world.judge(), ACCOUNTED, Mark::Inconclusive);
    world.arrivals = None;
    assert_mark(&world.judge(), ACCOUNTED, Mark::Pass);
}

#[test]
fn a_closed_run_that_was_killed_may_have_released_anything() {
    let mut world = World::clean();
    world.manifest.executor = "closed".into();
    world.after(9).kvno += 1;
    world.interrupt(9 * SECOND);
    assert_mark(&world.judge(), "no-cross-user-write", Mark::Fail);
    world.arrivals = Some(0);
    let judgement = world.judge();
    assert_mark(&judgement, "no-cross-user-write", Mark::Inconclusive);
    let why = &finding(&judgement, "no-cross-user-write").why;
    assert!(why.contains("nobody knows how many arrivals"), "{why}");
}

#[test]
fn a_torn_history_is_judged_as_far_as_it_goes() {
    let mut world = World::clean();
    world.cut = 9;
    let judgement = world.judge();
    assert_mark(&judgement, COMPLETE, Mark::Inconclusive);
    let why = &finding(&judgement, COMPLETE).why;
    let (left_out, rest) = why
        .strip_prefix("the last ")
        .and_then(|why| why.split_once(' '))
        .unwrap();
    assert!(left_out.parse::<u64>().unwrap() > 9, "the whole frame: {why}");
    assert_eq!(
        rest,
        "bytes of the history were torn and left out; the history was never sealed"
    );
    assert_mark(&judgement, "no-lost-ack", Mark::Pass);
    assert_eq!(judgement.verdict.ops.applied, 8);
    assert_eq!(judgement.verdict.verdict, Mark::Inconclusive);
}

#[test]
fn a_run_without_a_seal_is_not_complete() {
    let mut world = World::clean();
    world.phases.retain(|(phase, _)| *phase != history::Phase::Seal);
    assert_mark(&world.judge(), COMPLETE, Mark::Inconclusive);
}

#[test]
fn outcomes_and_reasons_are_counted_with_their_codes() {
    let mut world = World::clean();
    world.drop_arrival(11, 8 * SECOND);
    let judgement = world.judge();
    let ops = judgement.verdict.ops;
    assert_eq!(
        (ops.applied, ops.rejected, ops.failed, ops.unknown, ops.dropped),
        (8, 1, 1, 0, 2)
    );
    assert_eq!(judgement.verdict.ops_by_kind.unlock.applied, 2);
    let reasons: Vec<_> = judgement
        .figures
        .reasons
        .iter()
        .map(|row| (row.class, row.reason.as_str(), row.count))
        .collect();
    let expected = [
        (OutcomeClass::Dropped, "not_started_in_time", 2),
        (OutcomeClass::Rejected, ReasonCode::PasswordPolicy.as_str(), 1),
        (OutcomeClass::Failed, ReasonCode::NoListener.as_str(), 1),
    ];
    assert_eq!(reasons, expected);
    let rows: Vec<_> = judgement
        .figures
        .outcomes
        .iter()
        .map(|row| (row.class, row.count))
        .collect();
    assert_eq!(rows.iter().map(|(_, count)| count).sum::<u64>(), 12);
    assert!(rows.iter().all(|(_, count)| *count > 0));
}
