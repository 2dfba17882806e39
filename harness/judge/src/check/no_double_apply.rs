//! No write takes effect twice.

use history::Finding;
use vocabulary::OutcomeClass;

use super::{Ground, Ruling, Tally, everyone};
use crate::ledger::{Ledger, Notes};
use crate::subject::{Subject, Touch, delta, named};

pub(super) const NAME: &str = "no-double-apply";

const GROUND: Ground = Ground {
    of: "people with an operation that had or may have had an effect",
    open: "metadata before or after is missing",
};

/// `msDS-KeyVersionNumber` rises by no more than applied and unknown writes together, and the agent's journal holds at
/// most one `applied` line for each operation.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let mut tally = everyone(ledger, rule);
    journalled_twice(ledger, &mut tally);
    tally.finding(NAME, GROUND.counted(ledger))
}

/// People with unlocks alone and people who were only refused are judged by the laws that speak of them.
fn rule(subject: &Subject<'_>) -> Ruling {
    if subject.touch() != Touch::Mixed {
        return Ruling::Elsewhere;
    }
    if !subject.counted() {
        return Ruling::Open;
    }
    let applied = subject.write_count(OutcomeClass::Applied);
    let most = applied + subject.write_count(OutcomeClass::Unknown);
    let violations = subject
        .pairs()
        .filter(|(_, before, after)| delta(*before, *after) > most)
        .map(|(dc, before, after)| {
            format!(
                "{}: {} ({applied} applied, {} unknown); expected msDS-KeyVersionNumber to rise by at most {most}, saw {} -> {} on {dc}",
                subject.name(),
                named(subject.ops()),
                most - applied,
                before.kvno,
                after.kvno
            )
        })
        .collect();
    let untold = if subject.complete() { Ruling::Held } else { Ruling::Open };
    Ruling::broken_or(violations, untold)
}

fn journalled_twice(ledger: &Ledger, tally: &mut Tally) {
    let twice = |notes: Notes| notes.any(&[Notes::AGENT_APPLIED_AGAIN]);
    let on_record = ledger.ops.iter().filter(|op| twice(op.notes));
    let on_record = on_record.map(|op| (op.id, ledger.name_of(op)));
    let strays = ledger.strays.iter().filter(|(_, notes)| twice(*notes));
    let strays = strays.map(|(id, _)| (*id, "an unknown person"));
    for (id, name) in on_record.chain(strays) {
        tally.violate(|| {
            format!("{name}: operation {id}; expected at most one `applied` line in the agent's journal, saw 2 or more")
        });
    }
}
