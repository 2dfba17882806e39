//! `wblab baseline`: runs that later ones are compared with, kept as files that git can hold.

use std::path::{Path, PathBuf};

use history::{BASELINE_VERSION, Baseline, Mark, RunRecord};
use judge::compare::{self, Spread};
use serde_json::{Value, json};

use super::sides::{folder, known, refuse};
use crate::args::{BaselineArguments, BaselineCommand};
use crate::error::{CliError, Exit};
use crate::progress::{print, say};

pub(crate) fn baseline(arguments: &BaselineArguments) -> Result<Exit, CliError> {
    let baselines = arguments.baselines.as_path();
    match &arguments.command {
        BaselineCommand::Set { name, runs } => set(baselines, name, runs),
        BaselineCommand::Show { name, json } => show(baselines, name, *json),
        BaselineCommand::List { json } => list(baselines, *json),
    }
}

fn set(baselines: &Path, name: &str, runs: &[PathBuf]) -> Result<Exit, CliError> {
    let mut kept: Vec<RunRecord> = Vec::new();
    for run in runs {
        for run in folder(run)?.runs {
            sound(&run, &kept)?;
            kept.push(run);
        }
    }
    refuse(&compare::differences(&kept, &[]), &[], "runs of a baseline").map_err(without_despite)?;
    for run in kept.iter().filter(|run| run.verdict != Mark::Pass) {
        say(&format!(
            "{} is {} by itself; it is kept all the same",
            run.run,
            run.verdict.as_str()
        ));
    }
    let baseline = Baseline {
        version: BASELINE_VERSION,
        name: name.to_owned(),
        runs: kept,
    };
    let path = Baseline::path(baselines, name);
    baseline.write(&path)?;
    told(&baseline).iter().for_each(|line| print(line));
    print(&path.display().to_string());
    Ok(Exit::Pass)
}

/// A baseline holds whole runs, each once.
fn sound(run: &RunRecord, kept: &[RunRecord]) -> Result<(), CliError> {
    if !run.whole {
        return Err(CliError::Usage(format!(
            "{} did not go all its way, or its history is torn: nothing compared with it could ever pass; run it again",
            run.run
        )));
    }
    if kept
        .iter()
        .any(|known| known.run == run.run && known.started_unix_ms == run.started_unix_ms)
    {
        return Err(CliError::Usage(format!(
            "{} is named twice: a run that is compared with itself shows no noise",
            run.run
        )));
    }
    Ok(())
}

/// Nothing lets unlike runs into one baseline.
fn without_despite(error: CliError) -> CliError {
    match error {
        CliError::Usage(text) => {
            let told = text.rsplit_once("\nto go on").map_or(text.as_str(), |(told, _)| told);
            CliError::Usage(format!("{told}\nkeep them under names of their own"))
        }
        other => other,
    }
}

fn read(baselines: &Path, name: &str) -> Result<Baseline, CliError> {
    let path = Baseline::path(baselines, name);
    if path.is_file() {
        return Ok(Baseline::read(&path)?);
    }
    let known = known(baselines)?;
    Err(CliError::NoSuchRun(format!(
        "there is no baseline {name} in {} (there: {known})",
        baselines.display()
    )))
}

fn show(baselines: &Path, name: &str, json: bool) -> Result<Exit, CliError> {
    let baseline = read(baselines, name)?;
    if json {
        print(&as_json(&baseline).to_string());
    } else {
        told(&baseline).iter().for_each(|line| print(line));
    }
    Ok(Exit::Pass)
}

fn list(baselines: &Path, json: bool) -> Result<Exit, CliError> {
    let names = Baseline::names(baselines)?;
    let kept: Result<Vec<Baseline>, CliError> = names.iter().map(|name| read(baselines, name)).collect();
    let kept = kept?;
    if json {
        print(&Value::from(kept.iter().map(as_json).collect::<Vec<_>>()).to_string());
        return Ok(Exit::Pass);
    }
    if kept.is_empty() {
        say(&format!(
            "there is no baseline in {}; keep one with `wblab baseline set`",
            baselines.display()
        ));
    }
    kept.iter().for_each(|baseline| print(&head(baseline)));
    Ok(Exit::Pass)
}

/// A baseline in one line.
fn head(baseline: &Baseline) -> String {
    let count = baseline.runs.len();
    let plan = baseline.runs.first().map_or_else(String::new, |run| {
        format!(
            "{} on {}, seed {}, {} processors",
            run.scenario, run.world, run.seed, run.host.cores
        )
    });
    format!(
        "{}: {count} {} of {plan}",
        baseline.name,
        if count == 1 { "run" } else { "runs" }
    )
}

fn told(baseline: &Baseline) -> Vec<String> {
    let run = |run: &RunRecord| format!("  {}  {}", run.run, run.verdict.as_str());
    let spread = |spread: &Spread| {
        let part = spread
            .spread
            .map_or_else(|| "not known".to_owned(), |spread| format!("{:.2} %", spread * 100.0));
        format!(
            "  {:<22} {:>12.3} {:<5} {part:>10}",
            spread.measure, spread.value, spread.unit
        )
    };
    let heads = format!("  {:<22} {:>18} {:>10}", "measure", "mean", "spread");
    let lines = [head(baseline)]
        .into_iter()
        .chain(baseline.runs.iter().map(run))
        .chain([heads]);
    lines
        .chain(compare::spreads(&baseline.runs).iter().map(spread))
        .collect()
}

fn as_json(baseline: &Baseline) -> Value {
    let runs = baseline.runs.iter().map(|run| {
        json!({ "run": run.run, "seed": run.seed, "started_unix_ms": run.started_unix_ms, "verdict": run.verdict })
    });
    let spreads = compare::spreads(&baseline.runs).into_iter().map(|spread| {
        let value = json!({ "mean": spread.value, "unit": spread.unit, "spread": spread.spread });
        (spread.measure, value)
    });
    let first = baseline.runs.first();
    json!({
        "name": baseline.name,
        "scenario": first.map(|run| &run.scenario),
        "world": first.map(|run| &run.world),
        "plan_hash": first.map(|run| &run.plan_hash),
        "runs": runs.collect::<Vec<_>>(),
        "measures": spreads.collect::<serde_json::Map<_, _>>(),
    })
}
