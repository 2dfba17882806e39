//! What was acknowledged is what the directory holds.

use history::Finding;
use vocabulary::{OutcomeClass, Win32};

use super::{Ground, Ruling, everyone};
use crate::ledger::{Bind, Ledger};
use crate::resolve::LastWrites;
use crate::subject::{Subject, delta, labels, named};

pub(super) const NAME: &str = "acknowledged-is-durable";

const GROUND: Ground = Ground {
    of: "people with an acknowledged write",
    open: "no bind after the load tells which password they have",
};

/// The codes of a refusal that mean a wrong password. Any other (locked, disabled, expired) says nothing about it.
const WRONG_PASSWORD: [Win32; 2] = [Win32::LOGON_FAILURE, Win32::INVALID_PASSWORD];

/// The key version number moved, and a password that may be the last one written is the one that opens the account.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let old_passwords_bind = ledger.facts.old_passwords_bind();
    everyone(ledger, |subject| rule(subject, old_passwords_bind)).finding(NAME, GROUND)
}

fn rule(subject: &Subject<'_>, old_passwords_bind: bool) -> Ruling {
    if subject.write_count(OutcomeClass::Applied) == 0 {
        return Ruling::Elsewhere;
    }
    let violations = unmoved(subject);
    if !violations.is_empty() {
        return Ruling::Broken(violations);
    }
    let last = LastWrites::of(subject);
    let mut dcs: Vec<usize> = subject.final_binds().map(|bind| bind.dc).collect();
    dcs.sort_unstable();
    dcs.dedup();
    let told = dcs.into_iter().map(|dc| {
        let binds: Vec<&Bind> = subject.final_binds().filter(|bind| bind.dc == dc).collect();
        bound(subject, &last, &binds, old_passwords_bind)
    });
    match told.reduce(stronger).unwrap_or(Ruling::Open) {
        Ruling::Open if read_in_the_directory(subject, &last) => Ruling::Held,
        ruling => ruling,
    }
}

/// Where binds tell nothing, the domain controllers' own databases do if each of them was read.
fn read_in_the_directory(subject: &Subject<'_>, last: &LastWrites<'_>) -> bool {
    let allowed = |label: Option<u32>| label.is_some_and(|label| last.allows(label));
    subject.dcs() > 0 && subject.held().count() == subject.dcs() && subject.held().all(|(_, held)| allowed(held.holds))
}

/// Domain controllers on which an acknowledged write moved nothing at all.
fn unmoved(subject: &Subject<'_>) -> Vec<String> {
    if !subject.counted() {
        return Vec::new();
    }
    subject
        .pairs()
        .filter(|(_, before, after)| delta(*before, *after) <= 0)
        .map(|(dc, before, after)| {
            format!(
                "{}: {} acknowledged; expected msDS-KeyVersionNumber to move, saw {} -> {} on {dc}",
                subject.name(),
                named(subject.writes(OutcomeClass::Applied)),
                before.kvno,
                after.kvno
            )
        })
        .collect()
}

/// What the binds on one domain controller tell.
fn bound(subject: &Subject<'_>, last: &LastWrites<'_>, binds: &[&Bind], old_passwords_bind: bool) -> Ruling {
    if binds.iter().any(|bind| bind.is_right() && last.allows(bind.label)) {
        return Ruling::Held;
    }
    let refused: Vec<u32> = binds
        .iter()
        .filter(|bind| last.allows(bind.label) && wrong_password(bind))
        .map(|bind| bind.label)
        .collect();
    let older = binds.iter().find(|bind| bind.is_right() && !last.unlabelled);
    let saw = match older {
        Some(bind) if !old_passwords_bind => format!("label {} accepted", bind.label),
        _ if last.all_in(&refused) => format!("{} refused as wrong", labels(&last.labels())),
        _ if refused.is_empty() => return settled_by_count(subject),
        _ => return Ruling::Open,
    };
    let dc = binds.first().map_or("", |bind| &subject.ledger.dcs[bind.dc]);
    Ruling::Broken(vec![format!(
        "{}: {} may be the last write; expected the password of {} to bind, saw {saw} on {dc}",
        subject.name(),
        named(last.writes.iter().copied()),
        labels(&last.labels()),
    )])
}

fn wrong_password(bind: &Bind) -> bool {
    !bind.accepted && bind.data.is_some_and(|data| WRONG_PASSWORD.contains(&data))
}

/// Where no bind tells, the directory's count does if it leaves no doubt: as many writes as were acknowledged, none unknown.
fn settled_by_count(subject: &Subject<'_>) -> Ruling {
    let exact = subject.kvno_delta() == Some(subject.write_count(OutcomeClass::Applied));
    if exact && subject.write_count(OutcomeClass::Unknown) == 0 {
        Ruling::Held
    } else {
        Ruling::Open
    }
}

/// One domain controller that breaks the law breaks it; one that holds settles what another cannot tell.
fn stronger(one: Ruling, other: Ruling) -> Ruling {
    match (one, other) {
        (Ruling::Broken(mut some), Ruling::Broken(more)) => {
            some.extend(more);
            Ruling::Broken(some)
        }
        (broken @ Ruling::Broken(_), _) | (_, broken @ Ruling::Broken(_)) => broken,
        (Ruling::Held, _) | (_, Ruling::Held) => Ruling::Held,
        _ => Ruling::Open,
    }
}
