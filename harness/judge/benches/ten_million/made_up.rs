//! A run of any size in which everything went right.

use std::collections::BTreeMap;

use history::{
    BindRecord, Event, HistoryWriter, Host, JournalRecord, Manifest, Metadata, Observation, ObserveEvent, OpEvent,
    OracleRecord, PersonRow, Phase, PhaseEvent, RunFolder,
};
use uuid::Uuid;
use vocabulary::{OpKind, Outcome, ReasonCode, StageTimes, UnknownWhy};

use crate::Size;

const SECOND: u64 = 1_000_000;
const DC: &str = "dc1.corp.test";

/// Between 1601 and 1970, in microseconds.
const EPOCHS_APART_US: i64 = 11_644_473_600_000_000;

struct Person {
    user: Uuid,
    upn: String,
    label: u32,
    last: u32,
    seen: Metadata,
}

impl Person {
    /// A label that no operation had before.
    fn next(&mut self) -> u32 {
        self.last += 1;
        self.last
    }
}

/// Writes the run.
pub(crate) fn write(folder: &RunFolder, size: &Size) {
    let mut people: Vec<Person> = (0..size.people).map(person).collect();
    folder.write_manifest(&manifest(size)).unwrap();
    let rows: Vec<PersonRow> = people
        .iter()
        .map(|person| PersonRow {
            user: person.user,
            upn: person.upn.clone(),
        })
        .collect();
    folder.write_people(&rows).unwrap();
    let mut run = Run {
        writer: folder.writer().unwrap(),
        at_us: 0,
        phase: Phase::Provision,
    };
    run.enter(Phase::Baseline);
    for person in &people {
        run.see(person, Observation::Baseline(person.seen));
    }
    run.enter(Phase::Measure);
    for number in 0..size.operations {
        let whose = scatter(number ^ 0xF00D) % size.people;
        let person = &mut people[whose as usize];
        run.operate(person, number);
    }
    for phase in [Phase::Heal, Phase::Drain, Phase::Quiet, Phase::Probe] {
        run.at_us += SECOND;
        run.enter(phase);
    }
    for person in &people {
        run.see(person, Observation::Probe(person.seen));
    }
    for person in &people {
        run.see(
            person,
            Observation::Oracle(OracleRecord {
                metadata: person.seen,
                holds: Some(person.label),
            }),
        );
    }
    for person in &people {
        run.see(
            person,
            Observation::Bind(BindRecord {
                label: person.label,
                accepted: true,
                data: None,
            }),
        );
    }
    if size.journals {
        run.journals(size.operations);
    }
    run.enter(Phase::Seal);
    run.writer.seal().unwrap();
}

struct Run {
    writer: HistoryWriter,
    at_us: u64,
    phase: Phase,
}

impl Run {
    fn put(&mut self, event: Event) {
        self.writer.append(event, self.at_us, self.phase).unwrap();
    }

    fn enter(&mut self, enter: Phase) {
        let (seq, at_us, phase) = (0, 0, self.phase);
        self.put(Event::Phase(PhaseEvent {
            seq,
            at_us,
            phase,
            enter,
            broke: Vec::new(),
        }));
        self.phase = enter;
    }

    fn see(&mut self, person: &Person, observation: Observation) {
        self.put(observed(
            self.phase,
            Some(DC.to_owned()),
            Some(person.user),
            observation,
        ));
    }

    /// One operation of a millisecond that begins when the one before it has ended.
    fn operate(&mut self, person: &mut Person, number: u64) {
        self.at_us += 1000;
        let (op, outcome, effect) = kind(number);
        let writes = op.writes_password().then(|| person.next());
        if effect {
            take_effect(person, writes, self.at_us);
        }
        let event = OpEvent {
            seq: 0,
            at_us: 0,
            phase: self.phase,
            op_id: op_id(number),
            op,
            attempt: 1,
            arrival: None,
            actor: person.upn.clone(),
            persona: "office".into(),
            user: person.user,
            writes,
            proves: None,
            intended_us: self.at_us - 900,
            started_us: self.at_us - 890,
            finished_us: self.at_us,
            expires_us: self.at_us + 2 * SECOND,
            outcome,
            stages_us: Some(stages(number)),
        };
        self.put(Event::Op(event));
    }

    fn journals(&mut self, operations: u64) {
        for number in 0..operations {
            let (_, outcome, effect) = kind(number);
            let result = if effect { "applied" } else { outcome.class().as_str() };
            let record = |code| JournalRecord {
                op_id: op_id(number),
                result: result.to_owned(),
                code,
            };
            self.put(observed(
                self.phase,
                None,
                None,
                Observation::AgentJournal(record(31002)),
            ));
            self.put(observed(self.phase, None, None, Observation::CloudJournal(record(0))));
        }
    }
}

fn observed(phase: Phase, dc: Option<String>, user: Option<Uuid>, observation: Observation) -> Event {
    Event::Observe(ObserveEvent {
        seq: 0,
        at_us: 0,
        phase,
        dc,
        user,
        op_id: None,
        asked_us: None,
        observation,
    })
}

/// Of a hundred: 79 resets applied, 1 of unknown end and without effect, 5 refused, 15 unlocks.
fn kind(number: u64) -> (OpKind, Outcome, bool) {
    match scatter(number) % 100 {
        0..5 => (OpKind::Reset, Outcome::rejected(ReasonCode::PasswordPolicy), false),
        5 => (OpKind::Reset, Outcome::Unknown(UnknownWhy::Timeout), false),
        6..21 => (OpKind::Unlock, Outcome::Applied, true),
        _ => (OpKind::Reset, Outcome::Applied, true),
    }
}

fn take_effect(person: &mut Person, writes: Option<u32>, at_us: u64) {
    if let Some(label) = writes {
        person.label = label;
        person.seen.kvno += 1;
        person.seen.pwd_last_set = (at_us as i64 + EPOCHS_APART_US) * 10;
    }
}

fn stages(number: u64) -> StageTimes {
    let extra = number % 100;
    let header = format!(
        "cloud;dur=0.{:03}, relay;dur=0.1, queue;dur=0.02, crypto;dur=0.1, locate;dur=0.05, write;dur=0.{:03}",
        100 + extra,
        200 + extra
    );
    StageTimes::from_server_timing(&header)
}

fn person(number: u64) -> Person {
    let (high, low) = (scatter(number), scatter(number ^ 0xABCD_EF01));
    Person {
        user: Uuid::from_u64_pair(high, low),
        upn: format!("given.family.{number}@corp.test"),
        label: 0,
        last: 0,
        seen: Metadata {
            kvno: 2,
            pwd_last_set: 1000,
            lockout_time: 0,
            bad_pwd_count: 0,
            uac: 512,
            usn: number,
        },
    }
}

fn op_id(number: u64) -> Uuid {
    Uuid::from_u64_pair(scatter(number ^ 0x5555), scatter(number ^ 0xAAAA_AAAA))
}

/// SplitMix64's finisher: spreads neighbours over all numbers.
fn scatter(number: u64) -> u64 {
    let mut mixed = number.wrapping_add(1).wrapping_mul(0x9E37_79B9_7F4A_7C15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    mixed ^ (mixed >> 31)
}

fn manifest(size: &Size) -> Manifest {
    Manifest {
        version: history::FORMAT_VERSION,
        scenario: "ten-million".into(),
        why: "to measure the judge".into(),
        world: "embedded".into(),
        seed: 1,
        plan_hash: String::new(),
        people_sha256: String::new(),
        arrivals_sha256: String::new(),
        sentences: Vec::new(),
        people: size.people,
        executor: "constant_arrival_rate".into(),
        capacity: None,
        arrivals: size.operations,
        message_lifetime_us: 2 * SECOND,
        start_within_us: 10 * SECOND,
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
        reproduce: String::new(),
    }
}
