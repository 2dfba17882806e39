//! The smallest part of a register that no order explains.
//!
//! Nothing is taken out that would make something else look wrong: a write that is left aside may have happened at any time
//! or not at all, a look that is left aside was not made, and numbers that are left aside were not counted.

use super::span;
use crate::order::{Case, Register, Slot};
use crate::subject::seconds;

/// What is needed for the contradiction.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Core(Vec<Part>);

/// One thing that is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Part {
    /// When a write may have taken effect, whether it surely did, and what it proved: the write of that number.
    Write(usize),
    /// A look at the value, by number.
    Read(usize),
    /// How many versions were counted.
    Count,
    /// The value under a version.
    Value(usize),
    /// When a version was first seen.
    Seen(usize),
    /// The value before the first version.
    Before,
}

impl Core {
    /// That of a register that is not explained. Parts are left aside in halves, then in quarters and so on, as long as the
    /// contradiction stays.
    pub(crate) fn of(case: &Case<'_>) -> Self {
        let register = &case.register;
        let mut parts = all(register);
        let mut step = parts.len().div_ceil(2).max(1);
        loop {
            let mut from = 0;
            while from < parts.len() {
                let mut fewer = parts.clone();
                fewer.drain(from..parts.len().min(from + step));
                if only(register, &fewer).is_explained() {
                    from += step;
                } else {
                    parts = fewer;
                }
            }
            if step == 1 {
                return Self(parts);
            }
            step = step.div_ceil(2);
        }
    }

    /// The register with nothing else in it; writes that are left aside and that nobody looks for are gone.
    pub(crate) fn register(&self, case: &Case<'_>) -> Register {
        let mut only = only(&case.register, &self.0);
        let needed: Vec<u32> = only
            .reads
            .iter()
            .filter_map(|read| read.value)
            .chain(only.writes.iter().filter_map(|write| write.base))
            .chain(only.slots.iter().flatten().filter_map(|slot| slot.value))
            .collect();
        let counted = only.slots.is_some();
        let mut place = 0;
        only.writes.retain(|write| {
            place += 1;
            counted || self.holds_write(place - 1) || needed.contains(&write.value)
        });
        only
    }

    /// Whether a write is part of it.
    pub(crate) fn holds_write(&self, number: usize) -> bool {
        self.0.contains(&Part::Write(number))
    }

    /// Each part in words.
    pub(crate) fn told(&self, case: &Case<'_>) -> Vec<String> {
        self.0.iter().map(|part| told(case, *part)).collect()
    }
}

fn all(register: &Register) -> Vec<Part> {
    let slots = register.slots.as_deref().unwrap_or_default();
    let values = slots.iter().enumerate().filter(|(_, slot)| slot.value.is_some());
    let seen = slots.iter().enumerate().filter(|(_, slot)| slot.seen_us.is_some());
    (0..register.writes.len())
        .map(Part::Write)
        .chain(register.slots.iter().map(|_| Part::Count))
        .chain(register.before.iter().map(|_| Part::Before))
        .chain(values.map(|(number, _)| Part::Value(number)))
        .chain(seen.map(|(number, _)| Part::Seen(number)))
        .chain((0..register.reads.len()).map(Part::Read))
        .collect()
}

/// The register as if nothing else were known.
fn only(register: &Register, parts: &[Part]) -> Register {
    let mut loose = Register {
        writes: register.writes.clone(),
        ..Register::default()
    };
    for write in &mut loose.writes {
        (write.from_us, write.until_us, write.sure, write.base) = (0, u64::MAX, false, None);
    }
    if parts.contains(&Part::Count) {
        loose.slots = register.slots.as_ref().map(|slots| vec![Slot::default(); slots.len()]);
    }
    for part in parts {
        keep(register, &mut loose, *part);
    }
    loose
}

fn keep(register: &Register, loose: &mut Register, part: Part) {
    let known = |number: usize| register.slots.as_ref()?.get(number);
    let slot = |slots: &mut Option<Vec<Slot>>, number: usize, take: &dyn Fn(&mut Slot)| {
        if let Some(slot) = slots.as_mut().and_then(|slots| slots.get_mut(number)) {
            take(slot);
        }
    };
    match part {
        Part::Write(number) => {
            let place = loose.writes.get_mut(number).zip(register.writes.get(number));
            if let Some((write, known)) = place {
                *write = *known;
            }
        }
        Part::Read(number) => loose.reads.extend(register.reads.get(number)),
        Part::Count => {}
        Part::Before => loose.before = register.before,
        Part::Value(number) => {
            let value = known(number).and_then(|slot| slot.value);
            slot(&mut loose.slots, number, &|slot| slot.value = value);
        }
        Part::Seen(number) => {
            let seen_us = known(number).and_then(|slot| slot.seen_us);
            slot(&mut loose.slots, number, &|slot| slot.seen_us = seen_us);
        }
    }
}

fn told(case: &Case<'_>, part: Part) -> String {
    let register = &case.register;
    let slot = |number: usize| {
        register
            .slots
            .as_ref()
            .and_then(|slots| slots.get(number))
            .copied()
            .unwrap_or_default()
    };
    let label = |value: Option<u32>| value.map_or("none of the labels".to_owned(), |value| format!("label {value}"));
    match part {
        Part::Write(number) => told_write(case, number),
        Part::Read(number) => register.reads.get(number).map_or_else(String::new, |read| {
            format!(
                "{} was in force {}",
                label(read.value),
                span(read.from_us, read.until_us)
            )
        }),
        Part::Count => {
            let count = register.slots.as_ref().map_or(0, Vec::len);
            format!("the directory counted {count} writes")
        }
        Part::Before => format!("{} was in force before the first write", label(register.before)),
        Part::Value(number) => format!("write {} was {}", number + 1, label(slot(number).value)),
        Part::Seen(number) => {
            let seen_us = slot(number).seen_us.unwrap_or_default();
            format!("write {} was seen at {}", number + 1, seconds(seen_us))
        }
    }
}

fn told_write(case: &Case<'_>, number: usize) -> String {
    let (Some(write), Some(op)) = (case.register.writes.get(number), case.ops.get(number)) else {
        return String::new();
    };
    let end = if write.sure { "acknowledged" } else { "of unknown end" };
    let proved = write
        .base
        .map_or_else(String::new, |base| format!(" over label {base}"));
    format!(
        "{} {} wrote label {}{proved} {}, {end}",
        op.kind,
        op.id,
        write.value,
        span(write.from_us, write.until_us)
    )
}
