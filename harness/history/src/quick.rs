//! The lines that come by the ten million, read as [`crate::HistoryWriter`] writes them: keys in their order, no spaces, no
//! escapes. What differs in anything is none of this module's, and is read as any JSON is.

use std::borrow::Cow;
use std::str;

use serde::Deserialize;
use uuid::Uuid;
use vocabulary::{OpKind, Outcome, Stage, StageTimes};

use crate::line::{JournalLine, OpLine, SeenLine, Sight};
use crate::{Line, Phase};

/// The line, if it is an operation or an observation as our own hand writes it.
pub(crate) fn line(line: &[u8]) -> Option<Line<'_>> {
    let mut text = Text(line.strip_suffix(b"\n").unwrap_or(line));
    text.pass(br#"{"kind":""#)?;
    match text.word()? {
        b"op" => operation(text).map(Line::Op),
        b"observe" => seen(text).map(Line::Seen),
        _ => None,
    }
}

fn operation(mut text: Text<'_>) -> Option<OpLine<'_>> {
    let line = OpLine {
        at_us: text.stamp()?,
        phase: text.phase()?,
        op_id: text.key(br#","op_id":"#)?.uuid()?,
        op: text.key(br#","op":"#)?.kind()?,
        attempt: text.key(br#","attempt":"#)?.small()?,
        arrival: match text.key(br#","arrival":"#) {
            Some(text) => Some(text.number()?),
            None => None,
        },
        actor: Cow::Borrowed(text.key(br#","actor":"#)?.text()?),
        persona: Cow::Borrowed(text.key(br#","persona":"#)?.text()?),
        user: text.key(br#","user":"#)?.uuid()?,
        writes: text.key(br#","writes":"#)?.label()?,
        proves: text.key(br#","proves":"#)?.label()?,
        intended_us: text.key(br#","intended_us":"#)?.number()?,
        started_us: text.key(br#","started_us":"#)?.number()?,
        finished_us: text.key(br#","finished_us":"#)?.number()?,
        expires_us: text.key(br#","expires_us":"#)?.number()?,
        outcome: text.key(br#","outcome":"#)?.outcome()?,
        stages_us: text.key(br#","stages_us":"#)?.stages()?,
    };
    text.ends().then_some(line)
}

fn seen(mut text: Text<'_>) -> Option<SeenLine<'_>> {
    let (at_us, phase) = (text.stamp()?, text.phase()?);
    let dc = match text.key(br#","dc":"#) {
        Some(text) => Some(Cow::Borrowed(text.text()?)),
        None => None,
    };
    let user = match text.key(br#","user":"#) {
        Some(text) => Some(text.uuid()?),
        None => None,
    };
    if let Some(text) = text.key(br#","op_id":"#) {
        text.uuid()?;
    }
    let asked_us = match text.key(br#","asked_us":"#) {
        Some(text) => Some(text.number()?),
        None => None,
    };
    let by = text.key(br#","by":"#)?.quoted()?;
    text.pass(br#","value":"#)?;
    Some(SeenLine {
        at_us,
        phase,
        dc,
        user,
        asked_us,
        sight: text.sight(by)?,
    })
}

/// What is still to be read.
struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    /// Passes what must come next.
    fn pass(&mut self, expected: &[u8]) -> Option<()> {
        self.0 = self.0.strip_prefix(expected)?;
        Some(())
    }

    /// Passes a key, if it is the next.
    fn key(&mut self, key: &[u8]) -> Option<&mut Self> {
        self.pass(key).map(|()| self)
    }

    /// Whether the object ends here, and the line with it.
    fn ends(&self) -> bool {
        self.0 == b"}"
    }

    /// What stands up to the closing quote, without escapes.
    fn word(&mut self) -> Option<&'a [u8]> {
        let end = self.0.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
        let (word, rest) = self.0.split_at_checked(end)?;
        self.0 = rest.strip_prefix(b"\"")?;
        Some(word)
    }

    fn quoted(&mut self) -> Option<&'a [u8]> {
        self.pass(b"\"")?;
        self.word()
    }

    fn text(&mut self) -> Option<&'a str> {
        str::from_utf8(self.quoted()?).ok()
    }

    fn number(&mut self) -> Option<u64> {
        let (mut number, mut rest) = (0_u64, self.0);
        while let [digit @ b'0'..=b'9', after @ ..] = rest {
            number = number.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
            rest = after;
        }
        let digits = self.0.len() - rest.len();
        // JSON has no number with a zero ahead of it (RFC 8259, section 6), nor one without a digit.
        if digits == 0 || (digits > 1 && self.0.starts_with(b"0")) {
            return None;
        }
        self.0 = rest;
        Some(number)
    }

    fn small(&mut self) -> Option<u32> {
        self.number()?.try_into().ok()
    }

    /// A number, or none.
    fn label(&mut self) -> Option<Option<u32>> {
        match self.pass(b"null") {
            Some(()) => Some(None),
            None => self.small().map(Some),
        }
    }

    fn uuid(&mut self) -> Option<Uuid> {
        self.pass(b"\"")?;
        let (id, rest) = self.0.split_at_checked(36)?;
        self.0 = rest.strip_prefix(b"\"")?;
        Uuid::try_parse_ascii(id).ok()
    }

    /// The number of the event, which nobody keeps, and its instant.
    fn stamp(&mut self) -> Option<u64> {
        self.key(br#","seq":"#)?.number()?;
        self.key(br#","at_us":"#)?.number()
    }

    fn phase(&mut self) -> Option<Phase> {
        Some(match self.key(br#","phase":"#)?.quoted()? {
            b"warm_up" => Phase::WarmUp,
            b"measure" => Phase::Measure,
            b"heal" => Phase::Heal,
            b"drain" => Phase::Drain,
            b"quiet" => Phase::Quiet,
            b"probe" => Phase::Probe,
            b"baseline" => Phase::Baseline,
            _ => return None,
        })
    }

    fn kind(&mut self) -> Option<OpKind> {
        let name = self.quoted()?;
        OpKind::ALL.into_iter().find(|kind| kind.as_str().as_bytes() == name)
    }

    fn outcome(&mut self) -> Option<Outcome> {
        match self.pass(br#""applied""#) {
            Some(()) => Some(Outcome::Applied),
            None => self.value(),
        }
    }

    fn stages(&mut self) -> Option<Option<StageTimes>> {
        if self.pass(b"null").is_some() {
            return Some(None);
        }
        let mut times = StageTimes::new();
        // In the order of the chain, each once at most.
        let mut stages = Stage::ALL.into_iter();
        self.pass(b"{")?;
        let mut more = self.pass(b"}").is_none();
        while more {
            let name = self.quoted()?;
            let stage = stages.find(|stage| stage.as_str().as_bytes() == name)?;
            self.pass(b":")?;
            times.add_us(stage, self.number()?);
            more = self.pass(b",").is_some();
            if !more {
                self.pass(b"}")?;
            }
        }
        Some(Some(times))
    }

    /// A value, read as any JSON is.
    fn value<T: Deserialize<'a>>(&mut self) -> Option<T> {
        let mut read = serde_json::Deserializer::from_slice(self.0).into_iter::<T>();
        let value = read.next()?.ok()?;
        self.0 = &self.0[read.byte_offset()..];
        Some(value)
    }

    /// What an observer of that name saw, up to the end of the line.
    fn sight(&mut self, by: &[u8]) -> Option<Sight<'a>> {
        let sight = match by {
            b"baseline" => Sight::Baseline(self.value()?),
            b"probe" => Sight::Probe(self.value()?),
            b"attributes" => Sight::Attributes(self.value()?),
            b"oracle" => Sight::Oracle(self.value()?),
            b"bind" => Sight::Bind(self.value()?),
            b"agent_journal" => Sight::Agent(self.journal()?),
            b"cloud_journal" => Sight::Cloud(self.journal()?),
            _ => return None,
        };
        self.ends().then_some(sight)
    }

    fn journal(&mut self) -> Option<JournalLine<'a>> {
        let line = JournalLine {
            op_id: self.key(br#"{"op_id":"#)?.uuid()?,
            result: Cow::Borrowed(self.key(br#","result":"#)?.result()?),
            code: self.key(br#","code":"#)?.small()?,
        };
        self.pass(b"}")?;
        Some(line)
    }

    /// How a journal says that an operation ended: nearly always the same word.
    fn result(&mut self) -> Option<&'a str> {
        match self.pass(br#""applied""#) {
            Some(()) => Some("applied"),
            None => self.text(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        AttributesRecord, BindRecord, Event, JournalRecord, Metadata, Observation, ObserveEvent, OpEvent, OracleRecord,
        PhaseEvent,
    };
    use vocabulary::{ReasonCode, UnknownWhy};

    fn op(number: u64) -> OpEvent {
        let mut stages = StageTimes::new();
        stages.add_us(Stage::Cloud, number);
        stages.add_us(Stage::Write, u64::MAX);
        let odd = number % 2 == 1;
        OpEvent {
            seq: number,
            at_us: 2 + number,
            phase: if odd { Phase::Measure } else { Phase::WarmUp },
            op_id: Uuid::from_u128(3 << number),
            op: OpKind::ALL[usize::try_from(number % 4).unwrap()],
            attempt: 2,
            arrival: odd.then_some(number),
            actor: "given.family@corp.test".into(),
            persona: "ümlaut".into(),
            user: Uuid::from_u128(u128::MAX - u128::from(number)),
            writes: odd.then_some(u32::MAX),
            proves: (!odd).then_some(0),
            intended_us: 7,
            started_us: 8,
            finished_us: u64::MAX,
            expires_us: 10,
            outcome: match number % 3 {
                0 => Outcome::Applied,
                1 => Outcome::rejected(ReasonCode::PasswordPolicy),
                _ => Outcome::Unknown(UnknownWhy::Timeout),
            },
            stages_us: (!number.is_multiple_of(5)).then_some(stages),
        }
    }

    fn observed(observation: Observation, full: bool) -> Event {
        Event::Observe(ObserveEvent {
            seq: 0,
            at_us: 17,
            phase: Phase::Probe,
            dc: full.then(|| "dc1.corp.test".to_owned()),
            user: full.then(|| Uuid::from_u128(9)),
            op_id: full.then(|| Uuid::from_u128(1)),
            asked_us: full.then_some(11),
            observation,
        })
    }

    fn observations() -> Vec<Observation> {
        let metadata = Metadata {
            kvno: 3,
            pwd_last_set: -1,
            lockout_time: i64::MAX,
            bad_pwd_count: 0,
            uac: 512,
            usn: 1,
        };
        let journal = JournalRecord {
            op_id: Uuid::from_u128(4),
            result: "applied".into(),
            code: 31002,
        };
        let bind = BindRecord {
            label: 1,
            accepted: false,
            data: None,
        };
        vec![
            Observation::Baseline(metadata),
            Observation::Probe(metadata),
            Observation::Attributes(AttributesRecord {
                compared: 30,
                changed: vec!["pwdLastSet".into(), "whenChanged".into()],
            }),
            Observation::Oracle(OracleRecord {
                metadata,
                holds: Some(1),
            }),
            Observation::Bind(bind),
            Observation::AgentJournal(journal.clone()),
            Observation::CloudJournal(journal),
        ]
    }

    /// Read here, and read as any JSON is.
    fn both(event: &Event) -> (Option<String>, String) {
        let mut text = serde_json::to_vec(event).unwrap();
        text.push(b'\n');
        let quick = line(&text).map(|line| format!("{line:?}"));
        (quick, format!("{:?}", Line::any(&text).unwrap()))
    }

    #[test]
    fn what_our_hand_writes_is_read_here_and_as_any_json_alike() {
        let ops = (0..30).map(|number| Event::Op(op(number)));
        let seen = observations()
            .into_iter()
            .flat_map(|seen| [observed(seen.clone(), true), observed(seen, false)]);
        for event in ops.chain(seen) {
            let (quick, any) = both(&event);
            assert_eq!(quick, Some(any));
        }
    }

    #[test]
    fn what_differs_in_anything_is_left_to_others() {
        let text = serde_json::to_string(&Event::Op(op(1))).unwrap();
        assert!(line(text.as_bytes()).is_some());
        let changes = [
            (r#""seq":1"#, r#""seq":01"#),
            (r#""seq":1"#, r#""seq":1.0"#),
            (r#""attempt":2"#, r#""attempt":4294967296"#),
            ("given.family", r"given\u002efamily"),
            (r#""op":"#, r#" "op":"#),
            (r#""cloud":1"#, r#""write":1"#),
            (r#""cloud":1"#, r#""cloud":1,"#),
            ("}}", "}} "),
            (r#""measure""#, r#""later""#),
        ];
        for (from, to) in changes {
            let changed = text.replacen(from, to, 1);
            assert_ne!(changed, text);
            assert!(line(changed.as_bytes()).is_none(), "{changed}");
        }
        for length in 0..text.len() {
            assert!(line(&text.as_bytes()[..length]).is_none(), "{length}");
        }
        let phase = PhaseEvent {
            seq: 1,
            at_us: 2,
            phase: Phase::Provision,
            enter: Phase::Populate,
            broke: Vec::new(),
        };
        assert_eq!(both(&Event::Phase(phase)).0, None);
    }
}
