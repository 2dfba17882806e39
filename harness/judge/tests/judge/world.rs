//! A small model of a run: it does right unless a test bends it, and it is written to a real run folder.

use std::collections::BTreeMap;

use history::{
    AttributesRecord, BindRecord, Capability, DropWhy, DroppedEvent, Event, FaultEvent, Finding, GoalLimit, Host,
    JournalRecord, Manifest, Mark, Metadata, Observation, ObserveEvent, OpEvent, OracleRecord, PersonRow, Phase,
    PhaseEvent, PlannedPhase, RunFolder, Sample, ScanRecord,
};
use judge::Judgement;
use uuid::Uuid;
use vocabulary::{OpKind, Outcome, ReasonCode, StageTimes, UnknownWhy, Win32};

pub const SECOND: u64 = 1_000_000;

/// Where the measure phase begins and ends.
pub const MEASURE: std::ops::Range<u64> = 2 * SECOND..12 * SECOND;

/// One person of the model.
#[derive(Debug, Clone)]
pub struct Person {
    pub before: Option<Metadata>,
    /// One for each domain controller.
    pub after: Vec<Option<Metadata>>,
    /// The label of the password that opens the account.
    pub label: u32,
    pub next_label: u32,
    pub locked: bool,
    pub lock_proven: bool,
    /// The domain of their domain controllers.
    pub domain: &'static str,
    /// The label that each domain controller's own database holds; by default the right one.
    pub held: Option<Vec<Option<u32>>>,
    /// Binds after the load; by default one with the right label for whoever was touched.
    pub binds: Option<Vec<BindRecord>>,
}

/// A run as it is going to be written.
#[derive(Debug, Clone)]
pub struct World {
    pub manifest: Manifest,
    pub people: Vec<Person>,
    pub ops: Vec<OpEvent>,
    pub drops: Vec<DroppedEvent>,
    /// The agent's.
    pub journal: Vec<JournalRecord>,
    pub cloud_journal: Vec<JournalRecord>,
    pub scan: Option<ScanRecord>,
    pub phases: Vec<(Phase, u64)>,
    pub faults: Vec<(FaultEvent, bool)>,
    /// What watchers saw while load ran: person, domain controller, instant, metadata.
    pub sightings: Vec<(usize, usize, u64, Metadata)>,
    /// What somebody saw on the first domain controller who says when they asked: person, that instant, metadata.
    pub looks: Vec<(usize, u64, Metadata)>,
    /// What became of all attributes: person, domain controller, those that are others.
    pub attributes: Vec<(usize, usize, Vec<&'static str>)>,
    /// Whether the domain controllers' own databases are read at the end.
    pub oracle: bool,
    /// What was sampled.
    pub samples: Vec<Sample>,
    /// Overrides what was planned.
    pub arrivals: Option<u64>,
    /// Bytes cut off the end of the history.
    pub cut: usize,
    /// The goals for which the load ends before its time.
    pub broke: Vec<String>,
}

pub fn user(person: usize) -> Uuid {
    Uuid::from_u128(0xA000 + person as u128)
}

pub fn name(person: usize) -> String {
    format!("person{person}@corp.test")
}

pub fn op_id(number: usize) -> Uuid {
    Uuid::from_u128(0xB_0000 + number as u128)
}

/// A journal's last line of an operation.
pub fn line(number: usize, result: &str) -> JournalRecord {
    JournalRecord {
        op_id: op_id(number),
        result: result.into(),
        code: 31002,
    }
}

/// An instant of the run on the directory's clock.
pub fn wall(at_us: u64) -> i64 {
    (at_us as i64 + 11_644_473_600_000_000) * 10
}

pub fn bind(label: u32, accepted: bool, data: Option<Win32>) -> BindRecord {
    BindRecord { label, accepted, data }
}

const INITIAL: Metadata = Metadata {
    kvno: 2,
    pwd_last_set: 1000,
    lockout_time: 0,
    bad_pwd_count: 0,
    uac: 512,
    usn: 5000,
};

impl World {
    /// People whom nothing has touched yet, on one domain controller.
    pub fn of(people: usize) -> Self {
        let person = Person {
            before: Some(INITIAL),
            after: vec![Some(INITIAL)],
            label: 0,
            next_label: 1,
            locked: false,
            lock_proven: false,
            domain: "corp.test",
            held: None,
            binds: None,
        };
        Self {
            manifest: manifest(people as u64),
            people: vec![person; people],
            ops: Vec::new(),
            drops: Vec::new(),
            journal: Vec::new(),
            cloud_journal: Vec::new(),
            scan: Some(clean_scan()),
            phases: phases(),
            faults: Vec::new(),
            sightings: Vec::new(),
            looks: Vec::new(),
            attributes: Vec::new(),
            oracle: false,
            samples: Vec::new(),
            arrivals: None,
            cut: 0,
            broke: Vec::new(),
        }
    }

    /// So many resets of a person each, one each `apart_us`, with response times of 1 ms, 2 ms and so on; nobody asks for the last person.
    pub fn of_resets(count: usize, apart_us: u64) -> Self {
        let mut world = Self::of(count + 1);
        for number in 0..count {
            let at_us = MEASURE.start + number as u64 * apart_us;
            let response_us = (number as u64 + 1) * 1000;
            let op = world.op(number, OpKind::Reset, at_us, response_us, Outcome::Applied);
            world.take_effect(op);
        }
        world
    }

    /// A run with ground for every law: 0 to 3 reset (0 and 1 locked before), 4 and 5 unlocked, 6 refused by policy, 7
    /// failed, 8 reset twice at once, 9 and 10 untouched, 11 only dropped.
    pub fn clean() -> Self {
        let mut world = Self::of(12);
        for person in [0, 1, 4, 5] {
            world.lock(person);
        }
        for person in 0..4 {
            world.reset(person, 3 * SECOND + person as u64 * 10_000, Outcome::Applied);
        }
        world.unlock(4, 4 * SECOND, Outcome::Applied);
        world.unlock(5, 4 * SECOND, Outcome::Applied);
        world.reset(6, 5 * SECOND, Outcome::rejected(ReasonCode::PasswordPolicy));
        world.reset(7, 5 * SECOND, Outcome::failed(ReasonCode::NoListener));
        world.reset(8, 6 * SECOND, Outcome::Applied);
        world.reset(8, 6 * SECOND + 10, Outcome::Applied);
        world.drop_arrival(11, 7 * SECOND);
        world
    }

    /// Locks somebody before the load, and proves it.
    pub fn lock(&mut self, person: usize) {
        let person = &mut self.people[person];
        (person.locked, person.lock_proven) = (true, true);
        if let Some(before) = &mut person.before {
            before.lockout_time = 77;
        }
        for after in person.after.iter_mut().flatten() {
            after.lockout_time = 77;
        }
    }

    /// A reset of 100 ms that starts on time; its effect is there when it is applied. Returns its number.
    pub fn reset(&mut self, person: usize, at_us: u64, outcome: Outcome) -> usize {
        let applied = outcome == Outcome::Applied;
        let number = self.op(person, OpKind::Reset, at_us, 100_000, outcome);
        if applied {
            self.take_effect(number);
        }
        number
    }

    /// An unlock of 50 ms.
    pub fn unlock(&mut self, person: usize, at_us: u64, outcome: Outcome) -> usize {
        let applied = outcome == Outcome::Applied;
        let number = self.op(person, OpKind::Unlock, at_us, 50_000, outcome);
        if applied {
            self.take_effect(number);
        }
        number
    }

    /// A reset whose answer was lost, with or without effect.
    pub fn lose_answer(&mut self, person: usize, at_us: u64, effect: bool) -> usize {
        let number = self.reset(person, at_us, Outcome::Unknown(UnknownWhy::Timeout));
        if effect {
            self.take_effect(number);
        }
        number
    }

    /// Records an operation without any effect: the answer, and what cloud and agent wrote down.
    pub fn op(&mut self, person: usize, op: OpKind, at_us: u64, for_us: u64, outcome: Outcome) -> usize {
        let number = self.ops.len();
        let label = op.writes_password().then(|| self.people[person].next_label);
        self.people[person].next_label += 1;
        self.ops.push(OpEvent {
            seq: 0,
            at_us: 0,
            phase: if at_us < MEASURE.start {
                Phase::WarmUp
            } else {
                Phase::Measure
            },
            op_id: op_id(number),
            op,
            attempt: 1,
            arrival: None,
            actor: name(person),
            persona: "office".into(),
            user: user(person),
            writes: label,
            proves: None,
            intended_us: at_us,
            started_us: at_us,
            finished_us: at_us + for_us,
            expires_us: at_us + SECOND,
            outcome,
            stages_us: None,
        });
        self.write_down(number);
        number
    }

    fn write_down(&mut self, number: usize) {
        let (agent, cloud) = match &self.ops[number].outcome {
            Outcome::Applied => (Some("applied"), "applied"),
            Outcome::Rejected(_) => (Some("rejected"), "rejected"),
            Outcome::Failed(_) => (None, "failed"),
            Outcome::Unknown(_) => (None, "unknown"),
        };
        self.journal.extend(agent.map(|result| line(number, result)));
        self.cloud_journal.push(line(number, cloud));
    }

    /// What an operation does to the directory when all is well.
    pub fn take_effect(&mut self, number: usize) {
        let op = &self.ops[number];
        let person = self.person_of(number);
        let (writes, unlocks, known) = (op.writes, op.op.unlocks(), op.outcome == Outcome::Applied);
        let finished = wall(op.finished_us);
        let person = &mut self.people[person];
        person.label = writes.unwrap_or(person.label);
        for after in person.after.iter_mut().flatten() {
            if writes.is_some() {
                (after.kvno, after.pwd_last_set) = (after.kvno + 1, finished);
            }
            if unlocks {
                after.lockout_time = 0;
            }
        }
        if !known {
            self.journal.push(line(number, "applied"));
        }
    }

    pub fn person_of(&self, number: usize) -> usize {
        (self.ops[number].user.as_u128() - 0xA000) as usize
    }

    pub fn drop_arrival(&mut self, person: usize, at_us: u64) {
        self.drops.push(DroppedEvent {
            seq: 0,
            at_us: 0,
            phase: if at_us < MEASURE.start {
                Phase::WarmUp
            } else {
                Phase::Measure
            },
            actor: name(person),
            persona: "forgot".to_owned(),
            attempt: 1,
            arrival: None,
            user: user(person),
            op: OpKind::Reset,
            intended_us: at_us,
            why: DropWhy::NotStartedInTime,
        });
    }

    /// The same, to look at.
    pub fn after_of(&self, person: usize) -> Metadata {
        self.people[person].after[0].unwrap()
    }

    /// The metadata of somebody after the load, on the first domain controller.
    pub fn after(&mut self, person: usize) -> &mut Metadata {
        self.people[person].after[0].as_mut().unwrap()
    }

    /// All attributes of everyone are compared; what a write moves and a bind is others.
    pub fn compare_attributes(&mut self) {
        let moved = vec!["lastLogon", "PwdLastSet", "whenChanged"];
        for (number, person) in self.people.iter().enumerate() {
            let dcs = 0..person.after.len();
            self.attributes.extend(dcs.map(|dc| (number, dc, moved.clone())));
        }
    }

    /// Gives everyone a second domain controller that agrees with the first.
    pub fn second_dc(&mut self) {
        for person in &mut self.people {
            person.after.push(person.after[0]);
        }
    }

    /// Puts somebody into another forest.
    pub fn move_to(&mut self, person: usize, domain: &'static str) {
        self.people[person].domain = domain;
    }

    /// Watchers see what an operation has done so far, so long after its end; one delay for each domain controller.
    pub fn see(&mut self, number: usize, delays_us: &[u64]) {
        let (person, finished_us) = (self.person_of(number), self.ops[number].finished_us);
        for (dc, delay_us) in delays_us.iter().enumerate() {
            let seen = self.people[person].after[dc].unwrap();
            self.sightings.push((person, dc, finished_us + delay_us, seen));
        }
    }

    /// Lets a domain controller's sheet say something.
    pub fn fact(&mut self, dc: &str, fact: &str, value: &str) {
        let sheets = &mut self.manifest.capabilities;
        let place = sheets.iter().position(|sheet| sheet.dc == dc).unwrap_or_else(|| {
            sheets.push(Capability {
                dc: dc.into(),
                ..Capability::default()
            });
            sheets.len() - 1
        });
        sheets[place].facts.insert(fact.into(), value.into());
    }

    /// A fault that is never healed and has no lease.
    pub fn event(&mut self, fault: &str, at_us: u64, bit: Option<bool>) {
        let event = FaultEvent {
            seq: 0,
            at_us,
            phase: Phase::Measure,
            fault: fault.into(),
            target: "the PDC emulator of corp.test to dc2.corp.test".into(),
            lease_us: None,
            bit,
            touched: Vec::new(),
        };
        self.faults.push((event, false));
    }

    /// A fault from one instant to another that had its effect.
    pub fn fault(&mut self, fault: &str, target: &str, from_us: u64, to_us: u64) {
        let event = |at_us, phase| FaultEvent {
            seq: 0,
            at_us,
            phase,
            fault: fault.into(),
            target: target.into(),
            lease_us: Some(60 * SECOND),
            bit: Some(true),
            touched: Vec::new(),
        };
        self.faults.push((event(from_us, Phase::Measure), false));
        self.faults.push((event(to_us, Phase::Measure), true));
    }

    /// Ends the run early: nothing after this phase is entered but the interruption, the probe and the seal.
    pub fn interrupt(&mut self, at_us: u64) {
        self.phases.retain(|(_, from)| *from < at_us || *from >= 14 * SECOND);
        self.phases.push((Phase::Interrupted, at_us));
        self.phases.sort_by_key(|(_, from)| *from);
    }

    /// Ends the load at that instant, since these goals can no longer hold; whoever is dropped for it is spared.
    pub fn end_early(&mut self, at_us: u64, goals: &[&str]) {
        self.broke = goals.iter().map(|goal| (*goal).to_owned()).collect();
        for (phase, from_us) in &mut self.phases {
            if [Phase::Heal, Phase::Drain].contains(phase) {
                *from_us = at_us;
            }
        }
        self.phases.retain(|(phase, _)| *phase != Phase::Heal);
        let planned = |phase, from_us, for_us| PlannedPhase { phase, from_us, for_us };
        self.manifest.phases = vec![planned(Phase::Measure, MEASURE.start, MEASURE.end - MEASURE.start)];
    }

    /// An arrival that never came, since the load had ended.
    pub fn spare(&mut self, person: usize, at_us: u64) {
        self.drop_arrival(person, at_us);
        if let Some(drop) = self.drops.last_mut() {
            drop.why = DropWhy::RunEnded;
        }
    }

    pub fn stages(&mut self, number: usize, header: &str) {
        self.ops[number].stages_us = Some(StageTimes::from_server_timing(header));
    }

    pub fn goal(&mut self, goal: &str, limit: f64) {
        self.manifest.goals.push(GoalLimit {
            goal: goal.into(),
            limit,
        });
    }

    /// Writes the folder and judges it.
    pub fn judge(&self) -> Judgement {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(&dir.path().join("run")).unwrap();
        self.write(&folder);
        judge::judge(&folder).unwrap()
    }

    fn write(&self, folder: &RunFolder) {
        let mut manifest = self.manifest.clone();
        let seen = (self.ops.len() + self.drops.len()) as u64;
        manifest.arrivals = self.arrivals.unwrap_or(seen);
        folder.write_manifest(&manifest).unwrap();
        let rows: Vec<PersonRow> = (0..self.people.len())
            .map(|person| PersonRow {
                user: user(person),
                upn: name(person),
            })
            .collect();
        folder.write_people(&rows).unwrap();
        let mut writer = folder.writer().unwrap();
        for (event, at_us) in self.events() {
            let phase = event.stamp().phase;
            if phase == Phase::Probe && matches!(event, Event::Phase(_)) {
                // A frame of its own for the last event: what a cut takes away.
                writer.flush().unwrap();
            }
            writer.append(event, at_us, phase).unwrap();
        }
        writer.seal().unwrap();
        folder.sample_writer().unwrap().append(&self.samples).unwrap();
        if self.cut > 0 {
            let path = folder.path("history.jsonl.zst");
            let bytes = std::fs::read(&path).unwrap();
            std::fs::write(&path, &bytes[..bytes.len() - self.cut]).unwrap();
        }
    }

    /// Every event in the order of its instant; phases first.
    fn events(&self) -> Vec<(Event, u64)> {
        let mut events: Vec<(Event, u64)> = Vec::new();
        let mut left = Phase::Provision;
        for (enter, at_us) in &self.phases {
            let event = PhaseEvent {
                seq: 0,
                at_us: 0,
                phase: left,
                enter: *enter,
                broke: if *enter == Phase::Drain {
                    self.broke.clone()
                } else {
                    Vec::new()
                },
            };
            events.push((Event::Phase(event), *at_us));
            left = *enter;
        }
        for (fault, healed) in &self.faults {
            let event = if *healed { Event::Heal } else { Event::Inject };
            events.push((event(fault.clone()), fault.at_us));
        }
        self.observations(&mut events);
        events.extend(self.ops.iter().map(|op| (Event::Op(op.clone()), op.finished_us)));
        let waited = self.manifest.start_within_us;
        let dropped = |drop: &DroppedEvent| (Event::Dropped(drop.clone()), drop.intended_us + waited);
        events.extend(self.drops.iter().map(dropped));
        events.sort_by_key(|(_, at_us)| *at_us);
        events
    }

    fn observations(&self, events: &mut Vec<(Event, u64)>) {
        let mut see = |phase: Phase, at_us: u64, dc: usize, person: Option<usize>, observation| {
            let event = ObserveEvent {
                seq: 0,
                at_us: 0,
                phase,
                dc: person.map(|person: usize| format!("dc{}.{}", dc + 1, self.people[person].domain)),
                user: person.map(user),
                op_id: None,
                asked_us: None,
                observation,
            };
            events.push((Event::Observe(event), at_us));
        };
        for (number, person) in self.people.iter().enumerate() {
            for (dc, after) in person.after.iter().enumerate() {
                if let Some(before) = person.before {
                    see(
                        Phase::Baseline,
                        SECOND / 2,
                        dc,
                        Some(number),
                        Observation::Baseline(before),
                    );
                }
                if let Some(after) = after {
                    see(Phase::Probe, 14 * SECOND, dc, Some(number), Observation::Probe(*after));
                }
                if let Some(held) = self.held(number, dc) {
                    see(
                        Phase::Probe,
                        14 * SECOND + 4,
                        dc,
                        Some(number),
                        Observation::Oracle(held),
                    );
                }
            }
            if person.lock_proven {
                let refused = bind(0, false, Some(Win32::ACCOUNT_LOCKED_OUT));
                see(Phase::Baseline, SECOND / 2, 0, Some(number), Observation::Bind(refused));
            }
            for record in self.binds(number) {
                see(
                    Phase::Probe,
                    14 * SECOND + 1,
                    0,
                    Some(number),
                    Observation::Bind(record),
                );
            }
        }
        for (person, dc, changed) in &self.attributes {
            let record = AttributesRecord {
                compared: 30,
                changed: changed.iter().map(|name| (*name).to_owned()).collect(),
            };
            let seen = Observation::Attributes(record);
            see(Phase::Probe, 14 * SECOND + 2, *dc, Some(*person), seen);
        }
        self.of_the_run(&mut see);
        events.extend(self.looks.iter().map(|look| self.look(*look)));
    }

    fn look(&self, (person, asked_us, seen): (usize, u64, Metadata)) -> (Event, u64) {
        let event = ObserveEvent {
            seq: 0,
            at_us: 0,
            phase: phase_at(asked_us),
            dc: Some(format!("dc1.{}", self.people[person].domain)),
            user: Some(user(person)),
            op_id: None,
            asked_us: Some(asked_us),
            observation: Observation::Probe(seen),
        };
        (Event::Observe(event), asked_us + 1)
    }

    /// What is seen of the run as a whole.
    fn of_the_run(&self, see: &mut impl FnMut(Phase, u64, usize, Option<usize>, Observation)) {
        for (person, dc, at_us, seen) in &self.sightings {
            see(phase_at(*at_us), *at_us, *dc, Some(*person), Observation::Probe(*seen));
        }
        for line in &self.journal {
            see(
                Phase::Probe,
                14 * SECOND + 2,
                0,
                None,
                Observation::AgentJournal(line.clone()),
            );
        }
        for line in &self.cloud_journal {
            see(
                Phase::Probe,
                14 * SECOND + 2,
                0,
                None,
                Observation::CloudJournal(line.clone()),
            );
        }
        if let Some(scan) = &self.scan {
            see(
                Phase::Probe,
                14 * SECOND + 3,
                0,
                None,
                Observation::SecretScan(scan.clone()),
            );
        }
    }

    /// What a domain controller's own database holds of somebody.
    fn held(&self, number: usize, dc: usize) -> Option<OracleRecord> {
        let person = &self.people[number];
        let metadata = person.after[dc].filter(|_| self.oracle)?;
        let right = || vec![Some(person.label); person.after.len()];
        Some(OracleRecord {
            metadata,
            holds: person.held.clone().unwrap_or_else(right)[dc],
        })
    }

    fn binds(&self, number: usize) -> Vec<BindRecord> {
        let touched = self.ops.iter().any(|op| op.user == user(number));
        let person = &self.people[number];
        let right = || touched.then(|| bind(person.label, true, None)).into_iter().collect();
        person.binds.clone().unwrap_or_else(right)
    }
}

/// The phase in which a watcher sees something.
fn phase_at(at_us: u64) -> Phase {
    let entered = phases().into_iter().rev().find(|(_, from)| *from <= at_us);
    entered.map_or(Phase::Provision, |(phase, _)| phase)
}

fn phases() -> Vec<(Phase, u64)> {
    vec![
        (Phase::Populate, 100_000),
        (Phase::Baseline, 400_000),
        (Phase::WarmUp, SECOND),
        (Phase::Measure, MEASURE.start),
        (Phase::Heal, MEASURE.end),
        (Phase::Drain, MEASURE.end + 1),
        (Phase::Quiet, 13 * SECOND),
        (Phase::Probe, 14 * SECOND),
        (Phase::Seal, 15 * SECOND),
    ]
}

pub fn clean_scan() -> ScanRecord {
    ScanRecord {
        places: 9,
        secrets: 40,
        encodings: 8,
        hits: Vec::new(),
        canary: true,
        wire: None,
    }
}

fn manifest(people: u64) -> Manifest {
    Manifest {
        version: history::FORMAT_VERSION,
        scenario: "quick".into(),
        why: "to try the judge".into(),
        world: "embedded".into(),
        seed: 1,
        plan_hash: "p".into(),
        people_sha256: "q".into(),
        arrivals_sha256: "r".into(),
        sentences: Vec::new(),
        people,
        executor: "constant_arrival_rate".into(),
        capacity: None,
        arrivals: 0,
        message_lifetime_us: SECOND,
        start_within_us: 3 * SECOND,
        closed_to: Vec::new(),
        goals: Vec::new(),
        phases: Vec::new(),
        samples_every_us: 0,
        started_unix_ms: 0,
        run: "run".into(),
        versions: BTreeMap::new(),
        host: Host::default(),
        image_digests: BTreeMap::new(),
        capabilities: Vec::new(),
        reproduce: "wblab run quick.toml --seed 1".into(),
    }
}

/// The finding of a law.
pub fn finding<'a>(judgement: &'a Judgement, check: &str) -> &'a Finding {
    let found = judgement.verdict.findings.iter().find(|finding| finding.check == check);
    found.unwrap_or_else(|| panic!("no finding {check}"))
}

/// The law fails, and so does the run, with a sentence that holds all of these words.
#[track_caller]
pub fn assert_fails(judgement: &Judgement, check: &str, words: &[&str]) {
    let finding = finding(judgement, check);
    assert_eq!(finding.verdict, Mark::Fail, "{finding:?}");
    assert_eq!(judgement.verdict.verdict, Mark::Fail);
    let says = |violation: &String| words.iter().all(|word| violation.contains(word));
    assert!(finding.violations.iter().any(says), "{words:?} not in {finding:?}");
}

/// The mark of a law.
#[track_caller]
pub fn assert_mark(judgement: &Judgement, check: &str, mark: Mark) {
    let finding = finding(judgement, check);
    assert_eq!(finding.verdict, mark, "{finding:?}");
}

/// The laws that fail.
pub fn failing(judgement: &Judgement) -> Vec<&str> {
    let failing = |finding: &&Finding| finding.verdict == Mark::Fail;
    let findings = judgement.verdict.findings.iter().filter(failing);
    findings.map(|finding| finding.check.as_str()).collect()
}
