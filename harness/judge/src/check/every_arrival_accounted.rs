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
    let due = if ledger.manifest.counts_released() {
        "released"
    } else {
        "planned"
    };
    let (begun, dropped) = ledger.first_attempts();
    let more = match ledger.attempts.begun_later + ledger.attempts.dropped_later {
        0 => String::new(),
        1 => ", 1 later attempt".to_owned(),
        several => format!(", {several} later attempts"),
    };
    format!(
        "{} {due}, {begun} begun, {dropped} dropped{more}",
        ledger.manifest.arrivals
    )
}

fn attempts(ledger: &Ledger, tally: &mut Tally) {
    for (arrival, person) in ledger.attempts.repeated() {
        let name = name(ledger, *person);
        tally.violate(|| format!("{name}: arrival {arrival}; expected one first attempt, saw another"));
    }
    for of_one in ledger
        .attempts
        .later()
        .chunk_by(|one, next| one.arrival == next.arrival)
    {
        let Some(arrival) = of_one[0].arrival else {
            let name = name(ledger, of_one[0].person);
            tally.violate(|| format!("{name}: expected a later attempt to belong to an arrival, saw one of none"));
            continue;
        };
        let name = name(ledger, of_one[0].person);
        let first = ledger.attempts.person_of(arrival);
        if first.is_none() || !of_one.iter().map(|later| later.attempt).eq(2..of_one.len() as u32 + 2) {
            let saw = first
                .map(|_| 1)
                .into_iter()
                .chain(of_one.iter().map(|later| later.attempt));
            let saw: Vec<String> = saw.map(|attempt| attempt.to_string()).collect();
            let saw = saw.join(", ");
            tally.violate(|| {
                format!("{name}: arrival {arrival}; expected its attempts from 1 on, each once, saw {saw}")
            });
        }
        if of_one
            .iter()
            .any(|later| first.is_some_and(|first| first != later.person))
        {
            tally.violate(|| format!("{name}: arrival {arrival} stands in another name too"));
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
    for same in ledger.repeated_ids.chunk_by(|one, next| one == next) {
        let (id, records) = (same[0], same.len() + 1);
        tally.violate(|| format!("{}; expected one record, saw {records}", whose(ledger, id)));
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
