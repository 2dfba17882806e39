//! Correct histories of many shapes pass; one wrong thing in any of them is always caught.

use history::Mark;
use vocabulary::{OpKind, Outcome, ReasonCode, Seed};

use crate::world::*;

/// Histories tried for each law that is broken.
const HISTORIES: u64 = 40;

/// Dice from the seed tree.
struct Dice(Seed, u64);

impl Dice {
    fn below(&mut self, limit: usize) -> usize {
        self.1 += 1;
        let seed = self.0.nth("throw", self.1);
        let bytes: [u8; 8] = seed.bytes()[..8].try_into().unwrap();
        (u64::from_le_bytes(bytes) % limit as u64) as usize
    }
}

/// The clean run, with up to thirty more operations of people 2, 3, 9 and 10, in which everything goes right.
fn correct(dice: &mut Dice) -> World {
    let mut world = World::clean();
    if dice.below(2) == 0 {
        world.second_dc();
    }
    world.oracle = dice.below(2) == 0;
    for number in 0..dice.below(30) {
        let person = [2, 3, 9][dice.below(3)];
        let at_us = 8 * SECOND + number as u64 * 60_000;
        match dice.below(5) {
            0 => world.lose_answer(person, at_us, true),
            1 => world.lose_answer(person, at_us, false),
            2 => world.reset(person, at_us, Outcome::rejected(ReasonCode::PasswordPolicy)),
            _ => world.reset(person, at_us, Outcome::Applied),
        };
    }
    world
}

/// An acknowledged reset, any.
fn acknowledged(world: &World, dice: &mut Dice) -> usize {
    let reset = |number: &usize| {
        let op = &world.ops[*number];
        op.op == OpKind::Reset && op.outcome == Outcome::Applied
    };
    let all: Vec<usize> = (0..world.ops.len()).filter(reset).collect();
    all[dice.below(all.len())]
}

/// Whether somebody has unknown writes, under which one lost or doubled write can hide.
fn hides(world: &World, person: usize) -> bool {
    let unknown = |op: &&history::OpEvent| matches!(op.outcome, Outcome::Unknown(_));
    world.ops.iter().filter(unknown).any(|op| op.user == user(person))
}

fn shift_kvno(world: &mut World, person: usize, by: i32) {
    for after in world.people[person].after.iter_mut().flatten() {
        after.kvno = after.kvno.checked_add_signed(by).unwrap();
    }
}

fn each(break_it: impl Fn(&mut World, &mut Dice) -> Option<usize>) {
    let mut caught = 0;
    for seed in 0..HISTORIES {
        let mut dice = Dice(Seed::new(seed), 0);
        let mut world = correct(&mut dice);
        let Some(person) = break_it(&mut world, &mut dice) else {
            continue;
        };
        let judgement = world.judge();
        assert_eq!(judgement.verdict.verdict, Mark::Fail, "seed {seed}");
        let findings = judgement.verdict.findings.iter();
        let named = findings
            .flat_map(|finding| &finding.violations)
            .any(|words| words.contains(&name(person)));
        assert!(named, "seed {seed} does not name {}", name(person));
        caught += 1;
    }
    assert!(caught >= HISTORIES / 4, "only {caught} histories could be broken so");
}

#[test]
fn what_is_right_is_never_called_wrong() {
    for seed in 0..HISTORIES * 2 {
        let world = correct(&mut Dice(Seed::new(seed), 0));
        let judgement = world.judge();
        assert_eq!(
            failing(&judgement),
            [""; 0],
            "seed {seed}: {:?}",
            judgement.verdict.findings
        );
    }
}

#[test]
fn a_dropped_write_is_always_caught() {
    each(|world, dice| {
        let number = acknowledged(world, dice);
        let person = world.person_of(number);
        shift_kvno(world, person, -1);
        (!hides(world, person)).then_some(person)
    });
}

#[test]
fn a_doubled_write_is_always_caught() {
    each(|world, dice| {
        let number = acknowledged(world, dice);
        let person = world.person_of(number);
        shift_kvno(world, person, 1);
        (!hides(world, person)).then_some(person)
    });
}

#[test]
fn a_doubled_journal_line_is_always_caught_even_beside_unknown_writes() {
    each(|world, dice| {
        let number = acknowledged(world, dice);
        let line = world.journal.iter().find(|line| line.op_id == op_id(number)).cloned();
        world.journal.extend(line);
        Some(world.person_of(number))
    });
}

#[test]
fn a_write_to_somebody_else_is_always_caught() {
    each(|world, dice| {
        let number = acknowledged(world, dice);
        shift_kvno(world, world.person_of(number), -1);
        shift_kvno(world, 10, 1);
        Some(10)
    });
}

#[test]
fn the_initial_password_that_still_binds_is_always_caught() {
    each(|world, dice| {
        let number = acknowledged(world, dice);
        let person = world.person_of(number);
        world.people[person].binds = Some(vec![bind(0, true, None)]);
        Some(person)
    });
}

#[test]
fn an_older_password_that_is_held_is_always_caught_whatever_binds() {
    each(|world, dice| {
        let number = acknowledged(world, dice);
        let person = world.person_of(number);
        world.oracle = true;
        world.people[person].held = Some(vec![Some(0); world.people[person].after.len()]);
        Some(person)
    });
}

#[test]
fn a_domain_controller_that_stays_behind_is_always_caught() {
    each(|world, dice| {
        let number = acknowledged(world, dice);
        let person = world.person_of(number);
        let before = world.people[person].before;
        *world.people[person].after.get_mut(1)? = before;
        Some(person)
    });
}
