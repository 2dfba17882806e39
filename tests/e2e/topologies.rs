//! Forests and domain controllers through the whole chain: where writes go, what moves, and that nothing is lost.
//!
//! Each body is one scenario in one world; the same bodies look at Samba where Docker is there.

use std::collections::BTreeMap;
use std::fs;

use history::{Mark, RunFolder, Verdict};
use serde_json::Value;

use crate::docker_job::expect_no_leftovers;
use crate::support::{Finished, Job, alone, ops, require};

/// For scenarios in which nothing moves: shorter, and as much is seen.
const SHORT: [&str; 1] = ["load.constant_arrival_rate.measure=7s"];

fn run(scenario: &str, world: &str, sets: &[&str]) -> (Finished, Verdict) {
    let job = Job::new(&["run", scenario, "--world", world]).sets(sets).into_out();
    let finished = job.finish().expect_code(0, "nothing acknowledged is lost");
    let verdict = finished.verdict();
    assert_eq!((verdict.verdict, verdict.world.as_str()), (Mark::Pass, world));
    finished.expect_nothing_left();
    expect_no_leftovers(finished.pid());
    (finished, verdict)
}

/// How many applied operations the agent wrote on each domain controller.
fn written_on(folder: &RunFolder) -> BTreeMap<String, usize> {
    let events = fs::read_to_string(folder.logs().join("agent-events.jsonl")).unwrap();
    let mut written = BTreeMap::new();
    for line in events.lines() {
        let event: Value = serde_json::from_str(line).unwrap();
        if event["result"] == "applied" {
            *written.entry(event["dc"].as_str().unwrap().to_owned()).or_default() += 1;
        }
    }
    written
}

#[track_caller]
fn expect_pass(verdict: &Verdict, checks: &[&str]) {
    for check in checks {
        let finding = verdict.findings.iter().find(|finding| finding.check == *check);
        assert_eq!(finding.map(|finding| finding.verdict), Some(Mark::Pass), "{check}");
    }
}

/// Every domain controller saw every write, and the report can draw how long that took.
#[track_caller]
fn expect_propagation(verdict: &Verdict, dcs: &[&str]) {
    let seen = &verdict.propagation_ms;
    assert_eq!(seen.keys().map(String::as_str).collect::<Vec<_>>(), dcs);
    for (dc, delay) in seen {
        assert!(delay.count > 20 && delay.unseen == 0, "{dc}: {delay:?}");
        assert!(delay.max >= delay.p50 && delay.p50.is_some(), "{dc}: {delay:?}");
    }
}

fn preferred(world: &str) {
    let (finished, verdict) = run("scenarios/preferred-dc.toml", world, &SHORT);
    let written = written_on(&finished.folder());
    assert_eq!(
        written.keys().collect::<Vec<_>>(),
        ["dc2.corp.test"],
        "past the preferred one: {written:?}"
    );
    expect_pass(
        &verdict,
        &["replicas-agree", "no-lost-ack", "directory-holds-acknowledged"],
    );
    expect_propagation(&verdict, &["dc1.corp.test", "dc2.corp.test"]);
}

fn moves(world: &str) {
    let (finished, verdict) = run("scenarios/pdc-moves.toml", world, &[]);
    let written = written_on(&finished.folder());
    let both = written.get("dc1.corp.test").zip(written.get("dc2.corp.test"));
    assert!(
        both.is_some_and(|(one, two)| *one > 20 && *two > 10),
        "on both, one after the other: {written:?}"
    );
    assert!(!verdict.faults.is_empty() && verdict.faults.iter().all(|fault| fault.bit == Some(true)));
    expect_pass(
        &verdict,
        &[
            "faults-bit",
            "replicas-agree",
            "no-lost-ack",
            "no-double-apply",
            "directory-holds-acknowledged",
        ],
    );
    expect_propagation(&verdict, &["dc1.corp.test", "dc2.corp.test"]);
}

fn forests(world: &str) {
    let (finished, verdict) = run("scenarios/two-forests.toml", world, &SHORT);
    let folder = finished.folder();
    let written = written_on(&folder);
    assert_eq!(
        written.keys().collect::<Vec<_>>(),
        ["dc1.corp.test", "dc1.partner.example"]
    );
    let of = |domain: &str| ops(&folder).iter().filter(|op| op.actor.ends_with(domain)).count();
    assert!(of("@corp.test") > of("@partner.example") && of("@partner.example") > 10);
    let levels: BTreeMap<String, String> = folder
        .manifest()
        .unwrap()
        .capabilities
        .into_iter()
        .map(|sheet| (sheet.dc, sheet.facts["domainFunctionality"].clone()))
        .collect();
    let expected = [("dc1.corp.test", "6"), ("dc1.partner.example", "4")];
    assert_eq!(
        levels,
        expected.map(|(dc, level)| (dc.to_owned(), level.to_owned())).into()
    );
    expect_pass(
        &verdict,
        &["no-lost-ack", "no-cross-user-write", "directory-holds-acknowledged"],
    );
    assert!(
        verdict.propagation_ms.is_empty(),
        "one domain controller has nobody to tell"
    );
}

#[test]
fn writes_go_to_the_pdc_past_a_preferred_controller() {
    let _alone = alone();
    preferred("embedded");
}

#[test]
fn the_role_of_pdc_moves_under_load_and_nothing_is_lost() {
    let _alone = alone();
    moves("embedded");
}

#[test]
fn two_forests_of_different_levels_are_served_by_one_agent() {
    let _alone = alone();
    forests("embedded");
}

#[test]
fn writes_go_to_the_pdc_past_a_preferred_controller_on_samba() {
    if require("docker") {
        let _alone = alone();
        preferred("docker");
    }
}

#[test]
fn the_role_of_pdc_moves_under_load_on_samba_and_nothing_is_lost() {
    if require("docker") {
        let _alone = alone();
        moves("docker");
    }
}

#[test]
fn two_forests_on_samba_are_served_by_one_agent() {
    if require("docker") {
        let _alone = alone();
        forests("docker");
    }
}
