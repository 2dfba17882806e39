//! What a person was told is what cloud and agent wrote down.

use history::Finding;

use super::{Ground, Ruling, everyone};
use crate::ledger::{Ledger, Notes, Op};
use crate::subject::{Subject, named};
use vocabulary::OutcomeClass;

pub(super) const NAME: &str = "journals-agree";

const GROUND: Ground = Ground {
    of: "people with an operation whose end is known",
    open: "a journal has no line of an operation, and the directory does not count it either",
};

/// Whether any journal was read.
pub(super) fn applies(ledger: &Ledger) -> bool {
    ledger.journal_lines.agent > 0 || ledger.journal_lines.cloud > 0
}

/// Joins the answer, the cloud's journal and the agent's by the operation's id: `applied` at one end is `applied` at the other,
/// and what was refused was applied by nobody.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    everyone(ledger, rule).finding(NAME, GROUND)
}

fn rule(subject: &Subject<'_>) -> Ruling {
    let violations: Vec<String> = subject
        .ops()
        .iter()
        .filter_map(|op| contradiction(subject, op))
        .collect();
    if !violations.is_empty() {
        return Ruling::Broken(violations);
    }
    if !subject.ops().iter().any(Op::ended) {
        return Ruling::Elsewhere;
    }
    let missing: Vec<&Op> = subject
        .ops()
        .iter()
        .filter(|op| is_missing(subject.ledger, op))
        .collect();
    match (missing.is_empty(), subject.ledger.faults.is_empty()) {
        (true, _) => Ruling::Held,
        (false, true) if agent_misses(subject.ledger, &missing) => Ruling::Broken(vec![untold(subject, &missing)]),
        // A part that was killed may have lost its last line, and a journal keeps only so many.
        _ if counted(subject) => Ruling::Held,
        _ => Ruling::Open,
    }
}

/// What the journals say against the answer, or the cloud's against the agent's.
fn contradiction(subject: &Subject<'_>, op: &Op) -> Option<String> {
    use Notes as N;
    let cloud_says_no = op.notes.any(&[N::CLOUD_REFUSED, N::CLOUD_UNSURE]) && !op.notes.any(&[N::CLOUD_APPLIED]);
    let agent_says_no = op.notes.any(&[N::AGENT_REFUSED]) && !op.notes.any(&[N::AGENT_APPLIED]);
    let (told, saw) = match op.class {
        OutcomeClass::Applied if cloud_says_no => ("applied", "the cloud's journal say otherwise"),
        OutcomeClass::Applied if agent_says_no => ("applied", "the agent's journal say that it had no effect"),
        OutcomeClass::Rejected | OutcomeClass::Failed if op.notes.any(&[N::AGENT_APPLIED]) => {
            ("to have no effect", "the agent's journal say `applied`")
        }
        OutcomeClass::Rejected | OutcomeClass::Failed if op.notes.any(&[N::CLOUD_APPLIED]) => {
            ("to have no effect", "the cloud's journal say `applied`")
        }
        OutcomeClass::Unknown if op.notes.any(&[N::CLOUD_APPLIED]) && agent_says_no => (
            "unknown",
            "the cloud's journal say `applied` and the agent's that it had no effect",
        ),
        _ => return None,
    };
    Some(format!(
        "{}: {} was told {told}; expected the journals to say the same, saw {saw}",
        subject.name(),
        named([op])
    ))
}

/// Whether a journal that was read has no line of an operation that was acknowledged.
fn is_missing(ledger: &Ledger, op: &Op) -> bool {
    let lines = ledger.journal_lines;
    let agent = lines.agent > 0 && !op.notes.any(&[Notes::AGENT_APPLIED]);
    let cloud = lines.cloud > 0 && !op.notes.any(&[Notes::CLOUD_APPLIED]);
    op.applied() && (agent || cloud)
}

fn agent_misses(ledger: &Ledger, ops: &[&Op]) -> bool {
    ledger.journal_lines.agent > 0 && ops.iter().any(|op| !op.notes.any(&[Notes::AGENT_APPLIED]))
}

fn untold(subject: &Subject<'_>, missing: &[&Op]) -> String {
    format!(
        "{}: {} acknowledged; expected a line `applied` in the agent's journal, saw none",
        subject.name(),
        named(missing.iter().copied())
    )
}

/// Whether the directory itself counts every acknowledged write, and shows the effect of an unlock.
fn counted(subject: &Subject<'_>) -> bool {
    let written = subject
        .kvno_delta()
        .is_some_and(|delta| delta >= subject.write_count(OutcomeClass::Applied));
    written && subject.unlocked_at_end() == Some(true)
}
