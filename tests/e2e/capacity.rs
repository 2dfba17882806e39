//! How much a system takes whose limit is known beforehand: an embedded directory that is told how long a write takes, and an agent
//! that is slow on purpose.

use std::fs;

use history::{Capacity, Event, Mark, RunFolder};
use serde_json::{Value, json};

use crate::support::{Finished, Job, alone, scratch};

/// What the directory is told to take for each write; writes are serial.
const WRITE_S: f64 = 0.031;

/// A system whose limit is known, and a search of it.
#[derive(Debug, Clone, Copy)]
pub struct Known {
    executor: &'static str,
    /// The rate of the first step.
    start: &'static str,
    measure: &'static str,
    /// The goal beside that nothing may be dropped.
    goal: &'static str,
    /// In per cent, as the command takes it.
    within: &'static str,
    /// The wrong part that makes it slow, instead of the directory.
    part: Option<&'static str>,
    /// The rate that theory gives, per second.
    limit: f64,
    /// How far from that the answer may be, as a part of it.
    off: f64,
    /// What saturates first.
    stage: &'static str,
}

/// People who come evenly to one directory: it takes one write after the other.
pub const EVEN: Known = Known {
    executor: "constant_arrival_rate",
    start: "24/s",
    measure: "3s",
    goal: "response_time_p50_max = \"300ms\"",
    within: "10",
    part: None,
    limit: 1.0 / WRITE_S,
    off: 0.15,
    stage: "write",
};

/// The same at full size.
pub const EVEN_FULL: Known = Known {
    start: "8/s",
    measure: "10s",
    goal: "response_time_p99_max = \"1s\"",
    within: "2",
    off: 0.05,
    ..EVEN
};

/// An agent that notes one write after the other, 50 ms each.
pub const SLOW_AGENT: Known = Known {
    start: "12/s",
    within: "20",
    part: Some("slow-journal"),
    limit: 20.0,
    off: 0.25,
    stage: "agent",
    ..EVEN
};

/// People who come at random, at full size: 99 of 100 must be served within 250 ms.
pub fn random_full() -> Known {
    Known {
        executor: "poisson_arrival_rate",
        goal: "response_time_p99_max = \"250ms\"",
        limit: rate_within(0.250, 0.99),
        off: 0.10,
        ..EVEN_FULL
    }
}

/// The probability of a wait of at most so many service times before one even server to which people come at random: A. K. Erlang's
/// series of 1909, as C. D. Crommelin has it in 1932. Its terms alternate; for waits below ten it is exact to seven figures.
fn waits_within(load: f64, wait: f64) -> f64 {
    let term = |k: i32| {
        let x = load * (f64::from(k) - wait);
        let factorial: f64 = (1..=k).map(f64::from).product();
        x.powi(k) / factorial * (-x).exp()
    };
    let most = (0..).take_while(|k| f64::from(*k) <= wait);
    (1.0 - load) * most.map(term).sum::<f64>()
}

/// The highest rate at which a share of all is served within a time, wait and write together.
fn rate_within(time_s: f64, share: f64) -> f64 {
    let (mut low, mut high) = (0.0, 0.99 / WRITE_S);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        let within = waits_within(middle * WRITE_S, time_s / WRITE_S - 1.0) >= share;
        *(if within { &mut low } else { &mut high }) = middle;
    }
    low
}

impl Known {
    fn scenario(&self) -> String {
        let write = if self.part.is_some() {
            ""
        } else {
            "[world.directory.service_time]\nreset = \"31ms\"\n"
        };
        format!(
            "schema = 1\nname = \"known\"\nwhy = \"A limit that is known.\"\nseed = 1\n[world]\nmessage_lifetime = \"3s\"\n{write}\
             [population]\npeople = 300\npersonas = {{ forgot = 1 }}\naccounts = {{ disabled = \"1/20\" }}\n\
             [load.{}]\nrate = \"{}\"\nwarm_up = \"1s\"\nmeasure = \"{}\"\nunlocks = \"0/1\"\nin_flight_max = 48\nstart_within = \"2s\"\n\
             [goals]\n{}\ndropped_ratio_max = \"0/1\"\nunknown_ratio_max = \"0/1\"\nfailed_ratio_max = \"0/1\"\n",
            self.executor, self.start, self.measure, self.goal
        )
    }

    /// Searches it.
    pub fn searched(&self, seed: u64) -> Finished {
        let folder = tempfile::tempdir_in(scratch()).unwrap();
        let path = folder.path().join("known.toml");
        fs::write(&path, self.scenario()).unwrap();
        let seed = seed.to_string();
        let arguments = [
            "capacity",
            path.to_str().unwrap(),
            "--seed",
            &seed,
            "--within",
            self.within,
        ];
        let job = match self.part {
            Some(part) => Job::wrong(part, &arguments),
            None => Job::new(&arguments),
        };
        job.into_out().finish()
    }

    /// Whether an answer is what theory says, and what was found.
    pub fn held(&self, finished: &Finished) -> Value {
        let folder = finished.folder();
        let Ok(Some(capacity)) = folder.capacity() else {
            return json!({ "held": false, "code": finished.code(), "said": finished.stderr });
        };
        let rate = capacity.answer.rate_per_s.map_or(0.0, |rate| rate.value);
        let near = (rate / self.limit - 1.0).abs() <= self.off;
        let sound = capacity.replays && broken(finished).is_empty();
        json!({
            "held": near && sound && capacity.bottleneck.stage == self.stage,
            "rate_per_s": rate,
            "limit_per_s": self.limit,
            "bottleneck": capacity.bottleneck.stage,
            "model": capacity.models.first().map(|model| model.name.clone()),
            "steps": capacity.steps.len(),
            "broken": broken(finished),
        })
    }
}

/// Checks that fail: an answer is worth nothing where what was acknowledged is not what the directory holds.
fn broken(finished: &Finished) -> Vec<String> {
    let findings = finished.verdict().findings;
    let failed = findings.into_iter().filter(|finding| finding.verdict == Mark::Fail);
    failed
        .map(|finding| format!("{}: {}", finding.check, finding.why))
        .collect()
}

fn steps(folder: &RunFolder) -> usize {
    let events = folder.events().unwrap().map(Result::unwrap);
    events.filter(|event| matches!(event, Event::Step(_))).count()
}

/// Judged once more, the folder says the same, but for what was asked of it.
fn judged_again(folder: &RunFolder) -> Capacity {
    let again = judge::judge(folder).unwrap().figures.capacity.unwrap();
    // Through the same text, which holds a number to its last digit and gives it back but for its last bit.
    let again: Capacity = serde_json::from_str(&serde_json::to_string(&again).unwrap()).unwrap();
    Capacity {
        what_if: folder.capacity().unwrap().unwrap().what_if,
        ..again
    }
}

#[test]
fn the_limit_of_a_serial_directory_is_found_and_named_and_questions_are_asked_of_it() {
    let _alone = alone();
    let finished = EVEN.searched(1);
    let held = EVEN.held(&finished);
    assert_eq!(held["held"], true, "{held}\n{}", finished.stderr);
    let folder = finished.folder();
    let capacity = folder.capacity().unwrap().unwrap();
    assert_eq!(
        steps(&folder),
        capacity.steps.len(),
        "every step is in the sealed history"
    );
    assert_eq!(judged_again(&folder), capacity);
    let verdict = finished.verdict();
    let rate = capacity.answer.rate_per_s.unwrap().value;
    assert!(
        (verdict.rates.offered_per_s / rate - 1.0).abs() < 0.05,
        "the verdict is of the step that held: {:?}",
        verdict.rates
    );
    assert!(
        verdict.goals.iter().all(|goal| goal.verdict == Mark::Pass),
        "{:?}",
        verdict.goals
    );
    // Everybody forgot, so nobody was locked and nobody refused: checks about those had nobody to look at.
    assert_eq!(finished.code(), Some(2), "{:?}\n{}", verdict.findings, finished.stderr);
    assert_eq!(broken(&finished), Vec::<String>::new());
    for file in [
        "capacity.html",
        "charts/capacity-achieved.png",
        "charts/capacity-response.svg",
        "report.html",
    ] {
        assert!(folder.path(file).exists(), "{file}");
    }
    asked(&folder);
    finished.expect_nothing_left();
}

/// Questions of the folder alone: enough, not enough, and one that nobody can answer.
fn asked(folder: &RunFolder) {
    let ask = |question: &str| {
        Job::new(&[
            "capacity",
            "--from",
            folder.root().to_str().unwrap(),
            "--what-if",
            question,
            "--json",
        ])
        .finish()
    };
    let enough = "people=500000, resets_per_person_per_year=3, peak_hour_share=0.2, dcs=2";
    let told: Capacity = serde_json::from_str(&ask(enough).expect_code(0, "that is enough").stdout).unwrap();
    let what_if = told.what_if.unwrap();
    assert!((what_if.peak_per_s.value - 500_000.0 * 3.0 / 365.0 * 0.2 / 3600.0).abs() < 1e-9);
    assert!(what_if.told.contains("PDC emulator"), "{}", what_if.told);
    assert!(
        fs::read_to_string(folder.path("capacity.html"))
            .unwrap()
            .contains("PDC emulator")
    );
    ask("people=900000000, resets_per_person_per_year=3, peak_hour_share=0.2").expect_code(1, "that is not enough");
    let unknown = ask("people=5, users=3").expect_code(64, "a key that nobody knows");
    assert!(
        unknown.stderr.contains("`users`") && unknown.stderr.contains("peak_hour_share"),
        "{}",
        unknown.stderr
    );
}

#[test]
fn what_cannot_be_searched_is_refused_before_anything_stands() {
    let refused = |arguments: &[&str]| Job::new(arguments).into_out().finish();
    let closed = refused(&["capacity", "scenarios/monday-reset-storm.toml"]).expect_code(64, "a rush has no one rate");
    assert!(closed.stderr.contains("spike_arrival_rate"), "{}", closed.stderr);
    let few = refused(&["capacity", "scenarios/one-dc.toml", "--set", "population.people=60"])
        .expect_code(64, "too few people");
    assert!(few.stderr.contains("population.people to"), "{}", few.stderr);
    assert!(!few.out().exists(), "no folder was made");
    let other = crate::support::shared();
    let told = Job::new(&["capacity", "--from", other.root().to_str().unwrap()])
        .finish()
        .expect_code(64, "a run that was no search");
    assert!(told.stderr.contains("no folder of a search"), "{}", told.stderr);
}

#[test]
fn theory_gives_the_rate_at_which_one_in_a_hundred_waits_too_long() {
    assert!(
        (waits_within(0.5, 0.0) - 0.5).abs() < 1e-12,
        "who comes to an idle server does not wait"
    );
    let rate = rate_within(0.250, 0.99);
    assert!((23.0..23.5).contains(&rate), "{rate}");
}
