//! Runs that differ by chance alone, or by a known factor as well: how often a comparison says so.
//!
//! Operations come at random and wait for one server, whose speed drifts and whose times have a heavy tail, so that what happens to one
//! hangs on those before; equal runs may differ by a factor of their own. Then every time is stretched by the factor that is to be found.

use std::collections::BTreeMap;
use std::time::Duration;

use history::{Comparison, Host, Judged, Mark, RunRecord, Series};
use judge::compare::{Asked, SeriesBuilder, Side, Timed, compare};
use vocabulary::{OutcomeClass, Stage, StageTimes};

use super::dice::Dice;

/// What is compared.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// How long each run measures, in seconds.
    pub seconds: u64,
    /// Runs of the base.
    pub base_runs: u64,
    /// Standard deviation of the logarithm of each run's own factor.
    pub run_noise: f64,
    /// By what every time of the run is stretched.
    pub slower: f64,
}

/// Long enough to see 5 %.
pub const LONG: Setting = Setting {
    seconds: 3600,
    base_runs: 1,
    run_noise: 0.0,
    slower: 1.0,
};

/// Not long enough to see 5 %.
pub const SHORT: Setting = Setting { seconds: 30, ..LONG };

/// Equal runs differ by 2 %, and ten of them are known.
pub const NOISY: Setting = Setting {
    seconds: 200,
    base_runs: 10,
    run_noise: 0.02,
    slower: 1.0,
};

/// What comparisons came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// All of them.
    pub compared: u64,
    /// Those that fail: something is told to be worse.
    pub worse: u64,
    /// Those that tell of something that became better, and of nothing that is worse.
    pub better: u64,
    /// Those in which the median is told to be slower.
    pub median: u64,
    /// Those that pass.
    pub passed: u64,
}

const ARRIVALS_PER_S: f64 = 50.0;
const MEDIAN_US: f64 = 9_000.0;
/// Spread of one operation's time around its median.
const SPREAD: f64 = 0.35;
/// The server's speed drifts by so much,
const DRIFT: f64 = 0.04;
/// and forgets where it was in so many seconds.
const FORGETS_S: f64 = 2.0;
/// One in a hundred takes longer by a factor of a Pareto tail with this exponent.
const TAIL: f64 = 1.8;

/// One run.
fn series(dice: &mut Dice, setting: Setting, factor: f64) -> Series {
    let span_us = setting.seconds * 1_000_000;
    let mut builder = SeriesBuilder::new(0, span_us);
    let (mut now_s, mut free_s, mut drift) = (0.0, 0.0, dice.bell() * DRIFT);
    loop {
        let gap_s = -dice.unit().ln() / ARRIVALS_PER_S;
        now_s += gap_s;
        if now_s >= setting.seconds as f64 {
            return builder.finish(span_us);
        }
        let keeps = (-gap_s / FORGETS_S).exp();
        drift = keeps * drift + (1.0 - keeps * keeps).sqrt() * DRIFT * dice.bell();
        let service_s = MEDIAN_US / 1e6 * (drift + SPREAD * dice.bell()).exp() * tail(dice);
        let begins_s = f64::max(now_s, free_s);
        free_s = begins_s + service_s;
        builder.op(&operation(dice, now_s, (begins_s - now_s) * factor, service_s * factor));
    }
}

fn tail(dice: &mut Dice) -> f64 {
    if dice.percent(1) {
        dice.unit().powf(-1.0 / TAIL).min(100.0)
    } else {
        1.0
    }
}

fn operation(dice: &mut Dice, intended_s: f64, waits_s: f64, service_s: f64) -> Timed {
    let class = match dice.below(2000) {
        0 => OutcomeClass::Unknown,
        1..=40 => OutcomeClass::Rejected,
        _ => OutcomeClass::Applied,
    };
    let mut stages = StageTimes::new();
    let part = |share: f64| Duration::from_secs_f64(service_s * share);
    stages.add(Stage::Write, part(0.6));
    stages.add(Stage::Crypto, part(0.05 + 0.1 * dice.unit()));
    stages.add(Stage::Cloud, part(0.1 + 0.1 * dice.unit()));
    let us = |seconds: f64| (seconds * 1e6) as u64;
    Timed {
        intended_us: us(intended_s),
        started_us: us(intended_s + waits_s),
        finished_us: us(intended_s + waits_s + service_s),
        class,
        stages: Some(stages),
    }
}

fn run(name: String, seed: u64, setting: Setting, slower: f64) -> RunRecord {
    let mut dice = Dice::of(seed);
    let factor = slower * (setting.run_noise * dice.bell()).exp();
    RunRecord {
        run: name,
        scenario: "simulated".to_owned(),
        world: "none".to_owned(),
        seed,
        plan_hash: String::new(),
        host: Host::default(),
        versions: BTreeMap::new(),
        started_unix_ms: seed,
        closed: false,
        verdict: Mark::Pass,
        broken: Vec::new(),
        whole: true,
        goals: Vec::new(),
        series: series(&mut dice, setting, factor),
    }
}

/// One comparison, of runs that no other number has.
pub fn one(number: u64, setting: Setting) -> Comparison {
    let seed = number * 1000;
    let base = (1..=setting.base_runs).map(|at| run(format!("{number}-base-{at}"), seed + at, setting, 1.0));
    let base = Side {
        name: "base".to_owned(),
        runs: base.collect(),
    };
    let later = Side {
        name: "later".to_owned(),
        runs: vec![run(format!("{number}-later"), seed, setting, setting.slower)],
    };
    compare(&base, &[later], &Asked::default())
}

/// So many comparisons from a number on.
pub fn tally(from: u64, count: u64, setting: Setting) -> Tally {
    let mut tally = Tally::default();
    for number in from..from + count {
        let found = one(number, setting);
        let became = |judged: Judged| found.compared[0].changes.iter().any(|change| change.judged == judged);
        let median = |change: &history::Change| change.measure == "response_time_p50" && change.judged == Judged::Worse;
        tally.compared += 1;
        tally.worse += u64::from(found.verdict == Mark::Fail);
        tally.better += u64::from(found.verdict != Mark::Fail && became(Judged::Better));
        tally.median += u64::from(found.compared[0].changes.iter().any(median));
        tally.passed += u64::from(found.verdict == Mark::Pass);
    }
    tally
}

/// In so many of a hundred equal runs at most something may be told to be worse.
const ALARMS_AT_MOST: u64 = 2;
/// In so many of a hundred slower runs that are long enough it has to be found.
const FOUND_AT_LEAST: u64 = 95;

/// The figures of a round, which is so many comparisons of each sort.
#[derive(Debug, Clone, Copy)]
pub struct Figures {
    /// Equal runs, long and short.
    pub equal: [Tally; 2],
    /// Runs that are 5 % slower, long and short.
    pub slower: [Tally; 2],
    /// Equal runs that differ from one to the next, against ten of their kind.
    pub noisy: Tally,
    /// The same, 20 % slower.
    pub noisy_slower: Tally,
}

/// Holds a round to what a comparison promises, with long runs of so many seconds; what is shorter than [`LONG`] need not be found.
pub fn holds(from: u64, count: u64, seconds: u64) -> Result<Figures, String> {
    let lasting = Setting { seconds, ..LONG };
    let slower = |setting: Setting, slower: f64| tally(from, count, Setting { slower, ..setting });
    let figures = Figures {
        equal: [lasting, SHORT].map(|setting| tally(from, count, setting)),
        slower: [lasting, SHORT].map(|setting| slower(setting, 1.05)),
        noisy: tally(from, count, NOISY),
        noisy_slower: slower(NOISY, 1.2),
    };
    let alarms = figures.equal.iter().chain([&figures.noisy]);
    let quiet = alarms
        .clone()
        .all(|tally| 100 * tally.worse <= ALARMS_AT_MOST * tally.compared);
    let [long, short] = figures.slower;
    let mut sought = [figures.noisy_slower]
        .into_iter()
        .chain((seconds >= LONG.seconds).then_some(long));
    let found = sought.all(|tally| 100 * tally.median >= FOUND_AT_LEAST * tally.compared);
    let honest = long.passed + short.passed + figures.noisy_slower.passed == 0;
    if quiet && found && honest {
        Ok(figures)
    } else {
        Err(format!("{figures:#?}"))
    }
}
