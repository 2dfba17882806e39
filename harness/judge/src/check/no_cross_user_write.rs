//! Nobody is changed whom no operation named.

use history::Finding;

use super::{Ground, Ruling, everyone, trace};
use crate::ledger::Ledger;
use crate::subject::Touch;

pub(super) const NAME: &str = "no-cross-user-write";

const GROUND: Ground = Ground {
    of: "people named by no operation",
    open: "metadata before or after is missing",
};

/// Looks at everyone whom no operation named. A dropped arrival names nobody: it never began.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let tally = everyone(ledger, |subject| match subject.touch() {
        Touch::Untouched => trace::none_left(subject, &trace::ALL, "no operation named this person"),
        _ => Ruling::Elsewhere,
    });
    tally.finding(NAME, GROUND)
}
