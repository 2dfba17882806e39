//! The zoo: each wrong part in a run of its own, caught by the check that promises to, and told of in the book.

use std::collections::BTreeSet;

use history::{Mark, OpEvent, Verdict};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;
use vocabulary::{Outcome, OutcomeClass};

use crate::support::{Finished, Job, Started, ops, root, wrong};

/// Runs at once: most of a run is waiting.
pub const AT_ONCE: usize = 3;

/// The wrong parts of the small size, two or more of each kind, and what must be borne.
pub const SMALL: [&str; 6] = [
    "no-dedup",
    "logs-passwords",
    "previous-outcome",
    "retries-as-new",
    "says-undispatched",
    "repeats",
];

/// The one part that is not wrong.
const NONE: &str = "none";

/// The scenario in which everybody is refused.
const UNLICENSED: &str = "unlicensed";

/// A wrong part, as `wblab-wrong --list` tells it.
#[derive(Debug, Clone, Deserialize)]
pub struct Planted {
    name: String,
    does: String,
    caught_by: Vec<String>,
    scenario: String,
}

/// Every wrong part; the one that is right once for each scenario.
pub fn all() -> Vec<Planted> {
    let listed = wrong("--list").output().unwrap();
    let text = String::from_utf8(listed.stdout).unwrap();
    let mut zoo: Vec<Planted> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let scenarios: BTreeSet<String> = zoo.iter().map(|planted| planted.scenario.clone()).collect();
    let right = zoo.remove(zoo.iter().position(|planted| planted.name == NONE).unwrap());
    zoo.extend(scenarios.into_iter().map(|scenario| Planted {
        scenario,
        ..right.clone()
    }));
    zoo
}

/// Those of the small size.
pub fn small() -> Vec<Planted> {
    let zoo = all();
    let named = |name: &&str| zoo.iter().find(|planted| planted.name == **name).cloned();
    let small: Vec<Planted> = SMALL.iter().filter_map(named).collect();
    assert_eq!(small.len(), SMALL.len(), "the zoo has each of {SMALL:?}");
    small
}

/// Runs some at once and tells what became of each.
pub fn caught(batch: &[Planted], seed: u64) -> Value {
    let started: Vec<(&Planted, Started)> = batch.iter().map(|planted| (planted, start(planted, seed))).collect();
    let told: Vec<Value> = started
        .into_iter()
        .map(|(planted, run)| judged(planted, seed, &run.finish()))
        .collect();
    json!({ "held": told.iter().all(|one| one["held"] == true), "caught": told })
}

fn start(planted: &Planted, seed: u64) -> Started {
    let scenario = format!("tests/fixtures/zoo/{}.toml", planted.scenario);
    let seed = seed.to_string();
    let mut started = Job::wrong(&planted.name, &["run", &scenario, "--seed", &seed])
        .into_out()
        .start();
    // The next one must not want the same address while this one looks whether it is free.
    started.until_it_says("populate");
    started
}

fn judged(planted: &Planted, seed: u64, finished: &Finished) -> Value {
    let code = finished.code();
    if !matches!(code, Some(0..=2)) || finished.folder().verdict().is_err() {
        return json!({ "held": false, "name": planted.name, "seed": seed, "code": code, "said": finished.stderr });
    }
    let verdict = finished.verdict();
    let broken = broken(&verdict);
    let missed: Vec<&String> = planted
        .caught_by
        .iter()
        .filter(|check| !broken.contains(check))
        .collect();
    let expected = match (planted.caught_by.is_empty(), planted.scenario.as_str()) {
        (false, _) => (Mark::Fail, Some(1)),
        // Where nothing is let through, nothing is there to look at.
        (true, UNLICENSED) => (Mark::Inconclusive, Some(2)),
        (true, _) => (Mark::Pass, Some(0)),
    };
    finished.expect_nothing_left();
    json!({
        "held": missed.is_empty() && (verdict.verdict, code) == expected,
        "name": planted.name,
        "scenario": planted.scenario,
        "seed": seed,
        "by": broken,
        "missed": missed,
        "operations": needed(planted, &verdict, &ops(&finished.folder())),
        "unknown": unknowns(&ops(&finished.folder())),
    })
}

/// Every check and goal that did not hold, the ones with a violation.
fn broken(verdict: &Verdict) -> Vec<String> {
    let findings = verdict.findings.iter();
    let checks = findings.filter(|finding| finding.verdict == Mark::Fail && !finding.violations.is_empty());
    let goals = verdict.goals.iter().filter(|goal| goal.verdict == Mark::Fail);
    let checks = checks.map(|finding| finding.check.clone());
    checks.chain(goals.map(|goal| goal.goal.clone())).collect()
}

/// How many operations had begun when the first was there that a check which must find the fault names: the least after
/// which it could have been found. One that names none needs all.
fn needed(planted: &Planted, verdict: &Verdict, ops: &[OpEvent]) -> Option<usize> {
    let mut order: Vec<&OpEvent> = ops.iter().collect();
    order.sort_by_key(|op| (op.started_us, op.seq));
    let place = |id: Uuid| order.iter().position(|op| op.op_id == id).map(|at| at + 1);
    let told = planted.caught_by.iter().map(|check| {
        let finding = verdict.findings.iter().find(|finding| finding.check == *check);
        let violations = finding.into_iter().flat_map(|finding| &finding.violations);
        let whole = violations.filter_map(|text| ids(text).into_iter().filter_map(place).max());
        whole
            .min()
            .or_else(|| first_unknown(check, &order))
            .unwrap_or(order.len())
    });
    told.min()
}

fn first_unknown(goal: &str, order: &[&OpEvent]) -> Option<usize> {
    let unknown = |outcome: &Outcome| outcome.class() == OutcomeClass::Unknown;
    let at = order.iter().position(|op| unknown(&op.outcome))?;
    (goal == "unknown_ratio_max").then_some(at + 1)
}

/// Why the end of some is unknown, in the order of their ends.
fn unknowns(ops: &[OpEvent]) -> Vec<&'static str> {
    let why = |op: &OpEvent| match &op.outcome {
        Outcome::Unknown(why) => Some(why.as_str()),
        _ => None,
    };
    ops.iter().filter_map(why).collect()
}

/// The operation ids of a sentence.
fn ids(text: &str) -> Vec<Uuid> {
    let words = text.split(|letter: char| !letter.is_ascii_hexdigit() && letter != '-');
    words.filter_map(|word| Uuid::try_parse(word).ok()).collect()
}

#[test]
fn the_zoo_is_large_and_every_part_of_it_different() {
    let zoo = all();
    let wrong: Vec<&Planted> = zoo.iter().filter(|planted| !planted.caught_by.is_empty()).collect();
    assert!(wrong.len() >= 25, "only {} planted faults", wrong.len());
    let names: BTreeSet<&str> = wrong.iter().map(|planted| planted.name.as_str()).collect();
    let deeds: BTreeSet<&str> = wrong.iter().map(|planted| planted.does.as_str()).collect();
    assert_eq!((names.len(), deeds.len()), (wrong.len(), wrong.len()));
}

#[test]
fn the_book_tells_of_every_planted_fault() {
    let book = std::fs::read_to_string(root().join("docs/zoo.md")).unwrap();
    let rows: Vec<Vec<&str>> = book
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let mut wrong = all();
    wrong.retain(|planted| !planted.caught_by.is_empty());
    assert_eq!(rows.len(), wrong.len(), "a row for each planted fault");
    for planted in wrong {
        let name = format!("`{}`", planted.name);
        let row = rows.iter().find(|row| row[0] == name);
        let row = row.unwrap_or_else(|| panic!("docs/zoo.md has no row {name}"));
        assert_eq!(row[1], planted.does, "{name}");
        for check in &planted.caught_by {
            assert!(
                row[2].contains(&format!("`{check}`")),
                "{name} is not told to be caught by {check}"
            );
        }
        assert!(row[3].parse::<u64>().unwrap() > 0, "{name}: operations");
    }
}
