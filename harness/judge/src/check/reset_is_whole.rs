//! A reset whose end is unknown did both of its effects or neither.

use history::Finding;
use vocabulary::{OpKind, OutcomeClass};

use super::{Ground, Ruling, everyone};
use crate::ledger::{Ledger, Op};
use crate::subject::{Subject, named};

pub(super) const NAME: &str = "reset-is-whole";

const GROUND: Ground = Ground {
    of: "locked people whose only operation that may have acted is a reset of unknown end",
    open: "metadata after the load is missing, or nothing counts writes",
};

/// Whether there is anybody like that.
pub(super) fn applies(ledger: &Ledger) -> bool {
    ledger.subjects().any(|subject| only_reset(&subject).is_some())
}

/// The password moved and the lock is gone, or the password did not move and the lock is there.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    everyone(ledger, rule).finding(NAME, GROUND)
}

/// The only operation of a locked person that may have acted, if it is an unknown reset. Acknowledged ones are for
/// `reset-also-unlocks`, refused ones for `rejected-leaves-no-trace`.
fn only_reset<'a>(subject: &Subject<'a>) -> Option<&'a Op> {
    let mut acting = subject.ops().iter().filter(|op| !op.refused());
    let only = acting
        .next()
        .filter(|_| acting.next().is_none() && subject.lock_proven())?;
    (only.kind == OpKind::Reset && only.class == OutcomeClass::Unknown).then_some(only)
}

fn rule(subject: &Subject<'_>) -> Ruling {
    let Some(reset) = only_reset(subject) else {
        return Ruling::Elsewhere;
    };
    let (Some(delta), Some(unlocked)) = (subject.kvno_delta(), subject.unlocked_at_end()) else {
        return Ruling::Open;
    };
    let password = if delta == 0 { "did not move" } else { "moved" };
    let lock = if unlocked { "is gone" } else { "is left" };
    if (delta == 0) == unlocked {
        Ruling::Broken(vec![format!(
            "{}: {} of unknown end; expected the password moved and the lock gone or neither, saw that the password {password} and the lock {lock}",
            subject.name(),
            named([reset]),
        )])
    } else {
        Ruling::Held
    }
}
