//! What a directory does not keep or enforce, and faults that did not bite: nothing is proven on ground that is missing.

use history::Mark;
use vocabulary::{Outcome, Win32};

use crate::world::*;

const DURABLE: &str = "acknowledged-is-durable";
const LOST: &str = "no-lost-ack";
const DOUBLE: &str = "no-double-apply";
const UNLOCK: &str = "unlock-unlocks-and-changes-no-password";
const RESET: &str = "reset-also-unlocks";
const BIT: &str = "faults-bit";
const DC: &str = "dc1.corp.test";

/// The clean run on a directory that keeps no key version number.
fn uncounted() -> World {
    let mut world = World::clean();
    world.fact(DC, "kvno", "absent");
    for person in &mut world.people {
        let seen = person.before.iter_mut().chain(person.after.iter_mut().flatten());
        seen.for_each(|seen| seen.kvno = 0);
    }
    world
}

#[test]
fn without_key_version_numbers_nothing_is_counted_and_that_is_said() {
    let judgement = uncounted().judge();
    for check in [LOST, DOUBLE] {
        assert_mark(&judgement, check, Mark::Inconclusive);
        let finding = finding(&judgement, check);
        assert!(finding.why.contains("keeps no msDS-KeyVersionNumber"), "{finding:?}");
        assert_eq!(finding.checked, 0);
    }
    assert_mark(&judgement, DURABLE, Mark::Pass);
    assert_eq!(failing(&judgement), [""; 0]);
    assert_eq!(judgement.verdict.verdict, Mark::Inconclusive);
}

#[test]
fn without_them_binds_and_journals_still_break_the_law() {
    let mut world = uncounted();
    world.people[2].binds = Some(vec![bind(1, false, Some(Win32::LOGON_FAILURE))]);
    assert_fails(
        &world.judge(),
        DURABLE,
        &["person2@corp.test", "label 1 refused as wrong"],
    );
    world.people[2].binds = Some(vec![bind(1, false, Some(Win32::ACCOUNT_DISABLED))]);
    assert_mark(&world.judge(), DURABLE, Mark::Inconclusive);

    let mut world = uncounted();
    let twice = world.journal[0].clone();
    world.journal.push(twice);
    assert_fails(&world.judge(), DOUBLE, &["person0@corp.test", "journal, saw 2"]);
}

#[test]
fn without_them_lost_answers_are_resolved_by_binds_alone() {
    let mut world = uncounted();
    world.lose_answer(9, 8 * SECOND, true);
    world.after(9).kvno = 0;
    assert_eq!(world.judge().verdict.unknown_resolved.applied, 1);
    world.people[9].binds = Some(Vec::new());
    assert_eq!(world.judge().verdict.unknown_resolved.open, 1);
}

#[test]
fn where_they_are_kept_they_count() {
    let mut world = World::clean();
    world.fact(DC, "kvno", "counts");
    assert_eq!(world.judge().verdict.verdict, Mark::Pass);
    world.after(1).kvno += 1;
    assert_fails(&world.judge(), DOUBLE, &["person1@corp.test"]);
}

#[test]
fn of_two_forests_only_the_one_that_counts_is_counted() {
    let mut world = World::clean();
    world.move_to(3, "other.test");
    world.fact("dc1.other.test", "kvno", "absent");
    *world.after(3) = world.people[3].before.unwrap();
    let judgement = world.judge();
    assert_mark(&judgement, LOST, Mark::Inconclusive);
    assert_eq!(finding(&judgement, LOST).checked, 4);
    world.after(2).kvno -= 1;
    assert_fails(&world.judge(), LOST, &["person2@corp.test"]);
}

#[test]
fn where_lockout_is_off_there_is_no_lock_to_clear() {
    let mut world = World::clean();
    world.fact(DC, "lockout", "off");
    for person in &mut world.people {
        person.lock_proven = false;
        let seen = person.before.iter_mut().chain(person.after.iter_mut().flatten());
        seen.for_each(|seen| seen.lockout_time = 0);
    }
    let judgement = world.judge();
    for check in [UNLOCK, RESET] {
        assert_mark(&judgement, check, Mark::Inconclusive);
        let why = &finding(&judgement, check).why;
        assert!(why.contains("lockout is off on dc1.corp.test"), "{why}");
    }
    world.after(4).kvno += 1;
    assert_fails(&world.judge(), UNLOCK, &["person4@corp.test"]);
}

#[test]
fn old_passwords_that_are_accepted_prove_nothing() {
    let mut world = World::clean();
    world.people[2].binds = Some(vec![bind(0, true, None)]);
    for (value, mark) in [
        ("accepted", Mark::Pass),
        ("60min", Mark::Pass),
        ("0s", Mark::Fail),
        ("0", Mark::Fail),
    ] {
        world.fact(DC, "old_password_allowed", value);
        assert_mark(&world.judge(), DURABLE, mark);
    }
}

#[test]
fn a_fault_that_did_not_bite_proves_nothing() {
    let mut world = World::clean();
    assert!(
        world
            .judge()
            .verdict
            .findings
            .iter()
            .all(|finding| finding.check != BIT)
    );
    world.event("move_pdc", 5 * SECOND, Some(true));
    let judgement = world.judge();
    assert_mark(&judgement, BIT, Mark::Pass);
    assert_eq!(judgement.verdict.verdict, Mark::Pass);

    for (bit, words) in [(Some(false), "without effect"), (None, "no probe could tell of")] {
        let mut world = world.clone();
        world.event("move_pdc", 7 * SECOND, bit);
        let judgement = world.judge();
        assert_mark(&judgement, BIT, Mark::Inconclusive);
        assert_eq!(judgement.verdict.verdict, Mark::Inconclusive);
        let why = &finding(&judgement, BIT).why;
        let place = format!("{words}: move_pdc (the PDC emulator of corp.test to dc2.corp.test) after 7.0 s");
        assert!(why.contains(&place), "{why}");
        assert!(why.starts_with("1 of 2 faults bit"), "{why}");
    }
}

#[test]
fn a_violation_under_a_fault_that_did_not_bite_is_still_one() {
    let mut world = World::clean();
    world.event("move_pdc", 5 * SECOND, Some(false));
    world.op(9, vocabulary::OpKind::Reset, 8 * SECOND, 1000, Outcome::Applied);
    assert_fails(&world.judge(), LOST, &["person9@corp.test"]);
}

#[test]
fn a_fault_with_neither_lease_nor_end_is_an_instant() {
    let mut world = World::clean();
    world.event("move_pdc", 5 * SECOND, Some(true));
    let spans = world.judge().figures.faults;
    assert_eq!((spans[0].from_us, spans[0].to_us), (5 * SECOND, 5 * SECOND));
}
