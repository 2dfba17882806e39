//! When the last fault is over, operations succeed again.

use std::collections::BTreeMap;

use history::Finding;
use vocabulary::OutcomeClass;

use super::{Ground, Tally};
use crate::ledger::{Ledger, Op};
use crate::subject::{named, seconds};

pub(super) const NAME: &str = "service-resumes-after-faults";

const GROUND: Ground = Ground {
    of: "times and domains in which something was asked after the last fault was over",
    open: "",
};

/// How long parts may take to find one another again.
const RECOVERY_US: u64 = 30_000_000;

/// Operations begun within the recovery after one calm began.
#[derive(Debug, Default)]
struct Tried<'a> {
    succeeded: bool,
    /// The last one that did not succeed.
    last: Option<&'a Op>,
    count: u64,
}

/// Whether anything was asked in a calm after a fault.
pub(super) fn applies(ledger: &Ledger) -> bool {
    let calms = calms(ledger);
    let after = |op: &Op| calms.iter().any(|calm| calm.holds(op));
    !calms.is_empty() && ledger.ops.iter().any(after)
}

/// Within half a minute after the last of the faults was over, an operation of each domain is applied or correctly rejected.
/// Operations begun in the first half of that time alone do not tell: parts may still be on their way back.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let mut tried: BTreeMap<(usize, usize), Tried<'_>> = BTreeMap::new();
    let calms = calms(ledger);
    for subject in ledger.subjects() {
        let dc = subject.person.readings.first().map_or(0, |reading| reading.dc);
        for op in subject.ops() {
            for (number, _) in calms.iter().enumerate().filter(|(_, calm)| calm.holds(op)) {
                tried.entry((number, ledger.domains.first(dc))).or_default().take(op);
            }
        }
    }
    let mut tally = Tally::default();
    for ((number, dc), tried) in tried {
        let Some(calm) = calms.get(number) else { continue };
        let late = |op: &&Op| op.started_us >= calm.from_us + RECOVERY_US / 2;
        match tried.last.filter(late) {
            _ if tried.succeeded => tally.hold(),
            Some(last) => {
                tally.hold();
                tally.violate(|| silent(ledger, dc, calm, &tried, last));
            }
            None => {}
        }
    }
    tally.finding(NAME, GROUND)
}

fn silent(ledger: &Ledger, dc: usize, calm: &Calm, tried: &Tried<'_>, last: &Op) -> String {
    format!(
        "{}: {} was the last of {}, on the domain of {}; expected one to succeed within {} after the last fault was over at {}, saw none",
        ledger.name_of(last),
        named([last]),
        tried.count,
        ledger.dcs.get(dc).map_or("the directory", String::as_str),
        seconds(RECOVERY_US),
        seconds(calm.from_us),
    )
}

impl<'a> Tried<'a> {
    fn take(&mut self, op: &'a Op) {
        self.count += 1;
        self.succeeded |= matches!(op.class, OutcomeClass::Applied | OutcomeClass::Rejected);
        if self.last.is_none_or(|last| last.started_us < op.started_us) {
            self.last = Some(op);
        }
    }
}

/// From the end of the last fault in force until recovery must be over, or the next fault begins.
#[derive(Debug)]
struct Calm {
    from_us: u64,
    to_us: u64,
}

impl Calm {
    fn holds(&self, op: &Op) -> bool {
        op.started_us >= self.from_us && op.started_us < self.to_us
    }
}

/// The calms of a run. Faults that never ended leave none, and those that had no effect begin none.
fn calms(ledger: &Ledger) -> Vec<Calm> {
    let biting = ledger.faults.iter().filter(|fault| fault.may_have_bit());
    let mut windows: Vec<(u64, u64)> = biting
        .map(|fault| (fault.from_us, fault.until_us(ledger.ended_us)))
        .collect();
    windows.sort_unstable();
    let mut calms = Vec::new();
    let mut last_us = 0;
    for (place, (_, to_us)) in windows.iter().enumerate() {
        last_us = last_us.max(*to_us);
        let next = windows.get(place + 1).map(|(from_us, _)| *from_us);
        if next.is_none_or(|next| next > last_us) {
            calms.push(Calm {
                from_us: last_us,
                to_us: (last_us + RECOVERY_US).min(next.unwrap_or(u64::MAX)),
            });
        }
    }
    calms
}
