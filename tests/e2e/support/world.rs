//! A world in the test's own process, for what only the inside shows.

use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};

use engine::ports::Progress;
use environment::ServedBinary;
use scenario::{Choices, Plan};

use super::root;

/// Progress that nobody watches.
pub struct Quiet;

impl Progress for Quiet {
    fn step(&self, _: &str, _: Option<u64>) {}

    fn at(&self, _: u64) {}

    fn note(&self, _: &str) {}
}

/// The plan of a scenario of the repository.
pub fn plan_of(scenario: &str, sets: &[&str]) -> Plan {
    let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
    let scenario = scenario::read(&root().join(scenario), &sets).unwrap();
    Plan::resolve(&scenario, &Choices::default())
}

/// A name for a world of this process. It ends with the process's number, so that what is left is swept when it is gone.
pub fn run_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!("e2e-{}-{}", COUNT.fetch_add(1, Ordering::Relaxed), std::process::id())
}

/// A program for the containers, which an embedded world never asks for.
pub fn served() -> ServedBinary {
    ServedBinary {
        path: Path::new(env!("CARGO_BIN_EXE_wblab-wrong")).to_owned(),
        prefix: vec!["none".to_owned()],
    }
}
