//! The run went all its way.

use history::{Finding, Mark, Phase};

use crate::ledger::Ledger;

pub(super) const NAME: &str = "run-complete";

/// An interrupted run, one that was never sealed and one whose history is torn are at best inconclusive.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let faults = [
        (ledger.torn, "the history is torn at its end"),
        (ledger.phases.entered(Phase::Interrupted), "the run was interrupted"),
        (!ledger.phases.entered(Phase::Seal), "the history was never sealed"),
    ];
    let said: Vec<&str> = faults
        .iter()
        .filter(|(seen, _)| *seen)
        .map(|(_, words)| *words)
        .collect();
    let (verdict, why) = if said.is_empty() {
        (Mark::Pass, format!("sealed after {} events", ledger.events))
    } else {
        (Mark::Inconclusive, said.join("; "))
    };
    Finding {
        check: NAME.to_owned(),
        verdict,
        checked: ledger.events,
        violations: Vec::new(),
        why,
    }
}
