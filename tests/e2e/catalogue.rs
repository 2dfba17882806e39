//! Every kind of fault in a committed run: `tests/fixtures/faults` has one scenario for each group of kinds.

use std::collections::BTreeMap;
use std::fs;

use history::{Mark, OpEvent, RunFolder};
use serde_json::{Value, json};

use crate::kills::{judged, unheld};
use crate::support::{ops, root};

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
    let finished = match judged(&file) {
        Ok(finished) => finished,
        Err(told) => return told,
    };
    let verdict = finished.verdict();
    finished.expect_nothing_left();
    json!({
        "held": verdict.verdict == Mark::Pass && verdict.faults.iter().all(|fault| fault.bit == Some(true)),
        "group": group,
        "faults": faults(&finished.folder()),
        "ops": verdict.ops,
        "broken": unheld(&verdict),
    })
}

/// Each fault as the judge has it, with what the operations became that were to begin while it was there.
fn faults(folder: &RunFolder) -> Vec<Value> {
    let rows = judge::judge(folder).unwrap().figures.fault_rows;
    let ops = ops(folder);
    let told = rows.into_iter().map(|row| {
        let meanwhile = outcomes(&ops, row.span.from_us, row.span.to_us.max(row.span.from_us + 2_000_000));
        json!({ "fault": row.span.name, "target": row.target, "bit": row.bit, "meanwhile": meanwhile })
    });
    told.collect()
}

/// Operations intended in a span, by what became of them.
fn outcomes(ops: &[OpEvent], from_us: u64, to_us: u64) -> BTreeMap<&'static str, u64> {
    let mut counts = BTreeMap::new();
    for op in ops.iter().filter(|op| (from_us..to_us).contains(&op.intended_us)) {
        *counts.entry(op.outcome.class().as_str()).or_default() += 1;
    }
    counts
}
