//! The whole search, on queues that are simulated: their capacity is known beforehand.

mod queue;

use history::{Answer, Bottleneck, Capacity, CapacityAsked, GoalLimit, Range, StepMark};

use super::fit::{Rate, models};
use super::halve::halve;
use super::queueing::{Md1, mmc_percentile};
use super::search::{Search, bracket, levels};
use super::usl::Usl;
use queue::{Arrivals, Queue, Service};

/// An answer to ask questions of.
pub(super) fn capacity_of(rate: Range, stage: &str) -> Capacity {
    Capacity {
        version: 1,
        scenario: "a".to_owned(),
        world: "embedded".to_owned(),
        seed: 1,
        run: "b".to_owned(),
        executor: "constant_arrival_rate".to_owned(),
        asked: asked(8.0),
        goals: Vec::new(),
        answer: Answer {
            rate_per_s: Some(rate),
            step: Some(0),
            failed_per_s: None,
            limited_by: String::new(),
            why: String::new(),
        },
        bottleneck: Bottleneck {
            stage: stage.to_owned(),
            what: format!("the {stage}"),
            why: String::new(),
            low_step: None,
            high_step: None,
            evidence: Vec::new(),
            cores: None,
            cores_of: 2,
        },
        models: Vec::new(),
        steps: Vec::new(),
        replays: true,
        what_if: None,
    }
}

pub(super) fn asked(start: f64) -> CapacityAsked {
    CapacityAsked {
        start_millis: (start * 1e3) as u64,
        warm_up_us: 3_000_000,
        measure_us: 5_000_000,
        precision: 0.02,
        servers: std::collections::BTreeMap::new(),
        domains: 1,
        domain_controllers: 1,
    }
}

fn goal(goal: &str, limit: f64) -> GoalLimit {
    GoalLimit {
        goal: goal.to_owned(),
        limit,
    }
}

fn searched(goals: Vec<GoalLimit>, start: f64, mut queue: Queue) -> Search {
    let mut search = Search::new(asked(start), goals, 10_000_000);
    let mut steps = 0;
    while let Some(order) = search.order() {
        queue.step(&mut search, order, steps);
        steps += 1;
    }
    search
}

/// The rate that held, per second.
fn held(search: &Search, goals: &[GoalLimit]) -> f64 {
    let levels = levels(goals, search.past());
    bracket(&levels).0.map_or(0.0, |level| level.rate_millis as f64 / 1e3)
}

fn best(search: &Search, goals: &[GoalLimit]) -> history::Model {
    let levels = levels(goals, search.past());
    let rates: Vec<Rate<'_>> = levels
        .iter()
        .map(|level| {
            let of = search
                .past()
                .iter()
                .filter(|run| run.step.rate_millis == level.rate_millis);
            let runs: Vec<_> = of.collect();
            let steady = !level.growth.growing && !runs.iter().any(|run| run.left_some());
            Rate { runs, steady }
        })
        .collect();
    models(&rates, goals, 1).swap_remove(0)
}

/// The highest rate at which a percentile is within a limit.
fn rate_within(limit: f64, most: f64, percentile: impl Fn(f64) -> f64) -> f64 {
    halve((0.0, most), |rate| percentile(rate) <= limit).0
}

fn near(what: &str, measured: f64, known: f64, part: f64) {
    let off = measured / known - 1.0;
    assert!(
        off.abs() <= part,
        "{what}: {measured} of {known}, {:.1} % off",
        off * 100.0
    );
}

const SERVICE_S: f64 = 0.031;

#[test]
fn even_arrivals_at_one_even_server_find_its_rate() {
    let goals = vec![goal("dropped_ratio_max", 0.0), goal("response_time_p99_max", 1000.0)];
    for (seed, start) in [(1, 8.0), (2, 100.0), (3, 32.0)] {
        let queue = Queue::of(Arrivals::Even, Service::Even(SERVICE_S), 1, seed);
        let search = searched(goals.clone(), start, queue);
        near("D/D/1", held(&search, &goals), 1.0 / SERVICE_S, 0.025);
        let model = best(&search, &goals);
        assert_eq!(model.name, "saturation", "{:?}", model.parameters);
        near("its capacity", model.ceiling_per_s.value, 1.0 / SERVICE_S, 0.02);
    }
}

#[test]
fn a_percentile_that_is_met_while_the_queue_grows_does_not_hold() {
    let goals = vec![goal("response_time_p99_max", 60_000.0)];
    let queue = Queue::of(Arrivals::Even, Service::Even(SERVICE_S), 1, 5);
    let search = searched(goals.clone(), 8.0, queue);
    near("a wide goal", held(&search, &goals), 1.0 / SERVICE_S, 0.025);
    let levels = levels(&goals, search.past());
    assert_eq!(bracket(&levels).1.unwrap().limited_by, "queue_grows");
}

#[test]
fn random_arrivals_at_one_even_server_find_the_rate_of_the_theory() {
    let limit_s = 0.250;
    let known = rate_within(limit_s, 0.999 / SERVICE_S, |rate| {
        SERVICE_S * (1.0 + Md1::at(rate * SERVICE_S).percentile(0.99))
    });
    let goals = vec![goal("response_time_p99_max", limit_s * 1e3)];
    let mut sum = 0.0;
    for seed in 1..=6 {
        let queue = Queue::of(Arrivals::Random, Service::Even(SERVICE_S), 1, seed);
        let search = searched(goals.clone(), 8.0, queue);
        let rate = held(&search, &goals);
        near("M/D/1", rate, known, 0.10);
        sum += rate / 6.0;
        let model = best(&search, &goals);
        assert_eq!(model.name, "md1", "{model:?}");
        near("by the model kept", model.goal_rate_per_s.unwrap(), known, 0.10);
        near(
            "its service time",
            model.parameters[0].value.value,
            SERVICE_S * 1e3,
            0.05,
        );
    }
    near("the mean of six", sum, known, 0.05);
}

#[test]
fn random_arrivals_at_several_servers_find_the_rate_of_the_theory() {
    let (servers, service_s, limit_s) = (4, 0.1, 0.8);
    let known = rate_within(limit_s, 0.999 * f64::from(servers) / service_s, |rate| {
        service_s * mmc_percentile(servers, rate * service_s, 0.99)
    });
    let goals = vec![goal("response_time_p99_max", limit_s * 1e3)];
    let queue = Queue::of(Arrivals::Random, Service::Exponential(service_s), servers as usize, 3);
    let search = searched(goals.clone(), 5.0, queue);
    near("M/M/4", held(&search, &goals), known, 0.10);
    let model = best(&search, &goals);
    assert_eq!(model.name, "mmc", "{model:?}");
    near(
        "its ceiling",
        model.ceiling_per_s.value,
        f64::from(servers) / service_s,
        0.25,
    );
}

#[test]
fn a_system_that_is_in_its_own_way_is_found_at_its_peak() {
    let law = Usl {
        lambda: 40.0,
        sigma: 0.08,
        kappa: 0.004,
    };
    let goals = vec![goal("dropped_ratio_max", 0.0), goal("response_time_p99_max", 5_000.0)];
    let queue = Queue::of(Arrivals::Even, Service::Shared(law), 1, 7);
    let search = searched(goals.clone(), 20.0, queue);
    near("USL", held(&search, &goals), law.peak(), 0.06);
    let model = best(&search, &goals);
    assert_eq!(model.name, "usl", "{model:?}");
    near("its peak", model.ceiling_per_s.value, law.peak(), 0.08);
}

#[test]
fn a_goal_that_no_rate_meets_ends_the_search_without_an_answer() {
    let goals = vec![goal("response_time_p99_max", 10.0)];
    let queue = Queue::of(Arrivals::Even, Service::Even(SERVICE_S), 1, 1);
    let search = searched(goals.clone(), 1.0, queue);
    let levels = levels(&goals, search.past());
    assert!(levels.iter().all(|level| level.mark == StepMark::Failed));
    assert!(search.told().unwrap().contains("failed"), "{:?}", search.told());
}
