//! One operation, kept small.

use std::num::NonZeroU32;

use history::OpEvent;
use uuid::Uuid;
use vocabulary::{OpKind, OutcomeClass};

/// One operation in 64 bytes: a run may have ten million.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Op {
    /// The operation id.
    pub id: Uuid,
    /// When it should have begun.
    pub intended_us: u64,
    /// When it began.
    pub started_us: u64,
    /// When its end was known.
    pub finished_us: u64,
    /// From when on its message is void.
    pub expires_us: u64,
    /// Index into [`super::Ledger::people`].
    pub person: u32,
    /// The new password.
    pub value: Label,
    /// The old password that a change proves.
    pub base: Label,
    /// What was asked.
    pub kind: OpKind,
    /// How it ended.
    pub class: OutcomeClass,
    /// Index into [`super::Ledger::personas`].
    pub persona: u8,
    /// What else is noted of it.
    pub notes: Notes,
}

/// The label of a password, or none, in four bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Label(Option<NonZeroU32>);

impl Label {
    /// A label as it stands in the history.
    pub(crate) fn of(label: Option<u32>) -> Self {
        Self(label.and_then(|label| NonZeroU32::new(label.saturating_add(1))))
    }

    /// The same again.
    pub(crate) fn get(self) -> Option<u32> {
        self.0.map(|label| label.get() - 1)
    }
}

/// What the journals and the answer tell of an operation, as flags.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Notes(u8);

impl Notes {
    /// The agent wrote down that it was applied.
    pub(crate) const AGENT_APPLIED: Self = Self(1);
    /// It wrote that down more than once.
    pub(crate) const AGENT_APPLIED_AGAIN: Self = Self(2);
    /// The agent wrote down that it surely had no effect.
    pub(crate) const AGENT_REFUSED: Self = Self(4);
    /// It was intended in the measure phase.
    pub(crate) const MEASURED: Self = Self(8);
    /// The cloud wrote down that it was applied.
    pub(crate) const CLOUD_APPLIED: Self = Self(16);
    /// The cloud wrote down that it surely had no effect.
    pub(crate) const CLOUD_REFUSED: Self = Self(32);
    /// The cloud wrote down that it does not know, or that it has not ended.
    pub(crate) const CLOUD_UNSURE: Self = Self(64);
    /// The person gave a wrong old password, which the directory counts.
    pub(crate) const WRONG_OLD: Self = Self(128);

    /// Whether any of these is noted.
    pub(crate) fn any(self, of: &[Self]) -> bool {
        of.iter().any(|note| self.0 & note.0 != 0)
    }

    /// Takes one back.
    pub(crate) fn remove(&mut self, note: Self) {
        self.0 &= !note.0;
    }

    /// Notes one more.
    pub(crate) fn add(&mut self, note: Self) {
        if note == Self::AGENT_APPLIED && self.any(&[note]) {
            self.0 |= Self::AGENT_APPLIED_AGAIN.0;
        }
        self.0 |= note.0;
    }
}

impl Op {
    /// The label of the new password.
    pub(crate) fn writes(&self) -> Option<u32> {
        self.value.get()
    }

    /// The label of the old password that a change proves.
    pub(crate) fn proves(&self) -> Option<u32> {
        self.base.get()
    }

    /// Whether it is an operation on the password that ended so.
    pub(crate) fn is_write(&self, class: OutcomeClass) -> bool {
        self.kind.writes_password() && self.class == class
    }

    /// Whether it surely had no effect.
    pub(crate) fn refused(&self) -> bool {
        matches!(self.class, OutcomeClass::Rejected | OutcomeClass::Failed)
    }

    /// Whether it was intended in the measure phase.
    pub(crate) fn measured(&self) -> bool {
        self.notes.any(&[Notes::MEASURED])
    }

    /// Whether it was acknowledged.
    pub(crate) fn applied(&self) -> bool {
        self.class == OutcomeClass::Applied
    }

    /// Whether its end is known.
    pub(crate) fn ended(&self) -> bool {
        self.class != OutcomeClass::Unknown
    }

    /// From the intended start.
    pub(crate) fn response_us(&self) -> u64 {
        self.finished_us.saturating_sub(self.intended_us)
    }

    /// From the actual start.
    pub(crate) fn service_us(&self) -> u64 {
        self.finished_us.saturating_sub(self.started_us)
    }
}

impl From<&OpEvent> for Op {
    /// As it comes while a run is under way: whose it is, is known elsewhere.
    fn from(event: &OpEvent) -> Self {
        Self {
            id: event.op_id,
            intended_us: event.intended_us,
            started_us: event.started_us,
            finished_us: event.finished_us,
            expires_us: event.expires_us,
            person: 0,
            value: Label::of(event.writes),
            base: Label::of(event.proves),
            kind: event.op,
            class: event.outcome.class(),
            persona: 0,
            notes: Notes::default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_takes_64_bytes_and_a_label_keeps_its_number() {
        assert_eq!(size_of::<Op>(), 64);
        for label in [None, Some(0), Some(7)] {
            assert_eq!(Label::of(label).get(), label);
        }
    }

    #[test]
    fn a_second_applied_line_is_remembered() {
        let mut notes = Notes::default();
        notes.add(Notes::AGENT_APPLIED);
        assert!(!notes.any(&[Notes::AGENT_APPLIED_AGAIN]));
        notes.add(Notes::AGENT_APPLIED);
        assert!(notes.any(&[Notes::AGENT_APPLIED_AGAIN]) && !notes.any(&[Notes::CLOUD_APPLIED]));
    }
}
