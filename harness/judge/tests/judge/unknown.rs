//! What the directory tells of operations whose answer was lost.

use history::{Mark, UnknownResolved};
use vocabulary::{OpKind, Outcome, UnknownWhy};

use crate::world::*;

fn resolved(world: &World) -> (u64, u64, u64) {
    let UnknownResolved {
        applied,
        not_applied,
        open,
    } = world.judge().verdict.unknown_resolved;
    (applied, not_applied, open)
}

#[test]
fn a_lost_answer_is_resolved_by_the_count_and_is_no_violation() {
    for (effect, expected) in [(true, (1, 0, 0)), (false, (0, 1, 0))] {
        let mut world = World::clean();
        world.lose_answer(9, 8 * SECOND, effect);
        assert_eq!(resolved(&world), expected);
        let judgement = world.judge();
        assert_eq!(
            judgement.verdict.verdict,
            Mark::Pass,
            "{:?}",
            judgement.verdict.findings
        );
        assert_eq!(judgement.verdict.ops.unknown, 1, "counted before resolution");
    }
}

#[test]
fn several_are_resolved_when_all_or_none_took_effect_else_by_the_label_that_binds() {
    let mut world = World::clean();
    let first = world.lose_answer(9, 8 * SECOND, false);
    let second = world.lose_answer(9, 9 * SECOND, false);
    assert_eq!(resolved(&world), (0, 2, 0));
    world.take_effect(first);
    assert_eq!(resolved(&world), (1, 1, 0), "label 1 binds");
    world.people[9].binds = Some(Vec::new());
    assert_eq!(resolved(&world), (0, 0, 2), "one of them, but which");
    world.take_effect(second);
    assert_eq!(resolved(&world), (2, 0, 0));
}

#[test]
fn without_a_count_only_the_bind_tells() {
    let mut world = World::clean();
    world.lose_answer(9, 8 * SECOND, true);
    world.people[9].after = vec![None];
    assert_eq!(resolved(&world), (1, 0, 0));
    world.people[9].binds = Some(vec![bind(1, false, None)]);
    assert_eq!(resolved(&world), (0, 0, 1));
}

#[test]
fn a_count_that_one_domain_controller_did_not_tell_resolves_nothing() {
    let mut world = World::clean();
    world.second_dc();
    world.lose_answer(9, 8 * SECOND, true);
    world.people[9].binds = Some(Vec::new());
    assert_eq!(resolved(&world), (1, 0, 0));
    world.people[9].after[1] = None;
    assert_eq!(resolved(&world), (0, 0, 1));
}

#[test]
fn an_unknown_unlock_is_resolved_by_a_proven_lock() {
    let lost = || Outcome::Unknown(UnknownWhy::ConnectionLost);
    let mut world = World::clean();
    world.lock(9);
    let number = world.unlock(9, 8 * SECOND, lost());
    assert_eq!(resolved(&world), (0, 1, 0));
    world.take_effect(number);
    assert_eq!(resolved(&world), (1, 0, 0));
    world.op(9, OpKind::Unlock, 9 * SECOND, 100, lost());
    assert_eq!(resolved(&world), (0, 0, 2), "either may have cleared it");
    world.people[9].lock_proven = false;
    assert_eq!(resolved(&world), (0, 0, 2));
}
