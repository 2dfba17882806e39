//! An acknowledged unlock unlocks, and leaves the password.

use history::Finding;
use vocabulary::OpKind;

use super::{Ground, Ruling, everyone, trace};
use crate::ledger::{Ledger, Op};
use crate::subject::{Subject, Touch, named};

pub(super) const NAME: &str = "unlock-unlocks-and-changes-no-password";

const GROUND: Ground = Ground {
    of: "people with a proven lock and an acknowledged unlock",
    open: "metadata after the load is missing",
};

/// An unlock without a lock that was proven first tells nothing and is not counted.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    with_lockout(ledger, everyone(ledger, rule).finding(NAME, GROUND))
}

/// Says where nobody can be locked, so that there is nothing to unlock.
pub(super) fn with_lockout(ledger: &Ledger, mut finding: Finding) -> Finding {
    let off = ledger.facts.lockout_off();
    if !off.is_empty() {
        finding.why = format!(
            "{}; lockout is off on {}, where no lock can be proven",
            finding.why,
            off.join(", ")
        );
    }
    finding
}

fn rule(subject: &Subject<'_>) -> Ruling {
    let password = match subject.touch() {
        Touch::UnlockOnly => password_left(subject),
        _ => Vec::new(),
    };
    let unlocks: Vec<&Op> = subject.applied(OpKind::Unlock).collect();
    match (unlocked(subject, &unlocks), password) {
        (ruling, password) if password.is_empty() => ruling,
        (Ruling::Broken(mut violations), password) => {
            violations.extend(password);
            Ruling::Broken(violations)
        }
        (_, password) => Ruling::Broken(password),
    }
}

fn password_left(subject: &Subject<'_>) -> Vec<String> {
    let because = format!("{} only unlocked", named(subject.ops()));
    match trace::none_left(subject, &trace::PASSWORD, &because) {
        Ruling::Broken(violations) => violations,
        _ => Vec::new(),
    }
}

/// What became of a lock after acknowledged operations that clear it. A lock that is still set is a violation also
/// where no bind proved it; one that is gone counts only where a bind did.
pub(super) fn unlocked(subject: &Subject<'_>, ops: &[&Op]) -> Ruling {
    if ops.is_empty() || !subject.lock_set() {
        return Ruling::Elsewhere;
    }
    match subject.unlocked_at_end() {
        Some(false) => Ruling::Broken(locks_left(subject, ops)),
        Some(true) if subject.lock_proven() => Ruling::Held,
        None if subject.lock_proven() => Ruling::Open,
        _ => Ruling::Elsewhere,
    }
}

fn locks_left(subject: &Subject<'_>, ops: &[&Op]) -> Vec<String> {
    subject
        .locks_left()
        .map(|(dc, lockout_time)| {
            format!(
                "{}: {} acknowledged; expected lockoutTime 0, saw {lockout_time} on {dc}",
                subject.name(),
                named(ops.iter().copied())
            )
        })
        .collect()
}
