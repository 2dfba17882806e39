//! An acknowledged self-service reset also unlocks, as the product does.

use history::Finding;
use vocabulary::OpKind;

use super::unlock_unlocks::{unlocked, with_lockout};
use super::{Ground, everyone};
use crate::ledger::{Ledger, Op};

pub(super) const NAME: &str = "reset-also-unlocks";

const GROUND: Ground = Ground {
    of: "people with a proven lock and an acknowledged reset",
    open: "metadata after the load is missing",
};

/// Two effects of one operation: the directory's own reset leaves the lock, so the agent has to clear it.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let tally = everyone(ledger, |subject| {
        let resets: Vec<&Op> = subject.applied(OpKind::Reset).collect();
        unlocked(subject, &resets)
    });
    with_lockout(ledger, tally.finding(NAME, GROUND))
}
