//! Operations told one by one, from their intended start to their end.

use crate::figures::{StagePart, Trace};
use crate::ledger::{FaultWindow, Ledger, Noted, WAIT};
use crate::summary::reason;

/// What nobody split into stages.
const UNTOLD: &str = "untold";

/// Faults told of one operation.
const FAULTS: usize = 3;

/// The slowest operations of a run, and the first that are unknown.
pub(crate) fn of(ledger: &Ledger) -> (Vec<Trace>, Vec<Trace>) {
    let trace = |noted: &Noted| trace(ledger, noted);
    let notable = &ledger.notable;
    (
        notable.slowest.iter().map(trace).collect(),
        notable.unknown.iter().map(trace).collect(),
    )
}

fn trace(ledger: &Ledger, noted: &Noted) -> Trace {
    let op = &noted.op;
    Trace {
        id: op.id.to_string(),
        op: op.kind,
        person: ledger.name_of(op).to_owned(),
        persona: ledger.persona(op.persona).to_owned(),
        class: op.class,
        reason: noted.ending.as_ref().map_or_else(String::new, reason),
        intended_us: op.intended_us,
        finished_us: op.finished_us,
        parts: parts(noted),
        faults: faults(ledger, noted),
    }
}

fn parts(noted: &Noted) -> Vec<StagePart> {
    let op = &noted.op;
    let wait_us = op.response_us().saturating_sub(op.service_us());
    let mut parts = vec![(WAIT, wait_us)];
    match &noted.stages {
        Some(times) => parts.extend(times.parts(op.service_us())),
        None => parts.push((UNTOLD, op.service_us())),
    }
    let told = parts.into_iter().filter(|(_, us)| *us > 0);
    told.map(|(stage, us)| StagePart {
        stage: stage.to_owned(),
        us: us as f64,
    })
    .collect()
}

/// The faults in force at any time from the intended start to the end; of many the first, and how many more.
fn faults(ledger: &Ledger, noted: &Noted) -> Vec<String> {
    let op = &noted.op;
    let meanwhile =
        |fault: &&FaultWindow| fault.from_us <= op.finished_us && fault.until_us(ledger.ended_us) >= op.intended_us;
    let met: Vec<&FaultWindow> = ledger.faults.iter().filter(meanwhile).collect();
    let mut told: Vec<String> = met
        .iter()
        .take(FAULTS)
        .map(|fault| format!("{} ({})", fault.fault, fault.target))
        .collect();
    if met.len() > FAULTS {
        told.push(format!("{} more", met.len() - FAULTS));
    }
    told
}
