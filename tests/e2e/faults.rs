//! Scenarios in which parts die: every fault bites, and nothing acknowledged is lost.

use history::{Event, Mark, Phase, Verdict};

use crate::support::{Finished, Job};

/// Shorter waits; the faults come when they come.
const SHORT: [&str; 1] = ["world.message_lifetime=4s"];

fn run(scenario: &str, sets: &[&str]) -> (Finished, Verdict) {
    let job = Job::new(&["run", scenario]).sets(&SHORT).sets(sets).into_out();
    let finished = job.finish().expect_code(0, "nothing acknowledged is lost");
    let verdict = finished.verdict();
    assert_eq!(verdict.verdict, Mark::Pass);
    finished.expect_nothing_left();
    (finished, verdict)
}

/// Injections and heals of a run, and whether a fault was left for the phase that heals.
fn faults(finished: &Finished) -> (usize, usize, bool) {
    let events: Vec<Event> = finished.folder().events().unwrap().map(Result::unwrap).collect();
    let injected = events.iter().filter(|event| matches!(event, Event::Inject(_))).count();
    let healed = events.iter().filter(|event| matches!(event, Event::Heal(_))).count();
    let left = |event: &Event| matches!(event, Event::Phase(phase) if phase.enter == Phase::Heal);
    (injected, healed, events.iter().any(left))
}

#[track_caller]
fn survived(scenario: &str, sets: &[&str], count: usize) -> Verdict {
    let (finished, verdict) = run(scenario, sets);
    let (injected, healed, left) = faults(&finished);
    assert_eq!((injected, healed), (count, count), "each is made and healed");
    assert!(!left, "the load outlives them all");
    assert!(
        !verdict.faults.is_empty() && verdict.faults.iter().all(|fault| fault.bit == Some(true)),
        "{:?}",
        verdict.faults
    );
    verdict
}

#[test]
fn an_agent_that_dies_at_any_point_loses_and_repeats_nothing() {
    let verdict = survived("scenarios/agent-crash.toml", &[], 4);
    let resolved = verdict.unknown_resolved;
    assert!(
        resolved.applied >= 2,
        "sent or answered, and nobody was told: {resolved:?}"
    );
    assert!(resolved.not_applied >= 1, "never sent: {resolved:?}");
    assert_eq!(resolved.open, 0);
}

#[test]
fn a_relay_and_a_firewall_come_back_where_they_were() {
    survived("scenarios/relay-restart.toml", &[], 3);
}

#[test]
fn a_domain_controller_comes_back_with_what_it_acknowledged() {
    survived("scenarios/dc-outage.toml", &[], 3);
}

#[test]
fn whatever_the_seed_draws_holds() {
    survived("scenarios/random-faults.toml", &[], 7);
}
