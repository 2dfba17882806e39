//! The manifest of a drawn run.

use std::collections::BTreeMap;

use history::{Capability, FORMAT_VERSION, GoalLimit, Host, Manifest, Phase, PlannedPhase};
use judge::Figures;
use vocabulary::Seed;

use super::{SECOND, total};

pub(super) fn digest(seed: u64, what: &str) -> String {
    Seed::new(seed)
        .child(what)
        .bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

pub(super) fn reproduce(seed: u64) -> String {
    format!("wblab run scenarios/quick.toml --seed {seed}")
}

fn sentences() -> Vec<String> {
    vec![
        "500 people in one forest with two domain controllers; every person is synchronised.".to_owned(),
        "50 arrivals a second with random gaps: four resets to one unlock.".to_owned(),
        "Every unlock victim, and a quarter of those who reset, is locked first, and the lock is proven.".to_owned(),
    ]
}

/// The manifest of such a run.
pub fn manifest(seed: u64, figures: &Figures) -> Manifest {
    let seconds = figures.windows.len() as u64 * SECOND;
    let facts = [
        ("kvno", "counts"),
        ("old_password_allowed", "0s"),
        ("history_on_reset", "not enforced"),
        ("policy_hints", "false"),
        ("lockout", "enforced"),
        ("lockoutThreshold", "5"),
        ("lockoutDuration", "-18000000000"),
        ("reset_unlocks", "false"),
        ("protected_groups", "enforced"),
        ("minPwdLength", "12"),
        ("pwdProperties", "1"),
        ("pwdHistoryLength", "24"),
        ("domainControllerFunctionality", "6"),
        ("vendor", "a directory with a name"),
    ];
    let map = |rows: &[(&str, &str)]| {
        rows.iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    };
    Manifest {
        version: FORMAT_VERSION,
        scenario: "quick".to_owned(),
        why: "The whole path once, on one machine, in under a minute.".to_owned(),
        world: "embedded".to_owned(),
        seed,
        plan_hash: digest(seed, "plan"),
        people_sha256: digest(seed, "people"),
        arrivals_sha256: digest(seed, "arrivals"),
        executor: "poisson_arrival_rate".to_owned(),
        capacity: None,
        sentences: sentences(),
        people: 500,
        arrivals: total(&figures.windows, |window| window.offered),
        message_lifetime_us: 30 * SECOND,
        start_within_us: 10 * SECOND,
        closed_to: Vec::new(),
        goals: vec![GoalLimit {
            goal: "response_time_p99_max".to_owned(),
            limit: 250.0,
        }],
        phases: vec![PlannedPhase {
            phase: Phase::Measure,
            from_us: 0,
            for_us: seconds,
        }],
        samples_every_us: 0,
        started_unix_ms: 1_795_424_405_000,
        run: format!("20261123T090005Z-seed-{seed}"),
        versions: map(&[("wblab", "0.1.0"), ("goose", "0.19.0")]),
        host: Host {
            cpu: "a processor with a name".to_owned(),
            cores: 2,
            memory_mib: 16_384,
            kernel: "6.1.0".to_owned(),
        },
        image_digests: BTreeMap::new(),
        capabilities: ["dc1.corp.test", "dc2.corp.test"]
            .map(|dc| Capability {
                dc: dc.to_owned(),
                facts: map(&facts),
            })
            .into(),
        reproduce: reproduce(seed),
    }
}
