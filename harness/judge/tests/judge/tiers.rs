//! The fast tiers agree with exhaustive search on random small histories, right and wrong ones.

use judge::order::{Read, Register, Slot, Write, counters, exhaustive, known, zones};

use super::dice::Dice;

/// What was tried.
#[derive(Debug, Default)]
pub struct Tried {
    pub right: u64,
    pub wrong: u64,
}

/// Compares on so many histories; says what differs first.
pub fn compare(from_seed: u64, count: u64) -> Result<Tried, String> {
    let mut tried = Tried::default();
    for seed in from_seed..from_seed + count {
        let mut dice = Dice::of(seed);
        let register = if dice.percent(70) {
            lived(&mut dice)
        } else {
            thrown(&mut dice)
        };
        let right = agreed(&register).map_err(|what| format!("seed {seed}: {what}: {register:?}"))?;
        *(if right { &mut tried.right } else { &mut tried.wrong }) += 1;
    }
    Ok(tried)
}

fn agreed(register: &Register) -> Result<bool, String> {
    let all = |register: &Register| exhaustive::explains(register).ok_or("too many operations to try".to_owned());
    let uncounted = Register {
        slots: None,
        before: None,
        ..register.clone()
    };
    if zones::explain(&uncounted) != all(&uncounted)? {
        return Err(format!("zones say {}", zones::explain(&uncounted)));
    }
    let mut plain = register.clone();
    plain.reads.clear();
    plain.writes.iter_mut().for_each(|write| write.base = None);
    if known::explains(&plain) != all(&plain)? {
        return Err(format!("the known order says {}", known::explains(&plain)));
    }
    if all(&plain)? && !counters::agree(&plain) {
        return Err("counters contradict a right history".to_owned());
    }
    let right = all(register)?;
    if right && !register.is_explained() {
        return Err("a right history is called wrong".to_owned());
    }
    Ok(right)
}

/// What a correct system may have done, as far as somebody saw it; now and then with one thing wrong.
fn lived(dice: &mut Dice) -> Register {
    let writes = 1 + dice.below(5);
    let (mut now_us, mut value) = (0, 0);
    let mut register = Register {
        slots: Some(Vec::new()),
        before: dice.percent(50).then_some(0),
        ..Register::default()
    };
    let mut next = 1;
    for _ in 0..8 {
        now_us += dice.below(4);
        if next <= writes && dice.percent(60) {
            write(&mut register, dice, now_us, next, value);
            value = next as u32;
            next += 1;
        } else if register.reads.len() + (writes as usize) < exhaustive::OPERATIONS_MAX {
            register.reads.push(Read {
                value: Some(value),
                from_us: now_us.saturating_sub(dice.below(4)),
                until_us: now_us + dice.below(4),
            });
        }
    }
    while !register.writes.is_empty() && dice.percent(25) {
        bend(&mut register, dice);
    }
    register
}

fn write(register: &mut Register, dice: &mut Dice, now_us: u64, label: u64, value: u32) {
    let sure = dice.percent(70);
    let happens = sure || dice.percent(60);
    let seen_us = dice.percent(40).then_some(now_us + dice.below(5));
    register.writes.push(Write {
        value: label as u32,
        from_us: now_us.saturating_sub(dice.below(5)),
        until_us: now_us + dice.below(if sure { 4 } else { 8 }),
        sure,
        base: dice.percent(25).then_some(value),
    });
    if happens {
        let seen = dice.percent(40).then_some(label as u32);
        register.slots.iter_mut().for_each(|slots| {
            slots.push(Slot { value: seen, seen_us });
        });
    }
}

/// One thing wrong, or merely different.
fn bend(register: &mut Register, dice: &mut Dice) {
    let write = dice.below(register.writes.len() as u64) as usize;
    match dice.below(8) {
        0 => register.writes[write].until_us = register.writes[write].from_us,
        1 => register.writes[write].from_us += dice.below(6),
        2 => register.writes[write].base = Some(dice.below(6) as u32),
        3 => register.writes[write].sure = true,
        4 => register.reads.iter_mut().for_each(|read| read.from_us = read.until_us),
        5 => {
            if let Some(read) = register.reads.last_mut() {
                read.value = dice.percent(80).then(|| dice.below(7) as u32);
            }
        }
        6 => {
            if let Some(slot) = register.slots.as_mut().and_then(|slots| slots.first_mut()) {
                slot.value = Some(dice.below(6) as u32);
            }
        }
        _ => {
            let slots = register.slots.as_mut();
            slots.map(|slots| {
                if dice.percent(50) {
                    slots.pop()
                } else {
                    slots.push(Slot::default());
                    None
                }
            });
        }
    }
}

/// Anything at all.
fn thrown(dice: &mut Dice) -> Register {
    let count = 1 + dice.below(5);
    let mut register = Register::default();
    for label in 1..=count {
        let from_us = dice.below(10);
        register.writes.push(Write {
            value: label as u32,
            from_us,
            until_us: from_us + dice.below(6),
            sure: dice.percent(60),
            base: dice.percent(25).then(|| dice.below(count + 1) as u32),
        });
    }
    for _ in 0..dice.below(4) {
        let from_us = dice.below(12);
        register.reads.push(Read {
            value: dice.percent(95).then(|| dice.below(count + 1) as u32),
            from_us,
            until_us: from_us + dice.below(6),
        });
    }
    if dice.percent(60) {
        let slot = |dice: &mut Dice| Slot {
            value: dice.percent(30).then(|| 1 + dice.below(count) as u32),
            seen_us: dice.percent(30).then(|| dice.below(14)),
        };
        register.slots = Some((0..dice.below(count + 1)).map(|_| slot(dice)).collect());
    }
    register
}
