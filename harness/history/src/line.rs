//! One line of the history, read without copying what need not be kept: a run may have tens of millions.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::value::RawValue;
use uuid::Uuid;
use vocabulary::{OpKind, Outcome, StageTimes};

use crate::{BindRecord, Event, Metadata, OracleRecord, Phase};

/// How a line begins that holds an operation, as [`crate::HistoryWriter`] writes it.
const OP: &[u8] = br#"{"kind":"op","#;

/// How a line begins that holds an observation.
const OBSERVE: &[u8] = br#"{"kind":"observe","#;

/// A line of the history.
#[derive(Debug)]
pub enum Line<'a> {
    /// An operation.
    Op(OpLine<'a>),
    /// Something seen of one person, or a journal's line.
    Seen(SeenLine<'a>),
    /// Anything else.
    Other(Event),
}

/// What is judged of an operation; see [`crate::OpEvent`].
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "each field is told of where it is written")]
pub struct OpLine<'a> {
    pub at_us: u64,
    pub phase: Phase,
    pub op_id: Uuid,
    pub op: OpKind,
    pub attempt: u32,
    #[serde(default)]
    pub arrival: Option<u64>,
    #[serde(borrow)]
    pub actor: Cow<'a, str>,
    #[serde(borrow)]
    pub persona: Cow<'a, str>,
    pub user: Uuid,
    pub writes: Option<u32>,
    pub proves: Option<u32>,
    pub intended_us: u64,
    pub started_us: u64,
    pub finished_us: u64,
    pub expires_us: u64,
    pub outcome: Outcome,
    pub stages_us: Option<StageTimes>,
}

/// What was seen, and of what; see [`crate::ObserveEvent`].
#[derive(Debug)]
#[expect(missing_docs, reason = "each field is told of where it is written")]
pub struct SeenLine<'a> {
    pub at_us: u64,
    pub phase: Phase,
    pub dc: Option<Cow<'a, str>>,
    pub user: Option<Uuid>,
    pub asked_us: Option<u64>,
    pub sight: Sight<'a>,
}

/// Those observations that come by the million.
#[derive(Debug)]
pub enum Sight<'a> {
    /// See [`crate::Observation::Baseline`].
    Baseline(Metadata),
    /// See [`crate::Observation::Probe`].
    Probe(Metadata),
    /// See [`crate::Observation::Oracle`].
    Oracle(OracleRecord),
    /// See [`crate::Observation::Bind`].
    Bind(BindRecord),
    /// See [`crate::Observation::AgentJournal`].
    Agent(JournalLine<'a>),
    /// See [`crate::Observation::CloudJournal`].
    Cloud(JournalLine<'a>),
}

/// See [`crate::JournalRecord`].
#[derive(Debug, Deserialize)]
#[expect(missing_docs, reason = "each field is told of where it is written")]
pub struct JournalLine<'a> {
    pub op_id: Uuid,
    #[serde(borrow)]
    pub result: Cow<'a, str>,
    pub code: u32,
}

/// What a line is that another hand wrote in another order.
#[derive(Deserialize)]
struct Tag<'a> {
    #[serde(borrow)]
    kind: Cow<'a, str>,
}

/// An observation whose record is not read yet.
#[derive(Deserialize)]
struct Envelope<'a> {
    at_us: u64,
    phase: Phase,
    #[serde(borrow, default)]
    dc: Option<Cow<'a, str>>,
    #[serde(default)]
    user: Option<Uuid>,
    #[serde(default)]
    asked_us: Option<u64>,
    #[serde(borrow)]
    by: Cow<'a, str>,
    #[serde(borrow)]
    value: &'a RawValue,
}

impl<'a> Line<'a> {
    /// Reads a line.
    ///
    /// # Errors
    /// What JSON said.
    pub fn parse(line: &'a [u8]) -> Result<Self, serde_json::Error> {
        let kind = match line {
            line if line.starts_with(OP) => Cow::Borrowed("op"),
            line if line.starts_with(OBSERVE) => Cow::Borrowed("observe"),
            line => serde_json::from_slice::<Tag<'_>>(line)?.kind,
        };
        match kind.as_ref() {
            "op" => serde_json::from_slice(line).map(Self::Op),
            "observe" => SeenLine::parse(line)?.map_or_else(|| Self::whole(line), |seen| Ok(Self::Seen(seen))),
            _ => Self::whole(line),
        }
    }

    fn whole(line: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(line).map(Self::Other)
    }

    /// When it was written.
    #[must_use]
    pub fn at_us(&self) -> u64 {
        match self {
            Self::Op(op) => op.at_us,
            Self::Seen(seen) => seen.at_us,
            Self::Other(event) => event.stamp().at_us,
        }
    }
}

impl<'a> SeenLine<'a> {
    fn parse(line: &'a [u8]) -> Result<Option<Self>, serde_json::Error> {
        let envelope: Envelope<'a> = serde_json::from_slice(line)?;
        let value = envelope.value.get();
        let sight = match envelope.by.as_ref() {
            "baseline" => Sight::Baseline(serde_json::from_str(value)?),
            "probe" => Sight::Probe(serde_json::from_str(value)?),
            "oracle" => Sight::Oracle(serde_json::from_str(value)?),
            "bind" => Sight::Bind(serde_json::from_str(value)?),
            "agent_journal" => Sight::Agent(serde_json::from_str(value)?),
            "cloud_journal" => Sight::Cloud(serde_json::from_str(value)?),
            _ => return Ok(None),
        };
        Ok(Some(Self {
            at_us: envelope.at_us,
            phase: envelope.phase,
            dc: envelope.dc,
            user: envelope.user,
            asked_us: envelope.asked_us,
            sight,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{JournalRecord, Observation, ObserveEvent, OpEvent, ScanRecord};

    fn op() -> OpEvent {
        OpEvent {
            seq: 1,
            at_us: 2,
            phase: Phase::Measure,
            op_id: Uuid::from_u128(3),
            op: OpKind::Change,
            attempt: 2,
            actor: "an \"odd\" name".into(),
            persona: "office".into(),
            user: Uuid::from_u128(4),
            writes: Some(5),
            proves: Some(6),
            intended_us: 7,
            started_us: 8,
            finished_us: 9,
            expires_us: 10,
            outcome: Outcome::Applied,
            stages_us: None,
        }
    }

    #[test]
    fn an_operation_is_the_same_read_either_way() {
        let event = op();
        let text = serde_json::to_vec(&Event::Op(event.clone())).unwrap();
        let Line::Op(line) = Line::parse(&text).unwrap() else {
            panic!("no operation")
        };
        assert_eq!(
            (line.at_us, line.phase, line.op_id, line.op, line.user),
            (event.at_us, event.phase, event.op_id, event.op, event.user)
        );
        assert_eq!((&*line.actor, &*line.persona), (&*event.actor, &*event.persona));
        assert_eq!((line.writes, line.proves), (event.writes, event.proves));
        assert_eq!(
            (line.intended_us, line.started_us, line.finished_us, line.expires_us),
            (7, 8, 9, 10)
        );
        assert_eq!((line.outcome, line.stages_us), (event.outcome, event.stages_us));
    }

    #[test]
    fn the_order_of_the_keys_does_not_matter() {
        let text = serde_json::to_string(&Event::Op(op())).unwrap();
        let turned = text.replacen(r#""kind":"op","#, "", 1).replace('}', r#","kind":"op"}"#);
        assert!(
            matches!(Line::parse(turned.as_bytes()).unwrap(), Line::Op(_)),
            "{turned}"
        );
    }

    #[test]
    fn observations_are_read_by_what_they_hold_and_the_rare_ones_whole() {
        let line = |observation| {
            let event = ObserveEvent {
                seq: 0,
                at_us: 17,
                phase: Phase::Probe,
                dc: Some("dc1".into()),
                user: None,
                op_id: Some(Uuid::from_u128(1)),
                asked_us: Some(11),
                observation,
            };
            serde_json::to_vec(&Event::Observe(event)).unwrap()
        };
        let journal = JournalRecord {
            op_id: Uuid::from_u128(1),
            result: "applied".into(),
            code: 31002,
        };
        let told = line(Observation::AgentJournal(journal));
        let Line::Seen(seen) = Line::parse(&told).unwrap() else {
            panic!("not seen")
        };
        assert_eq!(
            (seen.at_us, seen.asked_us, seen.dc.as_deref()),
            (17, Some(11), Some("dc1"))
        );
        assert!(matches!(seen.sight, Sight::Agent(line) if line.result == "applied" && line.code == 31002));
        let scan = line(Observation::SecretScan(ScanRecord {
            places: 1,
            secrets: 1,
            encodings: 1,
            hits: Vec::new(),
            canary: true,
        }));
        assert!(matches!(Line::parse(&scan).unwrap(), Line::Other(Event::Observe(_))));
    }
}
