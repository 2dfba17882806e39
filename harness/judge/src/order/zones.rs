//! Tier 3: no order is known, but each value is written once.
//!
//! A write and the reads of its value are a cluster. `f` is the first end and `s` the last begin in it. If `f` comes first the
//! value was there from `f` to `s` (a forward zone), else some instant between `s` and `f` is enough (a backward zone). An
//! order exists exactly if no read ends before its write begins, no two forward zones overlap, and no backward zone lies
//! within a forward one. A change stands right behind the value that it proved: their clusters become one block, which has
//! the same two bounds. An unknown write that nobody read is left out; one that was read has its deadline as its end.

use std::collections::HashMap;

use super::{INITIAL, Read, Register, Write};

/// What everyone begins with, as a write that was over before anything began.
const FIRST: Write = Write {
    value: INITIAL,
    from_us: 0,
    until_us: 0,
    sure: true,
    base: None,
};

/// Times behind that of the first write, which stands at 0: nothing comes ahead of it, however early it began.
fn after_first(at_us: u64, place: usize) -> u64 {
    if place == 0 { 0 } else { at_us.saturating_add(1) }
}

/// First end and last begin of a block.
#[derive(Debug, Clone, Copy)]
struct Zone {
    first_end: u64,
    last_begin: u64,
}

/// Whether the writes can be put into an order that explains every read.
#[must_use]
pub fn explain(register: &Register) -> bool {
    let Some(clusters) = Clusters::of(register) else {
        return false;
    };
    clusters.blocks().is_some_and(|zones| apart(&zones))
}

/// The writes that took effect by their place, the reads of each, and the change that follows each.
struct Clusters<'a> {
    writes: Vec<&'a Write>,
    reads: Vec<Vec<&'a Read>>,
    next: Vec<Option<usize>>,
    took_effect: Vec<bool>,
}

impl<'a> Clusters<'a> {
    /// None where a value is read or proved that nobody wrote, or two changes follow the same value.
    fn of(register: &'a Register) -> Option<Self> {
        let writes: Vec<&Write> = std::iter::once(&FIRST).chain(&register.writes).collect();
        let places: HashMap<u32, usize> = writes
            .iter()
            .enumerate()
            .map(|(place, write)| (write.value, place))
            .collect();
        let mut found = Self {
            reads: vec![Vec::new(); writes.len()],
            next: vec![None; writes.len()],
            took_effect: vec![false; writes.len()],
            writes,
        };
        let mut open: Vec<usize> = (0..found.writes.len())
            .filter(|place| found.writes[*place].sure)
            .collect();
        for read in &register.reads {
            let place = *places.get(&read.value?)?;
            found.reads[place].push(read);
            open.push(place);
        }
        while let Some(place) = open.pop() {
            if std::mem::replace(&mut found.took_effect[place], true) {
                continue;
            }
            if let Some(base) = found.writes[place].base {
                let base = *places.get(&base)?;
                if found.next[base].replace(place).is_some() {
                    return None;
                }
                open.push(base);
            }
        }
        Some(found)
    }

    /// The zone of every block; none where a block contradicts itself or bites its own tail.
    fn blocks(&self) -> Option<Vec<Zone>> {
        let effective = || (0..self.writes.len()).filter(|place| self.took_effect[*place]);
        let mut told = 0;
        let mut zones = Vec::new();
        for head in effective().filter(|place| self.writes[*place].base.is_none()) {
            let (zone, clusters) = self.block(head)?;
            told += clusters;
            zones.push(zone);
        }
        (told == effective().count()).then_some(zones)
    }

    /// The zone of the block that begins here and how many clusters it has; none where something in it ends before what
    /// must come ahead of it begins.
    fn block(&self, head: usize) -> Option<(Zone, usize)> {
        let mut zone = Zone {
            first_end: u64::MAX,
            last_begin: 0,
        };
        let (mut place, mut clusters) = (Some(head), 0);
        while let Some(at) = place {
            clusters += 1;
            let write = self.writes[at];
            zone.take(after_first(write.from_us, at), after_first(write.until_us, at))?;
            let written = zone.last_begin;
            for read in &self.reads[at] {
                let (from_us, until_us) = (after_first(read.from_us, 1), after_first(read.until_us, 1));
                if until_us < written.max(from_us) {
                    return None;
                }
                zone.first_end = zone.first_end.min(until_us);
                zone.last_begin = zone.last_begin.max(from_us);
            }
            place = self.next[at];
        }
        Some((zone, clusters))
    }
}

impl Zone {
    /// Takes what comes behind all that was taken; none where it ends before that begins.
    fn take(&mut self, from_us: u64, until_us: u64) -> Option<()> {
        self.last_begin = self.last_begin.max(from_us);
        self.first_end = self.first_end.min(until_us);
        (self.last_begin <= until_us).then_some(())
    }

    fn is_forward(&self) -> bool {
        self.first_end < self.last_begin
    }
}

/// Whether forward zones do not overlap, and none holds a backward one.
fn apart(zones: &[Zone]) -> bool {
    let mut forward: Vec<&Zone> = zones.iter().filter(|zone| zone.is_forward()).collect();
    forward.sort_unstable_by_key(|zone| zone.first_end);
    let overlap = |pair: &[&Zone]| pair[0].last_begin > pair[1].first_end;
    if forward.windows(2).any(overlap) {
        return false;
    }
    let mut backward = zones.iter().filter(|zone| !zone.is_forward());
    backward.all(|zone| {
        let behind = forward.partition_point(|other| other.first_end < zone.last_begin);
        let around = behind.checked_sub(1).and_then(|last| forward.get(last));
        around.is_none_or(|around| zone.first_end >= around.last_begin)
    })
}
