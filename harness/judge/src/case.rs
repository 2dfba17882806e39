//! What is told and drawn of a person of whom a law does not hold.

use std::collections::HashMap;

use history::{Finding, Phase};
use vocabulary::{OpKind, OutcomeClass};

use crate::figures::Span;
use crate::ledger::{Ledger, Op, Reading};
use crate::order::{self, exhaustive};
use crate::story::Core;
use crate::subject::{Subject, seconds};

/// People told of.
const PEOPLE: usize = 3;

/// Operations of one person at most: more are no picture.
const OPERATIONS: usize = 8;

/// Things seen of one person at most.
const SIGHTS: usize = 6;

/// One person's part of a history, as small as it can be and still contradict itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// The person's sign-in name.
    pub person: String,
    /// The checks that fail because of this person.
    pub checks: Vec<String>,
    /// What happened, in sentences. Times count from the begin of the first operation.
    pub story: Vec<String>,
    /// Where the picture begins.
    pub from_us: u64,
    /// Where it ends.
    pub to_us: u64,
    /// The operations, by begin.
    pub ops: Vec<CaseOp>,
    /// Operations that are left out.
    pub left_out: u64,
    /// What was seen, by instant.
    pub sights: Vec<CaseSight>,
    /// Faults in force meanwhile.
    pub faults: Vec<Span>,
}

/// One operation of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseOp {
    /// Its kind, the begin of its id and what it wrote.
    pub name: String,
    /// How it ended.
    pub class: OutcomeClass,
    /// When it began.
    pub from_us: u64,
    /// When its answer was there, or nobody waited any more.
    pub to_us: u64,
    /// The last instant at which it may have taken effect.
    pub until_us: u64,
}

/// Something seen in a directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseSight {
    /// When.
    pub at_us: u64,
    /// What.
    pub what: String,
}

/// Those of the first people whom violations name, in the order of the findings.
pub(crate) fn cases(ledger: &Ledger, findings: &[Finding]) -> Vec<Case> {
    let named = named(findings);
    if named.is_empty() {
        return Vec::new();
    }
    let places: HashMap<&str, usize> = ledger
        .people
        .iter()
        .enumerate()
        .map(|(at, one)| (one.name.as_str(), at))
        .collect();
    let people = named.into_iter().filter_map(|(name, checks)| {
        let person = ledger.people.get(*places.get(name)?)?;
        Some((Subject { ledger, person }, checks))
    });
    people
        .take(PEOPLE)
        .map(|(subject, checks)| case(&subject, checks))
        .collect()
}

/// Whom violations name, each with the checks that do. A violation begins with the person's name.
fn named(findings: &[Finding]) -> Vec<(&str, Vec<String>)> {
    let mut named: Vec<(&str, Vec<String>)> = Vec::new();
    for finding in findings {
        for name in finding
            .violations
            .iter()
            .filter_map(|words| Some(words.split_once(": ")?.0))
        {
            match named.iter_mut().find(|(known, _)| *known == name) {
                Some((_, checks)) if !checks.contains(&finding.check) => checks.push(finding.check.clone()),
                Some(_) => {}
                None => named.push((name, vec![finding.check.clone()])),
            }
        }
    }
    named
}

fn case(subject: &Subject<'_>, checks: Vec<String>) -> Case {
    let ledger = subject.ledger;
    let (shown, proof) = needed(subject);
    let sights = sights(subject);
    let began = shown.iter().map(|op| op.started_us);
    let ended = shown.iter().map(|op| ledger.latest_effect_us(op));
    let seen = || sights.iter().map(|sight| sight.at_us);
    let from_us = began.chain(seen()).min().unwrap_or(0);
    let to_us = ended.chain(seen()).max().unwrap_or(ledger.ended_us);
    let meanwhile = |fault: &Span| fault.from_us <= to_us && fault.to_us >= from_us;
    let faults = ledger.faults.iter().map(|fault| Span {
        name: format!("{} ({})", fault.fault, fault.target),
        from_us: fault.from_us,
        to_us: fault.until_us(ledger.ended_us),
    });
    Case {
        person: subject.name().to_owned(),
        story: story(subject, &shown, &sights, proof, &checks),
        checks,
        left_out: (subject.ops().len() - shown.len()) as u64,
        ops: shown.iter().map(|op| row(ledger, op)).collect(),
        faults: faults.filter(meanwhile).collect(),
        sights,
        from_us,
        to_us,
    }
}

/// The operations that are needed to see the contradiction, and what proves it: those of the smallest part of the register that
/// no order explains, else the last ones.
fn needed<'a>(subject: &Subject<'a>) -> (Vec<&'a Op>, Option<String>) {
    let broken = order::Case::of(subject)
        .ok()
        .filter(|case| !case.register.is_explained());
    let Some(case) = broken else {
        let ops = subject.ops();
        return (ops.iter().skip(ops.len().saturating_sub(OPERATIONS)).collect(), None);
    };
    let core = Core::of(&case);
    let writes = case
        .ops
        .iter()
        .enumerate()
        .filter(|(number, _)| core.holds_write(*number));
    let shown: Vec<&Op> = writes.map(|(_, op)| *op).take(OPERATIONS).collect();
    let tried = match exhaustive::explains(&core.register(&case)) {
        Some(false) => " Every order was tried.",
        _ => "",
    };
    let proof = format!(
        "No order of the writes explains this: {}.{tried}",
        core.told(&case).join("; ")
    );
    let all = subject.ops().iter().take(OPERATIONS).collect();
    (if shown.is_empty() { all } else { shown }, Some(proof))
}

fn row(ledger: &Ledger, op: &Op) -> CaseOp {
    CaseOp {
        name: name(op),
        class: op.class,
        from_us: op.started_us,
        to_us: op.finished_us,
        until_us: ledger.latest_effect_us(op),
    }
}

/// Its kind, the begin of its id and what it wrote.
fn name(op: &Op) -> String {
    let id = op.id.simple().to_string();
    let short = id.get(..8).unwrap_or_default();
    let proved = op
        .proves()
        .map_or_else(String::new, |label| format!("label {label} → "));
    match op.writes() {
        Some(label) => format!("{} {short}: {proved}label {label}", op.kind),
        None => format!("{} {short}", op.kind),
    }
}

/// What domain controllers told after the load, and what opened the account.
fn sights(subject: &Subject<'_>) -> Vec<CaseSight> {
    let ledger = subject.ledger;
    let probe_us = ledger
        .phases
        .span(Phase::Probe, ledger.ended_us)
        .map_or(ledger.ended_us, |(from_us, _)| from_us);
    let mut sights: Vec<CaseSight> = Vec::new();
    for reading in &subject.person.readings {
        sights.extend(told(ledger, reading, probe_us));
    }
    let bound = subject.final_binds().map(|bind| CaseSight {
        at_us: bind.at_us,
        what: format!(
            "label {} {}",
            bind.label,
            if bind.accepted { "binds" } else { "is refused" }
        ),
    });
    sights.extend(bound);
    sights.sort_by_key(|sight| sight.at_us);
    sights.truncate(SIGHTS);
    sights
}

fn told(ledger: &Ledger, reading: &Reading, probe_us: u64) -> impl Iterator<Item = CaseSight> {
    let dc = ledger
        .dcs
        .get(reading.dc)
        .and_then(|dc| dc.split('.').next())
        .unwrap_or("dc")
        .to_owned();
    let at_us = reading.probed_us.unwrap_or(probe_us);
    let counted = reading.baseline.zip(reading.probe).map(|(before, after)| {
        let lock = if after.lockout_time == 0 { "" } else { ", locked" };
        format!("{dc}: version {} → {}{lock}", before.kvno, after.kvno)
    });
    let held = reading.oracle.map(|oracle| {
        let label = oracle
            .holds
            .map_or_else(|| "another password".to_owned(), |label| format!("label {label}"));
        format!("{dc} holds {label}")
    });
    counted
        .into_iter()
        .chain(held)
        .map(move |what| CaseSight { at_us, what })
}

fn story(
    subject: &Subject<'_>,
    shown: &[&Op],
    sights: &[CaseSight],
    proof: Option<String>,
    checks: &[String],
) -> Vec<String> {
    let origin_us = shown.iter().map(|op| op.started_us).min().unwrap_or(0);
    let since = |at_us: u64| seconds(at_us.saturating_sub(origin_us));
    let mut story = vec![format!(
        "{} breaks {}. Times count from {} of the run.",
        subject.name(),
        checks.join(", "),
        seconds(origin_us)
    )];
    story.extend(shown.iter().map(|op| {
        let until_us = subject.ledger.latest_effect_us(op);
        format!(
            "{}: {} began; {}.",
            since(op.started_us),
            name(op),
            ending(op, &since(op.finished_us), &since(until_us))
        )
    }));
    story.extend(
        sights
            .iter()
            .map(|sight| format!("{}: {}.", since(sight.at_us), sight.what)),
    );
    story.extend(proof);
    story
}

fn ending(op: &Op, at: &str, until: &str) -> String {
    let what = if op.kind == OpKind::Unlock {
        "the unlock"
    } else {
        "the password"
    };
    match op.class {
        OutcomeClass::Applied => format!("{what} was acknowledged at {at}"),
        OutcomeClass::Rejected => format!("it was rejected at {at}"),
        OutcomeClass::Unknown => format!("no answer by {at}, and it could act until {until}"),
        OutcomeClass::Failed | OutcomeClass::Dropped => format!("it failed at {at}"),
    }
}
