//! Everyone's metadata was read before and after, on every domain controller of their forest.

use history::{Finding, Mark};

use super::{Ground, Tally};
use crate::ledger::Ledger;

pub(super) const NAME: &str = "probe-complete";

const GROUND: Ground = Ground {
    of: "people read before and after on every domain controller",
    open: "a reading of them is missing",
};

/// Never fails: what was not read is not wrong, only untold. A domain controller of the manifest that told of nobody leaves
/// it open, too: nobody knows whose readings are missing.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let probed = crate::summary::probed(ledger);
    let mut tally = Tally::looked_at(probed.people);
    tally.leave_open(probed.of.saturating_sub(probed.people));
    let mut finding = tally.finding(NAME, GROUND);
    let silent: Vec<&str> = ledger.facts.dcs().filter(|dc| ledger.is_silent(dc)).collect();
    if !silent.is_empty() {
        finding.verdict = Mark::Inconclusive;
        finding.why = format!("{}; {} told of nobody", finding.why, silent.join(", "));
    }
    finding
}
