//! A recorded timeline: when somebody came, and what for.

use std::fmt;
use std::sync::Arc;

use serde::{Serialize, Serializer};
use sha2::{Digest as _, Sha256};
use vocabulary::OpKind;

use crate::Mistake;
use crate::people::hex;

/// The first line of every timeline.
const HEADER: &str = "at_s,op";
/// Lines of a timeline at most.
const LINES_MAX: usize = 10_000_000;
/// Mistakes told of one file.
const TOLD: usize = 50;

/// One line of a timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// When, in microseconds from the begin of the recording.
    pub at_us: u64,
    /// What was asked.
    pub op: OpKind,
}

/// A recorded timeline, in the order of time. Cheap to clone.
#[derive(Clone, Default, PartialEq)]
pub struct Timeline(Arc<[Moment]>);

impl Timeline {
    /// Reads the text of a timeline: the line `at_s,op`, then one line each with seconds (up to six digits after the point)
    /// and an operation, in the order of time.
    ///
    /// # Errors
    /// Every mistake with line and column, up to fifty.
    pub(crate) fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        let mut reading = Reading::default();
        let mut lines = (1..).zip(text.trim_start_matches('\u{feff}').lines());
        match lines.next() {
            Some((_, first)) if first.trim_end() == HEADER => {}
            _ => reading.say(1, 1, format!("the first line must be `{HEADER}`")),
        }
        for (number, line) in lines {
            reading.line(number, line.trim_end());
            if reading.mistakes.len() >= TOLD || reading.moments.len() > LINES_MAX {
                break;
            }
        }
        if reading.moments.len() > LINES_MAX {
            reading.say(
                LINES_MAX + 2,
                1,
                format!("this version takes at most {LINES_MAX} lines"),
            );
        } else if reading.moments.is_empty() && reading.mistakes.is_empty() {
            reading.say(1, 1, "nobody ever comes: there is no line after the first".to_owned());
        }
        if reading.mistakes.is_empty() {
            Ok(Self(reading.moments.into()))
        } else {
            Err(reading.mistakes)
        }
    }

    /// Every moment, in order.
    #[must_use]
    pub fn moments(&self) -> &[Moment] {
        &self.0
    }

    /// The digest of what it holds, however it was written.
    #[must_use]
    pub fn sha256(&self) -> String {
        let mut hash = Sha256::new();
        for moment in self.moments() {
            hash.update(format!("{} {}\n", moment.at_us, moment.op).as_bytes());
        }
        hex(&hash.finalize())
    }
}

impl fmt::Debug for Timeline {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Timeline({} moments)", self.0.len())
    }
}

impl Serialize for Timeline {
    /// As its digest: a plan need not hold ten million lines to say which they were.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.sha256())
    }
}

#[derive(Default)]
struct Reading {
    moments: Vec<Moment>,
    mistakes: Vec<Mistake>,
}

impl Reading {
    fn say(&mut self, line: usize, column: usize, message: String) {
        self.mistakes.push(Mistake { line, column, message });
    }

    /// One line after the first; an empty one is none.
    fn line(&mut self, number: usize, line: &str) {
        if line.is_empty() {
            return;
        }
        let Some((time, op)) = line.split_once(',') else {
            let message = "write seconds, a comma and an operation, such as `12.5,reset`";
            return self.say(number, 1, message.to_owned());
        };
        let column = time.chars().count() + 2;
        let at_us = micros(time);
        let asked = OpKind::ALL.into_iter().find(|kind| kind.as_str() == op);
        if at_us.is_none() {
            let message =
                format!("`{time}` is no time: write seconds with up to six digits after the point, such as `12.5`");
            self.say(number, 1, message);
        }
        if asked.is_none() {
            let known = OpKind::ALL.map(|kind| format!("`{kind}`")).join(", ");
            self.say(number, column, format!("`{op}` is no operation; known are {known}"));
        }
        let (Some(at_us), Some(op)) = (at_us, asked) else {
            return;
        };
        if self.moments.last().is_some_and(|last| last.at_us > at_us) {
            self.say(
                number,
                1,
                format!("{time} is before the line above: sort the file by time"),
            );
        }
        self.moments.push(Moment { at_us, op });
    }
}

/// `12`, `12.5`, `12.000001` as microseconds.
fn micros(text: &str) -> Option<u64> {
    let (whole, fraction) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || fraction.len() > 6 {
        return None;
    }
    let seconds: u64 = whole.parse().ok()?;
    let fraction: u64 = format!("{fraction:0<6}").parse().ok()?;
    seconds.checked_mul(1_000_000)?.checked_add(fraction)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(text: &str) -> Vec<(usize, usize, String)> {
        let mistakes = Timeline::parse(text).unwrap_err();
        mistakes
            .into_iter()
            .map(|mistake| (mistake.line, mistake.column, mistake.message))
            .collect()
    }

    #[test]
    fn lines_are_moments_however_they_end() {
        let timeline = Timeline::parse("\u{feff}at_s,op\r\n0,reset\r\n\r\n1.5,unlock\r\n1.500001,reset").unwrap();
        let moments: Vec<(u64, OpKind)> = timeline
            .moments()
            .iter()
            .map(|moment| (moment.at_us, moment.op))
            .collect();
        let expected = [
            (0, OpKind::Reset),
            (1_500_000, OpKind::Unlock),
            (1_500_001, OpKind::Reset),
        ];
        assert_eq!(moments, expected);
        let same = Timeline::parse("at_s,op\n0.0,reset\n1.50,unlock\n1.500001,reset\n").unwrap();
        assert_eq!(timeline.sha256(), same.sha256());
        let other = Timeline::parse("at_s,op\n0,reset\n1.5,unlock\n1.500002,reset\n").unwrap();
        assert_ne!(timeline.sha256(), other.sha256());
    }

    #[test]
    fn every_mistake_has_its_place() {
        let found = told("at_s,op\n1,reset\n0.5,reset\n-1,reset\n2,rest\nnow,later\n3\n4.1234567,unlock\n");
        let places: Vec<(usize, usize)> = found.iter().map(|(line, column, _)| (*line, *column)).collect();
        assert_eq!(
            places,
            [(3, 1), (4, 1), (5, 3), (6, 1), (6, 5), (7, 1), (8, 1)],
            "{found:?}"
        );
        assert!(found[0].2.contains("sort the file"), "{found:?}");
        assert!(
            found[2].2.contains("`reset`, `unlock`, `change`, `admin_reset`"),
            "{found:?}"
        );
        assert!(told("time,op\n1,reset\n")[0].2.contains("must be `at_s,op`"));
        assert!(told("")[0].2.contains("must be `at_s,op`"));
        assert!(told("at_s,op\n\n")[0].2.contains("nobody ever comes"));
        assert!(told("at_s,op\n18446744073709551615,reset\n")[0].2.contains("no time"));
        assert_eq!(told(&format!("at_s,op\n{}", "x\n".repeat(1000))).len(), TOLD);
    }
}
