//! The arguments of `wblab report`.

use std::path::PathBuf;

use clap::Args;

const AFTER: &str = "\
Examples:
  wblab report reports/runs/quick/…                             judge and draw an old run again
  wblab report reports/runs/quick/… --operations ops.parquet    every operation, for DuckDB and pandas
  wblab report reports/runs/quick/… --operations ops.csv        the same for everything else

Exit codes: as of `run`; with --operations 0, whatever the verdict was, and 74 when a file does not read or write.";

#[derive(Debug, Args)]
#[command(after_help = AFTER)]
pub(crate) struct ReportArguments {
    /// The run folder
    pub run: PathBuf,
    /// Print the verdict alone on the standard output, as JSON
    #[arg(long)]
    pub json: bool,
    /// Write every operation of the run to FILE instead, .csv or .parquet; nothing is judged, no password is in it
    #[arg(long, value_name = "FILE", conflicts_with = "json", value_parser = operations)]
    pub operations: Option<(reports::Format, PathBuf)>,
}

fn operations(path: &str) -> Result<(reports::Format, PathBuf), String> {
    let path = PathBuf::from(path);
    let format = reports::Format::of(&path);
    format
        .map(|format| (format, path))
        .ok_or_else(|| "a file of operations ends in .csv or .parquet".to_owned())
}
