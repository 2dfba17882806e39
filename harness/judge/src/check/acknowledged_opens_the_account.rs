//! The password that the directory holds after an acknowledged write opens the account.

use history::Finding;
use vocabulary::{OutcomeClass, Win32};

use super::{Ground, Ruling, everyone};
use crate::ledger::{Bind, Ledger};
use crate::subject::{Subject, named};

pub(super) const NAME: &str = "acknowledged-opens-the-account";

const GROUND: Ground = Ground {
    of: "people whose database was read and who bound with the password that it holds",
    open: "",
};

/// Whether anybody's database was read who bound with what it holds.
pub(super) fn applies(ledger: &Ledger) -> bool {
    ledger.oracle_asked() && ledger.subjects().any(|subject| rule(&subject) != Ruling::Elsewhere)
}

/// A value may be stored and yet be unusable, as one that holds NUL is. Whether the right one is stored is told elsewhere; a
/// refusal as locked, disabled or expired says nothing of the password.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    everyone(ledger, rule).finding(NAME, GROUND)
}

fn rule(subject: &Subject<'_>) -> Ruling {
    let mut labels: Vec<Option<u32>> = subject.held().map(|(_, held)| held.holds).collect();
    labels.dedup();
    let &[Some(label)] = labels.as_slice() else {
        return Ruling::Elsewhere;
    };
    if subject.write_count(OutcomeClass::Applied) == 0 {
        return Ruling::Elsewhere;
    }
    let binds: Vec<&Bind> = subject.final_binds().filter(|bind| bind.label == label).collect();
    if binds.iter().any(|bind| bind.accepted) {
        return Ruling::Held;
    }
    let wrong = |bind: &&&Bind| bind.data == Some(Win32::LOGON_FAILURE);
    binds.iter().find(wrong).map_or(Ruling::Elsewhere, |bind| {
        Ruling::Broken(vec![format!(
            "{}: {} acknowledged; expected the password of label {label}, which the directory holds, to bind, saw it refused as wrong on {}",
            subject.name(),
            named(subject.writes(OutcomeClass::Applied)),
            subject.ledger.dcs[bind.dc]
        )])
    })
}
