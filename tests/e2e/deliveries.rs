//! What the way between the parts does to messages and bytes, through the whole chain: each operation takes effect once at most, and
//! every fault is seen to bite.

use std::collections::BTreeMap;
use std::fs;

use history::{Mark, RunFolder, Verdict};
use serde_json::Value;

use crate::support::{Finished, Job, alone, scratch};

/// The lines of the agent's event log.
fn events(folder: &RunFolder) -> Vec<Value> {
    let text = fs::read_to_string(folder.logs().join("agent-events.jsonl")).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[track_caller]
fn expect_bitten(verdict: &Verdict, faults: &[&str]) {
    let told: Vec<(&str, Option<bool>)> = verdict
        .faults
        .iter()
        .map(|fault| (fault.fault.as_str(), fault.bit))
        .collect();
    for fault in faults {
        assert!(told.contains(&(fault, Some(true))), "{fault}: {told:?}");
    }
}

#[track_caller]
fn expect_pass(verdict: &Verdict) {
    let bad: Vec<_> = verdict
        .findings
        .iter()
        .filter(|finding| finding.verdict != Mark::Pass)
        .collect();
    assert!(verdict.verdict == Mark::Pass && bad.is_empty(), "{bad:?}");
}

#[test]
fn a_request_that_comes_often_late_or_for_another_takes_effect_once_at_most() {
    let _alone = alone();
    let finished = Job::new(&["run", "scenarios/duplicate-delivery.toml"])
        .into_out()
        .finish();
    let finished = finished.expect_code(0, "nothing is applied twice or late");
    let verdict = finished.verdict();
    expect_pass(&verdict);
    let kinds = [
        "duplicate_requests",
        "replay_requests",
        "reorder_requests",
        "swap_requests",
        "hold_requests",
    ];
    expect_bitten(&verdict, &kinds);
    assert!(verdict.ops.unknown > 0, "an answer to another's request is no answer");
    assert!(verdict.ops.failed > 0, "what has expired is refused");
    let events = events(&finished.folder());
    let mut applied: BTreeMap<&str, usize> = BTreeMap::new();
    for event in events.iter().filter(|event| event["result"] == "applied") {
        *applied.entry(event["op_id"].as_str().unwrap()).or_default() += 1;
    }
    assert!(applied.len() > 100 && applied.values().all(|times| *times == 1));
    let words = "redelivered: answered from the journal";
    let told = |event: &&Value| event["text"].as_str().unwrap().contains(words);
    let again = events.iter().filter(told).count();
    assert!(again > applied.len(), "{again} copies were answered from the journal");
    finished.expect_nothing_left();
}

/// Many people, few arrivals, a few seconds, and these faults.
fn run(faults: &str) -> Finished {
    let folder = tempfile::tempdir_in(scratch()).unwrap();
    let text = format!(
        "schema = 1\nname = \"edges\"\nwhy = \"Edges that break.\"\nseed = 1\n[world]\nmessage_lifetime = \"2s\"\n\
         [population]\npeople = 160\npersonas = {{ forgot = 8, locked_out = 8 }}\n\
         [load.constant_arrival_rate]\nrate = \"8/s\"\nwarm_up = \"1s\"\nmeasure = \"8s\"\n{faults}"
    );
    let scenario = folder.path().join("edges.toml");
    fs::write(&scenario, text).unwrap();
    Job::new(&["run", &scenario.display().to_string()]).into_out().finish()
}

fn fault(at: &str, edge: &str, what: &str) -> String {
    format!("[[faults]]\nat = \"{at}\"\nfor = \"2s\"\nedge = \"{edge}\"\nwhat = {what}\n")
}

#[test]
fn every_edge_breaks_and_heals_and_nothing_acknowledged_is_lost() {
    let _alone = alone();
    let faults = [
        fault("1s", "agent-relay", "{ slice = { bytes = 100 } }"),
        fault("1500ms", "agent-dc", "{ delay = { by = \"30ms\", jitter = \"20ms\" } }"),
        fault("4s", "cloud-relay", "{ reset = { ratio = \"1/10\" } }"),
        fault("4s", "person-cloud", "{ slow_link = { bytes_per_second = 100000 } }"),
        fault("6500ms", "agent-dc", "{ partition = { direction = \"to_client\" } }"),
        // Nothing is that idle in two seconds.
        fault("4s", "agent-relay", "{ idle_drop = { after = \"1min\" } }"),
    ];
    let finished =
        run(&faults[..5].concat()).expect_code(0, "what is unknown is resolved, what is acknowledged is there");
    let verdict = finished.verdict();
    expect_pass(&verdict);
    expect_bitten(&verdict, &["slice", "delay", "reset", "slow_link", "partition"]);
    finished.expect_nothing_left();
    let idle = run(&faults[5]).expect_code(2, "a fault that did not bite proves nothing");
    assert_eq!(idle.verdict().verdict, Mark::Inconclusive);
}
