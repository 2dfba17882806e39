//! Questions asked of a measured capacity: is it enough for so many people?
//!
//! Every number of an answer is a row with its unit and where it comes from; ranges are carried through end by end.

use history::{Capacity, Range, WhatIf, WhatIfRow};
use thiserror::Error;

/// The keys of a question, with what each means and what it is where it is not given; a key without a number must be given.
const KEYS: [(&str, &str, Option<f64>); 8] = [
    ("people", "people who may reset", None),
    ("resets_per_person_per_year", "resets of one person in a year", None),
    (
        "peak_hour_share",
        "the part of a day's resets that falls into its busiest hour",
        None,
    ),
    ("days_per_year", "days in a year on which people work", Some(365.0)),
    (
        "burst",
        "how many times its mean the rate reaches within that hour",
        Some(1.0),
    ),
    ("dcs", "domain controllers", Some(1.0)),
    ("domains", "domains that the people are spread over", Some(1.0)),
    (
        "write_dcs",
        "domain controllers of each domain that writes are spread over",
        Some(1.0),
    ),
];

/// Stages that more domain controllers taking writes would widen.
const OF_THE_DIRECTORY: [&str; 2] = ["write", "locate"];

/// A question that cannot be answered.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum QuestionError {
    /// A key that nobody knows.
    #[error("`{0}` is no key of a question; known are {known}", known = known())]
    Key(String),
    /// A part that is no key and value.
    #[error(
        "`{0}` is no `key=value`; write for example \"people=500000, resets_per_person_per_year=3, peak_hour_share=0.2, dcs=2\""
    )]
    Shape(String),
    /// A value that is no number, or out of its bounds.
    #[error("{0} must be {1}, not `{2}`")]
    Value(String, &'static str, String),
    /// A key that must be given.
    #[error("the question lacks {0}; known keys are {known}", known = known())]
    Missing(String),
    /// Keys that contradict one another.
    #[error("{0}")]
    Contradiction(String),
    /// The run found no rate that meets its goals.
    #[error("the run found no rate that meets its goals, so nothing can be asked of it: {0}")]
    NoAnswer(String),
}

fn known() -> String {
    let all = KEYS.map(|(key, what, usual)| {
        let usual = usual.map_or_else(|| "must be given".to_owned(), |usual| format!("else {usual}"));
        format!("{key} ({what}; {usual})")
    });
    all.join(", ")
}

/// A question, read and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    text: String,
    values: [Range; KEYS.len()],
    dcs_given: bool,
}

impl Question {
    /// Reads `key=value, …`; a value may be a range, `400000..500000`.
    ///
    /// # Errors
    /// [`QuestionError`], which names the key and what is known.
    pub fn parse(text: &str) -> Result<Self, QuestionError> {
        let mut given: [Option<Range>; KEYS.len()] = [None; KEYS.len()];
        for part in text.split(',').map(str::trim).filter(|part| !part.is_empty()) {
            let (key, value) = part
                .split_once('=')
                .ok_or_else(|| QuestionError::Shape(part.to_owned()))?;
            let (key, value) = (key.trim(), value.trim());
            let place = KEYS.iter().position(|(known, ..)| *known == key);
            let place = place.ok_or_else(|| QuestionError::Key(key.to_owned()))?;
            if given[place].is_some() {
                return Err(QuestionError::Contradiction(format!("{key} is given twice")));
            }
            given[place] = Some(range(key, value)?);
        }
        let dcs_given = given[5].is_some();
        let mut values = [Range::exact(0.0); KEYS.len()];
        for ((value, given), (key, _, usual)) in values.iter_mut().zip(given).zip(KEYS) {
            *value = match (given, usual) {
                (Some(given), _) => given,
                (None, Some(usual)) => Range::exact(usual),
                (None, None) => return Err(QuestionError::Missing(key.to_owned())),
            };
        }
        let question = Self {
            text: text.to_owned(),
            values,
            dcs_given,
        };
        question.checked()
    }

    fn checked(self) -> Result<Self, QuestionError> {
        let writers = self.of("domains").value * self.of("write_dcs").value;
        let dcs = self.of("dcs").value;
        if self.dcs_given && dcs < writers {
            return Err(QuestionError::Contradiction(format!(
                "dcs={dcs} is fewer than the {writers} domain controllers that take writes (domains times write_dcs)"
            )));
        }
        Ok(self)
    }

    fn of(&self, key: &str) -> Range {
        let place = KEYS.iter().position(|(known, ..)| *known == key);
        place.map_or(Range::exact(0.0), |place| self.values[place])
    }

    /// Answers it.
    ///
    /// # Errors
    /// [`QuestionError::NoAnswer`] where the run found no rate that meets its goals.
    pub fn answer(&self, capacity: &Capacity) -> Result<WhatIf, QuestionError> {
        let no_answer = || QuestionError::NoAnswer(capacity.answer.why.clone());
        let measured = capacity.answer.rate_per_s.ok_or_else(no_answer)?;
        let a_day = self
            .of("people")
            .times(self.of("resets_per_person_per_year"))
            .over(self.of("days_per_year"));
        let hour = a_day.times(self.of("peak_hour_share"));
        let peak = peak_of(self.of("people"), self);
        let (takes, why) = self.scaled(measured, capacity);
        let utilisation = peak.over(takes);
        let of_one = peak_of(Range::exact(1.0), self);
        let people_max = takes.over(of_one);
        let enough = enough(utilisation);
        let mut rows = self.rows();
        let mut put = |what: &str, value: Range, unit: &str, from: String| rows.push(row(what, value, unit, from));
        put(
            "resets a day",
            a_day,
            "",
            "people × resets_per_person_per_year / days_per_year".to_owned(),
        );
        put(
            "resets in the busiest hour",
            hour,
            "",
            "resets a day × peak_hour_share".to_owned(),
        );
        put(
            "rate at the peak",
            peak,
            "1/s",
            "resets in the busiest hour × burst / 3600 s".to_owned(),
        );
        put("measured capacity", measured, "1/s", measured_from(capacity));
        put("capacity as asked", takes, "1/s", why.clone());
        put(
            "used at the peak",
            utilisation,
            "",
            "rate at the peak / capacity as asked".to_owned(),
        );
        put(
            "people it is just enough for",
            people_max,
            "",
            "capacity as asked / the rate at the peak of one person".to_owned(),
        );
        let mut answer = WhatIf {
            asked: self.text.clone(),
            told: String::new(),
            rows,
            peak_per_s: peak,
            capacity_per_s: takes,
            utilisation,
            enough: enough.to_owned(),
            people_max,
        };
        answer.told = self.told(&answer, capacity, (a_day, measured), &why);
        Ok(answer)
    }

    fn rows(&self) -> Vec<WhatIfRow> {
        let given = KEYS.iter().zip(self.values);
        let row = |((key, what, usual), value): (&(&str, &str, Option<f64>), Range)| {
            let asked = self
                .text
                .split(',')
                .any(|part| part.trim().starts_with(&format!("{key}=")) || part.trim().starts_with(&format!("{key} ")));
            let from = match usual {
                Some(usual) if !asked => format!("not given: {usual}"),
                _ => "given".to_owned(),
            };
            row(&format!("{key}: {what}"), value, "", from)
        };
        given.map(row).collect()
    }

    /// What the system would take with as many domain controllers taking writes, and why. Only what was measured is sure.
    fn scaled(&self, measured: Range, capacity: &Capacity) -> (Range, String) {
        let writers = self.of("domains").times(self.of("write_dcs"));
        let were = f64::from(capacity.asked.domains.max(1));
        let factor = writers.over(Range::exact(were));
        let stage = &capacity.bottleneck.stage;
        if !OF_THE_DIRECTORY.contains(&stage.as_str()) {
            let why = format!(
                "as measured: what saturates first is {}, which more domain controllers do not widen",
                capacity.bottleneck.what
            );
            return (measured, why);
        }
        if factor.value <= 1.0 {
            let scaled = measured.times(factor);
            return (
                scaled,
                format!(
                    "measured × {} that take writes / {were} measured",
                    number(writers.value)
                ),
            );
        }
        let scaled = Range {
            low: measured.low,
            ..measured.times(factor)
        };
        let why = format!(
            "measured × {} domain controllers that take writes / {were} measured, if nothing else saturates before; shown by measuring is the lower end alone",
            number(writers.value)
        );
        (scaled, why)
    }

    /// The answer in a paragraph.
    fn told(&self, answer: &WhatIf, capacity: &Capacity, (a_day, measured): (Range, Range), why: &str) -> String {
        let judged = match answer.enough.as_str() {
            "yes" => "that is enough",
            "no" => "that is not enough",
            _ => "whether that is enough lies within what measuring can tell",
        };
        let mut told = format!(
            "{} people who reset {} times a year make {} resets a day, and at the peak {} a second. The system as measured takes {} a second within its goals, and {} ends it. ",
            span(self.of("people")),
            span(self.of("resets_per_person_per_year")),
            span(a_day),
            span(answer.peak_per_s),
            span(measured),
            capacity.bottleneck.what,
        );
        if answer.capacity_per_s != measured {
            told.push_str(&format!(
                "As asked it would take {} a second ({why}). ",
                span(answer.capacity_per_s)
            ));
        }
        told.push_str(&format!(
            "At the peak {} % of it is used: {judged}. It is just enough for {} people.",
            span(answer.utilisation.times(Range::exact(100.0))),
            span(answer.people_max)
        ));
        told.push_str(&self.of_controllers());
        told
    }

    /// What domain controllers change, and what they do not.
    fn of_controllers(&self) -> String {
        let (dcs, domains, writers) = (
            self.of("dcs").value,
            self.of("domains").value,
            self.of("write_dcs").value,
        );
        let taking = domains * writers;
        if self.dcs_given && dcs > taking {
            let one = if taking > 1.0 {
                format!("{} of them", number(taking))
            } else {
                "one of them".to_owned()
            };
            return format!(
                " {} domain controllers do not change that: the writes of a domain go to {one}, its PDC emulator, and the others \
                 answer reads, take over when it fails, and carry each write once more by replication. Where a deployment \
                 spreads writes, say so: write_dcs.",
                number(dcs)
            );
        }
        String::new()
    }
}

/// The rate at the peak of so many people.
fn peak_of(people: Range, question: &Question) -> Range {
    people
        .times(question.of("resets_per_person_per_year"))
        .over(question.of("days_per_year"))
        .times(question.of("peak_hour_share"))
        .times(question.of("burst"))
        .over(Range::exact(3600.0))
}

fn measured_from(capacity: &Capacity) -> String {
    let of = if capacity.asked.domains == 1 {
        "one domain".to_owned()
    } else {
        format!("{} domains", capacity.asked.domains)
    };
    format!(
        "the run {} of {}, {of}: the highest rate that held",
        capacity.run, capacity.scenario
    )
}

fn enough(utilisation: Range) -> &'static str {
    match utilisation {
        used if used.high <= 1.0 => "yes",
        used if used.low > 1.0 => "no",
        _ => "unsure",
    }
}

fn row(what: &str, value: Range, unit: &str, from: String) -> WhatIfRow {
    WhatIfRow {
        what: what.to_owned(),
        value,
        unit: unit.to_owned(),
        from,
    }
}

/// `500000`, `0.2`, `400000..500000`; a share must lie between 0 and 1, a count be whole.
fn range(key: &str, text: &str) -> Result<Range, QuestionError> {
    let (wanted, fits): (&'static str, fn(f64) -> bool) = match key {
        "peak_hour_share" => ("a share above 0 and up to 1", |value| value > 0.0 && value <= 1.0),
        "dcs" | "domains" | "write_dcs" => ("a whole number from 1 to 1000", |value| {
            (1.0..=1000.0).contains(&value) && value.fract() == 0.0
        }),
        "days_per_year" => ("a number from 1 to 366", |value| (1.0..=366.0).contains(&value)),
        "burst" => ("a number from 1 on", |value| (1.0..=1e6).contains(&value)),
        _ => ("a number above 0", |value| value > 0.0 && value <= 1e12),
    };
    let wrong = || QuestionError::Value(key.to_owned(), wanted, text.to_owned());
    let number = |text: &str| {
        let value: f64 = text.trim().replace('_', "").parse().map_err(|_| wrong())?;
        if value.is_finite() && fits(value) {
            Ok(value)
        } else {
            Err(wrong())
        }
    };
    let Some((low, high)) = text.split_once("..") else {
        return number(text).map(Range::exact);
    };
    let (low, high) = (number(low)?, number(high)?);
    if low > high {
        return Err(wrong());
    }
    Ok(Range {
        low,
        value: f64::midpoint(low, high),
        high,
    })
}

/// A number for a sentence: three figures, thousands apart.
fn number(value: f64) -> String {
    let decimals = match value.abs() {
        size if size >= 100.0 || size == 0.0 => 0,
        size if size >= 10.0 => 1,
        size if size >= 1.0 => 2,
        size if size >= 0.01 => 3,
        _ => 5,
    };
    let text = format!("{value:.decimals$}");
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let digits: Vec<char> = whole.chars().collect();
    let mut grouped = String::new();
    for (place, digit) in digits.iter().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(*digit);
    }
    if fraction.is_empty() {
        grouped
    } else {
        format!("{grouped}.{fraction}")
    }
}

fn span(range: Range) -> String {
    let (low, value, high) = (number(range.low), number(range.value), number(range.high));
    if low == high {
        value
    } else {
        format!("{value} ({low} to {high})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::tests::capacity_of;

    const ASKED: &str = "people=500000, resets_per_person_per_year=3, peak_hour_share=0.2, dcs=2";

    fn answer(text: &str, stage: &str) -> WhatIf {
        let measured = Range {
            low: 31.0,
            value: 32.0,
            high: 33.0,
        };
        Question::parse(text)
            .unwrap()
            .answer(&capacity_of(measured, stage))
            .unwrap()
    }

    #[test]
    fn the_peak_is_people_times_resets_by_days_times_share_by_an_hour() {
        let answer = answer(ASKED, "write");
        let peak = 500_000.0 * 3.0 / 365.0 * 0.2 / 3600.0;
        assert!((answer.peak_per_s.value - peak).abs() < 1e-9 && answer.peak_per_s.is_exact());
        assert!(
            (answer.utilisation.high - peak / 31.0).abs() < 1e-9,
            "the range is carried through"
        );
        assert!((answer.people_max.low / (31.0 / peak * 500_000.0) - 1.0).abs() < 1e-9);
        assert_eq!(answer.enough, "yes");
        for (key, ..) in KEYS {
            assert!(
                answer.rows.iter().any(|row| row.what.starts_with(&format!("{key}:"))),
                "{key} is shown"
            );
        }
    }

    #[test]
    fn a_second_controller_of_the_same_domain_takes_no_more_writes() {
        let (one, two) = (answer(&ASKED.replace(", dcs=2", ""), "write"), answer(ASKED, "write"));
        assert_eq!(one.capacity_per_s, two.capacity_per_s);
        assert!(
            two.told.contains("2 domain controllers do not change that"),
            "{}",
            two.told
        );
        assert!(two.told.contains("PDC emulator"), "{}", two.told);
        assert!(!one.told.contains("PDC emulator"), "{}", one.told);
    }

    #[test]
    fn domains_and_spread_writes_widen_the_directory_and_nothing_else() {
        let spread = format!("{ASKED}, write_dcs=2");
        let wider = answer(&spread, "write").capacity_per_s;
        assert_eq!(
            (wider.low, wider.value, wider.high),
            (31.0, 64.0, 66.0),
            "shown is the lower end alone"
        );
        assert_eq!(answer(&spread, "agent").capacity_per_s.value, 32.0);
        let domains = "people=1, resets_per_person_per_year=1, peak_hour_share=1, domains=3";
        assert_eq!(answer(domains, "write").capacity_per_s.value, 96.0);
    }

    #[test]
    fn ranges_of_the_question_widen_the_answer() {
        let wide = answer(
            "people=1000000..2000000, resets_per_person_per_year=10..40, peak_hour_share=0.5..1",
            "write",
        );
        assert!(wide.peak_per_s.low < wide.peak_per_s.value && wide.peak_per_s.value < wide.peak_per_s.high);
        assert!(wide.utilisation.low < wide.utilisation.high);
        assert_eq!(wide.enough, "unsure", "3.8/s to 60.9/s");
        let much = answer(
            "people=1e9..3e9, resets_per_person_per_year=3, peak_hour_share=0.05",
            "write",
        );
        assert_eq!(much.enough, "no");
    }

    #[test]
    fn a_question_is_refused_with_what_is_known() {
        let told = |text: &str| Question::parse(text).unwrap_err().to_string();
        let unknown = told("people=1, users=3");
        assert!(
            unknown.contains("`users`") && KEYS.iter().all(|(key, ..)| unknown.contains(key)),
            "{unknown}"
        );
        assert!(told("people").contains("key=value"));
        assert!(told("people=many").contains("people must be a number above 0, not `many`"));
        assert!(told("people=1").contains("lacks resets_per_person_per_year"));
        assert!(told("people=1, people=2").contains("twice"));
        for wrong in [
            "peak_hour_share=1.5",
            "dcs=0",
            "dcs=1.5",
            "people=-1",
            "people=nan",
            "people=9..3",
            "days_per_year=0",
        ] {
            assert!(Question::parse(wrong).is_err(), "{wrong}");
        }
        let few = told("people=1, resets_per_person_per_year=1, peak_hour_share=1, dcs=1, write_dcs=2");
        assert!(few.contains("dcs=1 is fewer than the 2"), "{few}");
    }

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(
            [1234567.0, 32.258, 0.22831, 0.00012].map(number),
            ["1,234,567", "32.3", "0.228", "0.00012"]
        );
    }
}
