//! What a run folder says, person by person, from one pass over its history.

mod attempts;
mod build;
mod domains;
mod facts;
mod faults;
mod index;
mod light;
mod notable;
mod op;
mod personas;
mod sightings;
mod sorting;
mod splits;
mod stages;
mod steps;

use std::collections::HashMap;
use std::ops::Range;

use history::{DropWhy, Manifest, Metadata, OracleRecord, Phase, ScanRecord};
use uuid::Uuid;
use vocabulary::{OpKind, Outcome, Win32};

pub(crate) use build::read;
pub(crate) use domains::Domains;
pub(crate) use facts::Facts;
pub(crate) use faults::FaultWindow;
pub(crate) use notable::{Notable, Noted};
pub(crate) use op::{Label, Notes, Op};
pub(crate) use personas::PersonaCounts;
pub(crate) use sightings::{Held, Sighting};
pub(crate) use splits::WAIT;
pub(crate) use stages::StageSamples;

use crate::capacity::climb::Climb;
use crate::phases::Phases;
use crate::subject::Subject;
use crate::usage::Usage;

/// Everything that is judged.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// What was asked.
    pub manifest: Manifest,
    /// Everyone who is known, from `people.csv`, from metadata or from an operation.
    pub people: Vec<Person>,
    /// Every persona on record, the nameless one of older folders first.
    pub personas: Vec<String>,
    /// Every operation, sorted by person, then by start.
    pub ops: Vec<Op>,
    /// Every arrival that never began.
    pub drops: Vec<Dropped>,
    /// Why the load ended before its time, if goals ended it.
    pub early: Option<Early>,
    /// The domain controllers by name.
    pub dcs: Vec<String>,
    /// Attributes that are others of anybody, by name.
    pub attributes: Vec<String>,
    /// Which of them tell of the same people.
    pub domains: Domains,
    /// What the manifest says that they keep and enforce.
    pub facts: Facts,
    /// Changes as they arrived on domain controllers, by person, domain controller and instant.
    pub sightings: Vec<Sighting>,
    /// Whose password domain controllers' own databases held, by person and instant.
    pub held: Vec<Held>,
    /// Domain controllers that somebody watched while load ran, by index.
    pub watched: Vec<bool>,
    /// The phases as they were.
    pub phases: Phases,
    /// The faults as they were.
    pub faults: Vec<FaultWindow>,
    /// The searches for secrets.
    pub scans: Vec<ScanRecord>,
    /// What journals tell of operations that are not on record.
    pub strays: Vec<(Uuid, Notes)>,
    /// Operation ids on record more than once, one for each time too many.
    pub repeated_ids: Vec<Uuid>,
    /// Operations that have not ended by the cloud's journal, sorted.
    pub in_flight: Vec<Uuid>,
    /// Lines that the journals of agent and cloud have.
    pub journal_lines: JournalLines,
    /// How operations ended, other than applied.
    pub endings: HashMap<Outcome, u64>,
    /// What became of each persona's operations, by index; nothing in folders that are older than attempts.
    pub persona_counts: Vec<PersonaCounts>,
    /// The attempts of arrivals.
    pub attempts: attempts::Attempts,
    /// Stage times of measured operations.
    pub stages: StageSamples,
    /// Operations that are told one by one.
    pub notable: Notable,
    /// What was sampled.
    pub usage: Usage,
    /// The steps, of a run that searched for the capacity.
    pub climb: Option<Climb>,
    /// Events read.
    pub events: u64,
    /// Bytes left out because the history is torn at its end.
    pub torn: Option<u64>,
    /// The instant of the last event.
    pub ended_us: u64,
    /// From when to when domain controllers were held up by faults.
    stalls: Vec<(u64, u64)>,
}

/// One person.
#[derive(Debug)]
pub(crate) struct Person {
    /// objectGUID.
    pub user: Uuid,
    /// Sign-in name; empty until it is known.
    pub name: String,
    /// Metadata, one for each domain controller that was asked.
    pub readings: Vec<Reading>,
    /// Binds, in order.
    pub binds: Vec<Bind>,
    /// What became of all attributes, one for each domain controller that was asked.
    pub attributes: Vec<Compared>,
    /// Whether a fault gave this person another name.
    pub renamed: bool,
    /// Whether a fault deleted this person's account: nothing is left that could be held to anything.
    pub deleted: bool,
    /// A key version number under which two domain controllers were seen with different writes.
    pub collided: Option<u32>,
    /// This person's part of [`Ledger::ops`].
    pub ops: Range<usize>,
    /// This person's part of [`Ledger::sightings`].
    pub sightings: Range<usize>,
    /// This person's part of [`Ledger::held`].
    pub held: Range<usize>,
}

impl Person {
    /// Somebody of whom nothing is known yet.
    fn of(user: Uuid) -> Self {
        Self {
            user,
            name: String::new(),
            readings: Vec::new(),
            binds: Vec::new(),
            attributes: Vec::new(),
            renamed: false,
            deleted: false,
            collided: None,
            ops: 0..0,
            sightings: 0..0,
            held: 0..0,
        }
    }
}

/// What one domain controller said of one person, before the load and after it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Reading {
    /// Index into [`Ledger::dcs`].
    pub dc: usize,
    /// Before the load.
    pub baseline: Option<Metadata>,
    /// After the load; while the history is read, the latest that was seen.
    pub probe: Option<Metadata>,
    /// When that was, if it was after the load.
    pub probed_us: Option<u64>,
    /// What the domain controller's own database held after the load.
    pub oracle: Option<OracleRecord>,
}

impl Reading {
    /// Nothing read yet.
    fn of(dc: usize) -> Self {
        Self {
            dc,
            baseline: None,
            probe: None,
            probed_us: None,
            oracle: None,
        }
    }
}

/// All attributes on one domain controller, after the load against before it.
#[derive(Debug)]
pub(crate) struct Compared {
    /// Index into [`Ledger::dcs`].
    pub dc: usize,
    /// How many were compared.
    pub compared: u32,
    /// Those that are others, by index into [`Ledger::attributes`]; numbers, since almost everybody's are the same.
    pub changed: Box<[u32]>,
}

/// One bind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bind {
    /// Index into [`Ledger::dcs`].
    pub dc: usize,
    /// The phase it was made in.
    pub phase: Phase,
    /// When it was over.
    pub at_us: u64,
    /// The label of the password presented.
    pub label: u32,
    /// Whether it was accepted.
    pub accepted: bool,
    /// The `data` of a refusal.
    pub data: Option<Win32>,
}

impl Bind {
    /// Whether the password was right: accepted, or refused for a reason that a directory gives only whom it has found right.
    pub(crate) fn is_right(&self) -> bool {
        let told = [Win32::PASSWORD_MUST_CHANGE, Win32::PASSWORD_EXPIRED];
        self.accepted || self.data.is_some_and(|data| told.contains(&data))
    }
}

/// How many lines there are in each journal.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct JournalLines {
    /// The agent's.
    pub agent: u64,
    /// The cloud's.
    pub cloud: u64,
}

/// An arrival that never began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dropped {
    /// Index into [`Ledger::personas`].
    pub persona: u8,
    /// What would have been asked.
    pub kind: OpKind,
    /// Why.
    pub why: DropWhy,
    /// Whether it was intended in the measure phase.
    pub measured: bool,
    /// When it should have begun.
    pub intended_us: u64,
}

/// A load that goals ended which could no longer hold.
#[derive(Debug)]
pub(crate) struct Early {
    /// Those goals, by name.
    pub goals: Vec<String>,
    /// Arrivals of the measure phase that never came, since the load had ended: by index into [`Ledger::personas`].
    pub spared: HashMap<u8, u64>,
}

impl Early {
    /// Arrivals that never came.
    pub(crate) fn spared(&self) -> u64 {
        self.spared.values().sum()
    }
}

/// How long after its expiry a write may still take effect: it left in time, and the directory takes a moment.
pub(crate) const GRACE_US: u64 = 1_000_000;

impl Ledger {
    /// The last instant at which an operation may have taken effect: its end if that is known. Nothing bounds an unknown one but
    /// its expiry; a domain controller that was held up meanwhile may carry it out when it goes on.
    pub(crate) fn latest_effect_us(&self, op: &Op) -> u64 {
        if op.ended() {
            return op.finished_us;
        }
        let last = op.finished_us.max(op.expires_us);
        let meanwhile = self
            .stalls
            .iter()
            .filter(|(from, to)| *from <= last && *to >= op.started_us);
        let stalled = meanwhile.map(|(_, to)| *to).max();
        last.max(stalled.unwrap_or(0)).saturating_add(GRACE_US)
    }

    fn close_faults(&mut self) {
        let stalling = |fault: &&FaultWindow| fault.may_have_bit() && fault.stalls_directory();
        let ended_us = self.ended_us;
        let faults = self.faults.iter().filter(stalling);
        self.stalls = faults.map(|fault| (fault.from_us, fault.until_us(ended_us))).collect();
    }

    /// Whether anyone's password was read in a domain controller's own database.
    pub(crate) fn oracle_asked(&self) -> bool {
        let mut readings = self.people.iter().flat_map(|person| &person.readings);
        readings.any(|reading| reading.oracle.is_some())
    }

    /// Whether anybody looked for writes, and said when, on a domain controller that has no partners.
    pub(crate) fn looked(&self) -> bool {
        let asked = |seen: &Sighting| seen.asked_us.is_some() && self.domains.size(seen.dc as usize) == 1;
        self.sightings.iter().any(asked)
    }

    /// Whether a domain controller of that name told metadata of nobody.
    pub(crate) fn is_silent(&self, name: &str) -> bool {
        let known = self.dcs.iter().position(|dc| dc == name);
        known.is_none_or(|dc| self.domains.size(dc) == 0)
    }

    /// From when to when what statistics and goals are of was measured: the measure phase, or the one step of a search whose numbers
    /// stand for it.
    pub(crate) fn measured_span(&self) -> Option<(u64, u64)> {
        match &self.climb {
            Some(climb) => climb.step().map(|step| (step.measured_from_us, step.until_us)),
            None => self.phases.span(Phase::Measure, self.ended_us),
        }
    }

    /// Everyone with their operations, but those whom a fault deleted.
    pub(crate) fn subjects(&self) -> impl Iterator<Item = Subject<'_>> {
        let left = self.people.iter().filter(|person| !person.deleted);
        left.map(|person| Subject { ledger: self, person })
    }

    /// The name of a persona; empty where none is on record.
    pub(crate) fn persona(&self, index: u8) -> &str {
        self.personas.get(usize::from(index)).map_or("", String::as_str)
    }

    /// The name of the person of an operation.
    pub(crate) fn name_of(&self, op: &Op) -> &str {
        self.people
            .get(op.person as usize)
            .map_or("an unknown person", |person| &person.name)
    }

    /// Whether the run went all its way.
    pub(crate) fn complete(&self) -> bool {
        self.torn.is_none() && self.phases.entered(Phase::Seal) && !self.phases.entered(Phase::Interrupted)
    }

    /// How long the measure phase was to last, in microseconds; nothing in folders that do not tell.
    pub(crate) fn planned_us(&self) -> Option<u64> {
        let mut phases = self.manifest.phases.iter();
        let measure = phases.find(|planned| planned.phase == Phase::Measure)?;
        Some(measure.for_us)
    }

    /// Arrivals on record, each by its first attempt: begun, and dropped.
    pub(crate) fn first_attempts(&self) -> (u64, u64) {
        let begun = self.ops.len() as u64 - self.attempts.begun_later;
        let dropped = self.drops.len() as u64 - self.attempts.dropped_later;
        (begun, dropped)
    }

    /// Arrivals on record: begun or dropped.
    pub(crate) fn arrivals(&self) -> u64 {
        let (begun, dropped) = self.first_attempts();
        begun + dropped
    }

    /// Whether a run that counts what it releases ended before it could tell how many operations it had released.
    pub(crate) fn released_untold(&self) -> bool {
        self.manifest.counts_released() && !self.complete() && self.manifest.arrivals < self.arrivals().max(1)
    }

    /// How many people a fault deleted.
    pub(crate) fn deleted(&self) -> u64 {
        self.people.iter().filter(|person| person.deleted).count() as u64
    }

    /// How many people there are.
    pub(crate) fn population(&self) -> u64 {
        self.manifest.people.max(self.people.len() as u64)
    }
}
