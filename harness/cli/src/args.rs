//! The arguments. Flags choose files, worlds and verbosity; behaviour belongs in the scenario.

mod capacity;
mod compare;
mod trend;

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};
use environment::conformance::Group;
use scenario::WorldKind;

mod live;
mod report;

pub(crate) use capacity::CapacityArguments;
pub(crate) use compare::{BaselineArguments, BaselineCommand, CompareArguments};
pub(crate) use live::LiveArguments;
pub(crate) use report::ReportArguments;
pub(crate) use trend::TrendArguments;

const AFTER: &str = "\
Examples:
  wblab run scenarios/quick.toml                   the main job, no Docker, under a minute
  wblab run scenarios/samba-smoke.toml             the same on a real Samba AD in containers
  wblab run scenarios/quick.toml --set load.constant_arrival_rate.rate=50/s
  wblab run scenarios/soak.toml --live             with the report in a browser while it runs
  wblab plan scenarios/quick.toml                  what would happen, in sentences
  wblab report reports/runs/quick/…                judge and draw an old run again
  wblab trend reports/runs                         the goals over many runs, and where they changed
  wblab compare main reports/runs/quick/…          hold a run against the baseline `main`
  wblab up scenarios/quick.toml --json             a world that stays, for any other client
  wblab capacity scenarios/one-dc.toml             how much the system takes within the goals
  wblab conformance --world docker                 hold a fresh Samba AD to what Active Directory answers

Exit codes: 0 pass, 1 fail, 2 inconclusive, 64 bad scenario or usage, 70 a bug of ours, 74 files, 75 the world.";

/// Proves that what the cloud acknowledged is what the directory holds, at scale.
#[derive(Debug, Parser)]
#[command(name = "wblab", version, after_help = AFTER, max_term_width = 100)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Stand a world up, drive load through it, prove the effect, draw the report
    Run(RunArguments),
    /// Say every mistake of scenario files, with line and column
    Check(CheckArguments),
    /// Tell what a scenario would do, in sentences or as digests
    Plan(PlanArguments),
    /// Find the highest arrival rate that meets the goals, what saturates first, and what that is enough for
    Capacity(CapacityArguments),
    /// Judge a run folder again and draw its report
    Report(ReportArguments),
    /// Follow the goals over many runs, and say where they changed
    Trend(TrendArguments),
    /// Hold runs against a base: what changed, how sure that is, and whether it matters
    Compare(CompareArguments),
    /// Keep runs that later ones are compared with
    Baseline(BaselineArguments),
    /// Stand a world up and keep it until Ctrl-C or `wblab down`
    Up(UpArguments),
    /// Take worlds down that `wblab up` keeps
    Down(DownArguments),
    /// Tell what this machine can do and what earlier runs left
    Doctor(DoctorArguments),
    /// Hold a directory to what Active Directory answers, probe by probe
    Conformance(ConformanceArguments),
    /// Print the JSON Schema of scenario files, or check the committed one
    Schema(SchemaArguments),
    /// Print completions for a shell
    Completions(CompletionsArguments),
    /// Run one part of a world alone
    Serve(ServeArguments),
    /// The load generator; started by `run`
    #[command(hide = true)]
    Load,
}

/// Where parts stand.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum WorldChoice {
    /// All parts in this process, with the embedded directory
    Embedded,
    /// Every part in a container, with a real Samba AD
    Docker,
}

impl From<WorldChoice> for WorldKind {
    fn from(choice: WorldChoice) -> Self {
        match choice {
            WorldChoice::Embedded => Self::Embedded,
            WorldChoice::Docker => Self::Docker,
        }
    }
}

/// A scenario with what the command line chooses over it.
#[derive(Debug, Clone, Args)]
pub(crate) struct ScenarioArguments {
    /// The scenario file
    pub scenario: PathBuf,
    /// Override one value of the scenario; may be repeated
    #[arg(long = "set", value_name = "PATH=VALUE")]
    pub sets: Vec<String>,
    /// The root of every die
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX.unsigned_abs()))]
    pub seed: Option<u64>,
    /// Where the parts stand
    #[arg(long, value_enum)]
    pub world: Option<WorldChoice>,
}

#[derive(Debug, Args)]
pub(crate) struct RunArguments {
    #[command(flatten)]
    pub scenario: ScenarioArguments,
    /// Where run folders go
    #[arg(long, value_name = "DIR", default_value = "reports/runs")]
    pub out: PathBuf,
    /// Print the verdict alone on the standard output, as JSON
    #[arg(long)]
    pub json: bool,
    #[command(flatten)]
    pub live: LiveArguments,
}

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    /// Scenario files
    #[arg(required = true)]
    pub scenarios: Vec<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct PlanArguments {
    #[command(flatten)]
    pub scenario: ScenarioArguments,
    /// Print the digests and the plan as JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct UpArguments {
    #[command(flatten)]
    pub scenario: ScenarioArguments,
    /// Where run folders go
    #[arg(long, value_name = "DIR", default_value = "reports/runs")]
    pub out: PathBuf,
    /// Print where everything is as one line of JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct DownArguments {
    /// The run folder of one world; all standing ones without it
    pub run: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct DoctorArguments {
    /// Remove cached images, kept snapshots and what dead runs left
    #[arg(long)]
    pub prune: bool,
    /// Measure the load generator against a target that counts and stalls, instead; takes about a minute and a half
    #[arg(long, conflicts_with = "prune")]
    pub calibrate: bool,
    /// Print the findings as JSON
    #[arg(long)]
    pub json: bool,
}

const AFTER_CONFORMANCE: &str = "\
Examples:
  wblab conformance                                the embedded directory, in this process
  wblab conformance --world docker                 a fresh Samba AD in a container
  wblab conformance --group binds --group resets   two groups alone
  wblab conformance --list                         every probe, with what it shows and its source
  wblab conformance ldaps://dc1.corp.test --ca-file ca.pem \\
      --bind-dn CN=Administrator,CN=Users,DC=corp,DC=test --password-file admin.password
  wblab conformance ldaps://dc1.corp.test … --below OU=People,DC=corp,DC=test \\
      --agent-bind-dn CN=svc,OU=Services,DC=corp,DC=test --agent-password-file svc.password

A directory given by its URL must be a laboratory's: its domain ends in .test, .example or .invalid. Everything that the probes
make is below one new unit (and fine-grained policies beside it), and is removed at the end, also after Ctrl-C.

Exit codes: 0 no unexplained difference, 1 some, 64 usage, 75 the directory does not stand or does not answer.";

#[derive(Debug, Args)]
#[command(after_help = AFTER_CONFORMANCE)]
pub(crate) struct ConformanceArguments {
    /// A laboratory's directory, ldaps://HOST or ldaps://HOST:PORT; a fresh one of our own without it
    #[arg(requires = "bind_dn", requires = "password_file", requires = "ca_file")]
    pub url: Option<String>,
    /// What the fresh directory is
    #[arg(long, value_enum, default_value = "embedded", conflicts_with = "url")]
    pub world: WorldChoice,
    /// The administrator's name
    #[arg(long, value_name = "DN", requires = "url")]
    pub bind_dn: Option<String>,
    /// The file with the administrator's password
    #[arg(long, value_name = "FILE", requires = "url")]
    pub password_file: Option<PathBuf>,
    /// The authority that signed the directory's certificate, PEM
    #[arg(long, value_name = "FILE", requires = "url")]
    pub ca_file: Option<PathBuf>,
    /// An account with delegated rights below --below; its probes are skipped without it
    #[arg(
        long,
        value_name = "DN",
        requires = "url",
        requires = "agent_password_file",
        requires = "below"
    )]
    pub agent_bind_dn: Option<String>,
    /// The file with that account's password
    #[arg(long, value_name = "FILE", requires = "agent_bind_dn")]
    pub agent_password_file: Option<PathBuf>,
    /// Where the probes' unit is made; the domain's head without it
    #[arg(long, value_name = "DN", requires = "url")]
    pub below: Option<String>,
    /// A group of probes; may be repeated; all of them without it
    #[arg(long = "group", value_name = "NAME", value_parser = group)]
    pub groups: Vec<Group>,
    /// List the probes instead
    #[arg(long)]
    pub list: bool,
    /// Print the result alone on the standard output, as JSON
    #[arg(long)]
    pub json: bool,
}

fn group(name: &str) -> Result<Group, String> {
    Group::named(name).ok_or_else(|| {
        let known: Vec<_> = Group::ALL.into_iter().map(Group::name).collect();
        format!("the groups are {}", known.join(", "))
    })
}

#[derive(Debug, Args)]
pub(crate) struct SchemaArguments {
    /// Compare with this file instead of printing; differing ends with 1
    #[arg(long, value_name = "FILE", num_args = 0..=1, default_missing_value = "scenarios/schema.json")]
    pub check: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// The shell
    pub shell: clap_complete::Shell,
}

/// A part of a world.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Role {
    /// The mock cloud
    Cloud,
    /// A relay namespace
    Relay,
    /// The on-premises agent
    Agent,
    /// The embedded directory
    Directory,
    /// The firewall
    Gateway,
}

#[derive(Debug, Args)]
pub(crate) struct ServeArguments {
    /// The part
    #[arg(value_enum)]
    pub role: Role,
    /// Its configuration, TOML
    #[arg(long, value_name = "FILE")]
    pub config: PathBuf,
}
