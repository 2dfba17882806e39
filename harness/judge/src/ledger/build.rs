//! One pass over the history: lines are made small where they are read, and put together in their order.

use std::collections::HashMap;
use std::num::NonZeroU64;
use std::thread;

use history::{
    AttributesRecord, DropWhy, DroppedEvent, Event, FaultEvent, HistoryError, Metadata, Observation, ObserveEvent,
    OracleRecord, Phase, PhaseEvent, RunFolder,
};
use uuid::Uuid;
use vocabulary::{Outcome, OutcomeClass};

use super::index::{Known, OpIndex};
use super::light::{Light, LightChunk, LightOp, Seen, Who};
use super::sightings::is_final;
use super::sorting::{parts, sort};
use super::{
    Bind, Compared, Domains, Dropped, Early, Facts, FaultWindow, Held, JournalLines, Label, Ledger, Notable, Notes, Op,
    Person, PersonaCounts, Sighting, StageSamples,
};
use crate::capacity::climb::{self, Begun};
use crate::phases::Phases;
use crate::usage::Usage;

/// The fault after which a person's account is gone.
const DELETES: &str = "delete_people";

/// The fault after which a person has another name.
const RENAMES: &str = "rename_people";

/// Room for more operations than this is made as they come: a manifest may promise anything.
const ROOM_MAX: u64 = 1 << 24;

/// How a domain controller without a name is called.
const UNNAMED_DC: &str = "the directory";

/// Reads a run folder.
pub(crate) fn read(folder: &RunFolder) -> Result<Ledger, HistoryError> {
    let mut builder = Builder::new(folder)?;
    let known = std::mem::take(&mut builder.index);
    let strangers = &mut builder;
    let torn = folder.scan_chunks(
        |chunk: &mut LightChunk, line| chunk.add(line, &known),
        |chunk| strangers.take(chunk, &known),
    )?;
    let mut ledger = builder.finish();
    ledger.torn = torn;
    Ok(ledger)
}

struct Builder {
    ledger: Ledger,
    /// People whom `people.csv` does not name, by objectGUID; while it is read, everyone.
    index: Known,
    places: OpIndex,
    /// Where the next line of the cloud's journal is looked for first, and of the agent's.
    next: [usize; 2],
    /// Steps of a search so far.
    begun: Vec<Begun>,
}

impl Builder {
    fn new(folder: &RunFolder) -> Result<Self, HistoryError> {
        let manifest = folder.manifest()?;
        let room = manifest.arrivals.min(ROOM_MAX) as usize;
        let mut builder = Self {
            ledger: Ledger {
                facts: Facts::of(&manifest.capabilities),
                manifest,
                people: Vec::new(),
                personas: vec![String::new()],
                ops: Vec::with_capacity(room),
                drops: Vec::new(),
                early: None,
                dcs: Vec::new(),
                attributes: Vec::new(),
                domains: Domains::default(),
                sightings: Vec::new(),
                held: Vec::new(),
                watched: Vec::new(),
                phases: Phases::default(),
                faults: Vec::new(),
                scans: Vec::new(),
                strays: Vec::new(),
                repeated_ids: Vec::new(),
                in_flight: Vec::new(),
                journal_lines: JournalLines::default(),
                endings: HashMap::new(),
                persona_counts: Vec::new(),
                attempts: super::attempts::Attempts::default(),
                stages: StageSamples::default(),
                notable: Notable::default(),
                usage: Usage::read(folder)?,
                climb: None,
                events: 0,
                torn: None,
                ended_us: 0,
                stalls: Vec::new(),
            },
            index: Known::default(),
            places: OpIndex::with_room(room),
            next: [0; 2],
            begun: Vec::new(),
        };
        for row in folder.people()? {
            builder.person(row.user, &row.upn);
        }
        Ok(builder)
    }

    fn take(&mut self, chunk: LightChunk, known: &Known) {
        self.ledger.events += chunk.lines.len() as u64;
        let personas: Vec<u8> = chunk.personas.iter().map(|name| self.persona(name)).collect();
        let mut ops = chunk.ops.iter();
        for line in chunk.lines {
            match line {
                Light::Op => {
                    let Some(op) = ops.next() else { continue };
                    let persona = personas.get(op.persona).copied().unwrap_or_default();
                    self.at(op.at_us);
                    self.op(op, persona);
                }
                Light::Seen(line) => {
                    self.at(line.at_us);
                    let person = self.who(&line.who) as usize;
                    let dc = self.dc(line.dc.as_deref());
                    self.see(person, dc, &line.seen, line.at_us, line.phase);
                }
                Light::Journal {
                    at_us,
                    op,
                    agent,
                    in_flight,
                    note,
                } => {
                    self.at(at_us);
                    self.ledger.in_flight.extend(in_flight.then_some(op));
                    self.journal(op, agent, note);
                }
                Light::Nothing { at_us } => self.at(at_us),
                Light::Other(event) => {
                    self.at(event.stamp().at_us);
                    self.other(*event, known);
                }
            }
        }
    }

    /// The run was on at that instant.
    fn at(&mut self, at_us: u64) {
        self.ledger.ended_us = self.ledger.ended_us.max(at_us);
    }

    fn other(&mut self, event: Event, known: &Known) {
        match event {
            Event::Dropped(dropped) => self.dropped(&dropped, known),
            Event::Phase(phase) => self.phase(phase),
            Event::Inject(fault) => self.inject(fault, known),
            Event::Heal(fault) => self.heal(&fault),
            Event::Observe(ObserveEvent {
                observation: Observation::SecretScan(scan),
                ..
            }) => self.ledger.scans.push(scan),
            // Operations and observations of a person never come whole; the relay's log is not judged.
            Event::Op(_) | Event::Observe(_) => {}
            Event::Step(step) => self.begun.push(Begun {
                step,
                stages: StageSamples::default(),
            }),
        }
    }

    fn who(&mut self, who: &Who) -> u32 {
        match who {
            Who::Known(person) => *person,
            Who::Stranger(user, name) => self.person(*user, name),
        }
    }

    /// The person of an objectGUID, by the first name that is known.
    fn person(&mut self, user: Uuid, name: &str) -> u32 {
        let people = &mut self.ledger.people;
        let number = *self.index.entry(user).or_insert_with(|| {
            people.push(Person::of(user));
            people.len() as u32 - 1
        });
        let person = &mut people[number as usize];
        if person.name.is_empty() {
            name.clone_into(&mut person.name);
        }
        number
    }

    /// The index of a persona; one more than can be told apart has no name.
    fn persona(&mut self, name: &str) -> u8 {
        let index = place_of(&mut self.ledger.personas, name);
        u8::try_from(index).unwrap_or_default()
    }

    fn counts(&mut self, persona: u8) -> &mut PersonaCounts {
        let (counts, place) = (&mut self.ledger.persona_counts, usize::from(persona));
        if counts.len() <= place {
            counts.resize_with(place + 1, PersonaCounts::default);
        }
        &mut counts[place]
    }

    fn op(&mut self, light: &LightOp, persona: u8) {
        let mut op = light.op;
        op.person = self.who(&light.who);
        op.persona = persona;
        if self.measured(light.phase, op.intended_us) {
            op.notes.add(Notes::MEASURED);
            if let Some(times) = &light.stages {
                self.stages_of(op.intended_us).add(times, &op);
            }
        }
        self.ledger
            .notable
            .add(&op, light.ending.as_ref(), light.stages.as_ref());
        self.ledger.attempts.add(light.arrival, light.attempt, op.person, false);
        if light.arrival.is_some() {
            self.counts(op.persona).add(op.class, light.ending.as_ref());
        }
        self.ending(light.ending.clone());
        let place = self.ledger.ops.len() as u32;
        self.ledger.ops.push(op);
        if !self.places.insert(&self.ledger.ops, op.id, place) {
            self.ledger.repeated_ids.push(op.id);
        }
    }

    /// Where the stage times of a measured operation go.
    fn stages_of(&mut self, intended_us: u64) -> &mut StageSamples {
        match climb::place(&self.begun, intended_us) {
            Some(step) => &mut self.begun[step].stages,
            None => &mut self.ledger.stages,
        }
    }

    fn ending(&mut self, ending: Option<Outcome>) {
        let Some(outcome) = ending else { return };
        *self.ledger.endings.entry(outcome).or_default() += 1;
    }

    fn journal(&mut self, op: Uuid, agent: bool, note: Option<Notes>) {
        let lines = &mut self.ledger.journal_lines;
        *(if agent { &mut lines.agent } else { &mut lines.cloud }) += 1;
        let Some(note) = note else { return };
        let next = &mut self.next[usize::from(agent)];
        match self.places.find_from(&self.ledger.ops, op, next) {
            Some(place) => self.ledger.ops[place].notes.add(note),
            None => self.ledger.strays.push((op, note)),
        }
    }

    fn dropped(&mut self, event: &DroppedEvent, known: &Known) {
        let person = self.who(&Who::of(event.user, &event.actor, known));
        let persona = self.persona(&event.persona);
        self.ledger.attempts.add(event.arrival, event.attempt, person, true);
        if event.arrival.is_some() {
            self.counts(persona).add(OutcomeClass::Dropped, None);
        }
        let measured = self.measured(event.phase, event.intended_us) && !self.spare(event, persona);
        self.ledger.drops.push(Dropped {
            persona,
            kind: event.op,
            why: event.why,
            measured,
            intended_us: event.intended_us,
        });
    }

    /// Whether an arrival never came since the load had ended by then: it was dropped by nobody, and is no measurement.
    fn spare(&mut self, event: &DroppedEvent, persona: u8) -> bool {
        let Some(early) = self.ledger.early.as_mut().filter(|_| event.why == DropWhy::RunEnded) else {
            return false;
        };
        if event.phase == Phase::Measure {
            *early.spared.entry(persona).or_default() += 1;
        }
        true
    }

    fn phase(&mut self, event: PhaseEvent) {
        self.ledger.phases.enter(event.phase, event.enter, event.at_us);
        if !event.broke.is_empty() {
            self.ledger.early = Some(Early {
                goals: event.broke,
                spared: HashMap::new(),
            });
        }
    }

    /// An arrival carries the phase it was intended in; one that carries a later phase is placed by its intended instant.
    fn measured(&self, phase: Phase, intended_us: u64) -> bool {
        let placed = || {
            let span = self.ledger.phases.span(Phase::Measure, u64::MAX);
            span.is_some_and(|(from_us, to_us)| (from_us..to_us).contains(&intended_us))
        };
        phase == Phase::Measure || (phase != Phase::WarmUp && placed())
    }

    fn inject(&mut self, event: FaultEvent, known: &Known) {
        for user in &event.touched {
            let person = self.who(&Who::of(*user, "", known)) as usize;
            let person = &mut self.ledger.people[person];
            person.deleted |= event.fault == DELETES;
            person.renamed |= event.fault == RENAMES;
        }
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

    fn see(&mut self, person: usize, dc: usize, seen: &Seen, at_us: u64, phase: Phase) {
        match seen {
            Seen::Baseline(seen) => self.ledger.people[person].reading(dc).baseline = Some(*seen),
            Seen::Probe(seen, asked_us) => self.probe((person, dc), *seen, (at_us, *asked_us), phase),
            Seen::Attributes(record) => self.attributes(person, dc, record),
            Seen::Oracle(record) => self.oracle(person, dc, *record, at_us, phase),
            Seen::Bind(record) => self.ledger.people[person].binds.push(Bind {
                dc,
                phase,
                at_us,
                label: record.label,
                accepted: record.accepted,
                data: record.data,
            }),
        }
    }

    /// A later reading replaces an earlier one; one made while load ran is a sighting, and never stands for the end.
    fn probe(
        &mut self,
        (person, dc): (usize, usize),
        seen: Metadata,
        (at_us, asked_us): (u64, Option<NonZeroU64>),
        phase: Phase,
    ) {
        let last = is_final(phase);
        let changed = self.ledger.people[person].see(dc, seen, at_us, last);
        if last {
            return;
        }
        self.ledger.watched[dc] = true;
        if changed || asked_us.is_some() {
            self.ledger.sightings.push(Sighting {
                at_us,
                asked_us,
                person: person as u32,
                dc: dc as u32,
                kvno: seen.kvno,
                locked: seen.lockout_time != 0,
            });
        }
    }

    fn attributes(&mut self, person: usize, dc: usize, record: &AttributesRecord) {
        let names = &mut self.ledger.attributes;
        let changed = record.changed.iter().map(|name| place_of(names, name) as u32).collect();
        self.ledger.people[person].attributes.push(Compared {
            dc,
            compared: record.compared,
            changed,
        });
    }

    fn oracle(&mut self, person: usize, dc: usize, record: OracleRecord, at_us: u64, phase: Phase) {
        if is_final(phase) {
            self.ledger.people[person].reading(dc).oracle = Some(record);
        }
        self.ledger.held.push(Held {
            at_us,
            from_us: self.ledger.phases.entered_last_us(),
            person: person as u32,
            kvno: record.metadata.kvno,
            label: Label::of(record.holds),
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
        self.rejoin();
        drop(self.places);
        let mut ledger = self.ledger;
        ledger.take_steps(self.begun);
        let people = &mut ledger.people;
        let order = |op: &Op| (op.person, op.started_us, op.finished_us, op.id);
        sort(
            &mut ledger.ops,
            order,
            thread::available_parallelism().map_or(1, Into::into),
        );
        for (person, part) in parts(&ledger.ops, |op| op.person) {
            people[person].ops = part;
        }
        ledger.sightings.sort_by_key(|seen| (seen.person, seen.dc, seen.at_us));
        for (person, part) in parts(&ledger.sightings, |seen| seen.person) {
            people[person].sightings = part;
        }
        ledger.held.sort_by_key(|held| (held.person, held.at_us));
        for (person, part) in parts(&ledger.held, |held| held.person) {
            people[person].held = part;
        }
        ledger.domains = Domains::of(people, ledger.dcs.len());
        people.iter_mut().for_each(Person::close);
        ledger.repeated_ids.sort_unstable();
        ledger.in_flight.sort_unstable();
        ledger.close_faults();
        ledger
    }

    /// A journal's line may stand before its operation: it is given back to it, and only what has none stays.
    fn rejoin(&mut self) {
        let ops = &mut self.ledger.ops;
        let places = &self.places;
        let mut strays = std::mem::take(&mut self.ledger.strays);
        strays.retain(|(id, note)| match places.find(ops, *id) {
            Some(place) => {
                ops[place].notes.add(*note);
                false
            }
            None => true,
        });
        strays.sort_by_key(|(id, _)| *id);
        strays.dedup_by(|next, first| {
            let same = next.0 == first.0;
            if same {
                first.1.add(next.1);
            }
            same
        });
        self.ledger.strays = strays;
    }
}

/// The place of a name, which is put at the end if it is new: there are few.
fn place_of(names: &mut Vec<String>, name: &str) -> usize {
    let known = names.iter().position(|known| known == name);
    known.unwrap_or_else(|| {
        names.push(name.to_owned());
        names.len() - 1
    })
}
