//! Every planned arrival either began or was dropped, once; in a closed model, every operation that was released.

use history::Finding;
use uuid::Uuid;

use super::{Ground, Tally};
use crate::ledger::Ledger;

pub(super) const NAME: &str = "every-arrival-accounted";

const GROUND: Ground = Ground {
    of: "arrivals",
    open: "the run did not end",
};

/// Begun and dropped are together what was planned, exactly, and no operation id is on record twice.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let mut tally = Tally::looked_at(ledger.arrivals());
    sum(ledger, &mut tally);
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
    format!(
        "{} {due}, {} begun, {} dropped",
        ledger.manifest.arrivals,
        ledger.ops.len(),
        ledger.drops.len()
    )
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
