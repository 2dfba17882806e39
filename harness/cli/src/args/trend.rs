//! The arguments of `wblab trend`.

use std::path::PathBuf;

use clap::Args;

const AFTER: &str = "\
Examples:
  wblab trend reports/runs/quick                   the page is reports/runs/quick/trend.html
  wblab trend nightly --since 5 --junit trend.xml  fail for what became worse within the newest five runs
  wblab trend reports/runs --any-plan --json       runs whose seeds differ on one line; answer as JSON

Only the manifest.json and verdict.json of a run are read; a folder that cannot be used is named with the reason.

Exit codes: 0 no goal became worse and stayed so, 1 one did within the newest runs, 2 too few runs to tell, 74 files.";

#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(crate) struct TrendArguments {
    /// The folder with the runs, at any depth
    pub dir: PathBuf,
    /// How many of the newest runs of a scenario, world and machine are new: what became worse in them fails
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..))]
    pub since: u32,
    /// Put runs on one line whatever their plan, so their seed, was
    #[arg(long)]
    pub any_plan: bool,
    /// Where the page goes, instead of DIR/trend.html
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write a summary in Markdown too
    #[arg(long, value_name = "FILE")]
    pub summary: Option<PathBuf>,
    /// Write JUnit XML too
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Print the trend alone on the standard output, as JSON
    #[arg(long)]
    pub json: bool,
}
