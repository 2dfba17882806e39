//! What the directory tells of operations whose answer was lost, and which write may be the last.

use history::UnknownResolved;
use vocabulary::{OpKind, OutcomeClass};

use crate::ledger::{Ledger, Op};
use crate::subject::Subject;

/// What became of one person's unknown writes, by the count of the directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counted {
    /// Each took effect.
    All,
    /// None did.
    None,
    /// Some did, this many.
    Some(i64),
    /// The count is missing or contradicts the acknowledgements.
    Untold,
}

fn counted(subject: &Subject<'_>) -> Counted {
    let unknown = subject.write_count(OutcomeClass::Unknown);
    let surplus = subject
        .kvno_delta()
        .map(|delta| delta - subject.write_count(OutcomeClass::Applied));
    match surplus {
        Some(0) => Counted::None,
        Some(all) if all == unknown => Counted::All,
        Some(some) if (1..unknown).contains(&some) => Counted::Some(some),
        _ => Counted::Untold,
    }
}

/// The writes of one person of which any may be the last, respecting real time.
///
/// A write is superseded when another that surely took effect began after the last instant at which the first may have
/// (its end if it was acknowledged, its expiry if its end is unknown).
#[derive(Debug)]
pub(crate) struct LastWrites<'a> {
    /// Not superseded.
    pub writes: Vec<&'a Op>,
    /// Whether one of them does not say what it wrote.
    pub unlabelled: bool,
    /// Whether the initial password may still be the one: no write surely took effect.
    pub initial: bool,
}

impl<'a> LastWrites<'a> {
    /// Those of a person.
    pub(crate) fn of(subject: &Subject<'a>) -> Self {
        let counted = counted(subject);
        let unknown_sure = counted == Counted::All;
        let possible = |op: &&Op| {
            op.is_write(OutcomeClass::Applied) || (op.is_write(OutcomeClass::Unknown) && counted != Counted::None)
        };
        let sure = |op: &&Op| op.is_write(OutcomeClass::Applied) || unknown_sure;
        let candidates: Vec<&Op> = subject.ops().iter().filter(possible).collect();
        let latest_start = candidates.iter().copied().filter(sure).map(|op| op.started_us).max();
        let standing = |op: &&Op| latest_start.is_none_or(|start| start <= subject.ledger.latest_effect_us(op));
        let writes: Vec<&Op> = candidates.into_iter().filter(standing).collect();
        Self {
            unlabelled: writes.iter().any(|op| op.writes().is_none()),
            initial: subject.write_count(OutcomeClass::Applied) == 0
                && matches!(counted, Counted::None | Counted::Untold),
            writes,
        }
    }

    /// Whether a password of that label may be the last.
    pub(crate) fn allows(&self, label: u32) -> bool {
        self.writes.iter().any(|op| op.writes() == Some(label))
    }

    /// Their labels.
    pub(crate) fn labels(&self) -> Vec<u32> {
        self.writes.iter().filter_map(|op| op.writes()).collect()
    }

    /// Whether each of them is among these labels, so that none is left.
    pub(crate) fn all_in(&self, labels: &[u32]) -> bool {
        !self.unlabelled && self.labels().iter().all(|label| labels.contains(label))
    }
}

/// Whether the directory's count says that no unknown write of this person took effect.
pub(crate) fn none_took_effect(subject: &Subject<'_>) -> bool {
    counted(subject) == Counted::None
}

/// What became of all unknown operations.
pub(crate) fn unknown_resolved(ledger: &Ledger) -> UnknownResolved {
    let mut resolved = UnknownResolved::default();
    for subject in ledger.subjects() {
        if subject.ops().iter().any(|op| !op.ended()) {
            resolve_writes(&subject, &mut resolved);
            resolve_unlocks(&subject, &mut resolved);
        }
    }
    resolved
}

/// By the count first; where it leaves a choice, by the label that binds or is held.
fn resolve_writes(subject: &Subject<'_>, resolved: &mut UnknownResolved) {
    let unknown = subject.writes(OutcomeClass::Unknown).count() as u64;
    match counted(subject) {
        Counted::All => resolved.applied += unknown,
        Counted::None => resolved.not_applied += unknown,
        Counted::Some(effects) => {
            let seen = binding(subject);
            resolved.applied += seen;
            let rest = if seen as i64 == effects {
                &mut resolved.not_applied
            } else {
                &mut resolved.open
            };
            *rest += unknown - seen;
        }
        Counted::Untold => {
            let seen = binding(subject);
            resolved.applied += seen;
            resolved.open += unknown - seen;
        }
    }
}

/// Unknown writes whose password binds or is held: they took effect, whatever the grace for old passwords.
fn binding(subject: &Subject<'_>) -> u64 {
    let shown = |label: u32| {
        let binds = subject.final_binds().any(|bind| bind.is_right() && bind.label == label);
        binds || subject.held().any(|(_, held)| held.holds == Some(label))
    };
    let accepted = |op: &&Op| op.writes().is_some_and(shown);
    subject.writes(OutcomeClass::Unknown).filter(accepted).count() as u64
}

/// A proven lock that is still set was cleared by nobody; one that is gone was cleared by the only one that can have.
fn resolve_unlocks(subject: &Subject<'_>, resolved: &mut UnknownResolved) {
    let unlock = |op: &&Op| op.kind == OpKind::Unlock && !op.ended();
    let unknown = subject.ops().iter().filter(unlock).count() as u64;
    let clearing = subject
        .ops()
        .iter()
        .filter(|op| op.kind.unlocks() && !op.refused())
        .count();
    let unlocked = subject.unlocked_at_end().filter(|_| subject.lock_proven());
    match unlocked {
        Some(false) => resolved.not_applied += unknown,
        Some(true) if clearing == 1 => resolved.applied += unknown,
        _ => resolved.open += unknown,
    }
}
