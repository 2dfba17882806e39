//! Writeback never brings anybody nearer to a lockout.

use history::{Finding, Metadata};
use vocabulary::{OpKind, OutcomeClass, Win32};

use super::{Ground, Ruling, everyone};
use crate::ledger::{Bind, Ledger, Notes, Op};
use crate::subject::{Subject, named};

pub(super) const NAME: &str = "no-lockout-by-writeback";

const GROUND: Ground = Ground {
    of: "people",
    open: "metadata before or after is missing",
};

/// `badPwdCount` rises by no more than the wrong passwords that people gave themselves: at a bind, or as the old one of a
/// change. A change that the system tries again presents an old password that is no longer right, which would count.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    everyone(ledger, rule).finding(NAME, GROUND)
}

fn rule(subject: &Subject<'_>) -> Ruling {
    let given = i64::try_from(wrong_given(subject)).unwrap_or(i64::MAX);
    let violations = subject
        .pairs()
        .filter(|(_, before, after)| risen(before, after) > given);
    let violations = violations.map(|(dc, before, after)| {
        format!(
            "{}: {}; expected badPwdCount to rise by at most {given}, saw {} -> {} on {dc}",
            subject.name(),
            named(subject.ops()),
            before.bad_pwd_count,
            after.bad_pwd_count
        )
    });
    let untold = if subject.complete() { Ruling::Held } else { Ruling::Open };
    Ruling::broken_or(violations.collect(), untold)
}

fn risen(before: &Metadata, after: &Metadata) -> i64 {
    i64::from(after.bad_pwd_count) - i64::from(before.bad_pwd_count)
}

/// Wrong passwords that came from outside: an unknown change may have been one.
fn wrong_given(subject: &Subject<'_>) -> usize {
    let changed = |op: &&Op| {
        op.notes.any(&[Notes::WRONG_OLD]) || (op.kind == OpKind::Change && op.class == OutcomeClass::Unknown)
    };
    let bound = |bind: &&Bind| !bind.accepted && bind.data == Some(Win32::LOGON_FAILURE);
    subject.ops().iter().filter(changed).count() + subject.person.binds.iter().filter(bound).count()
}
