//! Who may use whom.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use cargo_metadata::{DependencyKind, MetadataCommand, Package};

use super::tree::root;

/// The crates, lowest first, each with those it uses. The table of `ARCHITECTURE.md`, as data.
pub(super) const USES: [(&str, &[&str]); 18] = [
    ("vocabulary", &[]),
    ("store", &[]),
    ("certificate", &[]),
    ("history", &["vocabulary"]),
    ("scenario", &["vocabulary"]),
    ("protocol", &["vocabulary"]),
    ("engine", &["history", "scenario", "vocabulary"]),
    ("judge", &["history", "vocabulary"]),
    ("reports", &["history", "judge", "vocabulary"]),
    ("calibration", &["engine", "history", "judge", "scenario", "vocabulary"]),
    ("load", &["engine", "history", "scenario", "vocabulary"]),
    ("cloud", &["certificate", "protocol", "store", "vocabulary"]),
    ("relay", &["certificate", "protocol", "vocabulary"]),
    ("agent", &["protocol", "store", "vocabulary"]),
    ("directory", &["certificate", "vocabulary"]),
    ("gateway", &["vocabulary"]),
    (
        "environment",
        &[
            "agent",
            "cloud",
            "directory",
            "engine",
            "gateway",
            "history",
            "protocol",
            "relay",
            "scenario",
            "vocabulary",
        ],
    ),
    (
        "wblab",
        &[
            "calibration",
            "directory",
            "engine",
            "environment",
            "history",
            "judge",
            "load",
            "reports",
            "scenario",
            "vocabulary",
        ],
    ),
];

/// What must not come about in any number of steps.
const NEVER: [(&str, &str); 5] = [
    ("judge", "scenario"),
    ("history", "scenario"),
    ("engine", "environment"),
    ("engine", "load"),
    ("cloud", "agent"),
];

/// One heavy package, one home.
const HOMES: [(&str, &[&str]); 10] = [
    ("clap", &["wblab"]),
    ("fake", &["scenario"]),
    ("goose", &["load"]),
    ("hdrhistogram", &["vocabulary"]),
    ("parquet", &["reports"]),
    ("plotters", &["reports"]),
    ("redb", &["store"]),
    ("testcontainers", &["environment"]),
    ("bollard", &["environment"]),
    ("ldap3", &["agent", "environment"]),
];

/// The suite itself: it may use everyone.
const SUITE: &str = "e2e";

/// One crate of the workspace.
#[derive(Debug, Clone, Default)]
pub(super) struct Crate {
    /// Its `Cargo.toml`, below the repository's root.
    manifest: String,
    /// That file's text.
    text: String,
    /// Crates of the workspace that it uses when it is shipped.
    uses: BTreeSet<String>,
    /// Packages from outside that it uses when it is shipped.
    packages: BTreeSet<String>,
    /// Cargo features that it offers.
    features: BTreeSet<String>,
}

impl Crate {
    /// `FILE:LINE` of the line that names a dependency.
    fn place(&self, name: &str) -> String {
        let named = |line: &str| {
            let rest = line.trim_start().trim_matches('"').strip_prefix(name);
            rest.is_some_and(|rest| rest.starts_with(['.', ' ', '=', '"']))
        };
        let line = self.text.lines().position(named).map_or(1, |at| at + 1);
        format!("{}:{line}", self.manifest)
    }
}

/// Crates by name.
pub(super) type Graph = BTreeMap<String, Crate>;

/// The workspace as cargo tells it, without the network. Dependencies of tests are left out.
pub(super) fn graph() -> Graph {
    static GRAPH: LazyLock<Graph> = LazyLock::new(|| {
        let mut command = MetadataCommand::new();
        command.manifest_path(root().join("Cargo.toml")).no_deps();
        let metadata = command
            .other_options(["--offline".to_owned()])
            .exec()
            .expect("cargo metadata");
        metadata
            .packages
            .iter()
            .map(|package| (package.name.to_string(), read(package)))
            .collect()
    });
    GRAPH.clone()
}

fn read(package: &Package) -> Crate {
    let path = package.manifest_path.as_std_path();
    let manifest = path.strip_prefix(root()).expect("a manifest in the repository");
    let mut found = Crate {
        manifest: manifest.display().to_string(),
        text: std::fs::read_to_string(path).expect("a manifest that reads"),
        features: package.features.keys().cloned().collect(),
        ..Crate::default()
    };
    for dependency in package
        .dependencies
        .iter()
        .filter(|found| found.kind != DependencyKind::Development)
    {
        let list = if dependency.path.is_some() {
            &mut found.uses
        } else {
            &mut found.packages
        };
        list.insert(dependency.name.clone());
    }
    found
}

/// Edges that the table does not have, and lines of the table that nothing bears out.
pub(super) fn strange(graph: &Graph, table: &[(&str, &[&str])]) -> Vec<String> {
    let mut breaches = Vec::new();
    for (name, found) in graph.iter().filter(|(name, _)| *name != SUITE) {
        let Some((_, allowed)) = table.iter().find(|(known, _)| known == name) else {
            breaches.push(format!("{}:1: the crate {name} stands in no table", found.manifest));
            continue;
        };
        let strange = found.uses.iter().filter(|used| !allowed.contains(&used.as_str()));
        breaches.extend(strange.map(|used| format!("{}: {name} must not use {used}", found.place(used))));
        let stale = allowed.iter().filter(|used| !found.uses.contains(**used));
        breaches.extend(stale.map(|used| format!("{}:1: the table says that {name} uses {used}", found.manifest)));
    }
    let missing = table.iter().filter(|(name, _)| !graph.contains_key(*name));
    breaches.extend(missing.map(|(name, _)| format!("Cargo.toml:1: the table has {name}, the workspace has not")));
    breaches
}

/// Edges that must not be, however many crates stand between.
pub(super) fn forbidden(graph: &Graph) -> Vec<String> {
    let mut breaches = Vec::new();
    for (name, found) in graph {
        let reached = reached(graph, name);
        let never = NEVER.iter().filter(|(from, _)| from == name).map(|(_, to)| *to);
        let program = (name != SUITE).then_some("wblab");
        for target in never.chain(program).filter(|target| reached.contains(*target)) {
            breaches.push(format!("{}: {name} reaches {target}", found.place(target)));
        }
    }
    breaches
}

fn reached(graph: &Graph, from: &str) -> BTreeSet<String> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from.to_owned()];
    while let Some(name) = open.pop() {
        for used in graph.get(&name).into_iter().flat_map(|found| &found.uses) {
            if reached.insert(used.clone()) {
                open.push(used.clone());
            }
        }
    }
    reached
}

/// Heavy packages outside their home.
pub(super) fn homeless(graph: &Graph) -> Vec<String> {
    let mut breaches = Vec::new();
    for (name, found) in graph.iter().filter(|(name, _)| *name != SUITE) {
        for (package, homes) in HOMES {
            if found.packages.contains(package) && !homes.contains(&name.as_str()) {
                breaches.push(format!(
                    "{}: {package} lives in {}",
                    found.place(package),
                    homes.join(" and ")
                ));
            }
        }
    }
    breaches
}

/// Cargo features of shipped crates: there are none, so none can select anything.
pub(super) fn features(graph: &Graph) -> Vec<String> {
    let offered = graph
        .iter()
        .filter(|(name, found)| *name != SUITE && !found.features.is_empty());
    let told = |(name, found): (&String, &Crate)| {
        format!(
            "{}: {name} offers the feature {:?}",
            found.place("[features]"),
            found.features
        )
    };
    offered.map(told).collect()
}

fn bad(name: &str, uses: &[&str], packages: &[&str]) -> (String, Crate) {
    let owned = |list: &[&str]| list.iter().map(|&item| item.to_owned()).collect();
    let text: String = uses
        .iter()
        .chain(packages)
        .map(|used| format!("{used}.workspace = true\n"))
        .collect();
    let found = Crate {
        manifest: format!("{name}/Cargo.toml"),
        text: format!("[dependencies]\n{text}"),
        uses: owned(uses),
        packages: owned(packages),
        ..Crate::default()
    };
    (name.to_owned(), found)
}

#[test]
fn an_edge_that_is_not_in_the_table_is_found() {
    let table: [(&str, &[&str]); 2] = [("judge", &["history"]), ("gone", &[])];
    let graph = Graph::from([bad("judge", &["history", "scenario"], &[]), bad("new", &[], &[])]);
    let breaches = strange(&graph, &table);
    assert_eq!(breaches.len(), 3, "{breaches:?}");
    assert_eq!(breaches[0], "judge/Cargo.toml:3: judge must not use scenario");
    assert!(breaches[1].contains("new stands in no table") && breaches[2].contains("gone"));
    let unused = Graph::from([bad("judge", &[], &[]), bad("gone", &[], &[])]);
    assert_eq!(
        strange(&unused, &table),
        ["judge/Cargo.toml:1: the table says that judge uses history"]
    );
}

#[test]
fn a_forbidden_edge_is_found_behind_another_crate() {
    let graph = Graph::from([
        bad("judge", &["history"], &[]),
        bad("history", &["scenario"], &[]),
        bad("engine", &["wblab"], &[]),
        bad("e2e", &["wblab"], &[]),
    ]);
    let breaches = forbidden(&graph);
    assert_eq!(breaches.len(), 3, "{breaches:?}");
    assert!(
        breaches
            .iter()
            .any(|breach| breach == "judge/Cargo.toml:1: judge reaches scenario")
    );
    assert!(
        breaches
            .iter()
            .any(|breach| breach == "engine/Cargo.toml:2: engine reaches wblab")
    );
}

#[test]
fn a_heavy_package_away_from_home_is_found() {
    let graph = Graph::from([
        bad("judge", &[], &["plotters"]),
        bad("agent", &[], &["ldap3"]),
        bad("e2e", &[], &["ldap3"]),
    ]);
    assert_eq!(homeless(&graph), ["judge/Cargo.toml:2: plotters lives in reports"]);
}

#[test]
fn a_feature_is_found() {
    let (name, mut found) = bad("agent", &[], &[]);
    found.features.insert("careless".to_owned());
    assert_eq!(features(&Graph::from([(name, found)])).len(), 1);
}
