//! One line of the history, read without copying what need not be kept: a run may have tens of millions.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Error as _, IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer as _};
use serde_json::value::RawValue;
use uuid::Uuid;
use vocabulary::{OpKind, Outcome, StageTimes};

use crate::{AttributesRecord, BindRecord, Event, Metadata, OracleRecord, Phase, quick};

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
    /// See [`crate::Observation::Attributes`].
    Attributes(AttributesRecord),
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

impl<'a> Line<'a> {
    /// Reads a line.
    ///
    /// # Errors
    /// What JSON said.
    pub fn parse(line: &'a [u8]) -> Result<Self, serde_json::Error> {
        quick::line(line).map_or_else(|| Self::any(line), Ok)
    }

    /// Reads a line as any JSON is read: whoever wrote it, in whatever order.
    pub(crate) fn any(line: &'a [u8]) -> Result<Self, serde_json::Error> {
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

/// The keys of an observation that are read.
#[derive(Deserialize)]
#[serde(field_identifier, rename_all = "snake_case")]
enum Key {
    AtUs,
    Phase,
    Dc,
    User,
    AskedUs,
    By,
    Value,
    #[serde(other)]
    Other,
}

/// Who saw: it says what the value is.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum By {
    Baseline,
    Probe,
    Attributes,
    Oracle,
    Bind,
    AgentJournal,
    CloudJournal,
    #[serde(other)]
    Rare,
}

impl By {
    /// Reads the value by way of whoever can read anything; none for what is read whole.
    fn sight<'a, E>(self, read: impl ReadAny<'a, E>) -> Result<Option<Sight<'a>>, E> {
        Ok(Some(match self {
            Self::Baseline => Sight::Baseline(read.value()?),
            Self::Probe => Sight::Probe(read.value()?),
            Self::Attributes => Sight::Attributes(read.value()?),
            Self::Oracle => Sight::Oracle(read.value()?),
            Self::Bind => Sight::Bind(read.value()?),
            Self::AgentJournal => Sight::Agent(read.value()?),
            Self::CloudJournal => Sight::Cloud(read.value()?),
            Self::Rare => {
                read.value::<IgnoredAny>()?;
                return Ok(None);
            }
        }))
    }
}

/// Reads a value of any type, once.
trait ReadAny<'a, E> {
    fn value<T: Deserialize<'a>>(self) -> Result<T, E>;
}

/// The value that comes next in a map.
struct Next<'m, A>(&'m mut A);

impl<'a, A: MapAccess<'a>> ReadAny<'a, A::Error> for Next<'_, A> {
    fn value<T: Deserialize<'a>>(self) -> Result<T, A::Error> {
        self.0.next_value()
    }
}

/// A value that stood ahead of what says how to read it.
struct Kept<'a>(&'a RawValue);

impl<'a> ReadAny<'a, serde_json::Error> for Kept<'a> {
    fn value<T: Deserialize<'a>>(self) -> Result<T, serde_json::Error> {
        serde_json::from_str(self.0.get())
    }
}

impl<'a> SeenLine<'a> {
    /// None where it is read whole.
    fn parse(line: &'a [u8]) -> Result<Option<Self>, serde_json::Error> {
        serde_json::Deserializer::from_slice(line).deserialize_map(Seeing)
    }
}

struct Seeing;

impl<'a> Visitor<'a> for Seeing {
    type Value = Option<SeenLine<'a>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an observation")
    }

    fn visit_map<A: MapAccess<'a>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut at_us, mut phase, mut dc, mut user, mut asked_us) = (None, None, None, None, None);
        let (mut by, mut sight, mut kept) = (None::<By>, None, None);
        while let Some(key) = map.next_key()? {
            match (key, by) {
                (Key::AtUs, _) => at_us = Some(map.next_value()?),
                (Key::Phase, _) => phase = Some(map.next_value()?),
                (Key::Dc, _) => dc = map.next_value::<Option<Borrowed<'a>>>()?.map(|name| name.0),
                (Key::User, _) => user = map.next_value()?,
                (Key::AskedUs, _) => asked_us = map.next_value()?,
                (Key::By, _) => by = Some(map.next_value()?),
                (Key::Value, Some(by)) => sight = by.sight(Next(&mut map))?,
                (Key::Value, None) => kept = Some(map.next_value::<&RawValue>()?),
                (Key::Other, _) => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        if let (Some(by), Some(kept)) = (by, kept) {
            sight = by.sight(Kept(kept)).map_err(A::Error::custom)?;
        }
        let (Some(at_us), Some(phase)) = (at_us, phase) else {
            return Err(A::Error::missing_field("at_us or phase"));
        };
        Ok(sight.map(|sight| SeenLine {
            at_us,
            phase,
            dc,
            user,
            asked_us,
            sight,
        }))
    }
}

/// A text that is copied only where it holds an escape.
#[derive(Deserialize)]
struct Borrowed<'a>(#[serde(borrow)] Cow<'a, str>);

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
            arrival: Some(7),
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
    fn a_value_ahead_of_its_observer_is_read_too() {
        let text = br#"{"value":{"label":1,"accepted":true,"data":null},"kind":"observe","by":"bind","at_us":5,"phase":"probe"}"#;
        let Line::Seen(seen) = Line::parse(text).unwrap() else {
            panic!("not seen")
        };
        assert!(seen.at_us == 5 && matches!(seen.sight, Sight::Bind(record) if record.accepted));
        assert!(Line::parse(br#"{"kind":"observe","by":"bind","value":{}}"#).is_err());
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
            wire: None,
        }));
        assert!(matches!(Line::parse(&scan).unwrap(), Line::Other(Event::Observe(_))));
    }
}
