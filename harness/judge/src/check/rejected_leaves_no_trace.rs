//! An operation that was rejected or failed changed nothing.

use history::Finding;

use super::{Ground, everyone, trace};
use crate::ledger::Ledger;
use crate::subject::{Touch, named};

pub(super) const NAME: &str = "rejected-leaves-no-trace";

const GROUND: Ground = Ground {
    of: "people of whom every operation was rejected or failed",
    open: "metadata before or after is missing",
};

/// Looks at people of whom every operation was refused; where another had an effect, the counts of `no-double-apply` tell.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let tally = everyone(ledger, |subject| match subject.touch() {
        Touch::Refused => {
            let because = format!("{} had no effect by its answer", named(subject.ops()));
            trace::none_left(subject, &trace::ALL, &because)
        }
        _ => super::Ruling::Elsewhere,
    });
    tally.finding(NAME, GROUND)
}
