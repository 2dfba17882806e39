//! Every kind of fault in a committed run: `tests/fixtures/faults` has one scenario for each group of kinds.

use std::collections::BTreeMap;
use std::fs;

use history::{Event, Mark, Phase};
use serde_json::{Value, json};

use crate::support::{Job, root};

/// The group of the small size: it is over soonest.
pub const SMALL: &str = "tenant";

/// The group that needs containers.
const CONTAINERS: &str = "containers";

/// Groups, by name; the one that needs containers only where they are there.
pub fn groups(containers: bool) -> Vec<String> {
    let entries = fs::read_dir(root().join("tests/fixtures/faults")).unwrap();
    let names = entries.map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned());
    let mut names: Vec<String> = names.filter(|name| containers || name != CONTAINERS).collect();
    names.sort();
    names
}

/// Runs a group and tells of each fault whether it bit and what became of the operations.
pub fn survived(group: &str) -> Value {
    let file = format!("tests/fixtures/faults/{group}.toml");
    let finished = Job::new(&["run", &file]).into_out().finish();
    if !matches!(finished.code(), Some(0..=2)) || finished.folder().verdict().is_err() {
        return json!({ "held": false, "group": group, "code": finished.code(), "said": finished.stderr });
    }
    let verdict = finished.verdict();
    let broken: Vec<String> = verdict
        .findings
        .iter()
        .filter(|finding| finding.verdict != Mark::Pass)
        .map(|finding| format!("{}: {} {:?}", finding.check, finding.why, finding.violations.first()))
        .collect();
    let events: Vec<Event> = finished.folder().events().unwrap().map(Result::unwrap).collect();
    finished.expect_nothing_left();
    json!({
        "held": verdict.verdict == Mark::Pass && verdict.faults.iter().all(|fault| fault.bit == Some(true)),
        "group": group,
        "faults": faults(&events),
        "ops": verdict.ops,
        "broken": broken,
    })
}

/// Each fault as it was made, with what the operations begun while it was there became.
fn faults(events: &[Event]) -> Vec<Value> {
    let mut told: Vec<(String, String, u64, u64, Option<bool>)> = Vec::new();
    for event in events {
        match event {
            Event::Inject(made) => told.push((
                made.fault.clone(),
                made.target.clone(),
                made.at_us,
                made.at_us,
                made.bit,
            )),
            Event::Heal(healed) => {
                let same = |one: &&mut (String, String, u64, u64, Option<bool>)| {
                    one.0 == healed.fault && one.1 == healed.target && one.2 == one.3
                };
                if let Some(one) = told.iter_mut().rev().find(same) {
                    one.3 = healed.at_us;
                    one.4 = healed.bit.or(one.4);
                }
            }
            _ => {}
        }
    }
    let told = told.into_iter();
    told.map(|(fault, target, from_us, to_us, bit)| {
        let meanwhile = outcomes(events, from_us, to_us.max(from_us + 2_000_000));
        json!({ "fault": fault, "target": target, "bit": bit, "meanwhile": meanwhile })
    })
    .collect()
}

/// Operations intended in a span, by what became of them.
fn outcomes(events: &[Event], from_us: u64, to_us: u64) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    let ops = events.iter().filter_map(|event| match event {
        Event::Op(op) if op.phase != Phase::Probe => Some(op),
        _ => None,
    });
    for op in ops.filter(|op| (from_us..to_us).contains(&op.intended_us)) {
        *counts.entry(op.outcome.class().as_str().to_owned()).or_default() += 1;
    }
    counts
}
