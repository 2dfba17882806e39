//! directory-holds-acknowledged: what the domain controllers' own databases hold.

use history::{Mark, UnknownResolved};
use vocabulary::{OpKind, Outcome, Win32};

use crate::world::*;

const HOLDS: &str = "directory-holds-acknowledged";
const ORDER: &str = "one-order-explains-all";
const DURABLE: &str = "acknowledged-is-durable";

/// The clean run with the databases read.
fn read() -> World {
    let mut world = World::clean();
    world.oracle = true;
    world
}

fn hold(world: &mut World, person: usize, label: Option<u32>) {
    world.people[person].held = Some(vec![label]);
}

#[test]
fn it_is_judged_where_the_databases_were_read_and_nowhere_else() {
    let checks = World::clean().judge().verdict.findings;
    assert!(checks.iter().all(|finding| finding.check != HOLDS));
    let judgement = read().judge();
    assert_mark(&judgement, HOLDS, Mark::Pass);
    assert_eq!(finding(&judgement, HOLDS).checked, 12);
    assert_eq!(judgement.verdict.verdict, Mark::Pass);
}

#[test]
fn an_acknowledged_write_that_is_not_held_is_caught_without_a_bind() {
    let mut world = read();
    hold(&mut world, 2, Some(0));
    let words = [
        "person2@corp.test",
        &op_id(2).to_string(),
        "label 1, saw that of label 0 on dc1.corp.test",
    ];
    let judgement = world.judge();
    assert_fails(&judgement, HOLDS, &words);
    assert_eq!(failing(&judgement), [HOLDS, ORDER], "count and bind tell nothing of it");
}

#[test]
fn a_superseded_write_that_came_back_is_caught() {
    let mut world = read();
    world.reset(9, 7 * SECOND, Outcome::Applied);
    world.reset(9, 8 * SECOND, Outcome::Applied);
    assert_mark(&world.judge(), HOLDS, Mark::Pass);
    hold(&mut world, 9, Some(1));
    assert_fails(
        &world.judge(),
        HOLDS,
        &["person9@corp.test", "label 2, saw that of label 1"],
    );
}

#[test]
fn of_two_overlapping_writes_either_may_be_held() {
    let mut world = read();
    for label in [1, 2] {
        hold(&mut world, 8, Some(label));
        assert_mark(&world.judge(), HOLDS, Mark::Pass);
    }
    hold(&mut world, 8, Some(0));
    assert_fails(&world.judge(), HOLDS, &["person8@corp.test", "label 1 or label 2"]);
}

#[test]
fn a_password_that_nobody_chose_is_caught_even_of_the_untouched() {
    let mut world = read();
    hold(&mut world, 10, None);
    let words = [
        "person10@corp.test",
        "no operation",
        "label 0, saw none of this person's passwords",
    ];
    assert_fails(&world.judge(), HOLDS, &words);
    for (person, kind) in [(6, "refused"), (7, "failed"), (4, "unlocked")] {
        let mut world = read();
        hold(&mut world, person, Some(1));
        let judgement = world.judge();
        assert_fails(&judgement, HOLDS, &[&name(person), "saw that of label 1"]);
        assert_eq!(failing(&judgement), [HOLDS], "{kind}");
    }
}

#[test]
fn an_untouched_person_whose_entry_moved_is_caught() {
    let mut world = read();
    world.after(10).uac = 514;
    let words = [
        "person10@corp.test",
        "no operation named",
        "userAccountControl 512 -> 514 on dc1.corp.test",
    ];
    assert_fails(&world.judge(), HOLDS, &words);
}

#[test]
fn an_unknown_write_may_be_held_or_not_as_the_count_says() {
    for (effect, right, wrong) in [(true, 1, 0), (false, 0, 1)] {
        let mut world = read();
        world.lose_answer(9, 8 * SECOND, effect);
        assert_mark(&world.judge(), HOLDS, Mark::Pass);
        hold(&mut world, 9, Some(wrong));
        assert_fails(
            &world.judge(),
            HOLDS,
            &["person9@corp.test", &format!("label {right}, saw")],
        );
    }
    let mut world = read();
    world.fact("dc1.corp.test", "kvno", "absent");
    world.lose_answer(9, 8 * SECOND, true);
    for label in [0, 1] {
        hold(&mut world, 9, Some(label));
        assert_mark(&world.judge(), HOLDS, Mark::Pass);
    }
}

#[test]
fn an_unknown_write_after_an_acknowledged_one_may_supersede_it() {
    let mut world = read();
    world.reset(9, 7 * SECOND, Outcome::Applied);
    world.lose_answer(9, 8 * SECOND, true);
    assert_mark(&world.judge(), HOLDS, Mark::Pass);
    hold(&mut world, 9, Some(1));
    assert_fails(
        &world.judge(),
        HOLDS,
        &["person9@corp.test", "label 2, saw that of label 1"],
    );
}

#[test]
fn a_write_that_does_not_say_what_it_wrote_leaves_it_open() {
    let mut world = read();
    world.ops[2].writes = None;
    hold(&mut world, 2, None);
    let judgement = world.judge();
    assert_mark(&judgement, HOLDS, Mark::Inconclusive);
    assert_eq!(finding(&judgement, HOLDS).checked, 11);
}

#[test]
fn every_domain_controller_has_to_be_read() {
    let mut world = read();
    world.second_dc();
    assert_mark(&world.judge(), HOLDS, Mark::Pass);
    world.people[3].held = Some(vec![Some(1), Some(0)]);
    assert_fails(&world.judge(), HOLDS, &["person3@corp.test", "on dc2.corp.test"]);
    world.people[3].held = None;
    world.people[3].after[1] = None;
    assert_mark(&world.judge(), HOLDS, Mark::Inconclusive);
}

#[test]
fn a_run_that_lost_records_may_have_written_it() {
    let mut world = read();
    hold(&mut world, 10, Some(1));
    world.interrupt(9 * SECOND);
    world.arrivals = Some(20);
    let judgement = world.judge();
    assert_mark(&judgement, HOLDS, Mark::Inconclusive);
    assert!(finding(&judgement, HOLDS).why.contains("arrivals are not on record"));
}

#[test]
fn what_no_bind_tells_is_read_in_the_directory() {
    let mut world = World::clean();
    world.op(
        2,
        OpKind::Reset,
        8 * SECOND,
        1000,
        Outcome::Unknown(vocabulary::UnknownWhy::Timeout),
    );
    world.people[2].binds = Some(vec![bind(1, false, Some(Win32::ACCOUNT_DISABLED))]);
    assert_mark(&world.judge(), DURABLE, Mark::Inconclusive);
    world.oracle = true;
    assert_mark(&world.judge(), DURABLE, Mark::Pass);
    hold(&mut world, 2, Some(0));
    let judgement = world.judge();
    assert_mark(&judgement, DURABLE, Mark::Inconclusive);
    assert_fails(&judgement, HOLDS, &["person2@corp.test"]);
}

#[test]
fn what_is_held_resolves_what_the_count_leaves_open() {
    let mut world = World::clean();
    let first = world.lose_answer(9, 8 * SECOND, false);
    world.lose_answer(9, 9 * SECOND, false);
    world.take_effect(first);
    world.people[9].binds = Some(Vec::new());
    let resolved = |world: &World| world.judge().verdict.unknown_resolved;
    assert_eq!(resolved(&world).open, 2, "one of them, but which");
    world.oracle = true;
    let expected = UnknownResolved {
        applied: 1,
        not_applied: 1,
        open: 0,
    };
    assert_eq!(resolved(&world), expected);
}
