//! Attempts of one arrival, people who must be refused, and old passwords that were wrong.

use history::Mark;
use vocabulary::{OpKind, Outcome, OutcomeClass, ReasonCode, Win32};

use crate::world::*;

const ACCOUNTED: &str = "every-arrival-accounted";
const GATES: &str = "gates-hold";
const OWN: &str = "no-lockout-by-writeback";

/// Numbers the operations as arrivals of their own.
fn numbered(world: &mut World) {
    for (number, op) in (0..).zip(&mut world.ops) {
        op.arrival = Some(number);
    }
    for (number, dropped) in (world.ops.len() as u64..).zip(&mut world.drops) {
        dropped.arrival = Some(number);
    }
}

/// The clean run, in which person 2 was refused first and then took a good password.
fn tried_twice() -> World {
    let mut world = World::clean();
    let first = world.reset(2, 7 * SECOND, Outcome::rejected(ReasonCode::PasswordPolicy));
    let second = world.reset(2, 8 * SECOND, Outcome::Applied);
    numbered(&mut world);
    world.ops[second].arrival = world.ops[first].arrival;
    world.ops[second].attempt = 2;
    // Two operations, one arrival: ten and a drop before them.
    world.arrivals = Some(12);
    world
}

#[test]
fn attempts_are_one_arrival() {
    let mut world = tried_twice();
    let judgement = world.judge();
    assert_mark(&judgement, ACCOUNTED, Mark::Pass);
    let why = &finding(&judgement, ACCOUNTED).why;
    assert!(
        why.ends_with("12 planned, 11 begun, 1 dropped, 1 later attempt"),
        "{why}"
    );
    assert_eq!(judgement.verdict.ops.started(), 12, "each attempt is an operation");
    world.arrivals = Some(13);
    assert_mark(&world.judge(), ACCOUNTED, Mark::Fail);
}

#[test]
fn an_attempt_without_the_one_before_it_is_caught() {
    let mut world = tried_twice();
    let last = world.ops.len() - 1;
    world.ops[last].attempt = 3;
    assert_fails(
        &world.judge(),
        ACCOUNTED,
        &["person2@corp.test", "from 1 on", "saw 1, 3"],
    );
    world.ops[last].arrival = None;
    assert_fails(&world.judge(), ACCOUNTED, &["to belong to an arrival"]);
}

#[test]
fn an_arrival_in_two_names_and_one_that_stands_there_twice_are_caught() {
    let mut world = tried_twice();
    let last = world.ops.len() - 1;
    (world.ops[last].user, world.ops[last].actor) = (user(3), name(3));
    assert_fails(&world.judge(), ACCOUNTED, &["stands in another name too"]);
    let mut world = tried_twice();
    world.ops[last].attempt = 1;
    assert_fails(&world.judge(), ACCOUNTED, &["one first attempt"]);
}

#[test]
fn personas_are_counted_where_the_folder_tells_arrivals() {
    let mut world = World::clean();
    assert!(world.judge().verdict.personas.is_empty(), "an older folder");
    numbered(&mut world);
    for (number, op) in world.ops.iter_mut().enumerate() {
        op.persona = if number < 4 { "forgot" } else { "others" }.to_owned();
    }
    world.drops[0].persona = "others".to_owned();
    let judgement = world.judge();
    let personas = &judgement.verdict.personas;
    assert_eq!(personas["forgot"].applied, 4);
    let others = OutcomeClass::ALL.map(|class| personas["others"].get(class));
    assert_eq!(others, [4, 1, 1, 0, 1]);
    let row = judgement.figures.personas.iter().find(|row| row.persona == "others");
    let endings: Vec<&str> = row
        .unwrap()
        .endings
        .iter()
        .map(|ending| ending.reason.as_str())
        .collect();
    assert_eq!(endings, ["password_policy", "no_listener"]);
}

#[test]
fn whoever_must_be_refused_and_is_not_is_caught() {
    let mut world = World::clean();
    assert!(!has(&world.judge(), GATES), "nobody must be refused");
    world.ops[6].persona = "impostor".to_owned();
    assert_mark(&world.judge(), GATES, Mark::Pass);
    let id = op_id(6).to_string();
    world.take_effect(6);
    let judgement = world.judge();
    assert_fails(
        &judgement,
        GATES,
        &["person6@corp.test", &id, "that the agent applied it"],
    );
    world.ops[6].outcome = Outcome::Applied;
    assert_fails(&world.judge(), GATES, &[&id, "an acknowledgement"]);
    world.ops[0].persona = "unlicensed".to_owned();
    assert_fails(&world.judge(), GATES, &["person0@corp.test"]);
}

/// The clean run, in which person 9 changed the password after mistyping the old one.
fn mistyped() -> World {
    let mut world = World::clean();
    world.op(
        9,
        OpKind::Change,
        7 * SECOND,
        1000,
        Outcome::rejected(ReasonCode::IncorrectPassword),
    );
    let second = world.op(9, OpKind::Change, 8 * SECOND, 1000, Outcome::Applied);
    world.take_effect(second);
    world.after(9).bad_pwd_count = 1;
    world
}

#[test]
fn a_mistyped_password_counts_once() {
    let mut world = mistyped();
    assert_mark(&world.judge(), OWN, Mark::Pass);
    world.after(9).bad_pwd_count = 2;
    assert_fails(&world.judge(), OWN, &["person9@corp.test", "0 -> 2"]);
}

#[test]
fn a_password_that_must_be_changed_is_the_right_one() {
    let mut world = World::clean();
    for data in [Win32::PASSWORD_MUST_CHANGE, Win32::PASSWORD_EXPIRED] {
        world.people[2].binds = Some(vec![bind(1, false, Some(data))]);
        assert_mark(&world.judge(), "acknowledged-is-durable", Mark::Pass);
        world.people[2].binds = Some(vec![bind(0, false, Some(data))]);
        assert_fails(
            &world.judge(),
            "acknowledged-is-durable",
            &["person2@corp.test", "label 0 accepted"],
        );
    }
}

/// Whether a law has a finding.
fn has(judgement: &judge::Judgement, check: &str) -> bool {
    judgement.verdict.findings.iter().any(|finding| finding.check == check)
}
