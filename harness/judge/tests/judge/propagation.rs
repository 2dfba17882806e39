//! How long an acknowledged write takes to be seen on each domain controller.

use history::Propagation;
use vocabulary::{OpKind, Outcome, ReasonCode};

use crate::world::*;

/// A hundred people reset once, on two domain controllers: seen at once on the first, and after 10 to 1000 ms on the second.
fn hundred() -> World {
    let mut world = World::of(100);
    world.second_dc();
    for number in 0..100 {
        let op = world.reset(number, MEASURE.start + number as u64 * 50_000, Outcome::Applied);
        world.see(op, &[0, (number as u64 + 1) * 10_000]);
    }
    world
}

fn of(world: &World, dc: &str) -> Propagation {
    world.judge().verdict.propagation_ms[dc]
}

fn second(world: &World) -> (u64, u64, Option<f64>) {
    let found = of(world, "dc2.corp.test");
    (found.count, found.unseen, found.max)
}

#[test]
fn the_distribution_of_each_domain_controller_is_of_values_that_were_seen() {
    let judgement = hundred().judge();
    let expected = Propagation {
        count: 100,
        unseen: 0,
        p50: Some(500.0),
        p90: Some(900.0),
        p99: Some(990.0),
        max: Some(1000.0),
    };
    assert_eq!(judgement.verdict.propagation_ms["dc2.corp.test"], expected);
    assert_eq!(judgement.verdict.propagation_ms["dc1.corp.test"].max, Some(0.0));
    let rows = &judgement.figures.propagation;
    let dcs: Vec<&str> = rows.iter().map(|row| row.dc.as_str()).collect();
    assert_eq!(dcs, ["dc1.corp.test", "dc2.corp.test"]);
    let curve = &rows[1].curve;
    assert_eq!((curve.len(), curve[0].delay_us, curve[99].share), (100, 10_000, 1.0));
    assert!(curve.windows(2).all(|pair| pair[0].delay_us <= pair[1].delay_us));
}

#[test]
fn one_domain_controller_and_one_that_nobody_watched_have_none() {
    let mut world = hundred();
    world.sightings.clear();
    assert!(
        world.judge().verdict.propagation_ms.is_empty(),
        "only the reading after the load is left"
    );

    let mut world = World::clean();
    let number = world.reset(9, 8 * SECOND, Outcome::Applied);
    world.see(number, &[0]);
    let judgement = world.judge();
    assert!(judgement.verdict.propagation_ms.is_empty());
    let text = serde_json(&judgement.verdict);
    assert!(!text.contains("propagation_ms"), "{text}");
}

/// The verdict as stored.
fn serde_json(verdict: &history::Verdict) -> String {
    let dir = tempfile::tempdir().unwrap();
    let folder = history::RunFolder::create(&dir.path().join("run")).unwrap();
    folder.write_verdict(verdict).unwrap();
    std::fs::read_to_string(folder.path("verdict.json")).unwrap()
}

#[test]
fn what_is_seen_before_the_answer_takes_no_time() {
    let mut world = hundred();
    for (.., at_us, _) in &mut world.sightings {
        *at_us -= 50_000;
    }
    assert_eq!(of(&world, "dc1.corp.test").max, Some(0.0));
    assert_eq!(second(&world), (100, 0, Some(950.0)));
}

#[test]
fn what_only_the_last_reading_shows_took_until_then() {
    let mut world = hundred();
    let last = world.sightings.pop().unwrap();
    let finished_us = last.2 - 1_000_000;
    let until = (14 * SECOND - finished_us) as f64 / 1e3;
    assert_eq!(second(&world), (100, 0, Some(until)));
}

#[test]
fn what_was_never_seen_is_slower_than_everything() {
    let mut world = hundred();
    for person in 98..100 {
        world.people[person].after[1] = world.people[person].before;
    }
    world.sightings.retain(|(person, dc, ..)| *person < 98 || *dc == 0);
    let found = of(&world, "dc2.corp.test");
    assert_eq!((found.count, found.unseen), (98, 2));
    assert_eq!(
        (found.p50, found.p90, found.p99, found.max),
        (Some(500.0), Some(900.0), None, None)
    );
    let curve = &world.judge().figures.propagation[1].curve;
    assert_eq!(curve.last().unwrap().share, 0.98);
    assert_fails(&world.judge(), "replicas-agree", &["person99@corp.test"]);
}

#[test]
fn warm_up_counts_versions_and_no_delays() {
    let mut world = World::of(1);
    world.second_dc();
    let warm_up = world.reset(0, SECOND + 1, Outcome::Applied);
    world.see(warm_up, &[0, 300_000]);
    let measured = world.reset(0, 3 * SECOND, Outcome::Applied);
    world.see(measured, &[0, 200_000]);
    assert_eq!(second(&world), (1, 0, Some(200.0)));
}

#[test]
fn each_write_of_a_person_is_a_version_of_its_own() {
    let mut world = World::of(1);
    world.second_dc();
    for (at_us, delay) in [(3 * SECOND, 100_000), (4 * SECOND, 700_000), (5 * SECOND, 400_000)] {
        let number = world.reset(0, at_us, Outcome::Applied);
        world.see(number, &[0, delay]);
    }
    let found = of(&world, "dc2.corp.test");
    assert_eq!((found.count, found.p50, found.max), (3, Some(400.0), Some(700.0)));
    // Two that arrive together were both seen when the second was.
    world
        .sightings
        .retain(|(_, dc, at_us, _)| *dc == 0 || *at_us > 4 * SECOND);
    assert_eq!(second(&world), (3, 0, Some(1700.0)));
}

#[test]
fn behind_an_unknown_write_nobody_can_tell_which_version_is_whose() {
    let mut world = World::of(1);
    world.second_dc();
    let first = world.reset(0, 3 * SECOND, Outcome::Applied);
    world.see(first, &[0, 100_000]);
    let lost = world.lose_answer(0, 4 * SECOND, true);
    world.see(lost, &[0, 100_000]);
    let last = world.reset(0, 5 * SECOND, Outcome::Applied);
    world.see(last, &[0, 900_000]);
    assert_eq!(second(&world), (1, 0, Some(100.0)));

    let mut none = World::of(1);
    none.second_dc();
    none.lose_answer(0, 3 * SECOND, false);
    let last = none.reset(0, 5 * SECOND, Outcome::Applied);
    none.see(last, &[0, 900_000]);
    assert_eq!(
        second(&none),
        (1, 0, Some(900.0)),
        "the count says that it had no effect"
    );
}

#[test]
fn a_refused_write_has_nothing_to_arrive() {
    let mut world = hundred();
    world.reset(0, 9 * SECOND, Outcome::rejected(ReasonCode::PasswordPolicy));
    assert_eq!(second(&world).0, 100);
}

#[test]
fn an_unlock_arrives_when_the_lock_is_gone() {
    let mut world = World::of(3);
    world.second_dc();
    world.lock(0);
    world.lock(1);
    let locked = world.people[0].after[1].unwrap();
    let number = world.unlock(0, 3 * SECOND, Outcome::Applied);
    // Something else of this person changed on the second domain controller while the lock was still there.
    let mut other = locked;
    other.kvno += 1;
    world.sightings.push((0, 1, 3 * SECOND + 60_000, other));
    world.see(number, &[0, 250_000]);
    // Of two that may have cleared a lock nobody knows which did, and where none was set nothing arrives.
    for at_us in [3 * SECOND, 4 * SECOND] {
        let number = world.unlock(1, at_us, Outcome::Applied);
        world.see(number, &[0, 30_000]);
    }
    world.op(2, OpKind::Unlock, 3 * SECOND, 100, Outcome::Applied);
    let found = of(&world, "dc2.corp.test");
    assert_eq!((found.count, found.unseen, found.max), (1, 0, Some(250.0)));
}

#[test]
fn without_a_count_only_unlocks_are_timed() {
    let mut world = hundred();
    world.fact("dc1.corp.test", "kvno", "absent");
    assert!(world.judge().verdict.propagation_ms.is_empty());
}

#[test]
fn a_forest_with_one_domain_controller_is_left_out() {
    let mut world = hundred();
    for person in 50..100 {
        world.move_to(person, "other.test");
        world.people[person].after.pop();
    }
    world.sightings.retain(|(person, dc, ..)| *person < 50 || *dc == 0);
    let judgement = world.judge();
    let dcs: Vec<&String> = judgement.verdict.propagation_ms.keys().collect();
    assert_eq!(dcs, ["dc1.corp.test", "dc2.corp.test"]);
    assert_eq!(judgement.verdict.propagation_ms["dc1.corp.test"].count, 50);
}
