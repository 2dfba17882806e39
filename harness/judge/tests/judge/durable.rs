//! acknowledged-is-durable, no-lost-ack, no-double-apply.

use history::{Capability, JournalRecord, Mark};
use vocabulary::{OpKind, Outcome, Win32};

use crate::world::*;

const DURABLE: &str = "acknowledged-is-durable";
const LOST: &str = "no-lost-ack";
const DOUBLE: &str = "no-double-apply";

#[test]
fn an_acknowledged_write_that_was_lost_names_the_person_and_the_operation() {
    let mut world = World::clean();
    let id = op_id(world.op(9, OpKind::Reset, 8 * SECOND, 1000, Outcome::Applied)).to_string();
    world.people[9].binds = Some(vec![bind(1, false, Some(Win32::LOGON_FAILURE))]);
    let judgement = world.judge();
    assert_fails(
        &judgement,
        DURABLE,
        &["person9@corp.test", &id, "2 -> 2 on dc1.corp.test"],
    );
    assert_fails(&judgement, LOST, &["person9@corp.test", &id, "rise by at least 1"]);
    assert_eq!(failing(&judgement), [DURABLE, LOST]);
}

#[test]
fn a_refused_last_password_is_a_violation_though_the_count_moved() {
    let mut world = World::clean();
    world.people[2].binds = Some(vec![bind(1, false, Some(Win32::LOGON_FAILURE))]);
    let judgement = world.judge();
    assert_fails(&judgement, DURABLE, &["person2@corp.test", "label 1 refused as wrong"]);
    assert_eq!(failing(&judgement), [DURABLE]);
}

#[test]
fn an_accepted_older_password_is_a_violation_unless_old_ones_bind_for_a_while() {
    let mut world = World::clean();
    world.people[2].binds = Some(vec![bind(0, true, None)]);
    assert_fails(&world.judge(), DURABLE, &["person2@corp.test", "label 0 accepted"]);

    let mut facts = std::collections::BTreeMap::new();
    facts.insert("old_password_allowed".to_owned(), "3600".to_owned());
    world.manifest.capabilities.push(Capability {
        dc: "dc1.corp.test".into(),
        facts,
    });
    assert_mark(&world.judge(), DURABLE, Mark::Pass);
    world.manifest.capabilities[0]
        .facts
        .insert("old_password_allowed".into(), "0".into());
    assert_mark(&world.judge(), DURABLE, Mark::Fail);
}

#[test]
fn a_superseded_value_that_came_back_is_a_violation() {
    let mut world = World::clean();
    world.reset(9, 7 * SECOND, Outcome::Applied);
    let last = op_id(world.reset(9, 8 * SECOND, Outcome::Applied)).to_string();
    assert_mark(&world.judge(), DURABLE, Mark::Pass);
    world.people[9].binds = Some(vec![bind(1, true, None)]);
    assert_fails(
        &world.judge(),
        DURABLE,
        &["person9@corp.test", &last, "label 2 to bind, saw label 1"],
    );
}

#[test]
fn of_two_overlapping_resets_either_may_be_the_last() {
    let mut world = World::clean();
    for label in [1, 2] {
        world.people[8].binds = Some(vec![bind(label, true, None)]);
        assert_mark(&world.judge(), DURABLE, Mark::Pass);
    }
    let refused = |label| bind(label, false, Some(Win32::LOGON_FAILURE));
    world.people[8].binds = Some(vec![refused(2)]);
    assert_mark(&world.judge(), DURABLE, Mark::Inconclusive);
    world.people[8].binds = Some(vec![refused(2), refused(1)]);
    assert_fails(
        &world.judge(),
        DURABLE,
        &["person8@corp.test", "label 1 or label 2 refused"],
    );
    world.people[8].binds = Some(vec![refused(2), bind(0, true, None)]);
    assert_fails(&world.judge(), DURABLE, &["person8@corp.test", "label 0 accepted"]);
}

#[test]
fn a_bind_that_tells_nothing_is_settled_by_the_count_or_by_nothing() {
    let mut world = World::clean();
    world.people[2].binds = Some(vec![bind(1, false, Some(Win32::ACCOUNT_LOCKED_OUT))]);
    assert_mark(&world.judge(), DURABLE, Mark::Pass);
    world.lose_answer(2, 8 * SECOND, false);
    let unsettled = world.judge();
    assert_mark(&unsettled, DURABLE, Mark::Inconclusive);
    assert_eq!(unsettled.verdict.verdict, Mark::Inconclusive);
}

#[test]
fn a_person_without_a_bind_is_not_checked() {
    let mut world = World::clean();
    let all = finding(&world.judge(), DURABLE).checked;
    world.people[2].binds = Some(Vec::new());
    let judgement = world.judge();
    assert_mark(&judgement, DURABLE, Mark::Inconclusive);
    assert_eq!(finding(&judgement, DURABLE).checked, all - 1);
}

#[test]
fn a_late_unknown_write_may_be_the_last_until_a_second_after_it_expires() {
    let mut world = World::clean();
    world.lose_answer(9, 7 * SECOND, true);
    let acknowledged = world.reset(9, 7 * SECOND + SECOND / 2, Outcome::Applied);
    world.people[9].label = 1;
    assert_mark(&world.judge(), DURABLE, Mark::Pass);
    world.ops[acknowledged].started_us = 9 * SECOND + 1;
    world.ops[acknowledged].finished_us = 9 * SECOND + 2;
    assert_fails(&world.judge(), DURABLE, &["person9@corp.test", "saw label 1 accepted"]);
}

#[test]
fn one_domain_controller_that_lags_is_a_lost_ack() {
    let mut world = World::clean();
    world.second_dc();
    assert_eq!(failing(&world.judge()), [""; 0]);
    world.people[3].after[1] = world.people[3].before;
    assert_fails(&world.judge(), LOST, &["person3@corp.test", "2 -> 2 on dc2.corp.test"]);
}

#[test]
fn a_write_applied_twice_is_caught_by_the_count() {
    let mut world = World::clean();
    world.after(1).kvno += 1;
    let judgement = world.judge();
    assert_fails(
        &judgement,
        DOUBLE,
        &["person1@corp.test", &op_id(1).to_string(), "at most 1, saw 2 -> 4"],
    );
    assert_eq!(failing(&judgement), [DOUBLE]);
}

#[test]
fn a_write_applied_twice_is_caught_by_the_journal() {
    let mut world = World::clean();
    world.journal.push(JournalRecord {
        op_id: op_id(1),
        result: "applied".into(),
        code: 31002,
    });
    assert_fails(
        &world.judge(),
        DOUBLE,
        &["person1@corp.test", &op_id(1).to_string(), "journal, saw 2"],
    );
    let refused = world.journal.last_mut().unwrap();
    refused.result = "replayed".into();
    assert_mark(&world.judge(), DOUBLE, Mark::Pass);
}

#[test]
fn a_password_written_beside_an_unlock_and_a_refusal_is_caught() {
    let mut world = World::clean();
    world.reset(4, 8 * SECOND, Outcome::rejected(vocabulary::ReasonCode::PasswordPolicy));
    assert_mark(&world.judge(), DOUBLE, Mark::Pass);
    world.after(4).kvno += 1;
    assert_fails(&world.judge(), DOUBLE, &["person4@corp.test", "at most 0"]);
}
