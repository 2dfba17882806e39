//! `wblab capacity`.

use std::path::PathBuf;

use clap::Args;
use judge::capacity::Question;

use super::{LiveArguments, ScenarioArguments, WorldChoice};

const AFTER: &str = "\
Examples:
  wblab capacity scenarios/one-dc.toml             one embedded domain controller that takes 31 ms for a reset
  wblab capacity scenarios/one-dc.toml --world docker --set world.directory.service_time.reset=0s
  wblab capacity scenarios/one-dc.toml \\
      --what-if \"people=500000, resets_per_person_per_year=3, peak_hour_share=0.2, dcs=2\"
  wblab capacity scenarios/one-dc.toml --live      with the report in a browser while it searches
  wblab capacity --from reports/runs/one-dc/… --what-if \"people=80000, resets_per_person_per_year=4, peak_hour_share=0.25\"

The scenario's load must arrive at a constant rate or at random (poisson_arrival_rate); its rate is the first that is tried, its
warm_up stands before every step, and its measure is the shortest step.

Exit codes: 0 every check passes and what was asked for is enough, 1 a check fails, no rate meets the goals or it is not enough, 2 it
cannot be told, 64 a scenario that cannot be searched or a question that cannot be answered.";

#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(crate) struct CapacityArguments {
    /// The scenario file
    #[arg(required_unless_present = "from")]
    pub scenario: Option<PathBuf>,
    /// Override one value of the scenario; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// The root of every die
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX.unsigned_abs()))]
    pub seed: Option<u64>,
    /// Where the parts stand
    #[arg(long, value_enum)]
    pub world: Option<WorldChoice>,
    /// Where run folders go
    #[arg(long, value_name = "DIR", default_value = "reports/runs")]
    pub out: PathBuf,
    /// How near, in per cent, the lowest rate that fails must come to the highest that holds
    #[arg(long, value_name = "PER CENT", default_value = "2", value_parser = per_cent)]
    pub within: f64,
    /// Whether it is enough for so many people: key=value, …
    #[arg(long, value_name = "QUESTION", value_parser = Question::parse)]
    pub what_if: Option<Question>,
    /// Answer from the folder of an earlier search instead of running one
    #[arg(long, value_name = "RUN", conflicts_with_all = ["scenario", "sets", "seed", "world", "within", "live"])]
    pub from: Option<PathBuf>,
    #[command(flatten)]
    pub live: LiveArguments,
    /// Print the answer alone on the standard output, as JSON
    #[arg(long)]
    pub json: bool,
}

impl CapacityArguments {
    /// The scenario with what was chosen over it; none where an earlier search is asked.
    pub fn chosen(&self) -> Option<ScenarioArguments> {
        Some(ScenarioArguments {
            scenario: self.scenario.clone()?,
            sets: self.sets.clone(),
            seed: self.seed,
            world: self.world,
        })
    }
}

fn per_cent(text: &str) -> Result<f64, String> {
    let value = text.trim_end_matches('%').trim().parse::<f64>().ok();
    let fits = value.filter(|value| (0.1..=50.0).contains(value));
    fits.ok_or_else(|| "a number of per cent from 0.1 to 50 is wanted".to_owned())
}
