//! Several domain controllers, and forests that know nothing of one another.

use history::{Mark, Phase};
use vocabulary::Outcome;

use crate::world::*;

const AGREE: &str = "replicas-agree";
const LOST: &str = "no-lost-ack";
const PROBED: &str = "probe-complete";

/// The clean run on two domain controllers, or on any number.
fn on(dcs: usize) -> World {
    let mut world = World::clean();
    for _ in 1..dcs {
        world.second_dc();
    }
    world
}

#[test]
fn one_domain_controller_has_nothing_to_agree_with() {
    let judgement = World::clean().judge();
    assert!(judgement.verdict.findings.iter().all(|finding| finding.check != AGREE));
    assert_eq!(judgement.verdict.verdict, Mark::Pass);
    let judgement = on(3).judge();
    assert_mark(&judgement, AGREE, Mark::Pass);
    assert_eq!(finding(&judgement, AGREE).checked, 12, "the untouched, too");
    assert_eq!(judgement.verdict.verdict, Mark::Pass);
}

#[test]
fn each_attribute_that_replicates_is_compared() {
    let mut world = on(2);
    world.lose_answer(3, 8 * SECOND, false);
    world.people[3].after[1].as_mut().unwrap().kvno += 1;
    let words = [
        "person3@corp.test",
        "msDS-KeyVersionNumber 3 on dc1.corp.test and 4 on dc2.corp.test",
    ];
    let judgement = world.judge();
    assert_fails(&judgement, AGREE, &words);
    assert_eq!(failing(&judgement), [AGREE], "an unknown write may be one more");

    let mut world = on(2);
    world.people[3].after[1].as_mut().unwrap().pwd_last_set += 1;
    assert_fails(
        &world.judge(),
        AGREE,
        &["person3@corp.test", "pwdLastSet", "dc2.corp.test"],
    );

    let mut world = on(2);
    world.people[9].after[1].as_mut().unwrap().lockout_time = 99;
    let words = [
        "person9@corp.test",
        "no operation",
        "lockoutTime 0 on dc1.corp.test and set on dc2.corp.test",
    ];
    assert_fails(&world.judge(), AGREE, &words);

    let mut world = on(2);
    world.people[9].after[1].as_mut().unwrap().bad_pwd_count = 3;
    assert_mark(&world.judge(), AGREE, Mark::Pass);
}

#[test]
fn two_locks_of_different_instants_are_both_locks() {
    let mut world = on(2);
    world.lock(9);
    world.people[9].after[1].as_mut().unwrap().lockout_time = 78;
    assert_mark(&world.judge(), AGREE, Mark::Pass);
}

#[test]
fn domain_controllers_that_hold_different_passwords_do_not_agree() {
    let mut world = on(2);
    world.oracle = true;
    assert_mark(&world.judge(), AGREE, Mark::Pass);
    world.people[8].held = Some(vec![Some(2), Some(1)]);
    let words = [
        "person8@corp.test",
        "the password of label 2 on dc1.corp.test and of label 1 on dc2.corp.test",
    ];
    let judgement = world.judge();
    assert_fails(&judgement, AGREE, &words);
    assert_eq!(failing(&judgement), [AGREE], "either of the two may be the last");
}

/// Two acknowledged resets of person 9, of which only the later is in the directory: each was written on a domain
/// controller that did not know the other.
fn conflict() -> World {
    let mut world = on(2);
    let first = world.reset(9, 7 * SECOND, Outcome::Applied);
    world.see(first, &[10_000]);
    let own = world.people[9].after[0].unwrap();
    let second = world.reset(9, 7 * SECOND + 500_000, Outcome::Applied);
    for after in world.people[9].after.iter_mut().flatten() {
        after.kvno = own.kvno;
    }
    world.see(second, &[400_000, 10_000]);
    world
}

#[test]
fn an_acknowledged_write_that_vanished_in_a_conflict_is_named_as_such() {
    let mut world = conflict();
    world.oracle = true;
    let judgement = world.judge();
    let words = [
        "person9@corp.test",
        &op_id(10).to_string(),
        "a replication conflict",
        "as msDS-KeyVersionNumber 3",
        "rose by 1 for 2 writes",
        "label 2 stayed",
    ];
    assert_fails(&judgement, AGREE, &words);
    assert_eq!(failing(&judgement), [LOST, AGREE]);

    world.sightings.clear();
    let unseen = world.judge();
    assert_eq!(
        failing(&unseen),
        [LOST],
        "nobody saw a conflict; the write is lost all the same"
    );
}

#[test]
fn a_conflict_of_an_unknown_write_loses_no_acknowledgement() {
    let mut world = conflict();
    world.ops[10].outcome = Outcome::Unknown(vocabulary::UnknownWhy::Timeout);
    let judgement = world.judge();
    assert_eq!(failing(&judgement), [""; 0]);
    assert_mark(&judgement, AGREE, Mark::Pass);
}

#[test]
fn a_change_asked_for_at_the_next_sign_in_is_no_conflict() {
    let mut world = conflict();
    for (.., seen) in &mut world.sightings {
        seen.pwd_last_set = 0;
    }
    assert_eq!(failing(&world.judge()), [LOST]);
}

#[test]
fn what_lags_when_nothing_was_quiet_is_not_called_wrong() {
    let mut world = on(2);
    world.people[9].after[1].as_mut().unwrap().pwd_last_set += 1;
    assert_mark(&world.judge(), AGREE, Mark::Fail);
    world.phases.retain(|(phase, _)| *phase != Phase::Quiet);
    assert_mark(&world.judge(), AGREE, Mark::Inconclusive);
}

#[test]
fn a_domain_controller_that_was_not_read_leaves_it_open() {
    let mut world = on(2);
    world.people[9].after[1] = None;
    let judgement = world.judge();
    assert_mark(&judgement, AGREE, Mark::Inconclusive);
    assert_eq!(finding(&judgement, AGREE).checked, 11);
}

/// People 6 to 11 in another forest, which has two domain controllers; the first has one.
fn forests() -> World {
    let mut world = World::clean();
    for person in 6..12 {
        world.move_to(person, "other.test");
        let first = world.people[person].after[0];
        world.people[person].after.push(first);
    }
    world
}

#[test]
fn people_exist_only_on_the_domain_controllers_of_their_forest() {
    let judgement = forests().judge();
    assert_eq!(
        judgement.verdict.verdict,
        Mark::Pass,
        "{:?}",
        judgement.verdict.findings
    );
    assert_eq!((judgement.verdict.probed.people, judgement.verdict.probed.of), (12, 12));
    assert_eq!(
        finding(&judgement, AGREE).checked,
        6,
        "one forest has something to agree on"
    );
}

#[test]
fn a_forest_of_its_own_is_still_read_whole() {
    let mut world = forests();
    world.people[7].after[1] = None;
    let judgement = world.judge();
    assert_mark(&judgement, PROBED, Mark::Inconclusive);
    assert_eq!(judgement.verdict.probed.people, 11);

    let mut world = forests();
    world.people[8].after[1].as_mut().unwrap().kvno -= 1;
    assert_fails(&world.judge(), LOST, &["person8@corp.test", "on dc2.other.test"]);
}

#[test]
fn a_domain_controller_that_told_of_nobody_is_missed() {
    let mut world = on(2);
    world.fact("dc1.corp.test", "kvno", "counts");
    assert_mark(&world.judge(), PROBED, Mark::Pass);
    world.fact("dc3.corp.test", "kvno", "counts");
    let judgement = world.judge();
    assert_mark(&judgement, PROBED, Mark::Inconclusive);
    assert!(finding(&judgement, PROBED).why.contains("dc3.corp.test told of nobody"));
}

#[test]
fn what_a_watcher_saw_never_stands_for_the_end() {
    let mut world = on(2);
    let number = world.reset(9, 8 * SECOND, Outcome::Applied);
    world.see(number, &[0, 50_000]);
    assert_eq!(world.judge().verdict.verdict, Mark::Pass);
    world.people[9].after[1] = None;
    let judgement = world.judge();
    assert_mark(&judgement, LOST, Mark::Inconclusive);
    assert_mark(&judgement, PROBED, Mark::Inconclusive);
}

#[test]
fn a_later_reading_replaces_what_a_watcher_saw() {
    let mut world = on(2);
    let first = world.reset(9, 7 * SECOND, Outcome::Applied);
    world.see(first, &[0, 0]);
    world.reset(9, 8 * SECOND, Outcome::Applied);
    assert_eq!(world.judge().verdict.verdict, Mark::Pass);
}
