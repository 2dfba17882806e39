//! acknowledged-is-visible.

use history::{Mark, Metadata};
use vocabulary::Outcome;

use crate::world::*;

const VISIBLE: &str = "acknowledged-is-visible";

/// The clean run with two more resets of one person, and what that person's metadata is after both.
fn twice() -> (World, Metadata, [u64; 2]) {
    let mut world = World::clean();
    let first = world.reset(9, 7 * SECOND, Outcome::Applied);
    let second = world.reset(9, 8 * SECOND, Outcome::Applied);
    let ends = [world.ops[first].finished_us, world.ops[second].finished_us];
    let after = world.people[9].after[0].unwrap();
    (world, after, ends)
}

fn earlier(after: Metadata, writes: u32) -> Metadata {
    Metadata {
        kvno: after.kvno - writes,
        ..after
    }
}

#[test]
fn who_asks_after_the_acknowledgement_is_shown_the_write() {
    let (mut world, after, [first, second]) = twice();
    world.looks.push((9, first, earlier(after, 1)));
    world.looks.push((9, second + 3, after));
    let judgement = world.judge();
    assert_mark(&judgement, VISIBLE, Mark::Pass);
    assert_eq!(finding(&judgement, VISIBLE).checked, 1);
    assert_eq!(judgement.verdict.verdict, Mark::Pass);
}

#[test]
fn who_asks_before_it_may_be_shown_either() {
    let (mut world, after, [first, second]) = twice();
    world.looks.push((9, first - 1, earlier(after, 2)));
    world.looks.push((9, second - 1, earlier(after, 1)));
    assert_mark(&world.judge(), VISIBLE, Mark::Pass);
    world.looks.push((9, second - 1, after));
    assert_mark(&world.judge(), VISIBLE, Mark::Pass);
}

#[test]
fn a_write_made_after_its_acknowledgement_is_found_though_the_end_is_right() {
    let (mut world, after, [_, second]) = twice();
    world.looks.push((9, second + 2_500, earlier(after, 1)));
    let judgement = world.judge();
    assert_fails(
        &judgement,
        VISIBLE,
        &["person9@corp.test", "asked 2.5 ms after", "on dc1.corp.test"],
    );
    assert_eq!(failing(&judgement), [VISIBLE]);
}

#[test]
fn where_nobody_looked_or_writes_have_far_to_go_there_is_nothing_to_say() {
    let judgement = World::clean().judge();
    assert!(
        judgement
            .verdict
            .findings
            .iter()
            .all(|finding| finding.check != VISIBLE)
    );

    let (mut world, after, [_, second]) = twice();
    world.second_dc();
    world.looks.push((9, second + 2_500, earlier(after, 1)));
    let judgement = world.judge();
    assert!(
        judgement
            .verdict
            .findings
            .iter()
            .all(|finding| finding.check != VISIBLE)
    );
}

#[test]
fn without_a_count_it_cannot_be_told() {
    let (mut world, after, [_, second]) = twice();
    world.looks.push((9, second + 1, after));
    world.fact("dc1.corp.test", "kvno", "absent");
    assert_mark(&world.judge(), VISIBLE, Mark::Inconclusive);
}
