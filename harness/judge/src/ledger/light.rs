//! Lines with no more of them than is kept, made where they are read.

use std::num::NonZeroU64;

use history::{AttributesRecord, BindRecord, Event, Line, Metadata, OpLine, OracleRecord, Phase, SeenLine, Sight};
use uuid::Uuid;
use vocabulary::{Outcome, ReasonCode, StageTimes};

use super::index::Known;
use super::{Label, Notes, Op};

/// How the cloud's journal calls what has not ended.
const IN_FLIGHT: &str = "in_flight";

/// Who is meant: somebody of `people.csv`, or somebody whom only the history names.
pub(super) enum Who {
    Known(u32),
    Stranger(Uuid, Box<str>),
}

impl Who {
    pub(super) fn of(user: Uuid, name: &str, known: &Known) -> Self {
        known
            .get(&user)
            .map_or_else(|| Self::Stranger(user, name.into()), |person| Self::Known(*person))
    }
}

/// Lines that stand together.
#[derive(Default)]
pub(super) struct LightChunk {
    pub(super) lines: Vec<Light>,
    /// The operations among them, in their order.
    pub(super) ops: Vec<LightOp>,
    /// The names of their personas: a few.
    pub(super) personas: Vec<Box<str>>,
}

impl LightChunk {
    pub(super) fn add(&mut self, line: Line<'_>, known: &Known) {
        let light = match line {
            Line::Op(op) => {
                let persona = self.persona(&op.persona);
                self.ops.push(LightOp::of(op, persona, known));
                Light::Op
            }
            Line::Seen(seen) => Light::seen(seen, known),
            Line::Other(event) => Light::Other(Box::new(event)),
        };
        self.lines.push(light);
    }

    fn persona(&mut self, name: &str) -> usize {
        let known = self.personas.iter().position(|known| **known == *name);
        known.unwrap_or_else(|| {
            self.personas.push(name.into());
            self.personas.len() - 1
        })
    }
}

/// A line with no more of it than is kept. Journals' lines come most often: what is larger than one of them stands elsewhere.
pub(super) enum Light {
    /// The next of the chunk's operations.
    Op,
    Seen(Box<LightSeen>),
    Journal {
        at_us: u64,
        op: Uuid,
        agent: bool,
        in_flight: bool,
        note: Option<Notes>,
    },
    Nothing {
        at_us: u64,
    },
    Other(Box<Event>),
}

/// Something seen of one person.
pub(super) struct LightSeen {
    pub(super) at_us: u64,
    pub(super) phase: Phase,
    pub(super) who: Who,
    pub(super) dc: Option<Box<str>>,
    pub(super) seen: Seen,
}

pub(super) struct LightOp {
    pub(super) at_us: u64,
    pub(super) phase: Phase,
    pub(super) who: Who,
    /// Among those of the chunk.
    pub(super) persona: usize,
    pub(super) arrival: Option<u64>,
    pub(super) attempt: u32,
    pub(super) op: Op,
    /// How it ended, other than applied.
    pub(super) ending: Option<Outcome>,
    pub(super) stages: Option<StageTimes>,
}

pub(super) enum Seen {
    Baseline(Metadata),
    /// With the instant of the question, where that is told.
    Probe(Metadata, Option<NonZeroU64>),
    Attributes(AttributesRecord),
    Oracle(OracleRecord),
    Bind(BindRecord),
}

impl Light {
    fn seen(line: SeenLine<'_>, known: &Known) -> Self {
        let at_us = line.at_us;
        let seen = match line.sight {
            Sight::Agent(line) => {
                let in_flight = false;
                let (op, note) = (line.op_id, agent_note(&line.result));
                return Self::Journal {
                    at_us,
                    op,
                    agent: true,
                    in_flight,
                    note,
                };
            }
            Sight::Cloud(line) => {
                let in_flight = line.result == IN_FLIGHT;
                let (op, note) = (line.op_id, cloud_note(&line.result));
                return Self::Journal {
                    at_us,
                    op,
                    agent: false,
                    in_flight,
                    note,
                };
            }
            Sight::Baseline(seen) => Seen::Baseline(seen),
            Sight::Probe(seen) => Seen::Probe(seen, line.asked_us.and_then(NonZeroU64::new)),
            Sight::Attributes(seen) => Seen::Attributes(seen),
            Sight::Oracle(seen) => Seen::Oracle(seen),
            Sight::Bind(record) => Seen::Bind(record),
        };
        line.user.map_or(Self::Nothing { at_us }, |user| {
            Self::Seen(Box::new(LightSeen {
                at_us,
                phase: line.phase,
                who: Who::of(user, "", known),
                dc: line.dc.map(Into::into),
                seen,
            }))
        })
    }
}

impl LightOp {
    fn of(line: OpLine<'_>, persona: usize, known: &Known) -> Self {
        let mut notes = Notes::default();
        if matches!(&line.outcome, Outcome::Rejected(reason) if reason.code == ReasonCode::IncorrectPassword) {
            notes.add(Notes::WRONG_OLD);
        }
        let op = Op {
            id: line.op_id,
            intended_us: line.intended_us,
            started_us: line.started_us,
            finished_us: line.finished_us,
            expires_us: line.expires_us,
            person: 0,
            value: Label::of(line.writes),
            base: Label::of(line.proves),
            kind: line.op,
            class: line.outcome.class(),
            persona: 0,
            notes,
        };
        Self {
            at_us: line.at_us,
            phase: line.phase,
            who: Who::of(line.user, &line.actor, known),
            persona,
            arrival: line.arrival,
            attempt: line.attempt,
            op,
            ending: (line.outcome != Outcome::Applied).then_some(line.outcome),
            stages: line.stages_us,
        }
    }
}

fn agent_note(result: &str) -> Option<Notes> {
    Some(match result {
        "applied" => Notes::AGENT_APPLIED,
        "rejected" | "failed" => Notes::AGENT_REFUSED,
        _ => return None,
    })
}

fn cloud_note(result: &str) -> Option<Notes> {
    Some(match result {
        "applied" => Notes::CLOUD_APPLIED,
        "rejected" | "failed" => Notes::CLOUD_REFUSED,
        "unknown" | IN_FLIGHT => Notes::CLOUD_UNSURE,
        _ => return None,
    })
}
