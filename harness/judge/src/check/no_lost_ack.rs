//! Every acknowledged write is counted by the directory.

use history::Finding;
use vocabulary::OutcomeClass;

use super::{Ground, Ruling, everyone};
use crate::ledger::Ledger;
use crate::subject::{Subject, delta, named};

pub(super) const NAME: &str = "no-lost-ack";

const GROUND: Ground = Ground {
    of: "people with an acknowledged write",
    open: "metadata before or after is missing",
};

/// `msDS-KeyVersionNumber` goes up by one for each write, so a lost one is a subtraction, on each domain controller.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    everyone(ledger, rule).finding(NAME, GROUND.counted(ledger))
}

fn rule(subject: &Subject<'_>) -> Ruling {
    let applied = subject.write_count(OutcomeClass::Applied);
    if applied == 0 {
        return Ruling::Elsewhere;
    }
    if !subject.counted() {
        return Ruling::Open;
    }
    let violations = subject
        .pairs()
        .filter(|(_, before, after)| delta(*before, *after) < applied)
        .map(|(dc, before, after)| {
            format!(
                "{}: {} acknowledged; expected msDS-KeyVersionNumber to rise by at least {applied}, saw {} -> {} on {dc}",
                subject.name(),
                named(subject.writes(OutcomeClass::Applied)),
                before.kvno,
                after.kvno
            )
        })
        .collect();
    let untold = if subject.complete() { Ruling::Held } else { Ruling::Open };
    Ruling::broken_or(violations, untold)
}
