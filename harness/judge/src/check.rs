//! The laws, one file each, in the order of the report.

mod acknowledged_is_durable;
mod directory_holds_acknowledged;
mod every_arrival_accounted;
mod faults_bit;
mod gates_hold;
mod no_cross_user_write;
mod no_double_apply;
mod no_lost_ack;
mod no_secret_at_rest;
mod no_wrong_password_of_its_own;
mod probe_complete;
mod rejected_leaves_no_trace;
mod replicas_agree;
mod reset_also_unlocks;
mod run_complete;
mod tally;
mod trace;
mod unlock_unlocks;

use history::{Finding, Mark};
use vocabulary::OpKind;

use crate::ledger::Ledger;
pub(crate) use gates_hold::BARRED;
use tally::{Ground, Ruling, Tally};

/// One law: its name and how it is judged.
struct Law {
    name: &'static str,
    judge: fn(&Ledger) -> Finding,
    /// Whether an operation that ran and is not on record could explain a violation.
    excused_by_lost_records: bool,
    /// Whether there is what the law speaks of; without it there is no finding, neither good nor bad.
    applies: fn(&Ledger) -> bool,
}

const fn law(name: &'static str, judge: fn(&Ledger) -> Finding, excused_by_lost_records: bool) -> Law {
    Law {
        name,
        judge,
        excused_by_lost_records,
        applies: |_| true,
    }
}

impl Law {
    const fn where_there_is(mut self, applies: fn(&Ledger) -> bool) -> Self {
        self.applies = applies;
        self
    }
}

const LAWS: [Law; 16] = [
    law(acknowledged_is_durable::NAME, acknowledged_is_durable::judge, true),
    law(
        directory_holds_acknowledged::NAME,
        directory_holds_acknowledged::judge,
        true,
    )
    .where_there_is(Ledger::oracle_asked),
    law(no_lost_ack::NAME, no_lost_ack::judge, false),
    law(no_double_apply::NAME, no_double_apply::judge, true),
    law(replicas_agree::NAME, replicas_agree::judge, false).where_there_is(|ledger| ledger.domains.replicated()),
    law(rejected_leaves_no_trace::NAME, rejected_leaves_no_trace::judge, true),
    law(unlock_unlocks::NAME, unlock_unlocks::judge, true),
    law(reset_also_unlocks::NAME, reset_also_unlocks::judge, false),
    law(no_cross_user_write::NAME, no_cross_user_write::judge, true),
    law(gates_hold::NAME, gates_hold::judge, false).where_there_is(|ledger| ledger.ops.iter().any(|op| op.barred)),
    law(
        no_wrong_password_of_its_own::NAME,
        no_wrong_password_of_its_own::judge,
        true,
    )
    .where_there_is(|ledger| ledger.ops.iter().any(|op| op.kind == OpKind::Change)),
    law(no_secret_at_rest::NAME, no_secret_at_rest::judge, false),
    law(faults_bit::NAME, faults_bit::judge, false).where_there_is(|ledger| !ledger.faults.is_empty()),
    law(every_arrival_accounted::NAME, every_arrival_accounted::judge, false),
    law(probe_complete::NAME, probe_complete::judge, false),
    law(run_complete::NAME, run_complete::judge, false),
];

/// One finding for each law of which there is anything to say.
pub(crate) fn findings(ledger: &Ledger) -> Vec<Finding> {
    let lost = lost_records(ledger);
    LAWS.iter()
        .filter(|law| (law.applies)(ledger))
        .map(|law| {
            let finding = (law.judge)(ledger);
            debug_assert_eq!(finding.check, law.name);
            if law.excused_by_lost_records {
                excuse(finding, lost.as_deref())
            } else {
                finding
            }
        })
        .collect()
}

/// Arrivals of an unfinished run that may have run without a record, in words; none where all are on record.
fn lost_records(ledger: &Ledger) -> Option<String> {
    let lost = ledger.manifest.arrivals.saturating_sub(ledger.arrivals());
    if ledger.complete() {
        None
    } else if ledger.released_untold() {
        Some("nobody knows how many arrivals are not on record".to_owned())
    } else {
        (lost > 0).then(|| format!("{lost} arrivals are not on record"))
    }
}

/// A run that was killed may have lost the record of what it did: what looks like a violation may be that.
fn excuse(mut finding: Finding, lost: Option<&str>) -> Finding {
    if let (Mark::Fail, Some(lost)) = (finding.verdict, lost) {
        finding.verdict = Mark::Inconclusive;
        finding.why = format!(
            "{}; but the run did not end, and {lost}: one of them may be the cause",
            finding.why
        );
    }
    finding
}

/// Judges everyone by a rule.
fn everyone(ledger: &Ledger, rule: impl Fn(&crate::subject::Subject<'_>) -> Ruling) -> Tally {
    let mut tally = Tally::default();
    for subject in ledger.subjects() {
        tally.count(rule(&subject));
    }
    tally
}
