//! Writeback enables nobody and disables nobody.

use history::Finding;

use super::{Ground, Ruling, everyone, trace};
use crate::ledger::Ledger;
use crate::subject::{Touch, named};

pub(super) const NAME: &str = "account-state-unchanged";

const GROUND: Ground = Ground {
    of: "people with an operation that had or may have had an effect",
    open: "metadata before or after is missing",
};

/// `userAccountControl` is what it was; of people whom nothing was to change `rejected-leaves-no-trace` and
/// `no-cross-user-write` tell.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let tally = everyone(ledger, |subject| {
        if matches!(subject.touch(), Touch::Untouched | Touch::Refused) {
            return Ruling::Elsewhere;
        }
        let because = format!("{} write passwords and locks alone", named(subject.ops()));
        trace::none_left(subject, &trace::STATE, &because)
    });
    tally.finding(NAME, GROUND)
}
