//! What is meant by the words of a command line: a run folder, or a baseline by its name or its file.

use std::path::Path;

use history::{Baseline, Difference, RunFolder};
use judge::compare::{self, Side};

use crate::error::CliError;

/// The run or the baseline that a word means.
pub(crate) fn side(word: &Path, baselines: &Path) -> Result<Side, CliError> {
    if word.is_dir() {
        return folder(word);
    }
    if word.is_file() {
        return Ok(kept(Baseline::read(word)?));
    }
    let plain = word.components().count() == 1;
    let path = Baseline::path(baselines, &word.to_string_lossy());
    if plain && path.is_file() {
        return Ok(kept(Baseline::read(&path)?));
    }
    let known = known(baselines)?;
    Err(CliError::NoSuchRun(format!(
        "{} is no run folder, and no baseline in {} (there: {known}); keep one with `wblab baseline set`",
        word.display(),
        baselines.display()
    )))
}

/// The names of the baselines that there are, for who named another.
pub(crate) fn known(baselines: &Path) -> Result<String, CliError> {
    let names = Baseline::names(baselines)?;
    Ok(if names.is_empty() {
        "none yet".to_owned()
    } else {
        names.join(", ")
    })
}

/// One run folder.
pub(crate) fn folder(path: &Path) -> Result<Side, CliError> {
    if !path.join("manifest.json").is_file() {
        return Err(CliError::NoSuchRun(format!(
            "{} is no run folder: it has no manifest.json; name the folder that `wblab run` printed",
            path.display()
        )));
    }
    let run = compare::record(&RunFolder::open(path)?)?;
    Ok(Side {
        name: run.run.clone(),
        runs: vec![run],
    })
}

fn kept(baseline: Baseline) -> Side {
    Side {
        name: baseline.name,
        runs: baseline.runs,
    }
}

/// Refuses sides that differ in what changes a comparison's meaning, unless that was asked for.
pub(crate) fn refuse(differences: &[Difference], despite: &[String], who: &str) -> Result<(), CliError> {
    let open = |found: &&Difference| found.refused && !compare::is_despite(found, despite);
    let refused: Vec<&Difference> = differences.iter().filter(open).collect();
    let Some(first) = refused.first() else {
        return Ok(());
    };
    let lines = refused
        .iter()
        .map(|found| format!("  {}: {} and {}", found.field, found.base, found.run));
    let lines: Vec<String> = lines.collect();
    Err(CliError::Usage(format!(
        "{who} are not alike, so that a change between them would have more than one cause:\n{}\nto go on all the same: --despite {}",
        lines.join("\n"),
        first.field
    )))
}
