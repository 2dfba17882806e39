//! The arguments of `wblab compare` and `wblab baseline`.

use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Subcommand};

/// Fields in which runs may differ if that is asked for.
const FIELDS: [&str; 8] = [
    "scenario",
    "plan",
    "world",
    "host",
    "host.cpu",
    "host.cores",
    "host.kernel",
    "host.memory",
];

const AFTER_COMPARE: &str = "\
Examples:
  wblab compare reports/runs/quick/A reports/runs/quick/B    two run folders
  wblab compare main reports/runs/quick/B                    a baseline, by its name
  wblab compare main B C D --json                            several runs; the comparison alone on the standard output
  wblab compare main B --despite host                        another machine: told, and on the page
  wblab compare main B --measure response_time_p50           only what matters here
  wblab compare main B --effect 5% --tail-effect 20%         what is small enough not to matter

A measure is worse when it worsened by the minimum effect or more and chance does not explain it; it passes when its interval leaves
no room for that. Anything else is inconclusive. See docs/compare.md.

Exit codes: 0 pass, 1 something is worse, 2 inconclusive, 64 usage or unlike runs, 74 files.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_COMPARE)]
pub(crate) struct CompareArguments {
    /// What to compare with: a run folder, the name of a baseline, or its file
    pub base: PathBuf,
    /// What to compare: run folders, names of baselines, or their files
    #[arg(required = true, value_name = "RUN")]
    pub runs: Vec<PathBuf>,
    /// Go on although base and run differ in this field; may be repeated
    #[arg(long, value_name = "FIELD", value_parser = PossibleValuesParser::new(FIELDS))]
    pub despite: Vec<String>,
    /// Look at this measure alone, for example response_time_p99; may be repeated
    #[arg(long = "measure", value_name = "NAME")]
    pub measures: Vec<String>,
    /// The smallest worsening that matters: of medians, rates, and of the whole by one stage
    #[arg(long, value_name = "PERCENT", default_value = "3%", value_parser = percent)]
    pub effect: f64,
    /// The same of percentiles from the 90th on
    #[arg(long, value_name = "PERCENT", default_value = "10%", value_parser = percent)]
    pub tail_effect: f64,
    /// The same of shares of the arrivals, in percentage points
    #[arg(long, value_name = "PERCENT", default_value = "0.5%", value_parser = percent)]
    pub ratio_effect: f64,
    /// Where baselines are
    #[arg(long, value_name = "DIR", default_value = "baselines")]
    pub baselines: PathBuf,
    /// Where comparisons go
    #[arg(long, value_name = "DIR", default_value = "reports/compare")]
    pub out: PathBuf,
    /// Print the comparison alone on the standard output, as JSON
    #[arg(long)]
    pub json: bool,
}

/// A part of a whole, above 0 and below 100 %.
fn percent(text: &str) -> Result<f64, String> {
    let told =
        || format!("`{text}` is no percentage: write a number above 0 and below 100 with its sign, such as 3% or 0.5%");
    let number = text.trim().strip_suffix('%').ok_or_else(told)?;
    let value: f64 = number.trim().parse().map_err(|_| told())?;
    let inside = value > 0.0 && value < 100.0;
    inside.then_some(value / 100.0).ok_or_else(told)
}

const AFTER_BASELINE: &str = "\
Examples:
  wblab baseline set main reports/runs/quick/A               one run: the noise between runs stays unknown
  wblab baseline set main reports/runs/quick/*               several of the same plan on the same machine; five or more are good
  wblab baseline show main                                   its runs, and how much they differ
  wblab baseline list

A baseline is a file, baselines/NAME.json, that git can hold: the run folders need not be kept. See docs/compare.md.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_BASELINE)]
pub(crate) struct BaselineArguments {
    #[command(subcommand)]
    pub command: BaselineCommand,
    /// Where baselines are
    #[arg(long, value_name = "DIR", default_value = "baselines", global = true)]
    pub baselines: PathBuf,
}

#[derive(Debug, Subcommand)]
pub(crate) enum BaselineCommand {
    /// Keep runs under a name; one that is there already is replaced
    Set {
        /// Its name: letters, digits, `.`, `_` and `-`
        #[arg(value_parser = name)]
        name: String,
        /// Run folders of the same plan on the same machine
        #[arg(required = true, value_name = "RUN")]
        runs: Vec<PathBuf>,
    },
    /// Tell the runs of a baseline, and how much they differ
    Show {
        /// Its name
        #[arg(value_parser = name)]
        name: String,
        /// Print its runs as JSON
        #[arg(long)]
        json: bool,
    },
    /// Tell all baselines
    List {
        /// Print them as JSON
        #[arg(long)]
        json: bool,
    },
}

/// A name that is a file's on any system, and no path.
fn name(text: &str) -> Result<String, String> {
    let letters = text
        .chars()
        .all(|letter| letter.is_ascii_alphanumeric() || "._-".contains(letter));
    let sound = letters && text.starts_with(|first: char| first.is_ascii_alphanumeric());
    sound.then(|| text.to_owned()).ok_or_else(|| {
        format!("`{text}` is no name for a baseline: letters, digits, `.`, `_` and `-`, and a letter or digit first")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_have_their_sign_and_names_no_path() {
        assert_eq!((percent("3%"), percent("0.5 %")), (Ok(0.03), Ok(0.005)));
        for no in ["3", "0%", "-1%", "100%", "x%", "", "NaN%", "inf%"] {
            assert!(percent(no).is_err(), "{no}");
        }
        assert_eq!(name("main-2026.11"), Ok("main-2026.11".to_owned()));
        for no in ["", "../x", "a/b", ".hidden", "-x", "a b"] {
            assert!(name(no).is_err(), "{no}");
        }
    }
}
