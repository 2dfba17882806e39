//! Every planned arrival either began or was dropped, once.

use history::Finding;
use uuid::Uuid;

use super::{Ground, Ruling, Tally};
use crate::ledger::Ledger;

pub(super) const NAME: &str = "every-arrival-accounted";

const GROUND: Ground = Ground {
    of: "counts of arrivals",
    open: "the run did not end, so arrivals are missing",
};

/// Begun and dropped are together what was planned, exactly, and no operation id is on record twice.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let mut tally = Tally::default();
    if ledger.manifest.arrivals > 0 || ledger.arrivals() > 0 {
        tally.count(sum(ledger));
    }
    recorded_twice(ledger, &mut tally);
    let mut finding = tally.finding(NAME, GROUND);
    finding.checked = ledger.arrivals();
    finding.why = format!(
        "{}; {} planned, {} begun, {} dropped",
        finding.why,
        ledger.manifest.arrivals,
        ledger.ops.len(),
        ledger.drops.len()
    );
    finding
}

fn sum(ledger: &Ledger) -> Ruling {
    let (planned, seen) = (ledger.manifest.arrivals, ledger.arrivals());
    if seen == planned {
        Ruling::Held
    } else if seen < planned && !ledger.complete() {
        Ruling::Open
    } else {
        Ruling::Broken(vec![format!(
            "expected {planned} arrivals begun or dropped, saw {} begun and {} dropped",
            ledger.ops.len(),
            ledger.drops.len()
        )])
    }
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
