//! The laws about what must not change and what must, and the search for secrets.

use history::{GatewayRecord, Mark, WireRecord};
use vocabulary::Outcome;

use crate::world::*;

const REJECTED: &str = "rejected-leaves-no-trace";
const UNLOCK: &str = "unlock-unlocks-and-changes-no-password";
const RESET: &str = "reset-also-unlocks";
const CROSS: &str = "no-cross-user-write";
const GRANTED: &str = "only-granted-attributes-change";
const SECRET: &str = "no-secret-at-rest";
const WIRE: &str = "no-secret-on-the-wire";

const ALL: [&str; 17] = [
    "acknowledged-is-durable",
    "no-lost-ack",
    "no-double-apply",
    "one-order-explains-all",
    "no-stale-overwrite",
    REJECTED,
    UNLOCK,
    RESET,
    CROSS,
    "account-state-unchanged",
    "no-lockout-by-writeback",
    "journals-agree",
    SECRET,
    "every-operation-ends",
    "every-arrival-accounted",
    "probe-complete",
    "run-complete",
];

#[test]
fn a_clean_run_passes_every_law_in_their_order() {
    let judgement = World::clean().judge();
    let verdict = &judgement.verdict;
    let checks: Vec<&str> = verdict.findings.iter().map(|finding| finding.check.as_str()).collect();
    assert_eq!(checks, ALL);
    for finding in &verdict.findings {
        assert_eq!(finding.verdict, Mark::Pass, "{finding:?}");
        assert!(finding.checked > 0, "{finding:?}");
    }
    assert_eq!(verdict.verdict, Mark::Pass);
    let checked = |check| finding(&judgement, check).checked;
    assert_eq!((checked("no-lost-ack"), checked(REJECTED), checked(UNLOCK)), (5, 2, 2));
    assert_eq!((checked(RESET), checked(CROSS)), (2, 3));
    assert_eq!(verdict.locks_proven, 4);
    assert_eq!(
        (verdict.probed.people, verdict.probed.of, verdict.probed.binds),
        (12, 12, 9)
    );
}

#[test]
fn a_run_that_did_nothing_is_inconclusive_in_every_law_about_operations() {
    let judgement = World::of(3).judge();
    for check in [&ALL[..4], &ALL[5..8]].concat() {
        assert_mark(&judgement, check, Mark::Inconclusive);
        assert_eq!(finding(&judgement, check).checked, 0);
    }
    assert_eq!(judgement.verdict.verdict, Mark::Inconclusive);
}

#[test]
fn a_refused_operation_that_left_a_trace_is_caught_in_each_attribute() {
    for (attribute, bend) in [
        (
            "msDS-KeyVersionNumber 2 -> 3",
            (|seen| seen.kvno += 1) as fn(&mut history::Metadata),
        ),
        ("pwdLastSet 1000 -> 1001", |seen| seen.pwd_last_set += 1),
        ("lockoutTime 0 -> 5", |seen| seen.lockout_time = 5),
        ("userAccountControl 512 -> 514", |seen| seen.uac = 514),
    ] {
        let mut world = World::clean();
        bend(world.after(6));
        bend(world.after(9));
        let judgement = world.judge();
        let refused = op_id(6).to_string();
        assert_fails(&judgement, REJECTED, &["person6@corp.test", &refused, attribute]);
        assert_fails(
            &judgement,
            CROSS,
            &["person9@corp.test", "no operation named", attribute],
        );
        assert_eq!(failing(&judgement), [REJECTED, CROSS]);
    }
}

#[test]
fn somebody_only_dropped_was_named_by_no_operation() {
    let mut world = World::clean();
    world.after(11).kvno += 1;
    assert_fails(&world.judge(), CROSS, &["person11@corp.test"]);
}

#[test]
fn a_write_to_the_wrong_person_is_caught_on_both_sides() {
    let mut world = World::clean();
    *world.after(2) = world.people[2].before.unwrap();
    world.after(10).kvno += 1;
    let judgement = world.judge();
    assert_fails(&judgement, "no-lost-ack", &["person2@corp.test", &op_id(2).to_string()]);
    assert_fails(&judgement, CROSS, &["person10@corp.test"]);
}

#[test]
fn a_forgotten_unlock_is_caught_for_unlock_and_for_reset() {
    let mut world = World::clean();
    world.after(4).lockout_time = 77;
    world.after(0).lockout_time = 77;
    let judgement = world.judge();
    assert_fails(
        &judgement,
        UNLOCK,
        &["person4@corp.test", &op_id(4).to_string(), "saw 77"],
    );
    assert_fails(
        &judgement,
        RESET,
        &["person0@corp.test", &op_id(0).to_string(), "saw 77"],
    );
    assert_eq!(failing(&judgement), [UNLOCK, RESET]);
}

#[test]
fn an_unlock_that_wrote_the_password_is_caught_once() {
    let mut world = World::clean();
    world.after(5).kvno += 1;
    let judgement = world.judge();
    assert_fails(
        &judgement,
        UNLOCK,
        &["person5@corp.test", &op_id(5).to_string(), "2 -> 3"],
    );
    assert_eq!(failing(&judgement), [UNLOCK]);
}

#[test]
fn an_unlock_without_a_proven_lock_tells_nothing() {
    let mut world = World::clean();
    for person in [0, 1, 4, 5] {
        world.people[person].lock_proven = false;
    }
    let judgement = world.judge();
    assert_mark(&judgement, UNLOCK, Mark::Inconclusive);
    assert_mark(&judgement, RESET, Mark::Inconclusive);
    assert_eq!(judgement.verdict.locks_proven, 0);

    world.after(4).lockout_time = 77;
    assert_fails(&world.judge(), UNLOCK, &["person4@corp.test"]);
}

#[test]
fn an_unread_person_is_not_called_unchanged() {
    let mut world = World::clean();
    world.people[9].after = vec![None];
    let judgement = world.judge();
    assert_mark(&judgement, CROSS, Mark::Inconclusive);
    assert_mark(&judgement, "probe-complete", Mark::Inconclusive);
    assert_eq!((judgement.verdict.probed.people, judgement.verdict.probed.of), (11, 12));

    world.people[4].after = vec![None];
    let unread = world.judge();
    assert_mark(&unread, UNLOCK, Mark::Inconclusive);
    assert_eq!(finding(&unread, UNLOCK).checked, 1);
}

#[test]
fn a_hit_fails_and_so_does_a_scan_that_misses_its_canary() {
    let mut world = World::clean();
    world.scan.as_mut().unwrap().hits.push("logs/agent.log".into());
    assert_fails(&world.judge(), SECRET, &["logs/agent.log"]);
    world.scan = Some(clean_scan());
    world.scan.as_mut().unwrap().canary = false;
    assert_fails(&world.judge(), SECRET, &["the scan itself failed"]);
    world.scan = Some(clean_scan());
    world.scan.as_mut().unwrap().places = 0;
    assert_mark(&world.judge(), SECRET, Mark::Inconclusive);
    world.scan = None;
    assert_mark(&world.judge(), SECRET, Mark::Inconclusive);
}

#[test]
fn what_passed_is_judged_where_it_was_kept() {
    let kept = |name: &str| GatewayRecord {
        name: name.to_owned(),
        streams: 30,
        bytes: 9_000,
        cut: false,
        canary: true,
    };
    let world = |change: fn(&mut WireRecord)| {
        let mut world = World::clean();
        let mut wire = WireRecord {
            gateways: vec![kept("gateway"), kept("edge-portal")],
            hits: Vec::new(),
        };
        change(&mut wire);
        world.scan.as_mut().unwrap().wire = Some(wire);
        world.judge()
    };
    let held = world(|_| {});
    assert_mark(&held, WIRE, Mark::Pass);
    assert_eq!(finding(&held, WIRE).checked, 60);
    let leak = world(|wire| {
        let stream = "gateway, connection 7 for (not tls), from its client";
        wire.hits.push(stream.to_owned());
    });
    assert_fails(&leak, WIRE, &["connection 7 for (not tls), from its client"]);
    assert_fails(
        &world(|wire| wire.gateways[1].canary = false),
        WIRE,
        &["edge-portal", "the search itself failed"],
    );
    assert_mark(
        &world(|wire| {
            wire.gateways[0].cut = true;
            wire.gateways[0].canary = false;
        }),
        WIRE,
        Mark::Inconclusive,
    );
    assert_mark(&world(|wire| wire.gateways.clear()), WIRE, Mark::Inconclusive);
}

#[test]
fn somebody_without_a_row_is_named_by_actor_or_by_guid() {
    let mut world = World::clean();
    let number = world.reset(9, 8 * SECOND, Outcome::Applied);
    let stranger = uuid::Uuid::from_u128(0xFFFF);
    world.ops[number].user = stranger;
    world.ops[number].actor = "stranger@corp.test".into();
    let judgement = world.judge();
    assert_mark(&judgement, "no-lost-ack", Mark::Inconclusive);
    assert_eq!(judgement.verdict.probed.of, 13);
    assert_fails(&judgement, CROSS, &["person9@corp.test"]);
}

/// Everybody's attributes compared, on two domain controllers.
fn compared() -> World {
    let mut world = World::clean();
    world.second_dc();
    world.compare_attributes();
    world
}

#[test]
fn an_attribute_that_nobody_may_write_is_told_of_whoever_it_is() {
    let judgement = compared().judge();
    assert_mark(&judgement, GRANTED, Mark::Pass);
    assert_eq!(finding(&judgement, GRANTED).checked, 12);

    let mut world = compared();
    // A person with operations, and one of whom nobody asked anything.
    world.attributes[2].2.push("telephoneNumber");
    world.attributes[21].2 = vec!["description", "cn"];
    let judgement = world.judge();
    assert_mark(&judgement, GRANTED, Mark::Fail);
    let told = finding(&judgement, GRANTED).violations.join("\n");
    for words in [
        "person1@corp.test: operation ",
        "saw another telephoneNumber on dc1.corp.test",
        "person10@corp.test: no operation; expected",
        "saw another description on dc2.corp.test, another cn on dc2.corp.test",
    ] {
        assert!(told.contains(words), "{told}");
    }
}

#[test]
fn who_was_given_another_name_has_another_name_and_nothing_else() {
    let mut world = compared();
    world.attributes[2].2.extend(["cn", "distinguishedName", "name"]);
    assert_mark(&world.judge(), GRANTED, Mark::Fail);
    world.event("rename_people", 5 * SECOND, Some(true));
    world.faults[0].0.touched = vec![user(1)];
    assert_mark(&world.judge(), GRANTED, Mark::Pass);
    world.attributes[2].2.push("mail");
    assert_mark(&world.judge(), GRANTED, Mark::Fail);
}

#[test]
fn attributes_that_one_domain_controller_did_not_give_leave_it_open() {
    let mut world = compared();
    world.attributes.pop();
    let judgement = world.judge();
    assert_mark(&judgement, GRANTED, Mark::Inconclusive);
    // Where nobody compared any, as in folders from before, there is nothing to say.
    let judgement = World::clean().judge();
    assert!(
        judgement
            .verdict
            .findings
            .iter()
            .all(|finding| finding.check != GRANTED)
    );
}
