//! What a run folder says, person by person, from one pass over its history.

mod build;
mod domains;
mod facts;
mod sightings;
mod stages;

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use history::{DropWhy, Manifest, Metadata, OpCounts, OracleRecord, Phase, ScanRecord};
use uuid::Uuid;
use vocabulary::{OpKind, Outcome, OutcomeClass, Win32};

pub(crate) use build::read;
pub(crate) use domains::Domains;
pub(crate) use facts::Facts;
pub(crate) use sightings::Sighting;
pub(crate) use stages::StageSamples;

use crate::phases::Phases;
use crate::subject::Subject;

/// Everything that is judged.
#[derive(Debug)]
pub(crate) struct Ledger {
    /// What was asked.
    pub manifest: Manifest,
    /// Everyone who is known, from `people.csv`, from metadata or from an operation.
    pub people: Vec<Person>,
    /// Every operation, sorted by person, then by start.
    pub ops: Vec<Op>,
    /// Every arrival that never began.
    pub drops: Vec<Dropped>,
    /// The domain controllers by name.
    pub dcs: Vec<String>,
    /// Which of them tell of the same people.
    pub domains: Domains,
    /// What the manifest says that they keep and enforce.
    pub facts: Facts,
    /// Changes as they arrived on domain controllers, by person, domain controller and instant.
    pub sightings: Vec<Sighting>,
    /// Domain controllers that somebody watched while load ran, by index.
    pub watched: Vec<bool>,
    /// The phases as they were.
    pub phases: Phases,
    /// The faults as they were.
    pub faults: Vec<FaultWindow>,
    /// The searches for secrets.
    pub scans: Vec<ScanRecord>,
    /// The operation of each `applied` line of the agent's journal.
    pub journal_applied: Vec<Uuid>,
    /// How operations ended, other than applied.
    pub endings: HashMap<Outcome, u64>,
    /// What became of each persona's operations, by name; none in folders that are older than attempts.
    pub personas: BTreeMap<String, PersonaCounts>,
    /// Stage times of measured operations.
    pub stages: StageSamples,
    /// Events read.
    pub events: u64,
    /// Whether the history ends in the middle of a line or frame.
    pub torn: bool,
    /// The instant of the last event.
    pub ended_us: u64,
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
    /// A key version number under which two domain controllers were seen with different writes.
    pub collided: Option<u32>,
    /// This person's part of [`Ledger::ops`].
    pub ops: Range<usize>,
    /// This person's part of [`Ledger::sightings`].
    pub sightings: Range<usize>,
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

/// What became of one persona's operations.
#[derive(Debug, Default)]
pub(crate) struct PersonaCounts {
    /// By outcome.
    pub counts: OpCounts,
    /// How they ended, other than applied.
    pub endings: HashMap<Outcome, u64>,
}

/// One bind.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bind {
    /// Index into [`Ledger::dcs`].
    pub dc: usize,
    /// The phase it was made in.
    pub phase: Phase,
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

/// One operation, kept small: a run may have ten million.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Op {
    /// The operation id.
    pub id: Uuid,
    /// Index into [`Ledger::people`].
    pub person: u32,
    /// What was asked.
    pub kind: OpKind,
    /// How it ended.
    pub class: OutcomeClass,
    /// Whether it was intended in the measure phase.
    pub measured: bool,
    /// The number of the arrival that it is an attempt of, where the folder says so.
    pub arrival: Option<u64>,
    /// Which attempt it is, from 1.
    pub attempt: u32,
    /// Whether it is of a persona who must be refused.
    pub barred: bool,
    /// Whether the directory was shown a wrong old password.
    pub wrong_proof: bool,
    /// The label of the new password.
    pub writes: Option<u32>,
    /// When it should have begun.
    pub intended_us: u64,
    /// When it began.
    pub started_us: u64,
    /// When its end was known.
    pub finished_us: u64,
    /// From when on its message is void.
    pub expires_us: u64,
}

impl Op {
    /// Whether it is an operation on the password that ended so.
    pub(crate) fn is_write(&self, class: OutcomeClass) -> bool {
        self.kind.writes_password() && self.class == class
    }

    /// Whether it surely had no effect.
    pub(crate) fn refused(&self) -> bool {
        matches!(self.class, OutcomeClass::Rejected | OutcomeClass::Failed)
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

    /// The last instant at which it may have taken effect. Nothing bounds an unknown operation but its expiry.
    pub(crate) fn latest_effect_us(&self) -> u64 {
        if self.ended() {
            self.finished_us
        } else {
            self.finished_us.max(self.expires_us)
        }
    }
}

/// An arrival that never began.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Dropped {
    /// Index into [`Ledger::people`].
    pub person: u32,
    /// As in an operation.
    pub arrival: Option<u64>,
    /// Which attempt it would have been, from 1.
    pub attempt: u32,
    /// What would have been asked.
    pub kind: OpKind,
    /// Why.
    pub why: DropWhy,
    /// Whether it was intended in the measure phase.
    pub measured: bool,
    /// When it should have begun.
    pub intended_us: u64,
}

/// A fault from its injection to its end.
#[derive(Debug, Clone)]
pub(crate) struct FaultWindow {
    /// The fault.
    pub fault: String,
    /// What it was done to.
    pub target: String,
    /// When it was injected.
    pub from_us: u64,
    /// When it was healed.
    pub to_us: Option<u64>,
    /// After how long it ends by itself.
    pub lease_us: Option<u64>,
    /// What the efficacy probe said.
    pub bit: Option<bool>,
}

impl Ledger {
    /// Whether anyone's password was read in a domain controller's own database.
    pub(crate) fn oracle_asked(&self) -> bool {
        let mut readings = self.people.iter().flat_map(|person| &person.readings);
        readings.any(|reading| reading.oracle.is_some())
    }

    /// Whether a domain controller of that name told metadata of nobody.
    pub(crate) fn is_silent(&self, name: &str) -> bool {
        let known = self.dcs.iter().position(|dc| dc == name);
        known.is_none_or(|dc| self.domains.size(dc) == 0)
    }

    /// Everyone with their operations.
    pub(crate) fn subjects(&self) -> impl Iterator<Item = Subject<'_>> {
        self.people.iter().map(|person| Subject { ledger: self, person })
    }

    /// The name of the person of an operation.
    pub(crate) fn name_of(&self, op: &Op) -> &str {
        self.people
            .get(op.person as usize)
            .map_or("an unknown person", |person| &person.name)
    }

    /// The operation of that id. Slow: for sentences only.
    pub(crate) fn find(&self, id: Uuid) -> Option<&Op> {
        self.ops.iter().find(|op| op.id == id)
    }

    /// Whether the run went all its way.
    pub(crate) fn complete(&self) -> bool {
        !self.torn && self.phases.entered(Phase::Seal) && !self.phases.entered(Phase::Interrupted)
    }

    /// Arrivals on record, each by its first attempt: begun, and dropped.
    pub(crate) fn first_attempts(&self) -> (u64, u64) {
        let begun = self.ops.iter().filter(|op| op.attempt == 1).count();
        let dropped = self.drops.iter().filter(|dropped| dropped.attempt == 1).count();
        (begun as u64, dropped as u64)
    }

    /// Arrivals on record: begun or dropped.
    pub(crate) fn arrivals(&self) -> u64 {
        let (begun, dropped) = self.first_attempts();
        begun + dropped
    }

    /// Whether a closed run ended before it could tell how many operations it had released.
    pub(crate) fn released_untold(&self) -> bool {
        self.manifest.closed() && !self.complete() && self.manifest.arrivals < self.arrivals().max(1)
    }

    /// People there are.
    pub(crate) fn population(&self) -> u64 {
        self.manifest.people.max(self.people.len() as u64)
    }
}
