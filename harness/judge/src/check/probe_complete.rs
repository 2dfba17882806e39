//! Everyone's metadata was read before and after, on every domain controller.

use history::Finding;

use super::{Ground, Tally};
use crate::ledger::Ledger;

pub(super) const NAME: &str = "probe-complete";

const GROUND: Ground = Ground {
    of: "people read before and after on every domain controller",
    open: "a reading of them is missing",
};

/// Never fails: what was not read is not wrong, only untold.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let probed = crate::summary::probed(ledger);
    let mut tally = Tally::looked_at(probed.people);
    tally.leave_open(probed.of.saturating_sub(probed.people));
    tally.finding(NAME, GROUND)
}
