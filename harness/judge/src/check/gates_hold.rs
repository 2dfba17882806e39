//! Nobody passes who must be refused.

use std::collections::HashSet;

use history::Finding;
use uuid::Uuid;

use super::{Ground, Tally};
use crate::ledger::{Ledger, Op};

pub(super) const NAME: &str = "gates-hold";

const GROUND: Ground = Ground {
    of: "operations of people who must be refused",
    open: "their end is not known",
};

/// Personas of whom no operation may have an effect: who guesses codes, leaves before the last form, has no licence, is not in
/// the group that may reset, or is disabled on-premises.
pub(crate) const BARRED: [&str; 5] = [
    "impostor",
    "gives_up",
    "unlicensed",
    "outside_sspr_group",
    "disabled_on_premises",
];

/// Looks at what the cloud answered and at what the agent wrote down: a refusal that the agent carried out is none.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let applied: HashSet<Uuid> = ledger.journal_applied.iter().copied().collect();
    let barred: Vec<&Op> = ledger.ops.iter().filter(|op| op.barred).collect();
    let told = |op: &&&Op| op.ended();
    let mut tally = Tally::looked_at(barred.iter().filter(told).count() as u64);
    tally.leave_open(barred.iter().filter(|op| !op.ended()).count() as u64);
    for op in barred {
        let saw = match (op.ended() && !op.refused(), applied.contains(&op.id)) {
            (true, _) => "an acknowledgement",
            (false, true) => "that the agent applied it",
            (false, false) => continue,
        };
        tally.violate(|| {
            format!(
                "{}: operation {}; expected a refusal, saw {saw}",
                ledger.name_of(op),
                op.id
            )
        });
    }
    tally.finding(NAME, GROUND)
}
