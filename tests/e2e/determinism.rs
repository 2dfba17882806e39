//! One seed, one run: the same people, the same arrivals, in every world.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;

use crate::support::{Job, root};

const DIGESTS: [&str; 3] = ["plan_hash", "people_sha256", "arrivals_sha256"];
const GOLDENS: &str = "tests/fixtures/goldens.json";

type Digests = BTreeMap<String, String>;

fn digests(scenario: &str, more: &[&str]) -> Digests {
    let planned = Job::new(&["plan", scenario, "--json"]).with(more).finish();
    let planned = planned.expect_code(0, "a sound scenario has a plan");
    let told: Value = serde_json::from_str(&planned.stdout).unwrap();
    let one = |name: &str| (name.to_owned(), told[name].as_str().unwrap().to_owned());
    DIGESTS.into_iter().map(one).collect()
}

fn scenarios() -> Vec<String> {
    let entries = fs::read_dir(root().join("scenarios"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    let names = entries
        .map(|name| name.into_string().unwrap())
        .filter(|name| name.ends_with(".toml"));
    let mut names: Vec<String> = names.map(|name| format!("scenarios/{name}")).collect();
    names.sort();
    names
}

#[test]
fn a_seed_plans_the_same_twice_and_in_both_worlds() {
    let first = digests("scenarios/quick.toml", &[]);
    assert_eq!(
        digests("scenarios/quick.toml", &[]),
        first,
        "the same seed, the same digests"
    );
    assert_eq!(
        digests("scenarios/quick.toml", &["--world", "docker"]),
        first,
        "where it runs is not asked"
    );
    assert_eq!(
        digests("scenarios/quick.toml", &["--seed", "1"]),
        first,
        "the file's own seed is 1"
    );
}

#[test]
fn another_seed_changes_everything() {
    let (first, other) = (
        digests("scenarios/quick.toml", &[]),
        digests("scenarios/quick.toml", &["--seed", "2"]),
    );
    for name in DIGESTS {
        assert_ne!(first[name], other[name], "{name} depends on the seed");
    }
}

#[test]
fn what_is_asked_changes_the_plan_and_only_what_it_touches() {
    let first = digests("scenarios/quick.toml", &[]);
    let slower = digests(
        "scenarios/quick.toml",
        &["--set", "load.constant_arrival_rate.rate=24/s"],
    );
    assert_eq!(
        slower["people_sha256"], first["people_sha256"],
        "people do not depend on the rate"
    );
    assert_ne!(slower["arrivals_sha256"], first["arrivals_sha256"]);
    assert_ne!(slower["plan_hash"], first["plan_hash"]);
}

#[test]
fn the_shipped_scenarios_keep_their_goldens() {
    let now: BTreeMap<String, Digests> = scenarios()
        .into_iter()
        .map(|name| (name.clone(), digests(&name, &[])))
        .collect();
    let text = fs::read_to_string(root().join(GOLDENS)).unwrap_or_default();
    let committed: BTreeMap<String, Digests> = serde_json::from_str(&text).unwrap_or_default();
    let renewed = serde_json::to_string_pretty(&now).unwrap();
    assert_eq!(
        committed, now,
        "a run of these seeds is no longer the run it was. Where that is meant, {GOLDENS} becomes:\n{renewed}"
    );
}
