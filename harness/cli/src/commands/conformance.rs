//! `wblab conformance`: hold a directory to what Active Directory answers.

use std::path::Path;

use environment::conformance::{Conformance, Ended, Given, Group, Outcome, Report, Target, catalogue};
use environment::{EnvironmentError, Parts};
use vocabulary::{Clock as _, Password, SystemClock};

use super::order::utc;
use crate::args::ConformanceArguments;
use crate::error::{CliError, Exit};
use crate::interrupt::Interrupt;
use crate::progress::{Teller, print, say};

pub(crate) async fn conformance(arguments: &ConformanceArguments, parts: Parts) -> Result<Exit, CliError> {
    if arguments.list {
        list(&arguments.groups);
        return Ok(Exit::Pass);
    }
    let target = target(arguments)?;
    let interrupt = Interrupt::listen().map_err(CliError::Runtime)?;
    let teller = Teller::new();
    let mut suite = Conformance::new(&run_name(), parts, SystemClock::shared());
    let went = tokio::select! {
        went = probe(&mut suite, &target, &arguments.groups, &teller) => went.map(Some),
        () = interrupt.first() => Ok(None),
    };
    let gone = suite.tear_down().await.map_err(refused);
    teller.finish();
    let Some(report) = went? else {
        say("it was cut short, and what the probes made is removed");
        return gone.map(|()| Exit::Inconclusive);
    };
    gone?;
    if arguments.json {
        print(&report.json());
    } else {
        tell(&report);
    }
    Ok(if report.count(Ended::Unexplained) == 0 {
        Exit::Pass
    } else {
        Exit::Fail
    })
}

async fn probe(
    suite: &mut Conformance,
    target: &Target,
    groups: &[Group],
    teller: &Teller,
) -> Result<Report, CliError> {
    suite.stand_up(target, teller).await.map_err(refused)?;
    suite.probe(groups, teller).await.map_err(refused)
}

/// What is no laboratory was asked for by mistake: that is bad usage.
fn refused(error: EnvironmentError) -> CliError {
    match error {
        EnvironmentError::Interlock(why) => CliError::Usage(why),
        other => CliError::World(other),
    }
}

/// What everything of this run is called. It ends with the process's number, by which the next start tells the dead.
fn run_name() -> String {
    let stamp = utc(SystemClock::new().unix().as_secs()).to_lowercase();
    format!("{stamp}-conformance-{}", std::process::id())
}

fn target(arguments: &ConformanceArguments) -> Result<Target, CliError> {
    let (Some(url), Some(bind_dn), Some(password_file), Some(ca_file)) = (
        &arguments.url,
        &arguments.bind_dn,
        &arguments.password_file,
        &arguments.ca_file,
    ) else {
        return Ok(Target::Own(arguments.world.into()));
    };
    let agent = match (&arguments.agent_bind_dn, &arguments.agent_password_file) {
        (Some(dn), Some(file)) => Some((dn.clone(), read_password(file)?)),
        _ => None,
    };
    Ok(Target::Given(Given {
        url: url.clone(),
        ca_file: ca_file.clone(),
        bind_dn: bind_dn.clone(),
        password: read_password(password_file)?,
        agent,
        below: arguments.below.clone(),
    }))
}

/// A password from a file; a newline at its end is not part of it.
fn read_password(path: &Path) -> Result<Password, CliError> {
    let text = std::fs::read_to_string(path).map_err(|source| CliError::File {
        doing: "read",
        path: path.to_owned(),
        source,
    })?;
    Ok(Password::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

fn list(groups: &[Group]) {
    let chosen = catalogue()
        .into_iter()
        .filter(|probe| groups.is_empty() || groups.contains(&probe.group));
    for probe in chosen {
        print(&format!(
            "{:<11} {:<36} {}",
            probe.group.name(),
            probe.name,
            probe.shows
        ));
        print(&format!("{:<48} {}", "", probe.source));
    }
}

fn tell(report: &Report) {
    print(&format!("{} directory at {}", report.directory, report.url));
    print("");
    print(&format!(
        "{:<11} {:>6} {:>6} {:>6} {:>11} {:>7}",
        "group", "probes", "passed", "known", "unexplained", "skipped"
    ));
    for group in Group::ALL {
        let of_group: Vec<&Outcome> = report
            .outcomes
            .iter()
            .filter(|outcome| outcome.group == group)
            .collect();
        if !of_group.is_empty() {
            print(&row(group.name(), &of_group));
        }
    }
    print(&row("all", &report.outcomes.iter().collect::<Vec<_>>()));
    known(report);
    skipped(report);
    for stale in &report.stale {
        print(&format!(
            "\nstale: {} does not answer `{}` any more",
            stale.probe, stale.answers
        ));
    }
    unexplained(report);
}

fn row(name: &str, outcomes: &[&Outcome]) -> String {
    let count = |ended| outcomes.iter().filter(|outcome| outcome.ended == ended).count();
    format!(
        "{name:<11} {:>6} {:>6} {:>6} {:>11} {:>7}",
        outcomes.len(),
        count(Ended::Passed),
        count(Ended::Known),
        count(Ended::Unexplained),
        count(Ended::Skipped)
    )
}

fn ended(report: &Report, ended: Ended) -> impl Iterator<Item = &Outcome> {
    report.outcomes.iter().filter(move |outcome| outcome.ended == ended)
}

fn known(report: &Report) {
    if report.count(Ended::Known) > 0 {
        print("\nKnown differences");
    }
    for outcome in ended(report, Ended::Known) {
        print(&format!("  {:<36} {}", outcome.probe, outcome.observed));
        print(&format!("  {:<36} {}", "", outcome.reason));
    }
}

fn skipped(report: &Report) {
    if report.count(Ended::Skipped) > 0 {
        print("\nSkipped");
    }
    for outcome in ended(report, Ended::Skipped) {
        print(&format!("  {:<36} {}", outcome.probe, outcome.reason));
    }
}

fn unexplained(report: &Report) {
    if report.count(Ended::Unexplained) > 0 {
        print("\nUnexplained differences");
    }
    for outcome in ended(report, Ended::Unexplained) {
        print(&format!("  {} ({})", outcome.probe, outcome.group.name()));
        print(&format!("    shows     {}", outcome.shows));
        print(&format!("    source    {}", outcome.source));
        print(&format!("    expected  {}", outcome.expected));
        print(&format!("    observed  {}", outcome.observed));
    }
}
