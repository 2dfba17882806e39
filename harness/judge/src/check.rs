//! The laws, one file each, in the order of the report.

mod account_state_unchanged;
mod acknowledged_is_durable;
mod acknowledged_is_visible;
mod acknowledged_opens_the_account;
mod closed_gates_refuse;
mod directory_holds_acknowledged;
mod every_arrival_accounted;
mod every_operation_ends;
mod faults_bit;
mod gates_hold;
mod generator_kept_up;
mod journals_agree;
mod no_cross_user_write;
mod no_double_apply;
mod no_late_apply;
mod no_lockout_by_writeback;
mod no_lost_ack;
mod no_secret_at_rest;
mod no_secret_on_the_wire;
mod no_stale_overwrite;
mod one_order_explains_all;
mod only_granted_attributes;
mod probe_complete;
mod rejected_leaves_no_trace;
mod replays_take_no_effect;
mod replicas_agree;
mod reset_also_unlocks;
mod reset_is_whole;
mod run_complete;
mod service_resumes_after_faults;
mod tally;
mod trace;
mod unlock_unlocks;

use std::panic::resume_unwind;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use history::{Finding, Mark};

use crate::ledger::Ledger;
use tally::{Ground, Ruling, Tally};

/// One law: its name and how it is judged.
struct Law {
    name: &'static str,
    /// The invariants it holds up, as `docs/checks.md` numbers them.
    invariants: &'static [&'static str],
    judge: fn(&Ledger) -> Finding,
    /// Whether an operation that ran and is not on record could explain a violation.
    excused_by_lost_records: bool,
    /// Whether there is what the law speaks of; without it there is no finding, neither good nor bad.
    applies: fn(&Ledger) -> bool,
}

/// A law by its module: every module has `NAME` and `judge`.
macro_rules! law {
    ($module:ident, $invariants:expr) => {
        Law {
            name: $module::NAME,
            invariants: &$invariants,
            judge: $module::judge,
            excused_by_lost_records: false,
            applies: |_| true,
        }
    };
}

impl Law {
    const fn where_there_is(mut self, applies: fn(&Ledger) -> bool) -> Self {
        self.applies = applies;
        self
    }

    const fn excused_by_lost_records(mut self) -> Self {
        self.excused_by_lost_records = true;
        self
    }
}

const LAWS: [Law; 31] = [
    law!(acknowledged_is_durable, ["I1", "I5"]).excused_by_lost_records(),
    law!(acknowledged_is_visible, ["I1"])
        .excused_by_lost_records()
        .where_there_is(Ledger::looked),
    law!(directory_holds_acknowledged, ["I1", "I5"])
        .excused_by_lost_records()
        .where_there_is(Ledger::oracle_asked),
    law!(acknowledged_opens_the_account, ["I23"]).where_there_is(acknowledged_opens_the_account::applies),
    law!(no_lost_ack, ["I2"]),
    law!(no_double_apply, ["I3"]).excused_by_lost_records(),
    law!(one_order_explains_all, ["I5", "I6", "I7"]).excused_by_lost_records(),
    law!(no_stale_overwrite, ["I6"]).where_there_is(no_stale_overwrite::applies),
    law!(no_late_apply, ["I7"])
        .excused_by_lost_records()
        .where_there_is(no_late_apply::applies),
    law!(replays_take_no_effect, ["I13"])
        .excused_by_lost_records()
        .where_there_is(replays_take_no_effect::applies),
    law!(replicas_agree, ["I24"]).where_there_is(|ledger| ledger.domains.replicated()),
    law!(rejected_leaves_no_trace, ["I4"]).excused_by_lost_records(),
    law!(unlock_unlocks, ["I8", "I9"]).excused_by_lost_records(),
    law!(reset_also_unlocks, ["I10"]),
    law!(reset_is_whole, ["I10"])
        .excused_by_lost_records()
        .where_there_is(reset_is_whole::applies),
    law!(no_cross_user_write, ["I11"]).excused_by_lost_records(),
    law!(account_state_unchanged, ["I22"]),
    law!(only_granted_attributes, ["I12"]).where_there_is(only_granted_attributes::applies),
    law!(no_lockout_by_writeback, ["I21"]).excused_by_lost_records(),
    law!(closed_gates_refuse, []).where_there_is(closed_gates_refuse::applies),
    law!(journals_agree, ["I18"]).where_there_is(journals_agree::applies),
    law!(gates_hold, []).where_there_is(gates_hold::applies),
    law!(no_secret_at_rest, ["I17"]),
    law!(no_secret_on_the_wire, ["I16"]).where_there_is(no_secret_on_the_wire::applies),
    law!(faults_bit, []).where_there_is(|ledger| !ledger.faults.is_empty()),
    law!(service_resumes_after_faults, ["I20"]).where_there_is(service_resumes_after_faults::applies),
    law!(generator_kept_up, []).where_there_is(|ledger| ledger.manifest.samples_every_us > 0),
    law!(every_operation_ends, ["I19"]),
    law!(every_arrival_accounted, ["I19"]),
    law!(probe_complete, []),
    law!(run_complete, []),
];

/// Every law by its name, with the invariants that it holds up.
pub(crate) fn laws() -> impl Iterator<Item = (&'static str, &'static [&'static str])> {
    LAWS.iter().map(|law| (law.name, law.invariants))
}

/// More threads than this wait for the law that takes longest.
const LOOKING_MAX: usize = 4;

/// One finding for each law of which there is anything to say.
pub(crate) fn findings(ledger: &Ledger) -> Vec<Finding> {
    let lost = lost_records(ledger);
    let laws: Vec<&Law> = LAWS.iter().filter(|law| (law.applies)(ledger)).collect();
    let next = AtomicUsize::new(0);
    // Each law is looked at by whoever is free: some look at every operation, others at none.
    let look = || {
        let mut found = Vec::new();
        loop {
            let place = next.fetch_add(1, Ordering::Relaxed);
            let Some(law) = laws.get(place) else { return found };
            found.push((place, finding(law, ledger, lost.as_deref())));
        }
    };
    let threads = thread::available_parallelism().map_or(1, Into::into).min(LOOKING_MAX);
    let mut found = thread::scope(|scope| {
        let others: Vec<_> = (1..threads).map(|_| scope.spawn(look)).collect();
        let mut found = look();
        for other in others {
            found.extend(other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        }
        found
    });
    found.sort_by_key(|(place, _)| *place);
    found.into_iter().map(|(_, finding)| finding).collect()
}

fn finding(law: &Law, ledger: &Ledger, lost: Option<&str>) -> Finding {
    let finding = (law.judge)(ledger);
    debug_assert_eq!(finding.check, law.name);
    if law.excused_by_lost_records {
        excuse(finding, lost)
    } else {
        finding
    }
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
