//! One pass over the history.

use std::collections::{BTreeMap, HashMap};

use history::{
    BindRecord, DroppedEvent, Event, FaultEvent, HistoryError, Metadata, Observation, ObserveEvent, OpEvent, Phase,
    RunFolder,
};
use uuid::Uuid;
use vocabulary::{Outcome, OutcomeClass, ReasonCode};

use super::sightings::is_final;
use super::{Bind, Domains, Dropped, Facts, FaultWindow, Ledger, Op, Person, PersonaCounts, Sighting, StageSamples};
use crate::check::BARRED;
use crate::phases::Phases;

/// How the agent's journal calls a write that it made.
const JOURNAL_APPLIED: &str = "applied";

/// How a domain controller without a name is called.
const UNNAMED_DC: &str = "the directory";

/// Reads a run folder.
pub(crate) fn read(folder: &RunFolder) -> Result<Ledger, HistoryError> {
    let mut builder = Builder::new(folder)?;
    let mut events = folder.events()?;
    for event in events.by_ref() {
        builder.take(event?);
    }
    let mut ledger = builder.finish();
    ledger.torn = events.torn();
    Ok(ledger)
}

/// Counts how an operation ended, other than applied.
fn count(endings: &mut HashMap<Outcome, u64>, outcome: &Outcome) {
    if *outcome == Outcome::Applied {
        return;
    }
    if let Some(count) = endings.get_mut(outcome) {
        *count += 1;
    } else {
        endings.insert(outcome.clone(), 1);
    }
}

fn is_wrong_proof(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Rejected(reason) if reason.code == ReasonCode::IncorrectPassword)
}

struct Builder {
    ledger: Ledger,
    index: HashMap<Uuid, u32>,
}

impl Builder {
    fn new(folder: &RunFolder) -> Result<Self, HistoryError> {
        let manifest = folder.manifest()?;
        let mut builder = Self {
            ledger: Ledger {
                facts: Facts::of(&manifest.capabilities),
                manifest,
                people: Vec::new(),
                ops: Vec::new(),
                drops: Vec::new(),
                dcs: Vec::new(),
                domains: Domains::default(),
                sightings: Vec::new(),
                watched: Vec::new(),
                phases: Phases::default(),
                faults: Vec::new(),
                scans: Vec::new(),
                journal_applied: Vec::new(),
                endings: HashMap::new(),
                personas: BTreeMap::new(),
                stages: StageSamples::default(),
                events: 0,
                torn: false,
                ended_us: 0,
            },
            index: HashMap::new(),
        };
        for row in folder.people()? {
            builder.person(row.user, &row.upn);
        }
        Ok(builder)
    }

    fn take(&mut self, event: Event) {
        self.ledger.events += 1;
        self.ledger.ended_us = self.ledger.ended_us.max(event.stamp().at_us);
        match event {
            Event::Op(op) => self.op(&op),
            Event::Dropped(dropped) => self.dropped(&dropped),
            Event::Phase(phase) => self.ledger.phases.enter(phase.phase, phase.enter, phase.at_us),
            Event::Inject(fault) => self.inject(fault),
            Event::Heal(fault) => self.heal(&fault),
            Event::Observe(seen) => self.observe(seen),
        }
    }

    /// The person of an objectGUID, by the first name that is known.
    fn person(&mut self, user: Uuid, name: &str) -> u32 {
        let people = &mut self.ledger.people;
        let number = *self.index.entry(user).or_insert_with(|| {
            people.push(Person {
                user,
                name: String::new(),
                readings: Vec::new(),
                binds: Vec::new(),
                collided: None,
                ops: 0..0,
                sightings: 0..0,
            });
            people.len() as u32 - 1
        });
        let person = &mut people[number as usize];
        if person.name.is_empty() {
            name.clone_into(&mut person.name);
        }
        number
    }

    fn op(&mut self, event: &OpEvent) {
        let op = Op {
            id: event.op_id,
            person: self.person(event.user, &event.actor),
            kind: event.op,
            class: event.outcome.class(),
            measured: self.measured(event.phase, event.intended_us),
            arrival: event.arrival,
            attempt: event.attempt,
            barred: BARRED.contains(&event.persona.as_str()),
            wrong_proof: is_wrong_proof(&event.outcome),
            writes: event.writes,
            intended_us: event.intended_us,
            started_us: event.started_us,
            finished_us: event.finished_us,
            expires_us: event.expires_us,
        };
        if let (true, Some(times)) = (op.measured, &event.stages_us) {
            self.ledger.stages.add(times, op.service_us());
        }
        count(&mut self.ledger.endings, &event.outcome);
        if event.arrival.is_some() {
            let persona = self.persona(&event.persona);
            persona.counts.add(op.class);
            count(&mut persona.endings, &event.outcome);
        }
        self.ledger.ops.push(op);
    }

    fn persona(&mut self, name: &str) -> &mut PersonaCounts {
        self.ledger.personas.entry(name.to_owned()).or_default()
    }

    fn dropped(&mut self, event: &DroppedEvent) {
        let person = self.person(event.user, &event.actor);
        if event.arrival.is_some() {
            self.persona(&event.persona).counts.add(OutcomeClass::Dropped);
        }
        self.ledger.drops.push(Dropped {
            person,
            arrival: event.arrival,
            attempt: event.attempt,
            kind: event.op,
            why: event.why,
            measured: self.measured(event.phase, event.intended_us),
            intended_us: event.intended_us,
        });
    }

    /// An arrival carries the phase it was intended in; one that carries a later phase is placed by its intended instant.
    fn measured(&self, phase: Phase, intended_us: u64) -> bool {
        let placed = || {
            let span = self.ledger.phases.span(Phase::Measure, u64::MAX);
            span.is_some_and(|(from_us, to_us)| (from_us..to_us).contains(&intended_us))
        };
        phase == Phase::Measure || (phase != Phase::WarmUp && placed())
    }

    fn inject(&mut self, event: FaultEvent) {
        self.ledger.faults.push(FaultWindow {
            fault: event.fault,
            target: event.target,
            from_us: event.at_us,
            to_us: None,
            lease_us: event.lease_us,
            bit: event.bit,
        });
    }

    fn heal(&mut self, event: &FaultEvent) {
        let same = |fault: &&mut FaultWindow| {
            fault.fault == event.fault && fault.target == event.target && fault.to_us.is_none()
        };
        if let Some(fault) = self.ledger.faults.iter_mut().rev().find(same) {
            fault.to_us = Some(event.at_us);
            fault.bit = event.bit.or(fault.bit);
        }
    }

    fn observe(&mut self, event: ObserveEvent) {
        let of_person = event
            .user
            .map(|user| (self.person(user, "") as usize, event.dc.as_deref()));
        match (event.observation, of_person) {
            (Observation::Baseline(seen), Some((person, dc))) => {
                let dc = self.dc(dc);
                self.ledger.people[person].reading(dc).baseline = Some(seen);
            }
            (Observation::Probe(seen), Some((person, dc))) => {
                let dc = self.dc(dc);
                self.probe(person, dc, seen, event.at_us, event.phase);
            }
            (Observation::Oracle(record), Some((person, dc))) => {
                let dc = self.dc(dc);
                self.ledger.people[person].reading(dc).oracle = Some(record);
            }
            (Observation::Bind(record), Some((person, dc))) => {
                let dc = self.dc(dc);
                self.bind(person, dc, event.phase, &record);
            }
            (Observation::AgentJournal(line), _) if line.result == JOURNAL_APPLIED => {
                self.ledger.journal_applied.push(line.op_id);
            }
            (Observation::SecretScan(scan), _) => self.ledger.scans.push(scan),
            _ => {}
        }
    }

    /// A later reading replaces an earlier one; one made while load ran is a sighting, and never stands for the end.
    fn probe(&mut self, person: usize, dc: usize, seen: Metadata, at_us: u64, phase: Phase) {
        let last = is_final(phase);
        let changed = self.ledger.people[person].see(dc, seen, at_us, last);
        if last {
            return;
        }
        self.ledger.watched[dc] = true;
        if changed {
            self.ledger.sightings.push(Sighting {
                at_us,
                person: person as u32,
                dc: dc as u32,
                kvno: seen.kvno,
                locked: seen.lockout_time != 0,
            });
        }
    }

    fn bind(&mut self, person: usize, dc: usize, phase: Phase, record: &BindRecord) {
        self.ledger.people[person].binds.push(Bind {
            dc,
            phase,
            label: record.label,
            accepted: record.accepted,
            data: record.data,
        });
    }

    fn dc(&mut self, name: Option<&str>) -> usize {
        let name = name.unwrap_or(UNNAMED_DC);
        let dcs = &mut self.ledger.dcs;
        dcs.iter().position(|known| known == name).unwrap_or_else(|| {
            dcs.push(name.to_owned());
            self.ledger.watched.push(false);
            dcs.len() - 1
        })
    }

    fn finish(mut self) -> Ledger {
        let ledger = &mut self.ledger;
        ledger.ops.sort_by_key(|op| (op.person, op.started_us, op.finished_us));
        let mut from = 0;
        for ops in ledger.ops.chunk_by(|one, next| one.person == next.person) {
            ledger.people[ops[0].person as usize].ops = from..from + ops.len();
            from += ops.len();
        }
        let sightings = &mut ledger.sightings;
        sightings.sort_by_key(|seen| (seen.person, seen.dc, seen.at_us));
        let mut from = 0;
        for seen in sightings.chunk_by(|one, next| one.person == next.person) {
            ledger.people[seen[0].person as usize].sightings = from..from + seen.len();
            from += seen.len();
        }
        ledger.domains = Domains::of(&ledger.people, ledger.dcs.len());
        ledger.people.iter_mut().for_each(Person::close);
        self.ledger
    }
}
