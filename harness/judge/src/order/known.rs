//! Tier 2: the directory counted the writes, so that their order is known where somebody looked.
//!
//! Between versions whose writer is known lie versions that nobody looked at. Each has a window: not before the latest begin
//! of the known writes ahead of it, not after the earliest deadline of those behind it. Both bounds only grow, so a write fits
//! a stretch of versions, and earliest deadline first finds a place for each if there is one. Writes that surely took effect
//! must each have a version; every version must have a write. Where each can be had alone, both can be had together
//! (Mendelsohn and Dulmage, 1958).

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};

use super::{INITIAL, Register, Slot, Write};

/// Whether the versions can be told as an order of the writes; also where nobody counted.
#[must_use]
pub fn explains(register: &Register) -> bool {
    let Some(slots) = &register.slots else {
        return true;
    };
    walk(register, slots).is_some_and(|gaps| gaps.fill())
}

/// Versions without a writer, and the writes that may be theirs.
struct Gaps {
    free: Vec<Stretch>,
    count: usize,
}

/// The versions among those without a writer that a write fits.
struct Stretch {
    first: usize,
    last: usize,
    sure: bool,
}

/// Settles every version whose writer is known; none where that contradicts itself.
fn walk(register: &Register, slots: &[Slot]) -> Option<Gaps> {
    let by_value: HashMap<u32, &Write> = register.writes.iter().map(|write| (write.value, write)).collect();
    let values = forced(slots, &by_value, register.before)?;
    let windows = windows(slots, &values, &by_value)?;
    let open: Vec<(u64, u64)> = windows
        .into_iter()
        .zip(&values)
        .filter(|(_, value)| value.is_none())
        .map(|(window, _)| window)
        .collect();
    let known: HashSet<u32> = values.into_iter().flatten().collect();
    let rest = register.writes.iter().filter(|write| !known.contains(&write.value));
    Some(Gaps {
        free: rest.map(|write| stretch(write, &open)).collect(),
        count: open.len(),
    })
}

/// The value of each version as far as it is seen, or follows: in front of a change stands what it proved.
fn forced(slots: &[Slot], by_value: &HashMap<u32, &Write>, before: Option<u32>) -> Option<Vec<Option<u32>>> {
    let mut values: Vec<Option<u32>> = slots.iter().map(|slot| slot.value).collect();
    let mut needed: Option<u32> = None;
    for value in values.iter_mut().rev() {
        if needed.is_some() && value.is_some() && *value != needed {
            return None;
        }
        *value = value.or(needed);
        needed = match *value {
            Some(value) => by_value.get(&value)?.base,
            None => None,
        };
    }
    let first = before.is_none_or(|value| value == INITIAL) && needed.is_none_or(|value| value == INITIAL);
    let mut seen: Vec<u32> = values.iter().copied().flatten().collect();
    seen.sort_unstable();
    let once = seen.windows(2).all(|pair| pair[0] != pair[1]);
    (first && once).then_some(values)
}

/// For each version, from when until when it can have come about; none where a window is empty.
fn windows(slots: &[Slot], values: &[Option<u32>], by_value: &HashMap<u32, &Write>) -> Option<Vec<(u64, u64)>> {
    let write = |value: &Option<u32>| value.and_then(|value| by_value.get(&value));
    let mut earliest = 0;
    let mut windows: Vec<(u64, u64)> = values
        .iter()
        .map(|value| {
            earliest = write(value).map_or(0, |write| write.from_us).max(earliest);
            (earliest, u64::MAX)
        })
        .collect();
    let mut latest = u64::MAX;
    for ((slot, value), window) in slots.iter().zip(values).zip(&mut windows).rev() {
        let until_us = write(value).map_or(u64::MAX, |write| write.until_us);
        latest = latest.min(until_us).min(slot.seen_us.unwrap_or(u64::MAX));
        window.1 = latest;
        if window.0 > latest {
            return None;
        }
    }
    Some(windows)
}

/// From the first version that ends late enough to the last that begins early enough; empty where there is none.
fn stretch(write: &Write, open: &[(u64, u64)]) -> Stretch {
    let last = open.partition_point(|(from_us, _)| *from_us <= write.until_us);
    Stretch {
        first: open.partition_point(|(_, until_us)| *until_us < write.from_us),
        last: if write.from_us <= write.until_us { last } else { 0 },
        sure: write.sure,
    }
}

impl Gaps {
    fn fill(&self) -> bool {
        let all = self.placed(|_| true, |placed, versions| placed == versions);
        let sure = self.free.iter().filter(|write| write.sure).count();
        all && self.placed(|write| write.sure, |placed, _| placed == sure)
    }

    /// Gives versions to writes, earliest deadline first, and asks whether enough were given.
    fn placed(&self, which: impl Fn(&Stretch) -> bool, enough: impl Fn(usize, usize) -> bool) -> bool {
        let mut coming: Vec<&Stretch> = self.free.iter().filter(|write| which(write)).collect();
        coming.sort_unstable_by_key(|write| Reverse(write.first));
        let mut waiting: BinaryHeap<Reverse<usize>> = BinaryHeap::new();
        let mut placed = 0;
        for version in 0..self.count {
            while let Some(write) = coming.pop_if(|write| write.first <= version) {
                waiting.push(Reverse(write.last));
            }
            while waiting.peek().is_some_and(|Reverse(last)| *last <= version) {
                waiting.pop();
            }
            placed += usize::from(waiting.pop().is_some());
        }
        enough(placed, self.count)
    }
}
