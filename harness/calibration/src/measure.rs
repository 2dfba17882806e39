//! The runs of a calibration, and what they showed.

use std::path::{Path, PathBuf};

use engine::Order;
use engine::clock::RunClock;
use engine::ports::{Generators, Progress};
use history::{GeneratorLateness, Manifest, Phase, RunFolder};
use judge::Judgement;
use scenario::{Choices, Plan};
use serde::Serialize;
use tokio::sync::watch;
use vocabulary::{Percentile, SystemClock, Times};

use crate::idle::{Idle, idle};
use crate::world::CountingWorld;
use crate::{CalibrationError, CountingTarget, Request, Stall};

/// Requests in flight where the ceiling is looked for: enough that the generator always has work.
const CEILING_USERS: u32 = 64;
/// Shares of the ceiling at which the generator must still be exact.
const SHARES: [f64; 2] = [0.25, 0.5];
/// The rate at which the target stalls; a fraction of the ceiling of a slow machine is less.
const STALL_RATE: u64 = 200;
/// People who would be asked for; nobody lives there.
const PEOPLE: u64 = 1000;

/// How long everything is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Seconds of each run but the stalled one.
    pub seconds: u64,
    /// The stalls of the target.
    pub stall: Stall,
    /// Periods of stalls measured.
    pub stalls: u64,
    /// Idle users that are weighed.
    pub idle_users: u32,
}

impl Size {
    /// As `wblab doctor --calibrate` measures: two stalls of 2 s, each at the end of 20 s.
    pub const FULL: Self = Self {
        seconds: 10,
        stall: Stall {
            every_us: 20_000_000,
            for_us: 2_000_000,
        },
        stalls: 2,
        idle_users: 20_000,
    };
}

/// What a calibration showed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Calibration {
    /// The most that the generator asked of the counting target.
    pub ceiling: Ceiling,
    /// At shares of that.
    pub steps: Vec<Step>,
    /// Against a target that stalls.
    pub stalled: Stalled,
    /// Users who wait.
    pub idle: Idle,
}

/// The generator's ceiling.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Ceiling {
    /// Requests in flight at most.
    pub users: u32,
    /// Requests answered a second.
    pub per_s: f64,
}

/// How late something was, in milliseconds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Lateness {
    /// The median.
    pub p50: f64,
    /// The 99th percentile.
    pub p99: f64,
    /// The largest.
    pub max: f64,
}

impl From<GeneratorLateness> for Lateness {
    fn from(late: GeneratorLateness) -> Self {
        Self {
            p50: late.p50,
            p99: late.p99,
            max: late.max,
        }
    }
}

impl From<&Times> for Lateness {
    fn from(times: &Times) -> Self {
        let ms = |us: u64| us as f64 / 1e3;
        Self {
            p50: ms(times.at(Percentile::P50).unwrap_or_default()),
            p99: ms(times.at(Percentile::P99).unwrap_or_default()),
            max: ms(times.max_us()),
        }
    }
}

/// What became of a planned rate.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Step {
    /// The share of the ceiling.
    pub share: f64,
    /// Arrivals planned a second.
    pub planned_per_s: f64,
    /// Requests that the target counted a second, between the first and the last of the measure phase.
    pub arrived_per_s: f64,
    /// By what part of the planned rate they differ.
    pub error: f64,
    /// From a ticket's intended instant until it was released.
    pub release_ms: Lateness,
    /// From its release until the first byte of its request was at the target.
    pub first_byte_ms: Lateness,
    /// Response time, p99, as the run reported it.
    pub response_p99_ms: f64,
}

/// What was reported of a target that stalls, and what was true.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Stalled {
    /// The stalls.
    pub stall: Stall,
    /// Arrivals planned a second.
    pub planned_per_s: f64,
    /// The 99th percentile of what people wait who arrive as planned.
    pub truth_p99_ms: f64,
    /// The run's response time, p99.
    pub response_p99_ms: f64,
    /// By what part of the truth it differs.
    pub error: f64,
    /// The run's service time, p99.
    pub service_p99_ms: f64,
}

/// What every run of a calibration needs.
struct Bench<'a> {
    generators: &'a mut dyn Generators,
    folder: &'a Path,
    progress: &'a dyn Progress,
    interrupt: watch::Receiver<bool>,
}

/// A run that is over.
struct Done {
    folder: RunFolder,
    judgement: Judgement,
}

/// Nobody wants to hear how far each run is.
struct Silent;

impl Progress for Silent {
    fn step(&self, _: &str, _: Option<u64>) {}

    fn at(&self, _: u64) {}

    fn note(&self, _: &str) {}
}

/// Measures everything; run folders are made below `folder`.
///
/// # Errors
/// [`CalibrationError`] when a run could not be made, measured nothing, or was interrupted.
pub async fn calibrate(
    generators: &mut dyn Generators,
    folder: &Path,
    size: Size,
    progress: &dyn Progress,
    interrupt: watch::Receiver<bool>,
) -> Result<Calibration, CalibrationError> {
    let mut bench = Bench {
        generators,
        folder,
        progress,
        interrupt,
    };
    progress.step("calibrate: idle users", None);
    let idle = idle(bench.generators, size.idle_users).await?;
    let ceiling = bench.ceiling(None, size.seconds).await?;
    let mut steps = Vec::new();
    for share in SHARES {
        steps.push(bench.step(share, ceiling.per_s, size.seconds).await?);
    }
    let stalled = bench.stalled(ceiling.per_s, size).await?;
    Ok(Calibration {
        ceiling,
        steps,
        stalled,
        idle,
    })
}

/// The ceiling alone, against a target that already listens at `url`.
///
/// # Errors
/// As [`calibrate`].
pub async fn ceiling(
    generators: &mut dyn Generators,
    folder: &Path,
    url: &str,
    seconds: u64,
) -> Result<Ceiling, CalibrationError> {
    let (_keep, interrupt) = watch::channel(false);
    let mut bench = Bench {
        generators,
        folder,
        progress: &Silent,
        interrupt,
    };
    bench.ceiling(Some(url), seconds).await
}

impl Bench<'_> {
    /// As many requests as go, each user's next when the last is answered.
    async fn ceiling(&mut self, url: Option<&str>, seconds: u64) -> Result<Ceiling, CalibrationError> {
        self.progress.step("calibrate: ceiling", None);
        let load = format!(
            "[load.closed]\nusers = {CEILING_USERS}\nthink_time = {{ constant = \"0ms\" }}\n\
             warm_up = \"1s\"\nmeasure = \"{seconds}s\"\nunlocks = \"0/1\"\n"
        );
        let clock = RunClock::starting_now(SystemClock::shared());
        let own = match url {
            Some(_) => None,
            None => Some(CountingTarget::start(0, clock.clone(), None).map_err(CalibrationError::Target)?),
        };
        let url = own
            .as_ref()
            .map_or_else(|| url.unwrap_or_default().to_owned(), CountingTarget::url);
        let done = self.run("ceiling", &load, url, clock).await?;
        let per_s = done.judgement.verdict.rates.achieved_per_s;
        if per_s <= 0.0 {
            return Err(CalibrationError::Nothing("the ceiling"));
        }
        Ok(Ceiling {
            users: CEILING_USERS,
            per_s,
        })
    }

    /// A share of the ceiling, in even arrivals.
    async fn step(&mut self, share: f64, ceiling: f64, seconds: u64) -> Result<Step, CalibrationError> {
        self.progress
            .step(&format!("calibrate: {:.0} % of the ceiling", share * 100.0), None);
        let rate = (ceiling * share).max(1.0) as u64;
        let load = open(rate, 1, seconds, 256);
        let clock = RunClock::starting_now(SystemClock::shared());
        let target = CountingTarget::start(0, clock.clone(), None).map_err(CalibrationError::Target)?;
        let done = self.run("step", &load, target.url(), clock).await?;
        // The warm-up is one second, so that its arrivals are the first `rate` tickets.
        let mut requests = target.requests();
        requests.retain(|request| request.number >= rate);
        let arrived_per_s = rate_of(&requests).ok_or(CalibrationError::Nothing("a share of the ceiling"))?;
        let first_byte: Times = requests
            .iter()
            .map(|request| request.arrived_us.saturating_sub(request.released_us))
            .collect();
        let verdict = &done.judgement.verdict;
        Ok(Step {
            share,
            planned_per_s: rate as f64,
            arrived_per_s,
            error: (arrived_per_s / rate as f64 - 1.0).abs(),
            release_ms: verdict.generator.unwrap_or_default().release_error_ms.into(),
            first_byte_ms: (&first_byte).into(),
            response_p99_ms: verdict.response_time_ms.p99.unwrap_or_default(),
        })
    }

    /// Whole periods of stalls.
    async fn stalled(&mut self, ceiling: f64, size: Size) -> Result<Stalled, CalibrationError> {
        self.progress.step("calibrate: a target that stalls", None);
        let rate = STALL_RATE.min((ceiling / 4.0) as u64).max(1);
        let stall = size.stall;
        let seconds = (size.stalls * stall.every_us).div_ceil(1_000_000);
        // Enough users that nobody waits for a free one: the truth knows of no such wait.
        let users = (rate * stall.for_us / 1_000_000 * 2).clamp(64, 20_000);
        let load = open(rate, 1, seconds, users);
        let clock = RunClock::starting_now(SystemClock::shared());
        let target = CountingTarget::start(0, clock.clone(), Some(stall)).map_err(CalibrationError::Target)?;
        let done = self.run("stalled", &load, target.url(), clock).await?;
        let truth_ms = stall.truth_p99_us(done.intended()?) as f64 / 1e3;
        let verdict = &done.judgement.verdict;
        let reported = verdict.response_time_ms.p99.unwrap_or_default();
        if truth_ms <= 0.0 {
            return Err(CalibrationError::Nothing("the stalls"));
        }
        Ok(Stalled {
            stall,
            planned_per_s: rate as f64,
            truth_p99_ms: truth_ms,
            response_p99_ms: reported,
            error: (reported / truth_ms - 1.0).abs(),
            service_p99_ms: verdict.service_time_ms.p99.unwrap_or_default(),
        })
    }

    /// One whole run: the same engine, generator, history and judge as of every other.
    async fn run(&mut self, name: &str, load: &str, url: String, clock: RunClock) -> Result<Done, CalibrationError> {
        let plan = plan(name, load)?;
        let folder = RunFolder::create(&self.fresh(name))?;
        let mut world = CountingWorld { url };
        let end = engine::run(Order {
            plan: &plan,
            folder: &folder,
            manifest: manifest(&plan),
            clock,
            world: &mut world,
            generators: self.generators,
            progress: &Silent,
            steering: None,
            interrupt: self.interrupt.clone(),
        })
        .await?;
        if end.interrupted {
            return Err(CalibrationError::Interrupted);
        }
        let judgement = judge::judge(&folder)?;
        Ok(Done { folder, judgement })
    }

    fn fresh(&self, name: &str) -> PathBuf {
        let numbered = (1..).map(|number| self.folder.join(format!("{name}-{number}")));
        numbered.into_iter().find(|path| !path.exists()).unwrap_or_default()
    }
}

impl Done {
    /// When each arrival of the measure phase should have begun, on the run's axis.
    fn intended(&self) -> Result<Vec<u64>, CalibrationError> {
        let mut intended = Vec::new();
        for event in self.folder.events()? {
            match event? {
                history::Event::Op(op) if op.phase == Phase::Measure => intended.push(op.intended_us),
                history::Event::Dropped(dropped) if dropped.phase == Phase::Measure => {
                    intended.push(dropped.intended_us);
                }
                _ => {}
            }
        }
        Ok(intended)
    }
}

/// Requests a second, from the first to the last.
fn rate_of(requests: &[Request]) -> Option<f64> {
    let arrived = requests.iter().map(|request| request.arrived_us);
    let span_us = arrived.clone().max()?.checked_sub(arrived.min()?)?;
    (span_us > 0).then(|| (requests.len() - 1) as f64 * 1e6 / span_us as f64)
}

fn open(rate: u64, warm_up: u64, measure: u64, users: u64) -> String {
    format!(
        "[load.constant_arrival_rate]\nrate = \"{rate}/s\"\nwarm_up = \"{warm_up}s\"\nmeasure = \"{measure}s\"\n\
         in_flight_max = {users}\nunlocks = \"0/1\"\n"
    )
}

fn plan(name: &str, load: &str) -> Result<Plan, CalibrationError> {
    let text = format!(
        "schema = 1\nname = \"{name}\"\nwhy = \"The generator is measured.\"\nseed = 1\n\
         [world]\nmessage_lifetime = \"2s\"\n\
         [population]\npeople = {PEOPLE}\npersonas = {{ forgot = 1 }}\n{load}"
    );
    let scenario = scenario::parse("calibration.toml", &text, &[])?;
    Ok(Plan::resolve(&scenario, &Choices::default()))
}

/// What the judge must know; nothing of this run is compared with another.
fn manifest(plan: &Plan) -> Manifest {
    let people = scenario::people(plan);
    let micros = |duration: std::time::Duration| u64::try_from(duration.as_micros()).unwrap_or(u64::MAX);
    Manifest {
        version: history::FORMAT_VERSION,
        scenario: plan.name.clone(),
        why: plan.why.clone(),
        world: "counting target".to_owned(),
        seed: plan.seed,
        plan_hash: plan.hash(),
        people_sha256: String::new(),
        arrivals_sha256: String::new(),
        sentences: plan.sentences(),
        people: plan.population.people,
        executor: plan.load.executor.as_str().to_owned(),
        capacity: None,
        arrivals: engine::arrivals(plan, &people).planned().unwrap_or_default(),
        message_lifetime_us: micros(plan.world.message_lifetime),
        start_within_us: plan.load.start_within.map_or(0, micros),
        closed_to: Vec::new(),
        goals: Vec::new(),
        phases: engine::planned_phases(plan),
        samples_every_us: engine::SAMPLES_EVERY_US,
        started_unix_ms: 0,
        run: plan.name.clone(),
        versions: std::collections::BTreeMap::new(),
        host: engine::fingerprint(),
        image_digests: std::collections::BTreeMap::new(),
        capabilities: Vec::new(),
        reproduce: "wblab doctor --calibrate".to_owned(),
    }
}
