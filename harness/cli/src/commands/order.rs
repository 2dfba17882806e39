//! From arguments to a plan, a folder and a manifest.

use std::path::Path;

use history::{CapacityAsked, GoalLimit, HistoryError, Manifest, RunFolder};
use scenario::{Choices, Plan};
use time::OffsetDateTime;
use time::macros::format_description;
use vocabulary::{Clock as _, SystemClock};

use crate::args::ScenarioArguments;
use crate::error::CliError;

/// A run that is about to be: its plan, its folder, its name.
pub(crate) struct Ordered {
    pub plan: Plan,
    pub folder: RunFolder,
    pub manifest: Manifest,
    /// The name that everything of the run carries, for example `20261123t092512z-1-4242`.
    pub run: String,
}

/// Reads the scenario and resolves it.
pub(crate) fn plan_of(arguments: &ScenarioArguments) -> Result<Plan, CliError> {
    let scenario = scenario::read(&arguments.scenario, &arguments.sets)?;
    let world = arguments.world.map(Into::into);
    let refused = world.map(|kind| scenario::refused_by(&scenario, kind));
    if let Some(refused) = refused.filter(|refused| !refused.is_empty()) {
        let told = refused.join("\n");
        return Err(CliError::Usage(format!("{}: {told}", arguments.scenario.display())));
    }
    let nanos = SystemClock::new().unix().subsec_nanos();
    let choices = Choices {
        seed: arguments.seed,
        world,
        fresh_seed: u64::from(nanos),
    };
    Ok(Plan::resolve(&scenario, &choices))
}

/// Makes the run's folder below `out` and the manifest that is written first.
pub(crate) fn order(arguments: &ScenarioArguments, out: &Path) -> Result<Ordered, CliError> {
    let plan = plan_of(arguments)?;
    let reproduce = reproduce("run", arguments, &plan);
    ordered(plan, out, None, reproduce)
}

/// The same for a plan that was read already, and for a search for the capacity, whose arrivals nobody knows beforehand.
pub(crate) fn ordered(
    plan: Plan,
    out: &Path,
    capacity: Option<CapacityAsked>,
    reproduce: String,
) -> Result<Ordered, CliError> {
    let clock = SystemClock::new();
    let started_unix_ms = u64::try_from(clock.unix().as_millis()).unwrap_or(u64::MAX);
    let stamp = utc(clock.unix().as_secs());
    let folder = fresh_folder(out, &plan, &stamp)?;
    let people = scenario::people(&plan);
    let planned = capacity.is_none().then(|| engine::arrivals(&plan, &people));
    let name = folder
        .root()
        .file_name()
        .map(|name| name.to_string_lossy().into_owned())
        .unwrap_or_default();
    let manifest = Manifest {
        version: history::FORMAT_VERSION,
        scenario: plan.name.clone(),
        why: plan.why.clone(),
        world: plan.world.kind.as_str().to_owned(),
        seed: plan.seed,
        plan_hash: plan.hash(),
        people_sha256: scenario::people_sha256(&people),
        executor: plan.load.executor.as_str().to_owned(),
        arrivals: planned.as_ref().and_then(engine::Arrivals::planned).unwrap_or_default(),
        arrivals_sha256: planned.map(engine::arrivals_sha256).unwrap_or_default(),
        sentences: plan.sentences(),
        people: plan.population.people,
        message_lifetime_us: micros(plan.world.message_lifetime),
        start_within_us: plan.load.start_within.map_or(0, micros),
        closed_to: plan.tenant.closed_to(),
        goals: plan
            .goals
            .iter()
            .map(|goal| GoalLimit {
                goal: goal.goal.clone(),
                limit: goal.limit,
            })
            .collect(),
        phases: if capacity.is_some() {
            Vec::new()
        } else {
            engine::planned_phases(&plan)
        },
        capacity,
        samples_every_us: engine::SAMPLES_EVERY_US,
        started_unix_ms,
        run: name,
        versions: [("wblab".to_owned(), env!("CARGO_PKG_VERSION").to_owned())].into(),
        host: engine::fingerprint(),
        image_digests: std::collections::BTreeMap::new(),
        capabilities: Vec::new(),
        reproduce,
    };
    let run = format!("{}-{}-{}", stamp.to_lowercase(), plan.seed, std::process::id());
    Ok(Ordered {
        plan,
        folder,
        manifest,
        run,
    })
}

fn micros(duration: std::time::Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// An instant in the basic form of ISO 8601.
pub(crate) fn utc(unix_s: u64) -> String {
    let format = format_description!("[year][month][day]T[hour][minute][second]Z");
    let instant = i64::try_from(unix_s)
        .ok()
        .and_then(|seconds| OffsetDateTime::from_unix_timestamp(seconds).ok());
    instant
        .and_then(|instant| instant.format(&format).ok())
        .unwrap_or_else(|| unix_s.to_string())
}

/// `<out>/<scenario>/<UTC time>-seed-<n>`; a second run within the same second gets a number.
fn fresh_folder(out: &Path, plan: &Plan, stamp: &str) -> Result<RunFolder, CliError> {
    let parent = out.join(&plan.name);
    let mut name = format!("{stamp}-seed-{}", plan.seed);
    for number in 2..100 {
        match RunFolder::create(&parent.join(&name)) {
            Err(HistoryError::Write { source, .. }) if source.kind() == std::io::ErrorKind::AlreadyExists => {
                name = format!("{stamp}-seed-{}-{number}", plan.seed);
            }
            other => return Ok(other?),
        }
    }
    Err(CliError::Usage(format!(
        "{} holds a hundred runs of this second",
        parent.display()
    )))
}

/// The command that replays the run.
pub(crate) fn reproduce(command: &str, arguments: &ScenarioArguments, plan: &Plan) -> String {
    let mut command = format!(
        "wblab {command} {} --seed {} --world {}",
        arguments.scenario.display(),
        plan.seed,
        plan.world.kind.as_str()
    );
    for set in &arguments.sets {
        command.push_str(&format!(" --set '{}'", set.replace('\'', r"'\''")));
    }
    command
}
