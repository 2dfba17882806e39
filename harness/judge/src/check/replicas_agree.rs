//! After everything was quiet, the domain controllers of a domain tell the same of everyone.

use history::{Finding, Metadata, Phase};
use vocabulary::OutcomeClass;

use super::{Ground, Ruling, everyone};
use crate::ledger::{Ledger, Reading};
use crate::subject::{Subject, named};

pub(super) const NAME: &str = "replicas-agree";

const GROUND: Ground = Ground {
    of: "people whom several domain controllers hold",
    open: "a domain controller was not read after a quiet phase",
};

/// An attribute that replicates: its name, and its value in words.
type Attribute = (&'static str, fn(&Metadata) -> String);

const LOCK: Attribute = ("lockoutTime", |seen| {
    let words = if seen.lockout_time == 0 { "0" } else { "set" };
    words.to_owned()
});
const PASSWORD_SET: Attribute = ("pwdLastSet", |seen| seen.pwd_last_set.to_string());
const COUNT: Attribute = ("msDS-KeyVersionNumber", |seen| seen.kvno.to_string());

/// Where each domain has one domain controller there is nothing to agree on, and no finding.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let quiet = ledger.phases.entered(Phase::Quiet);
    everyone(ledger, |subject| match subject.dcs() {
        0 | 1 => Ruling::Elsewhere,
        _ if !quiet => Ruling::Open,
        _ => rule(subject),
    })
    .finding(NAME, GROUND)
}

fn rule(subject: &Subject<'_>) -> Ruling {
    let differences = differences(subject);
    let violation = if differences.is_empty() {
        vanished(subject)
    } else {
        Some(apart(subject, &differences))
    };
    let read = subject.person.readings.iter().filter(|reading| reading.probe.is_some());
    let untold = if read.count() == subject.dcs() {
        Ruling::Held
    } else {
        Ruling::Open
    };
    Ruling::broken_or(violation.into_iter().collect(), untold)
}

fn apart(subject: &Subject<'_>, differences: &[String]) -> String {
    let conflict = match subject.person.collided {
        Some(kvno) => format!("; {}", conflict(kvno)),
        None => String::new(),
    };
    format!(
        "{}: {}; expected every domain controller to agree after the quiet phase, saw {}{conflict}",
        subject.name(),
        named(subject.ops()),
        differences.join("; ")
    )
}

/// An acknowledged write that all domain controllers have forgotten, where two of them were seen with different writes
/// under one version: only one of those stayed.
fn vanished(subject: &Subject<'_>) -> Option<String> {
    let kvno = subject.person.collided?;
    let (applied, rose) = (subject.write_count(OutcomeClass::Applied), subject.kvno_delta()?);
    let held = subject.held().find_map(|(_, held)| held.holds);
    let stayed = held.map_or_else(String::new, |label| format!("; the password of label {label} stayed"));
    (rose < applied).then(|| {
        format!(
            "{}: {} acknowledged; expected each to be a version of its own, saw an acknowledged write vanish: {}, and it rose by \
             {rose} for {applied} writes{stayed}",
            subject.name(),
            named(subject.writes(OutcomeClass::Applied)),
            conflict(kvno)
        )
    })
}

fn conflict(kvno: u32) -> String {
    format!("a replication conflict, two domain controllers held different writes as msDS-KeyVersionNumber {kvno}")
}

/// What the domain controllers do not agree on, in words.
fn differences(subject: &Subject<'_>) -> Vec<String> {
    let count = subject.counted().then_some(COUNT);
    let of_metadata = count.into_iter().chain([PASSWORD_SET, LOCK]);
    let mut found: Vec<String> = of_metadata
        .filter_map(|(name, value)| {
            let told = |reading: &Reading| reading.probe.as_ref().map(value);
            difference(subject, name, told)
        })
        .collect();
    let held = |reading: &Reading| Some(label(reading.oracle?.holds));
    found.extend(difference(subject, "the password", held));
    found
}

fn label(held: Option<u32>) -> String {
    held.map_or_else(
        || "of none of this person's labels".to_owned(),
        |label| format!("of label {label}"),
    )
}

/// The first domain controller and the first that says otherwise.
fn difference(subject: &Subject<'_>, name: &str, value: impl Fn(&Reading) -> Option<String>) -> Option<String> {
    let readings = subject.person.readings.iter();
    let mut told = readings.filter_map(|reading| Some((subject.ledger.dcs[reading.dc].as_str(), value(reading)?)));
    let (first_dc, first) = told.next()?;
    let (dc, other) = told.find(|(_, value)| *value != first)?;
    Some(format!("{name} {first} on {first_dc} and {other} on {dc}"))
}
