//! one-order-explains-all, no-stale-overwrite, no-late-apply: what may come when.

use history::Mark;
use vocabulary::{OpKind, Outcome, ReasonCode};

use crate::world::*;

const ORDER: &str = "one-order-explains-all";
const STALE: &str = "no-stale-overwrite";
const LATE: &str = "no-late-apply";

/// Person 9 with an unknown write that took effect last, after an acknowledged one that began when it had expired.
fn stale() -> World {
    let mut world = World::clean();
    let lost = world.lose_answer(9, 7 * SECOND, false);
    world.reset(9, 10 * SECOND, Outcome::Applied);
    world.take_effect(lost);
    world.after(9).pwd_last_set = wall(10 * SECOND + 500_000);
    world
}

#[test]
fn an_expired_write_that_replaced_a_newer_one_is_caught_and_told() {
    let world = stale();
    let judgement = world.judge();
    let (old, new) = (op_id(10).to_string(), op_id(11).to_string());
    assert_fails(
        &judgement,
        STALE,
        &["person9@corp.test", &old, &new, "until 9.000 s", "label 1"],
    );
    assert_fails(
        &judgement,
        ORDER,
        &["person9@corp.test", &old, &new, "every order was tried"],
    );
    assert_eq!(failing(&judgement), ["acknowledged-is-durable", ORDER, STALE]);
}

#[test]
fn a_write_may_come_late_out_of_a_domain_controller_that_was_held_up() {
    let mut world = stale();
    world.fault("pause", "dc1", 7 * SECOND + 1000, 9 * SECOND + 500_000);
    for check in [ORDER, STALE, LATE] {
        assert_mark(&world.judge(), check, Mark::Pass);
    }
    for (fault, target) in [("pause", "agent"), ("delay", "agent-relay")] {
        let mut world = stale();
        world.fault(fault, target, 7 * SECOND + 1000, 9 * SECOND + 500_000);
        assert_mark(&world.judge(), STALE, Mark::Fail);
    }
}

#[test]
fn an_effect_after_the_message_expired_is_caught_by_the_directorys_clock() {
    let mut world = World::clean();
    world.lose_answer(9, 7 * SECOND, true);
    assert_mark(&world.judge(), LATE, Mark::Pass);
    world.after(9).pwd_last_set = wall(9 * SECOND + 800_000);
    assert_mark(&world.judge(), LATE, Mark::Pass);
    world.after(9).pwd_last_set = wall(10 * SECOND + 800_000);
    let judgement = world.judge();
    assert_fails(
        &judgement,
        LATE,
        &["person9@corp.test", &op_id(10).to_string(), "no effect after 9.000 s"],
    );
    assert_eq!(failing(&judgement), [LATE]);
}

#[test]
fn a_clock_that_is_wrong_for_everyone_excuses_and_one_that_nobody_knows_tells_nothing() {
    let mut world = World::clean();
    world.lose_answer(9, 7 * SECOND, true);
    for person in [0, 1, 2, 3, 8, 9] {
        world.after(person).pwd_last_set += 300 * 10 * SECOND as i64;
    }
    assert_mark(&world.judge(), LATE, Mark::Pass);
    world.after(9).pwd_last_set += 30 * 10 * SECOND as i64;
    assert_mark(&world.judge(), LATE, Mark::Fail);

    let mut alone = World::of(1);
    alone.lose_answer(0, 7 * SECOND, true);
    assert_mark(&alone.judge(), LATE, Mark::Inconclusive);
}

/// Person 9 resets, then changes what was set to something else, and changes that again.
fn changed() -> World {
    let mut world = World::clean();
    world.reset(9, 4 * SECOND, Outcome::Applied);
    for at_s in [6, 8] {
        let proves = world.people[9].label;
        let change = world.op(9, OpKind::Change, at_s * SECOND, 100_000, Outcome::Applied);
        world.ops[change].proves = Some(proves);
        world.take_effect(change);
    }
    world
}

#[test]
fn two_changes_of_the_same_password_are_a_lost_update() {
    let mut world = changed();
    assert_mark(&world.judge(), ORDER, Mark::Pass);
    world.ops.last_mut().unwrap().proves = Some(1);
    let judgement = world.judge();
    assert_fails(&judgement, ORDER, &["person9@corp.test", "over label 1", "label 3"]);
    assert_eq!(failing(&judgement), [ORDER]);
}

#[test]
fn a_change_of_a_password_that_nobody_wrote_is_caught() {
    let mut world = changed();
    world.ops.last_mut().unwrap().proves = Some(17);
    assert_fails(&world.judge(), ORDER, &["person9@corp.test", "over label 17"]);
}

#[test]
fn a_version_that_was_seen_before_anything_wrote_it_is_caught() {
    let mut world = World::clean();
    let number = world.reset(9, 8 * SECOND, Outcome::Applied);
    world.see(number, &[1000]);
    assert_mark(&world.judge(), ORDER, Mark::Pass);
    world.sightings[0].2 = 5 * SECOND;
    let judgement = world.judge();
    assert_fails(&judgement, ORDER, &["person9@corp.test", "write 1 was seen at 5.000 s"]);
    assert_eq!(failing(&judgement), [ORDER]);
}

#[test]
fn a_value_written_twice_tells_nothing_apart() {
    let mut world = World::clean();
    world.reset(9, 7 * SECOND, Outcome::Applied);
    let again = world.reset(9, 8 * SECOND, Outcome::Applied);
    let all = finding(&world.judge(), ORDER).checked;
    world.ops[again].writes = Some(1);
    world.people[9].label = 1;
    let judgement = world.judge();
    assert_mark(&judgement, ORDER, Mark::Pass);
    assert_eq!(finding(&judgement, ORDER).checked, all - 1);
}

#[test]
fn a_counter_example_is_as_small_as_it_can_be_and_told_from_its_own_begin() {
    let mut world = stale();
    for at_s in 3..6 {
        world.op(
            9,
            OpKind::Reset,
            at_s * SECOND,
            1000,
            Outcome::rejected(ReasonCode::PasswordPolicy),
        );
    }
    world.fault("kill", "agent", 8 * SECOND, 9 * SECOND);
    let cases = world.judge().figures.cases;
    let [case] = cases.as_slice() else { panic!("{cases:?}") };
    assert_eq!(case.person, name(9));
    assert_eq!(case.checks, ["acknowledged-is-durable", ORDER, STALE]);
    let ops: Vec<_> = case.ops.iter().map(|op| (op.from_us, op.to_us, op.until_us)).collect();
    let (old, new) = (7 * SECOND, 10 * SECOND);
    assert_eq!(
        ops,
        [(old, old + 100_000, 9 * SECOND), (new, new + 100_000, new + 100_000)]
    );
    assert_eq!(case.left_out, 3);
    assert_eq!(case.faults.len(), 1);
    assert!(case.story[0].contains("from 7.000 s"), "{:?}", case.story);
    assert!(
        case.story.iter().any(|told| told.starts_with("3.000 s: reset")),
        "{:?}",
        case.story
    );
    assert!(
        case.story.last().unwrap().ends_with("Every order was tried."),
        "{:?}",
        case.story
    );
    assert!(World::clean().judge().figures.cases.is_empty());
}
