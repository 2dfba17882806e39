//! What the tenant's switches refuse never takes effect.

use history::Finding;
use vocabulary::OutcomeClass;

use super::{Ground, Ruling, everyone};
use crate::ledger::{Ledger, Op};
use crate::subject::{Subject, named};

pub(super) const NAME: &str = "closed-gates-refuse";

const GROUND: Ground = Ground {
    of: "people who asked for what the tenant refuses",
    open: "an operation that should have been refused has no known end",
};

/// Whether a switch is closed from the beginning to the end.
pub(super) fn applies(ledger: &Ledger) -> bool {
    !ledger.manifest.closed_to.is_empty()
}

/// No operation of a kind that the tenant's licence or switches refuse is applied.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    everyone(ledger, rule).finding(NAME, GROUND)
}

fn rule(subject: &Subject<'_>) -> Ruling {
    let closed = &subject.ledger.manifest.closed_to;
    let asked: Vec<&Op> = subject.ops().iter().filter(|op| closed.contains(&op.kind)).collect();
    if asked.is_empty() {
        return Ruling::Elsewhere;
    }
    let through: Vec<&Op> = asked
        .iter()
        .copied()
        .filter(|op| op.class == OutcomeClass::Applied)
        .collect();
    if !through.is_empty() {
        return Ruling::Broken(vec![format!(
            "{}: {} applied; expected the tenant's switches to refuse it",
            subject.name(),
            named(through)
        )]);
    }
    if asked.iter().all(|op| op.refused()) {
        Ruling::Held
    } else {
        Ruling::Open
    }
}
