//! Playing the probes on one directory, and judging what they gave.

use engine::ports::Progress;

use super::known::{KNOWN, explain};
use super::observe::agrees;
use super::probes;
use super::report::{Ended, Outcome, Report, Stale};
use super::script::{Group, Probe};
use super::stage::Stage;
use super::subject::Subject;
use super::unit::Unit;
use crate::EnvironmentError;
use crate::secrets::RunKey;

const NO_AGENT: &str = "no account with delegated rights was given";

/// Plays the probes of some groups, all of them where none is named. The unit must have been made.
pub(super) async fn run(
    subject: &Subject,
    unit: &Unit,
    groups: &[Group],
    progress: &dyn Progress,
) -> Result<Report, EnvironmentError> {
    let key = RunKey::new();
    let mut stage = Stage::set(subject, unit, &key).await?;
    let chosen = |probe: &(Group, Probe)| groups.is_empty() || groups.contains(&probe.0);
    let all: Vec<(Group, Probe)> = probes::all().into_iter().filter(chosen).collect();
    progress.step(&format!("probing {}", subject.url), u64::try_from(all.len()).ok());
    let mut outcomes = Vec::with_capacity(all.len());
    for (number, (group, probe)) in all.iter().enumerate() {
        let outcome = if probe.needs_agent() && subject.agent.is_none() {
            skipped(*group, probe)
        } else {
            let observed = stage.play(number, probe).await?;
            judge(*group, probe, &observed, subject)
        };
        outcomes.push(outcome);
        progress.at(u64::try_from(number + 1).unwrap_or(u64::MAX));
    }
    Ok(Report {
        directory: subject.on.name(),
        url: subject.url.clone(),
        stale: stale(&outcomes, subject),
        outcomes,
    })
}

fn outcome(group: Group, probe: &Probe, ended: Ended, observed: String, reason: &'static str) -> Outcome {
    Outcome {
        probe: probe.name,
        group,
        shows: probe.shows,
        source: probe.source,
        expected: probe.expected().join("; "),
        observed,
        ended,
        reason,
    }
}

fn skipped(group: Group, probe: &Probe) -> Outcome {
    outcome(group, probe, Ended::Skipped, String::new(), NO_AGENT)
}

fn judge(group: Group, probe: &Probe, observed: &[String], subject: &Subject) -> Outcome {
    let expected = probe.expected();
    let all = observed.len() == expected.len()
        && expected
            .iter()
            .zip(observed)
            .all(|(expected, observed)| agrees(expected, observed));
    let told = observed.join("; ");
    if all {
        return outcome(group, probe, Ended::Passed, told, "");
    }
    match explain(probe.name, subject.on, subject.given, &told) {
        Some(reason) => outcome(group, probe, Ended::Known, told, reason),
        None => outcome(group, probe, Ended::Unexplained, told, ""),
    }
}

/// Rows of the table whose probe ran and was not answered as any row of it says. Those of a directory that somebody gave may depend
/// on its version.
fn stale(outcomes: &[Outcome], subject: &Subject) -> Vec<Stale> {
    if subject.given {
        return Vec::new();
    }
    let rows = KNOWN.iter().filter(|row| row.on == subject.on);
    let unseen = rows.filter(|row| {
        let of_probe = |outcome: &&Outcome| outcome.probe == row.probe;
        outcomes
            .iter()
            .find(of_probe)
            .is_some_and(|outcome| !matches!(outcome.ended, Ended::Known | Ended::Skipped))
    });
    unseen
        .map(|row| Stale {
            probe: row.probe,
            answers: row.answers,
        })
        .collect()
}
