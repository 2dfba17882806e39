//! Every planned arrival either began or was dropped, once; in a closed model, every one that was released. Whatever began belongs
//! to one of them.

use history::Finding;
use uuid::Uuid;

use super::{Ground, Tally};
use crate::ledger::Ledger;

pub(super) const NAME: &str = "every-arrival-accounted";

const GROUND: Ground = Ground {
    of: "arrivals",
    open: "the run did not end",
};

/// Begun and dropped are together what was planned, exactly; the attempts of an arrival are one person's and follow one another
/// without a gap; and no operation id is on record twice.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let mut tally = Tally::looked_at(ledger.arrivals());
    sum(ledger, &mut tally);
    attempts(ledger, &mut tally);
    recorded_twice(ledger, &mut tally);
    let mut finding = tally.finding(NAME, GROUND);
    finding.why = format!("{}; {}", finding.why, sums(ledger));
    finding
}

fn sum(ledger: &Ledger, tally: &mut Tally) {
    let (planned, seen) = (ledger.manifest.arrivals, ledger.arrivals());
    if ledger.released_untold() {
        tally.leave_open(1);
    } else if seen < planned && !ledger.complete() {
        tally.leave_open(planned - seen);
    } else if seen != planned {
        tally.violate(|| format!("expected every arrival begun or dropped, saw {}", sums(ledger)));
    }
}

fn sums(ledger: &Ledger) -> String {
    let due = if ledger.manifest.closed() {
        "released"
    } else {
        "planned"
    };
    let (begun, dropped) = ledger.first_attempts();
    let later = (ledger.ops.len() + ledger.drops.len()) as u64 - begun - dropped;
    let more = match later {
        0 => String::new(),
        1 => ", 1 later attempt".to_owned(),
        several => format!(", {several} later attempts"),
    };
    format!(
        "{} {due}, {begun} begun, {dropped} dropped{more}",
        ledger.manifest.arrivals
    )
}

/// An attempt on record: of which arrival, which one, and whose.
type Attempt = (u64, u32, u32);

fn attempts(ledger: &Ledger, tally: &mut Tally) {
    let ops = ledger.ops.iter().map(|op| (op.arrival, op.attempt, op.person));
    let drops = ledger
        .drops
        .iter()
        .map(|dropped| (dropped.arrival, dropped.attempt, dropped.person));
    let mut known: Vec<Attempt> = Vec::new();
    for (arrival, attempt, person) in ops.chain(drops) {
        match arrival {
            Some(arrival) => known.push((arrival, attempt, person)),
            None if attempt > 1 => tally.violate(|| {
                let name = name(ledger, person);
                format!("{name}: expected attempt {attempt} to belong to an arrival, saw none")
            }),
            None => {}
        }
    }
    known.sort_unstable();
    for of_one in known.chunk_by(|one, next| one.0 == next.0) {
        if !of_one
            .iter()
            .map(|(_, attempt, _)| *attempt)
            .eq(1..=of_one.len() as u32)
        {
            let saw: Vec<String> = of_one.iter().map(|(_, attempt, _)| attempt.to_string()).collect();
            let name = name(ledger, of_one[0].2);
            let saw = saw.join(", ");
            tally.violate(|| {
                format!(
                    "{name}: arrival {}; expected its attempts from 1 on, each once, saw {saw}",
                    of_one[0].0
                )
            });
        }
        if of_one.iter().any(|(_, _, person)| *person != of_one[0].2) {
            tally.violate(|| {
                format!(
                    "{}: arrival {} stands in other names too",
                    name(ledger, of_one[0].2),
                    of_one[0].0
                )
            });
        }
    }
}

fn name(ledger: &Ledger, person: u32) -> &str {
    ledger
        .people
        .get(person as usize)
        .map_or("an unknown person", |person| &person.name)
}

fn recorded_twice(ledger: &Ledger, tally: &mut Tally) {
    let mut ids: Vec<Uuid> = ledger.ops.iter().map(|op| op.id).collect();
    ids.sort_unstable();
    for same in ids.chunk_by(|one, next| one == next).filter(|same| same.len() > 1) {
        tally.violate(|| format!("{}; expected one record, saw {}", whose(ledger, same[0]), same.len()));
    }
}

/// Everyone in whose name an operation id stands.
fn whose(ledger: &Ledger, id: Uuid) -> String {
    let mut names: Vec<&str> = ledger
        .ops
        .iter()
        .filter(|op| op.id == id)
        .map(|op| ledger.name_of(op))
        .collect();
    names.dedup();
    format!("{}: operation {id}", names.join(", "))
}
