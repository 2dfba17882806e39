//! Worlds that somebody might have lived in: everything goes right in them, through crashes, lost answers, messages that come
//! again, locks, changes and several domain controllers. None may be called wrong; one thing bent in one must be.

use history::{Mark, Metadata};
use vocabulary::{OpKind, Outcome, ReasonCode, UnknownWhy};

use super::dice::Dice;
use super::world::*;

/// What an operation did, and when.
#[derive(Debug, Clone, Copy)]
struct Effect {
    at_us: u64,
    op: usize,
}

/// A world of so many people in which everything went right.
pub fn correct(seed: u64, people: usize) -> World {
    let mut dice = Dice::of(seed);
    let mut world = World::of(people);
    for _ in 0..dice.below(3) {
        world.second_dc();
    }
    world.oracle = dice.percent(70);
    let stalled = dice.percent(30);
    if stalled {
        world.fault("pause", "dc1", 5 * SECOND, 8 * SECOND);
    } else if dice.percent(50) {
        let (fault, target) = *dice.pick(&[
            ("kill", "agent"),
            ("kill", "relay"),
            ("duplicate_requests", "relay"),
            ("kill", "dc1"),
        ]);
        world.fault(fault, target, 5 * SECOND, 8 * SECOND);
    }
    for person in 0..people {
        if dice.percent(25) {
            world.lock(person);
        }
        live(&mut world, &mut dice, person, stalled);
    }
    world
}

/// One person's operations, and what they did.
fn live(world: &mut World, dice: &mut Dice, person: usize, stalled: bool) {
    let mut effects = Vec::new();
    let mut now_us = MEASURE.start + dice.below(2 * SECOND);
    for _ in 0..dice.below(7) {
        let lasts_us = 1000 + dice.below(400_000);
        effects.extend(operate(world, dice, person, now_us, lasts_us, stalled));
        // Now and then the next one begins before this one has ended.
        now_us += if dice.percent(25) {
            dice.below(lasts_us)
        } else {
            lasts_us + dice.below(SECOND)
        };
    }
    effects.sort_by_key(|effect| effect.at_us);
    for effect in effects {
        happen(world, dice, person, effect);
    }
}

fn operate(
    world: &mut World,
    dice: &mut Dice,
    person: usize,
    at_us: u64,
    lasts_us: u64,
    stalled: bool,
) -> Option<Effect> {
    let kind = *dice.pick(&[
        OpKind::Reset,
        OpKind::Reset,
        OpKind::Reset,
        OpKind::Change,
        OpKind::Unlock,
        OpKind::AdminReset,
    ]);
    let (outcome, effect) = match dice.below(20) {
        0 => (Outcome::rejected(ReasonCode::PasswordPolicy), false),
        1 => (Outcome::failed(ReasonCode::NoListener), false),
        2 if kind == OpKind::Change => (Outcome::rejected(ReasonCode::IncorrectPassword), false),
        3 | 4 => (Outcome::Unknown(UnknownWhy::Timeout), true),
        5 | 6 => (Outcome::Unknown(UnknownWhy::ConnectionLost), false),
        _ => (Outcome::Applied, true),
    };
    let known = outcome == Outcome::Applied;
    let wrong = outcome == Outcome::rejected(ReasonCode::IncorrectPassword);
    let op = world.op(person, kind, at_us, lasts_us, outcome);
    for after in world.people[person].after.iter_mut().flatten().filter(|_| wrong) {
        after.bad_pwd_count += 1;
    }
    let (began_us, expires_us) = (world.ops[op].started_us, world.ops[op].expires_us);
    // Nobody waits for an unknown one: it may act until it expires, or until a domain controller goes on.
    let until_us = match known {
        true => at_us + lasts_us,
        false if stalled && (5 * SECOND..8 * SECOND).contains(&expires_us) => 8 * SECOND + 900_000,
        false => expires_us + 900_000,
    };
    let at_us = began_us + dice.below(until_us - began_us + 1);
    effect.then_some(Effect { at_us, op })
}

/// A change that comes when its password is no longer there is refused, so that its person proves the one that is.
fn happen(world: &mut World, dice: &mut Dice, person: usize, effect: Effect) {
    if world.ops[effect.op].op == OpKind::Change {
        world.ops[effect.op].proves = Some(world.people[person].label);
    }
    world.take_effect(effect.op);
    let writes = world.ops[effect.op].writes.is_some();
    for after in world.people[person].after.iter_mut().flatten().filter(|_| writes) {
        after.pwd_last_set = wall(effect.at_us);
    }
    for dc in 0..world.people[person].after.len() {
        if dice.percent(30) && effect.at_us < 12 * SECOND {
            let seen: Metadata = world.people[person].after[dc].unwrap();
            let at_us = effect.at_us + dice.below(SECOND);
            world.sightings.push((person, dc, at_us, seen));
        }
    }
}

/// Judges so many worlds; says which law gave a false alarm first. Tells how many people were judged.
pub fn false_alarms(from_seed: u64, worlds: u64, people: usize) -> Result<u64, String> {
    for seed in from_seed..from_seed + worlds {
        let verdict = correct(seed, people).judge().verdict;
        let alarm = verdict.findings.iter().find(|finding| finding.verdict == Mark::Fail);
        if let Some(finding) = alarm {
            return Err(format!("seed {seed}: {}: {:?}", finding.check, finding.violations));
        }
    }
    Ok(worlds * people as u64)
}

/// One thing that goes wrong: its name, the law that must say so, and how; tells whom it hits, if there is anybody to hit.
type Bend = (&'static str, &'static str, fn(&mut World, &mut Dice) -> Option<usize>);

const BENDS: [Bend; 13] = [
    ("an acknowledged write is lost", "no-lost-ack", |world, dice| {
        let person = somebody(world, dice, |world, person| {
            acknowledged(world, person) > 0 && doubtful(world, person) == 0
        })?;
        count(world, person, -1);
        Some(person)
    }),
    ("a write is made twice", "no-double-apply", |world, dice| {
        let person = somebody(world, dice, |world, person| {
            acknowledged(world, person) > 0 && doubtful(world, person) == 0
        })?;
        count(world, person, 1);
        Some(person)
    }),
    (
        "the agent writes twice, beside unknown writes",
        "no-double-apply",
        |world, dice| {
            let person = somebody(world, dice, |world, person| acknowledged(world, person) > 0)?;
            let op = last(world, person, |op| op.outcome == Outcome::Applied)?;
            world.journal.push(line(op, "applied"));
            Some(person)
        },
    ),
    ("somebody else is written", "no-cross-user-write", |world, dice| {
        let person = somebody(world, dice, |world, person| {
            world.ops.iter().all(|op| op.user != user(person))
        })?;
        count(world, person, 1);
        Some(person)
    }),
    (
        "another value is written",
        "directory-holds-acknowledged",
        |world, dice| {
            let person = somebody(world, dice, |world, person| {
                world.oracle && acknowledged(world, person) > 0
            })?;
            world.people[person].held = Some(vec![None; world.people[person].after.len()]);
            Some(person)
        },
    ),
    ("an old write comes back", "no-stale-overwrite", |world, dice| {
        let person = somebody(world, dice, |world, person| {
            world.oracle && superseded(world, person).is_some()
        })?;
        let label = superseded(world, person);
        world.people[person].held = Some(vec![label; world.people[person].after.len()]);
        Some(person)
    }),
    (
        "a change is made of what was changed already",
        "one-order-explains-all",
        |world, dice| {
            let lost = |world: &World, person: usize| {
                world.people[person].after.len() == 1 && reproved(world, person).is_some()
            };
            let person = somebody(world, dice, lost)?;
            let (op, label) = reproved(world, person)?;
            world.ops[op].proves = Some(label);
            Some(person)
        },
    ),
    (
        "a write comes after its message expired",
        "no-late-apply",
        |world, dice| {
            let moved = |world: &World, person: usize| {
                doubtful(world, person) > 0 && world.after_of(person).pwd_last_set > 1000
            };
            let person = somebody(world, dice, moved)?;
            for after in world.people[person].after.iter_mut().flatten() {
                after.pwd_last_set = wall(13 * SECOND + 900_000);
            }
            Some(person)
        },
    ),
    (
        "a refused operation leaves a trace",
        "rejected-leaves-no-trace",
        |world, dice| {
            let person = somebody(world, dice, refused)?;
            count(world, person, 1);
            Some(person)
        },
    ),
    ("a reset forgets the unlock", "reset-also-unlocks", |world, dice| {
        let person = somebody(world, dice, |world, person| {
            world.people[person].lock_proven
                && last(world, person, |op| {
                    op.op == OpKind::Reset && op.outcome == Outcome::Applied
                })
                .is_some()
        })?;
        world.people[person]
            .after
            .iter_mut()
            .flatten()
            .for_each(|after| after.lockout_time = 77);
        Some(person)
    }),
    (
        "a reset enables an account",
        "account-state-unchanged",
        |world, dice| {
            let person = somebody(world, dice, |world, person| acknowledged(world, person) > 0)?;
            world.people[person]
                .after
                .iter_mut()
                .flatten()
                .for_each(|after| after.uac ^= 2);
            Some(person)
        },
    ),
    (
        "an old password is tried again",
        "no-lockout-by-writeback",
        |world, dice| {
            let person = dice.below(world.people.len() as u64) as usize;
            let unknown = world.ops.iter().any(|op| {
                op.user == user(person) && op.op == OpKind::Change && matches!(op.outcome, Outcome::Unknown(_))
            });
            world.people[person]
                .after
                .iter_mut()
                .flatten()
                .for_each(|after| after.bad_pwd_count += 1);
            (!unknown).then_some(person)
        },
    ),
    (
        "the cloud says applied of what the agent refused",
        "journals-agree",
        |world, dice| {
            let person = somebody(world, dice, |world, person| acknowledged(world, person) > 0)?;
            let op = last(world, person, |op| op.outcome == Outcome::Applied)?;
            world.journal.retain(|line| line.op_id != op_id(op));
            world.journal.push(line(op, "rejected"));
            Some(person)
        },
    ),
];

/// Bends one world in each way that it can be; says which was not caught first. Tells how many were.
pub fn caught(seed: u64, people: usize) -> Result<u64, String> {
    let mut count = 0;
    for (what, law, bend) in BENDS {
        let mut world = correct(seed, people);
        let Some(person) = bend(&mut world, &mut Dice::of(seed ^ 0xBE4D)) else {
            continue;
        };
        let judgement = world.judge();
        let finding = judgement.verdict.findings.iter().find(|finding| finding.check == law);
        let finding = finding.ok_or_else(|| format!("seed {seed}: {what}: {law} does not speak"))?;
        let named = finding
            .violations
            .iter()
            .any(|words| words.starts_with(&format!("{}: ", name(person))));
        if finding.verdict != Mark::Fail || !named {
            return Err(format!(
                "seed {seed}: {what}: {law} does not name {}: {finding:?}",
                name(person)
            ));
        }
        let told = judgement.figures.cases.iter().any(|case| case.story.len() > 1);
        count += u64::from(told);
    }
    Ok(count)
}

/// Anybody of whom it holds.
fn somebody(world: &World, dice: &mut Dice, which: impl Fn(&World, usize) -> bool) -> Option<usize> {
    let all: Vec<usize> = (0..world.people.len()).filter(|person| which(world, *person)).collect();
    (!all.is_empty()).then(|| *dice.pick(&all))
}

fn of_person(world: &World, person: usize) -> impl Iterator<Item = (usize, &history::OpEvent)> {
    world
        .ops
        .iter()
        .enumerate()
        .filter(move |(_, op)| op.user == user(person))
}

fn last(world: &World, person: usize, which: impl Fn(&history::OpEvent) -> bool) -> Option<usize> {
    of_person(world, person)
        .filter(|(_, op)| which(op))
        .map(|(number, _)| number)
        .last()
}

fn acknowledged(world: &World, person: usize) -> usize {
    of_person(world, person)
        .filter(|(_, op)| op.writes.is_some() && op.outcome == Outcome::Applied)
        .count()
}

/// Unknown writes, under which one lost or doubled write can hide.
fn doubtful(world: &World, person: usize) -> usize {
    of_person(world, person)
        .filter(|(_, op)| op.writes.is_some() && matches!(op.outcome, Outcome::Unknown(_)))
        .count()
}

fn refused(world: &World, person: usize) -> bool {
    let no = |outcome: &Outcome| matches!(outcome, Outcome::Rejected(_) | Outcome::Failed(_));
    of_person(world, person).count() > 0 && of_person(world, person).all(|(_, op)| no(&op.outcome))
}

/// The label of an acknowledged write behind which another one began.
fn superseded(world: &World, person: usize) -> Option<u32> {
    let acknowledged =
        || of_person(world, person).filter(|(_, op)| op.writes.is_some() && op.outcome == Outcome::Applied);
    let newest_us = acknowledged().map(|(_, op)| op.started_us).max()?;
    let mut old = acknowledged().filter(|(_, op)| op.finished_us < newest_us);
    old.next().and_then(|(_, op)| op.writes)
}

/// An acknowledged change, and a password that an earlier acknowledged change had replaced.
fn reproved(world: &World, person: usize) -> Option<(usize, u32)> {
    let changes =
        || of_person(world, person).filter(|(_, op)| op.op == OpKind::Change && op.outcome == Outcome::Applied);
    let (first, label) = changes().next().map(|(number, op)| (number, op.proves))?;
    let (other, _) = changes().find(|(number, _)| *number != first)?;
    Some((other, label?))
}

fn count(world: &mut World, person: usize, by: i32) {
    for after in world.people[person].after.iter_mut().flatten() {
        after.kvno = after.kvno.checked_add_signed(by).unwrap();
    }
}
