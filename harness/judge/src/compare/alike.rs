//! Whether runs can be compared at all: what was asked, where, and on which machine.

use std::collections::BTreeSet;

use history::{Difference, RunRecord};

/// Machines whose memory differs by no more than this part are alike: kernels keep more or less of it for themselves.
const MEMORY_WITHIN: f64 = 0.02;

/// Characters of a digest that are shown.
const DIGEST_SHOWN: usize = 12;

/// Every field in which some run is not like the base's first, each once. Those that are `refused` make a comparison mean something
/// else than what changed between two runs.
#[must_use]
pub fn differences(base: &[RunRecord], runs: &[RunRecord]) -> Vec<Difference> {
    let Some((first, others)) = base.split_first() else {
        return Vec::new();
    };
    let mut differences: Vec<Difference> = Vec::new();
    for run in others.iter().chain(runs) {
        for found in between(first, run) {
            if differences.iter().all(|known| known.field != found.field) {
                differences.push(found);
            }
        }
    }
    differences
}

fn between(base: &RunRecord, run: &RunRecord) -> Vec<Difference> {
    let refused = |field: &str, base: String, run: String| Difference {
        field: field.to_owned(),
        base,
        run,
        refused: true,
    };
    let memory = |one: u64, other: u64| one.abs_diff(other) as f64 > MEMORY_WITHIN * one.max(other) as f64;
    let mut found = Vec::new();
    let texts = [
        ("scenario", &base.scenario, &run.scenario),
        ("world", &base.world, &run.world),
        ("host.cpu", &base.host.cpu, &run.host.cpu),
        ("host.kernel", &base.host.kernel, &run.host.kernel),
    ];
    for (field, one, other) in texts.into_iter().filter(|(_, one, other)| one != other) {
        found.push(refused(field, one.clone(), other.clone()));
    }
    if base.plan_hash != run.plan_hash {
        found.push(refused("plan", plan(base), plan(run)));
    }
    if base.host.cores != run.host.cores {
        found.push(refused(
            "host.cores",
            base.host.cores.to_string(),
            run.host.cores.to_string(),
        ));
    }
    if memory(base.host.memory_mib, run.host.memory_mib) {
        let mib = |run: &RunRecord| format!("{} MiB", run.host.memory_mib);
        found.push(refused("host.memory", mib(base), mib(run)));
    }
    found.extend(versions(base, run));
    found
}

/// A plan by the begin of its digest and its seed, which the digest covers.
fn plan(run: &RunRecord) -> String {
    let digest: String = run.plan_hash.chars().take(DIGEST_SHOWN).collect();
    format!("{digest} (seed {})", run.seed)
}

/// Other versions are what comparisons are for: they are only told.
fn versions(base: &RunRecord, run: &RunRecord) -> Vec<Difference> {
    let names: BTreeSet<&String> = base.versions.keys().chain(run.versions.keys()).collect();
    let of = |run: &RunRecord, name: &String| run.versions.get(name).cloned().unwrap_or_else(|| "none".to_owned());
    let differing = names.into_iter().map(|name| Difference {
        field: format!("versions.{name}"),
        base: of(base, name),
        run: of(run, name),
        refused: false,
    });
    differing.filter(|found| found.base != found.run).collect()
}

#[cfg(test)]
mod tests {
    use super::super::tests::run;
    use super::*;
    use crate::compare::is_despite;

    fn fields(bend: impl Fn(&mut RunRecord)) -> Vec<(String, bool)> {
        let mut other = run("b", 1);
        bend(&mut other);
        let found = differences(&[run("a", 1)], &[other]);
        found.into_iter().map(|found| (found.field, found.refused)).collect()
    }

    #[test]
    fn every_field_that_differs_is_named() {
        assert_eq!(fields(|_| {}), []);
        let one = |field: &str, refused| vec![(field.to_owned(), refused)];
        assert_eq!(fields(|run| run.scenario = "storm".into()), one("scenario", true));
        assert_eq!(fields(|run| run.plan_hash = "x".into()), one("plan", true));
        assert_eq!(fields(|run| run.world = "docker".into()), one("world", true));
        assert_eq!(fields(|run| run.host.cpu = "another".into()), one("host.cpu", true));
        assert_eq!(fields(|run| run.host.cores += 1), one("host.cores", true));
        assert_eq!(fields(|run| run.host.kernel = "7".into()), one("host.kernel", true));
        assert_eq!(
            fields(|run| run.host.memory_mib += 20),
            [],
            "a kernel that keeps a little more"
        );
        assert_eq!(fields(|run| run.host.memory_mib *= 2), one("host.memory", true));
        assert_eq!(
            fields(|run| drop(run.versions.insert("wblab".into(), "9".into()))),
            one("versions.wblab", false)
        );
    }

    #[test]
    fn a_run_of_a_base_that_is_unlike_its_first_is_found() {
        let mut odd = run("b", 1);
        odd.host.cores = 64;
        let found = differences(&[run("a", 1), odd], &[run("c", 1)]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].base.as_str(), found[0].run.as_str()), ("2", "64"));
        assert!(is_despite(&found[0], &["host".to_owned()]) && is_despite(&found[0], &["host.cores".to_owned()]));
        assert!(!is_despite(&found[0], &["world".to_owned(), "host.cpu".to_owned()]));
    }
}
