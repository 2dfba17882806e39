//! An operation, or an arrival that never began, with everything that a column tells of it.

use history::{DroppedEvent, Event, Line, OpLine, Phase};
use uuid::Uuid;
use vocabulary::{Outcome, OutcomeClass, Reason, SsprCode, Stage, StageTimes};

/// One row. What is absent is none, never zero.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row {
    pub arrival: Option<u64>,
    pub attempt: u32,
    pub op_id: Option<Uuid>,
    pub op: &'static str,
    pub phase: &'static str,
    pub actor: String,
    pub persona: String,
    pub user: Uuid,
    pub writes: Option<u32>,
    pub proves: Option<u32>,
    pub outcome: &'static str,
    pub reason: Option<&'static str>,
    pub sspr: Option<&'static str>,
    pub event: Option<u32>,
    pub win32: Option<u32>,
    pub recorded_us: u64,
    pub intended_us: u64,
    pub ran: Option<Ran>,
    pub stages: Option<StageTimes>,
}

/// When an operation that began did so, and ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ran {
    pub started_us: u64,
    pub finished_us: u64,
    pub expires_us: u64,
}

impl Row {
    /// The row of a line, where it tells of an operation.
    pub fn of(line: Line<'_>) -> Option<Self> {
        match line {
            Line::Op(op) => Some(Self::begun(op)),
            Line::Other(Event::Dropped(dropped)) => Some(Self::dropped(dropped)),
            Line::Other(_) | Line::Seen(_) => None,
        }
    }

    fn begun(op: OpLine<'_>) -> Self {
        let (reason, why) = match &op.outcome {
            Outcome::Applied => (None, None),
            Outcome::Rejected(reason) | Outcome::Failed(reason) => (Some(reason.clone()), Some(reason.code.as_str())),
            Outcome::Unknown(why) => (None, Some(why.as_str())),
        };
        let code = |of: fn(&Reason) -> Option<u32>| reason.as_ref().and_then(of);
        Self {
            arrival: op.arrival,
            attempt: op.attempt,
            op_id: Some(op.op_id),
            op: op.op.as_str(),
            phase: phase(op.phase),
            actor: op.actor.into_owned(),
            persona: op.persona.into_owned(),
            user: op.user,
            writes: op.writes,
            proves: op.proves,
            outcome: op.outcome.class().as_str(),
            reason: why,
            sspr: reason.as_ref().and_then(|reason| reason.sspr).map(SsprCode::as_str),
            event: code(|reason| reason.event.map(|event| event.0)),
            win32: code(|reason| reason.win32.map(|win32| win32.0)),
            recorded_us: op.at_us,
            intended_us: op.intended_us,
            ran: Some(Ran {
                started_us: op.started_us,
                finished_us: op.finished_us,
                expires_us: op.expires_us,
            }),
            stages: op.stages_us,
        }
    }

    fn dropped(dropped: DroppedEvent) -> Self {
        Self {
            arrival: dropped.arrival,
            attempt: dropped.attempt,
            op_id: None,
            op: dropped.op.as_str(),
            phase: phase(dropped.phase),
            actor: dropped.actor,
            persona: dropped.persona,
            user: dropped.user,
            writes: None,
            proves: None,
            outcome: OutcomeClass::Dropped.as_str(),
            reason: Some(dropped.why.as_str()),
            sspr: None,
            event: None,
            win32: None,
            recorded_us: dropped.at_us,
            intended_us: dropped.intended_us,
            ran: None,
            stages: None,
        }
    }

    /// From the intended start until the end was known.
    pub fn response_us(&self) -> Option<u64> {
        self.ran.map(|ran| ran.finished_us.saturating_sub(self.intended_us))
    }

    /// From the actual start.
    pub fn service_us(&self) -> Option<u64> {
        self.ran.map(|ran| ran.finished_us.saturating_sub(ran.started_us))
    }

    /// Exclusive time of a stage.
    pub fn stage_us(&self, stage: Stage) -> Option<u64> {
        self.stages.as_ref()?.get(stage)
    }

    /// What no stage accounts for.
    pub fn network_us(&self) -> Option<u64> {
        let known: u64 = self.stages.as_ref()?.iter().map(|(_, us)| us).sum();
        self.service_us().map(|service| service.saturating_sub(known))
    }
}

/// A phase as the history names it.
fn phase(phase: Phase) -> &'static str {
    match phase {
        Phase::WarmUp => "warm_up",
        other => other.as_str(),
    }
}
