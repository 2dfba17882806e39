//! A message that is delivered again does nothing again.

use history::Finding;
use vocabulary::OutcomeClass;

use super::{Ground, Ruling, everyone};
use crate::ledger::{Ledger, Notes, Op};
use crate::subject::{Subject, named};

pub(super) const NAME: &str = "replays-take-no-effect";

const GROUND: Ground = Ground {
    of: "people whose messages a fault may have delivered again",
    open: "metadata before or after is missing, or nothing counts writes",
};

/// Whether a fault delivered messages again.
pub(super) fn applies(ledger: &Ledger) -> bool {
    ledger
        .faults
        .iter()
        .any(|fault| fault.repeats() && fault.may_have_bit())
}

/// What `no-double-apply` counts, of everyone whose message such a fault can have taken: those that had begun when it ended.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let faults = ledger
        .faults
        .iter()
        .filter(|fault| fault.repeats() && fault.may_have_bit());
    let last_us = faults.map(|fault| fault.until_us(ledger.ended_us)).max().unwrap_or(0);
    everyone(ledger, |subject| rule(subject, last_us)).finding(NAME, GROUND)
}

fn rule(subject: &Subject<'_>, last_us: u64) -> Ruling {
    let mut violations: Vec<String> = subject.ops().iter().filter_map(|op| twice(subject, op)).collect();
    if !subject
        .ops()
        .iter()
        .any(|op| op.kind.writes_password() && op.started_us <= last_us)
    {
        return Ruling::broken_or(violations, Ruling::Elsewhere);
    }
    let most = subject.write_count(OutcomeClass::Applied) + subject.write_count(OutcomeClass::Unknown);
    let Some(delta) = subject.kvno_delta() else {
        return Ruling::broken_or(violations, Ruling::Open);
    };
    if delta > most {
        violations.push(format!(
            "{}: {}; expected messages delivered again to write nothing, saw msDS-KeyVersionNumber rise by {delta} for {most} writes",
            subject.name(),
            named(subject.ops())
        ));
    }
    Ruling::broken_or(violations, Ruling::Held)
}

fn twice(subject: &Subject<'_>, op: &Op) -> Option<String> {
    op.notes.any(&[Notes::AGENT_APPLIED_AGAIN]).then(|| {
        format!(
            "{}: {}; expected the agent to apply it once, saw two `applied` lines in its journal",
            subject.name(),
            named([op])
        )
    })
}
