//! Nobody passes who must be refused.

use history::Finding;

use super::{Ground, Tally};
use crate::ledger::{Ledger, Notes, Op};

pub(super) const NAME: &str = "gates-hold";

const GROUND: Ground = Ground {
    of: "operations of people who must be refused",
    open: "their end is not known",
};

/// Personas of whom no operation may have an effect: who guesses codes, leaves before the last form, has no licence, is not in
/// the group that may reset, or is disabled on-premises.
const BARRED: [&str; 5] = [
    "impostor",
    "gives_up",
    "unlicensed",
    "outside_sspr_group",
    "disabled_on_premises",
];

/// Whether anybody came who must be refused.
pub(super) fn applies(ledger: &Ledger) -> bool {
    barred(ledger).next().is_some()
}

fn barred(ledger: &Ledger) -> impl Iterator<Item = &Op> {
    let persona = |op: &Op| ledger.personas.get(usize::from(op.persona)).map(String::as_str);
    let is_barred = move |op: &&Op| persona(op).is_some_and(|persona| BARRED.contains(&persona));
    ledger.ops.iter().filter(is_barred)
}

/// Looks at what the cloud answered and at what the agent wrote down: a refusal that the agent carried out is none.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let mut tally = Tally::looked_at(barred(ledger).filter(|op| op.ended()).count() as u64);
    tally.leave_open(barred(ledger).filter(|op| !op.ended()).count() as u64);
    for op in barred(ledger) {
        let saw = match (op.applied(), op.notes.any(&[Notes::AGENT_APPLIED])) {
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
