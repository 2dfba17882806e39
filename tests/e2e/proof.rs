//! Long proofs: one body each, with a size. `cargo test` runs them small; `.ci/nightly` at full size, resumable, with its
//! results in `reports/nightly/`.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::PathBuf;
use std::time::Duration;

use history::{Mark, Verdict};
use quick_junit::{NonSuccessKind, Report, TestCase, TestCaseStatus, TestSuite};
use rustix::process::Signal;
use serde_json::{Value, json};

use crate::capacity;
use crate::judged::series::{Noise, tally};
use crate::judged::{comparing, simulated, tiers};
use crate::kills::Deaths;
use crate::support::{Job, Stopwatch, alone, eventually, ops, require, root};
use crate::{catalogue, zoo};

/// How large a proof is.
struct Size {
    /// Rounds at most.
    rounds: u64,
    /// When no further round is begun.
    within: Duration,
    /// What each round's scenario is told.
    sets: &'static [&'static str],
    /// Where results of a full-size proof are kept, so that the next night goes on.
    kept: Option<PathBuf>,
}

impl Size {
    /// Small, unless the nightly script asks for a number of minutes.
    fn asked(proof: &str, full: &'static [&'static str]) -> Self {
        let asked = std::env::var("WBLAB_NIGHTLY_MINUTES").ok();
        let minutes: Option<u64> = asked.and_then(|text| text.parse().ok());
        let Some(minutes) = minutes else {
            return Self {
                rounds: 1,
                within: Duration::MAX,
                sets: &[],
                kept: None,
            };
        };
        let folder = root().join("reports/nightly");
        fs::create_dir_all(&folder).unwrap();
        Self {
            rounds: u64::MAX,
            within: Duration::from_secs(60 * minutes),
            sets: full,
            kept: Some(folder.join(format!("{proof}.jsonl"))),
        }
    }

    /// The same with so many rounds where it is small.
    fn at_least(mut self, rounds: u64) -> Self {
        self.rounds = self.rounds.max(rounds);
        self
    }

    /// So many at full size, else so many.
    fn of(&self, full: u64, small: u64) -> u64 {
        if self.kept.is_some() { full } else { small }
    }

    /// Rounds that an earlier night has done.
    fn done(&self) -> u64 {
        let text = self
            .kept
            .as_ref()
            .map(|path| fs::read_to_string(path).unwrap_or_default());
        text.map_or(0, |text| u64::try_from(text.lines().count()).unwrap())
    }

    /// Keeps what a round found.
    fn keep(&self, line: &Value) {
        let Some(path) = &self.kept else { return };
        let mut file = OpenOptions::new().create(true).append(true).open(path).unwrap();
        writeln!(file, "{line}").unwrap();
    }

    /// Every round that was kept, as JUnit beside it.
    fn report(&self, proof: &str) {
        let Some(path) = &self.kept else { return };
        let mut suite = TestSuite::new(proof);
        for line in fs::read_to_string(path).unwrap().lines() {
            let round: Value = serde_json::from_str(line).unwrap();
            let status = if round["held"] == true {
                TestCaseStatus::success()
            } else {
                TestCaseStatus::non_success(NonSuccessKind::Failure)
            };
            suite.add_test_case(TestCase::new(format!("round {}", round["round"]), status));
        }
        let mut report = Report::new("wblab nightly");
        report.add_test_suite(suite);
        fs::write(path.with_extension("xml"), report.to_string().unwrap()).unwrap();
    }

    /// Does rounds until there are enough or the time is over, and fails with the rounds that did not hold.
    fn prove(&self, proof: &str, mut round: impl FnMut(u64) -> Value) {
        let watch = Stopwatch::start();
        let first = self.done();
        let mut broken = Vec::new();
        for number in (first..).take(usize::try_from(self.rounds).unwrap_or(usize::MAX)) {
            if number > first && watch.elapsed() >= self.within {
                break;
            }
            let _alone = alone();
            let mut found = round(number);
            found["round"] = number.into();
            self.keep(&found);
            if found["held"] != true {
                broken.push(found);
            }
        }
        self.report(proof);
        assert!(broken.is_empty(), "{proof}: {broken:?}");
    }
}

const LARGE: [&str; 5] = [
    "population.people=5000",
    "load.constant_arrival_rate.rate=200/s",
    "load.constant_arrival_rate.warm_up=5s",
    "load.constant_arrival_rate.measure=20s",
    "world.message_lifetime=5s",
];

#[test]
fn every_seed_proves_every_effect() {
    let size = Size::asked("every-seed", &LARGE);
    size.prove("every-seed", |round| {
        let seed = (1000 + round).to_string();
        let finished = Job::quick().sets(size.sets).with(&["--seed", &seed]).finish();
        let verdict = finished.verdict();
        let held = finished.code() == Some(0) && verdict.verdict == Mark::Pass;
        figures(&seed, held, &verdict)
    });
}

fn figures(seed: &str, held: bool, verdict: &Verdict) -> Value {
    json!({
        "seed": seed,
        "held": held,
        "applied": verdict.ops.applied,
        "rejected": verdict.ops.rejected,
        "unknown": verdict.ops.unknown,
        "achieved_per_s": verdict.rates.achieved_per_s,
        "response_p50_ms": verdict.response_time_ms.p50,
        "response_p99_ms": verdict.response_time_ms.p99,
    })
}

/// All wrong parts together, with another seed whenever all were there; small, those of [`zoo::SMALL`].
#[test]
fn every_planted_fault_is_caught() {
    let size = Size::asked("planted-faults", &[]);
    let zoo = if size.kept.is_some() { zoo::all() } else { zoo::small() };
    let batches: Vec<&[zoo::Planted]> = zoo.chunks(zoo::AT_ONCE).collect();
    let count = u64::try_from(batches.len()).unwrap();
    size.at_least(count).prove("planted-faults", |round| {
        let batch = batches[usize::try_from(round % count).unwrap()];
        zoo::caught(batch, 1 + round / count)
    });
}

/// Systems whose limit is known, one after the other, with another seed whenever all were there; small, the agent that is slow on purpose.
#[test]
fn known_capacities_are_found() {
    let size = Size::asked("capacity", &[]);
    let mut known = vec![capacity::SLOW_AGENT];
    if size.kept.is_some() {
        known.extend([capacity::EVEN_FULL, capacity::random_full()]);
    }
    let count = u64::try_from(known.len()).unwrap();
    size.prove("capacity", |round| {
        let one = known[usize::try_from(round % count).unwrap()];
        one.held(&one.searched(1 + round / count))
    });
}

#[test]
fn a_kill_at_any_moment_leaves_a_history_that_reads() {
    let size = Size::asked("kill", &["load.constant_arrival_rate.measure=6s"]);
    size.prove("kill", |round| {
        let mut job = Job::quick().sets(size.sets).start();
        job.until_it_says("measure");
        let watch = Stopwatch::start();
        let moment = Duration::from_millis(700 + round * 397 % 4000);
        eventually(Duration::from_secs(10), "the moment of the kill", || {
            (watch.elapsed() >= moment).then_some(())
        });
        job.signal(Signal::KILL);
        let finished = job.finish();
        let folder = finished.folder();
        let begun = ops(&folder).len();
        let judged = Job::new(&["report"]).with(&[folder.root().to_str().unwrap()]).finish();
        let held = begun > 0 && judged.code() == Some(2);
        json!({ "held": held, "ops": begun, "judged": judged.code() })
    });
}

#[test]
fn the_fast_tiers_agree_with_exhaustive_search() {
    let size = Size::asked("tiers", &[]);
    let count = size.of(1_000_000, 1_000);
    size.prove("tiers", |round| match tiers::compare(round * count, count) {
        Ok(tried) => json!({ "held": tried.right > 0 && tried.wrong > 0, "right": tried.right, "wrong": tried.wrong }),
        Err(what) => json!({ "held": false, "what": what }),
    });
}

#[test]
fn what_is_right_is_never_called_wrong() {
    let size = Size::asked("false-alarms", &[]);
    let worlds = size.of(1_000, 2);
    size.prove("false-alarms", |round| {
        match simulated::false_alarms(round * worlds, worlds, 100) {
            Ok(people) => json!({ "held": people == worlds * 100, "people": people }),
            Err(what) => json!({ "held": false, "what": what }),
        }
    });
}

#[test]
fn one_thing_wrong_is_always_caught() {
    let size = Size::asked("bent", &[]);
    let worlds = size.of(200, 1);
    size.prove("bent", |round| {
        let caught = (round * worlds..(round + 1) * worlds).map(|seed| simulated::caught(seed, 60));
        match caught.sum::<Result<u64, String>>() {
            Ok(caught) => json!({ "held": caught > 0, "caught": caught }),
            Err(what) => json!({ "held": false, "what": what }),
        }
    });
}

/// Full: 20 runs of 25 deaths are 500.
#[test]
fn an_agent_killed_at_any_instant_loses_and_repeats_nothing() {
    let size = Size::asked("agent-kills", &[]);
    let deaths = Deaths {
        world: "embedded",
        parts: &["agent"],
        count: size.of(25, 3),
        apart_ms: 2000,
        rate: 40,
    };
    size.prove("agent-kills", |round| deaths.survived(round));
}

/// Full: 10 runs of 10 deaths are 100.
#[test]
fn a_cloud_killed_at_any_instant_loses_and_repeats_nothing() {
    let size = Size::asked("cloud-kills", &[]);
    let deaths = Deaths {
        world: "embedded",
        parts: &["cloud"],
        count: size.of(10, 2),
        apart_ms: 3000,
        rate: 40,
    };
    size.prove("cloud-kills", |round| deaths.survived(round));
}

/// Full: 10 runs of 5 deaths are 50, of the agent and of the domain controller in turns; small, one of each.
#[test]
fn an_agent_and_a_samba_killed_at_any_instant_lose_and_repeat_nothing() {
    if !require("docker") {
        return;
    }
    let size = Size::asked("samba-kills", &[]);
    let deaths = Deaths {
        world: "docker",
        parts: &["agent", "dc"],
        count: size.of(5, 2),
        apart_ms: 20_000,
        rate: 5,
    };
    size.prove("samba-kills", |round| deaths.survived(round));
}

#[test]
fn every_kind_of_fault_bites_and_is_survived() {
    let size = Size::asked("fault-catalogue", &[]);
    let groups = if size.kept.is_some() {
        catalogue::groups(require("docker"))
    } else {
        vec![catalogue::SMALL.to_owned()]
    };
    let count = groups.len();
    size.at_least(1).prove("fault-catalogue", |round| {
        catalogue::survived(&groups[usize::try_from(round).unwrap() % count])
    });
}

/// A step of a fifth under noise of 3 % is found by its fifth run in 95 of 100 series, and 2 of 100 flat ones of a hundred runs
/// alarm at most, though the detector looks after every run.
#[test]
fn a_step_is_found_soon_and_a_flat_series_is_left_alone() {
    let size = Size::asked("trend", &[]);
    let series = size.of(200, 20);
    size.prove("trend", |round| {
        let of = |noise| tally(round * series, series, noise);
        let found = of(Noise::Normal(0.03));
        let held = 100 * found.found >= 95 * series && 100 * found.alarmed <= 2 * series;
        let mut told = json!({ "held": held, "series": series, "alarmed": found.alarmed, "found": found.found, "named": found.named });
        if size.kept.is_some() {
            let others = [
                ("noise_10", Noise::Normal(0.1)),
                ("outliers", Noise::Outliers(0.03)),
                ("weeks", Noise::Weeks(0.03, 0.5)),
            ];
            for (name, noise) in others {
                let other = of(noise);
                told[name] = json!({ "alarmed": other.alarmed, "found": other.found, "named": other.named });
            }
        }
        told
    });
}

#[test]
fn a_comparison_alarms_at_nothing_and_finds_what_is_there() {
    let size = Size::asked("comparisons", &[]);
    let count = size.of(200, 1);
    let seconds = size.of(comparing::LONG.seconds, 600);
    size.prove("comparisons", |round| {
        match comparing::holds(round * count, count, seconds) {
            Ok(figures) => json!({ "held": true, "compared": count, "figures": format!("{figures:?}") }),
            Err(what) => json!({ "held": false, "what": what }),
        }
    });
}
