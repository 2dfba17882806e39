//! The system shows the directory no wrong password but those that people typed.

use history::Finding;
use vocabulary::OpKind;

use super::{Ground, Ruling, everyone};
use crate::ledger::Ledger;
use crate::subject::{Subject, named};

pub(super) const NAME: &str = "no-wrong-password-of-its-own";

const GROUND: Ground = Ground {
    of: "people whose badPwdCount was read before and after",
    open: "metadata before or after is missing",
};

/// A change that is sent twice shows the old password when it is no longer right, and enough of that locks an account. On each
/// domain controller `badPwdCount` may rise by no more than there were wrong old passwords, and changes that nobody knows the
/// end of. A reset that unlocks, or a good logon, takes it back to 0.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    everyone(ledger, rule).finding(NAME, GROUND)
}

fn rule(subject: &Subject<'_>) -> Ruling {
    let shown = |op: &&crate::ledger::Op| op.wrong_proof || (op.kind == OpKind::Change && !op.ended());
    let wrong: Vec<_> = subject.ops().iter().filter(shown).collect();
    let limit = wrong.len() as u64;
    let violations: Vec<String> = subject
        .pairs()
        .filter(|(_, before, after)| u64::from(after.bad_pwd_count) > u64::from(before.bad_pwd_count) + limit)
        .map(|(dc, before, after)| {
            format!(
                "{}: {} showed a wrong old password or may have; expected badPwdCount to rise by {limit} at most, saw {} -> {} on {dc}",
                subject.name(),
                named(wrong.iter().copied()),
                before.bad_pwd_count,
                after.bad_pwd_count
            )
        })
        .collect();
    let held = if subject.complete() { Ruling::Held } else { Ruling::Open };
    Ruling::broken_or(violations, held)
}
