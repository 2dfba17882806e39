//! Metadata as it is read: the last before and after the load, and what changed in between.

use std::num::NonZeroU64;

use history::{Metadata, Phase};

use super::{Label, Person, Reading};

/// A change of a person's key version number or lock as it was first seen on a domain controller, or what somebody saw who says
/// when they asked. Kept small: a run may have one for each operation on each of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sighting {
    /// When it was seen.
    pub at_us: u64,
    /// When the question was put, where that is told.
    pub asked_us: Option<NonZeroU64>,
    /// Index into [`super::Ledger::people`].
    pub person: u32,
    /// Index into [`super::Ledger::dcs`].
    pub dc: u32,
    /// The key version number seen.
    pub kvno: u32,
    /// Whether a lock was seen.
    pub locked: bool,
}

/// Whose password a domain controller's own database held at some instant.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Held {
    /// When the reading was over.
    pub at_us: u64,
    /// When it began at the earliest: with its phase.
    pub from_us: u64,
    /// Index into [`super::Ledger::people`].
    pub person: u32,
    /// The key version number beside it.
    pub kvno: u32,
    /// The label, or none of the person's.
    pub label: Label,
}

/// Whether a reading made in this phase tells how things were after the load. What a watcher sees while load runs does not.
pub(super) fn is_final(phase: Phase) -> bool {
    matches!(phase, Phase::Probe | Phase::Seal)
}

impl Person {
    /// What a domain controller said of this person, made if it said nothing yet.
    pub(super) fn reading(&mut self, dc: usize) -> &mut Reading {
        let place = self.readings.iter().position(|reading| reading.dc == dc);
        let place = place.unwrap_or_else(|| {
            self.readings.push(Reading::of(dc));
            self.readings.len() - 1
        });
        &mut self.readings[place]
    }

    /// Takes metadata seen after the baseline; a later reading replaces an earlier one, but never one after the load by
    /// one before. Tells whether the key version number or the lock changed.
    pub(super) fn see(&mut self, dc: usize, seen: Metadata, at_us: u64, is_final: bool) -> bool {
        self.collide(dc, seen);
        let reading = self.reading(dc);
        let known = reading.probe.or(reading.baseline);
        if is_final || reading.probed_us.is_none() {
            reading.probe = Some(seen);
            reading.probed_us = is_final.then_some(at_us);
        }
        let told = |seen: Metadata| (seen.kvno, seen.lockout_time != 0);
        known.is_none_or(|known| told(known) != told(seen))
    }

    /// When nothing more comes: what was only seen while load ran does not tell how things were after it.
    pub(super) fn close(&mut self) {
        for reading in &mut self.readings {
            reading.probe = reading.probe.filter(|_| reading.probed_us.is_some());
        }
        if self.name.is_empty() {
            self.name = self.user.to_string();
        }
    }

    /// Notes when two domain controllers count alike and hold different writes. `pwdLastSet` 0 is no write: it asks for
    /// a change at the next sign-in.
    fn collide(&mut self, dc: usize, seen: Metadata) {
        let written = |reading: &&Reading| {
            let before = reading.baseline.map_or(0, |before| before.kvno);
            reading.dc != dc && seen.kvno > before && seen.pwd_last_set != 0
        };
        let differs = |other: Metadata| {
            other.kvno == seen.kvno && other.pwd_last_set != 0 && other.pwd_last_set != seen.pwd_last_set
        };
        let mut others = self.readings.iter().filter(written).filter_map(|reading| reading.probe);
        if others.any(differs) {
            self.collided = Some(seen.kvno);
        }
    }
}
