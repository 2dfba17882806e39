//! The run went all its way.

use history::{Finding, Mark, Phase};
use vocabulary::Goal;

use crate::goals;
use crate::ledger::{Early, Ledger};
use crate::statistics::Statistics;

pub(super) const NAME: &str = "run-complete";

/// An interrupted run, one that was never sealed and one whose history is torn are at best inconclusive. A load that was ended
/// since goals could no longer hold is complete if the history bears that out: nothing that was spared could change the verdict.
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
    let early = ledger.early.as_ref().map(|early| ended_early(ledger, early));
    let unfounded = early.as_ref().and_then(|early| early.clone().err());
    let said: Vec<String> = torn
        .into_iter()
        .chain(interrupted.then(|| "the run was interrupted".to_owned()))
        .chain(unsealed.then(|| "the history was never sealed".to_owned()))
        .chain(unfounded)
        .collect();
    let sealed = format!("sealed after {} events", ledger.events);
    let (verdict, why) = match (said.is_empty(), early) {
        (true, Some(Ok(early))) => (Mark::Pass, format!("{early}; {sealed}")),
        (true, _) => (Mark::Pass, sealed),
        (false, _) => (Mark::Inconclusive, said.join("; ")),
    };
    Finding {
        check: NAME.to_owned(),
        verdict,
        checked: ledger.events,
        violations: Vec::new(),
        why,
    }
}

/// Why the load ended before its time; an error where the history does not bear it out.
fn ended_early(ledger: &Ledger, early: &Early) -> Result<String, String> {
    let goals = goals::results(ledger, &Statistics::of(ledger));
    let lost: Vec<String> = goals::lost(ledger, &goals).into_iter().map(in_words).collect();
    if lost.is_empty() {
        let told: Vec<String> = early.goals.iter().map(|goal| in_words(goal)).collect();
        return Err(format!(
            "the load was ended early, but the history does not show that this could no longer hold: {}",
            told.join("; ")
        ));
    }
    Ok(format!(
        "the load was ended early and {} arrivals were spared, since this could no longer hold: {}",
        early.spared(),
        lost.join("; ")
    ))
}

fn in_words(goal: &str) -> String {
    goal.parse().map_or_else(|_| goal.to_owned(), |goal: Goal| goal.words())
}
