//! One person as the checks see them.

use history::{Metadata, OracleRecord, Phase};
use vocabulary::{OpKind, OutcomeClass, Win32};

use crate::ledger::{Bind, Ledger, Op, Person, Reading, Sighting};

/// Operation ids named in one sentence.
const NAMED_OPS: usize = 5;

/// A person with their operations.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Subject<'a> {
    /// Where the person is from.
    pub ledger: &'a Ledger,
    /// The person.
    pub person: &'a Person,
}

/// What was asked of a person, as far as their effects go. Each person is one of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Touch {
    /// By no operation.
    Untouched,
    /// Only by operations that surely had no effect.
    Refused,
    /// Only by unlocks.
    UnlockOnly,
    /// By an operation on the password that had an effect or may have had one, or by a mixture.
    Mixed,
}

impl<'a> Subject<'a> {
    /// The person's sign-in name.
    pub(crate) fn name(&self) -> &'a str {
        &self.person.name
    }

    /// The person's operations, by start.
    pub(crate) fn ops(&self) -> &'a [Op] {
        self.ledger.ops.get(self.person.ops.clone()).unwrap_or_default()
    }

    /// What was asked of the person.
    pub(crate) fn touch(&self) -> Touch {
        let ops = self.ops();
        if ops.is_empty() {
            Touch::Untouched
        } else if ops.iter().all(Op::refused) {
            Touch::Refused
        } else if ops.iter().all(|op| op.kind == OpKind::Unlock) {
            Touch::UnlockOnly
        } else {
            Touch::Mixed
        }
    }

    /// Operations on the password that ended so.
    pub(crate) fn writes(&self, class: OutcomeClass) -> impl Iterator<Item = &'a Op> + use<'a> {
        self.ops().iter().filter(move |op| op.is_write(class))
    }

    /// How many operations on the password ended so.
    pub(crate) fn write_count(&self, class: OutcomeClass) -> i64 {
        self.writes(class).count() as i64
    }

    /// Applied operations of a kind.
    pub(crate) fn applied(&self, kind: OpKind) -> impl Iterator<Item = &'a Op> + use<'a> {
        let applied = move |op: &&Op| op.kind == kind && op.class == OutcomeClass::Applied;
        self.ops().iter().filter(applied)
    }

    /// Domain controllers that told the metadata before and after: name, before, after.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&'a str, Metadata, Metadata)> + use<'a> {
        let ledger = self.ledger;
        self.person
            .readings
            .iter()
            .filter_map(move |reading| Some((ledger.dcs[reading.dc].as_str(), reading.baseline?, reading.probe?)))
    }

    /// How many domain controllers hold this person: those of the person's own forest.
    pub(crate) fn dcs(&self) -> usize {
        let first = self.person.readings.first();
        first.map_or(0, |reading| self.ledger.domains.size(reading.dc))
    }

    /// Whether each of them told the metadata before and after.
    pub(crate) fn complete(&self) -> bool {
        self.dcs() > 0 && self.pairs().count() == self.dcs()
    }

    /// Whether each of them counts writes. One that keeps no key version number shows the same one for ever.
    pub(crate) fn counted(&self) -> bool {
        let uncounted = self.ledger.facts.uncounted();
        let counts = |reading: &Reading| !uncounted.contains(&self.ledger.dcs[reading.dc].as_str());
        uncounted.is_empty() || self.person.readings.iter().all(counts)
    }

    /// By how much the key version number went up, when every domain controller counts and says the same.
    pub(crate) fn kvno_delta(&self) -> Option<i64> {
        if !self.counted() {
            return None;
        }
        let mut deltas = self.pairs().map(|(_, before, after)| delta(before, after));
        let first = deltas.next()?;
        (self.complete() && deltas.all(|delta| delta == first)).then_some(first)
    }

    /// What domain controllers' own databases held after the load: name and record.
    pub(crate) fn held(&self) -> impl Iterator<Item = (&'a str, OracleRecord)> + use<'a> {
        let ledger = self.ledger;
        let readings = self.person.readings.iter();
        readings.filter_map(move |reading| Some((ledger.dcs[reading.dc].as_str(), reading.oracle?)))
    }

    /// Labels of passwords that are in force after the load: held by a database, or, where old ones do not bind, bound with.
    pub(crate) fn shown_labels(&self) -> Vec<u32> {
        let telling = !self.ledger.facts.old_passwords_bind();
        let bound = self.final_binds().filter(|bind| telling && bind.accepted);
        let mut labels: Vec<u32> = self.held().filter_map(|(_, held)| held.holds).collect();
        labels.extend(bound.map(|bind| bind.label));
        labels.sort_unstable();
        labels.dedup();
        labels
    }

    /// Looks while load ran that say when the question was put: that instant, and what was seen.
    pub(crate) fn looks(&self) -> impl Iterator<Item = (u64, &'a Sighting)> + use<'a> {
        let all = self.ledger.sightings.get(self.person.sightings.clone());
        let asked = |seen: &'a Sighting| Some((seen.asked_us?.get(), seen));
        all.unwrap_or_default().iter().filter_map(asked)
    }

    /// Binds after the load.
    pub(crate) fn final_binds(&self) -> impl Iterator<Item = &'a Bind> + use<'a> {
        self.person.binds.iter().filter(|bind| bind.phase >= Phase::Probe)
    }

    /// Whether the person was locked before the load, by `lockoutTime` alone.
    pub(crate) fn lock_set(&self) -> bool {
        let mut baselines = self.person.readings.iter().filter_map(|reading| reading.baseline);
        baselines.any(|before| before.lockout_time != 0)
    }

    /// Whether that lock was proven by a bind that it refused (data 775). `lockoutTime` outlives the lock itself.
    pub(crate) fn lock_proven(&self) -> bool {
        let refused = |bind: &Bind| {
            bind.phase == Phase::Baseline && !bind.accepted && bind.data == Some(Win32::ACCOUNT_LOCKED_OUT)
        };
        self.lock_set() && self.person.binds.iter().any(refused)
    }

    /// Domain controllers that still tell of a lock after the load: name and `lockoutTime`.
    pub(crate) fn locks_left(&self) -> impl Iterator<Item = (&'a str, i64)> + use<'a> {
        self.pairs()
            .filter(|(_, _, after)| after.lockout_time != 0)
            .map(|(dc, _, after)| (dc, after.lockout_time))
    }

    /// Whether no lock is left; `None` when a domain controller was not asked.
    pub(crate) fn unlocked_at_end(&self) -> Option<bool> {
        let left = self.locks_left().next().is_some();
        (left || self.complete()).then_some(!left)
    }
}

/// An instant or a length of time, for a sentence.
pub(crate) fn seconds(micros: u64) -> String {
    format!("{:.3} s", micros as f64 / 1e6)
}

/// By how much the key version number went up.
pub(crate) fn delta(before: Metadata, after: Metadata) -> i64 {
    i64::from(after.kvno) - i64::from(before.kvno)
}

/// Operations by id, for a sentence.
pub(crate) fn named<'a>(ops: impl IntoIterator<Item = &'a Op>) -> String {
    let ids: Vec<String> = ops.into_iter().map(|op| op.id.to_string()).collect();
    let shown = ids[..ids.len().min(NAMED_OPS)].join(", ");
    match ids.len() {
        0 => "no operation".to_owned(),
        1 => format!("operation {shown}"),
        count if count <= NAMED_OPS => format!("operations {shown}"),
        count => format!("operations {shown} and {} more", count - NAMED_OPS),
    }
}

/// Labels of passwords, for a sentence.
pub(crate) fn labels(labels: &[u32]) -> String {
    let words: Vec<String> = labels.iter().map(|label| format!("label {label}")).collect();
    words.join(" or ")
}
