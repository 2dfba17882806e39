//! The run went all its way.

use history::{Finding, Mark, Phase};

use crate::ledger::Ledger;

pub(super) const NAME: &str = "run-complete";

/// An interrupted run, one that was never sealed and one whose history is torn are at best inconclusive.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let torn = ledger.torn.map(|bytes| {
        let whose = if bytes == 1 {
            "byte of the history was"
        } else {
            "bytes of the history were"
        };
        format!("the last {bytes} {whose} torn and left out")
    });
    let interrupted = ledger.phases.entered(Phase::Interrupted);
    let unsealed = !ledger.phases.entered(Phase::Seal);
    let said: Vec<String> = torn
        .into_iter()
        .chain(interrupted.then(|| "the run was interrupted".to_owned()))
        .chain(unsealed.then(|| "the history was never sealed".to_owned()))
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
