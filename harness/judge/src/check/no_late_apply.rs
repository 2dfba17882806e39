//! No write takes effect after its message expired.

use std::collections::BTreeMap;

use history::Finding;
use vocabulary::OutcomeClass;

use super::{Ground, Ruling, Tally};
use crate::ledger::{Ledger, Reading};
use crate::subject::{Subject, named, seconds};

pub(super) const NAME: &str = "no-late-apply";

const GROUND: Ground = Ground {
    of: "people with an unknown write whose password moved",
    open: "no acknowledged write tells how far the directory's clock is from the run's",
};

/// How finely `pwdLastSet` is believed beside the run's clock.
const GRAIN_US: i64 = 1_000_000;

/// Between the years 1601 and 1970.
const EPOCHS_APART_US: i64 = 11_644_473_600_000_000;

/// Faults under which the directory's clock says nothing.
const CLOCK_FAULT: &str = "skew_clock";

/// Whether there is anybody like that.
pub(super) fn applies(ledger: &Ledger) -> bool {
    let in_doubt = |subject: &Subject<'_>| subject.write_count(OutcomeClass::Unknown) > 0;
    let mut people = ledger.subjects().filter(in_doubt);
    people.any(|subject| lateness(&subject).next().is_some())
}

/// `pwdLastSet` is when the directory wrote. How far its clock is from the run's is learned from people all of whose writes
/// were acknowledged; beyond that, no write may be later than the last instant at which any of the person's may act.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let moved = ledger.faults.iter().any(|fault| fault.fault.starts_with(CLOCK_FAULT));
    let clocks = if moved { BTreeMap::new() } else { clocks(ledger) };
    let mut tally = Tally::default();
    for subject in ledger.subjects() {
        tally.count(rule(&subject, &clocks));
    }
    tally.finding(NAME, GROUND)
}

/// The latest that any acknowledged write seemed to be on each domain's clock, by the domain controller that stands for it.
fn clocks(ledger: &Ledger) -> BTreeMap<usize, i64> {
    let mut clocks = BTreeMap::new();
    let sure = |subject: &Subject<'_>| subject.write_count(OutcomeClass::Unknown) == 0;
    for subject in ledger.subjects().filter(sure) {
        for (reading, _, late_us) in lateness(&subject) {
            let domain = ledger.domains.first(reading.dc);
            let clock = clocks.entry(domain).or_insert(late_us);
            *clock = late_us.max(*clock);
        }
    }
    clocks
}

fn rule(subject: &Subject<'_>, clocks: &BTreeMap<usize, i64>) -> Ruling {
    if subject.write_count(OutcomeClass::Unknown) == 0 {
        return Ruling::Elsewhere;
    }
    let (mut seen, mut untold, mut violations) = (false, false, Vec::new());
    for (reading, last_us, late_us) in lateness(subject) {
        seen = true;
        match clocks.get(&subject.ledger.domains.first(reading.dc)) {
            None => untold = true,
            Some(clock) if late_us > clock.saturating_add(GRAIN_US) => {
                violations.push(late(subject, reading, last_us, late_us.saturating_sub(*clock)));
            }
            Some(_) => {}
        }
    }
    match (seen, untold) {
        (false, _) => Ruling::Elsewhere,
        (true, false) => Ruling::broken_or(violations, Ruling::Held),
        (true, true) => Ruling::broken_or(violations, Ruling::Open),
    }
}

fn late(subject: &Subject<'_>, reading: &Reading, last_us: u64, late_us: i64) -> String {
    format!(
        "{}: {}; expected no effect after {}, saw pwdLastSet {:.1} s later on {}",
        subject.name(),
        named(subject.writes(OutcomeClass::Unknown)),
        seconds(last_us),
        late_us as f64 / 1e6,
        subject.ledger.dcs[reading.dc]
    )
}

/// For each domain controller whose `pwdLastSet` moved, the last instant at which a write may act, and how much later it says.
fn lateness<'a>(subject: &Subject<'a>) -> impl Iterator<Item = (&'a Reading, u64, i64)> + use<'a> {
    let ledger = subject.ledger;
    let writes = subject
        .ops()
        .iter()
        .filter(|op| op.kind.writes_password() && !op.refused());
    let last_us = writes.map(|op| ledger.latest_effect_us(op)).max();
    let began_us = i64::try_from(ledger.manifest.started_unix_ms)
        .unwrap_or(i64::MAX)
        .saturating_mul(1000);
    subject.person.readings.iter().filter_map(move |reading| {
        let (before, after) = (reading.baseline?, reading.probe?);
        // 0 asks for a change at the next sign-in; it is no instant.
        let told = after.pwd_last_set > 0 && after.pwd_last_set != before.pwd_last_set;
        let wrote_us = after.pwd_last_set / 10 - EPOCHS_APART_US - began_us;
        let last = last_us.filter(|_| told)?;
        Some((reading, last, wrote_us.saturating_sub_unsigned(last)))
    })
}
