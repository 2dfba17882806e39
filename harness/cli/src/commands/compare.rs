//! `wblab compare`: runs held against a base.

use std::path::PathBuf;

use history::Comparison;
use judge::compare::{self, Asked, Side};

use super::sides::{refuse, side};
use crate::args::CompareArguments;
use crate::error::{CliError, Exit};
use crate::progress::{is_watched, print};

pub(crate) fn compare(arguments: &CompareArguments) -> Result<Exit, CliError> {
    let base = side(&arguments.base, &arguments.baselines)?;
    let runs: Result<Vec<Side>, CliError> = arguments
        .runs
        .iter()
        .map(|run| side(run, &arguments.baselines))
        .collect();
    let runs = runs?;
    for run in &runs {
        let differences = compare::differences(&base.runs, &run.runs);
        refuse(
            &differences,
            &arguments.despite,
            &format!("{} and {}", base.name, run.name),
        )?;
    }
    known(&arguments.measures, &base, &runs)?;
    let asked = Asked {
        measures: arguments.measures.clone(),
        effect: arguments.effect,
        tail_effect: arguments.tail_effect,
        ratio_effect: arguments.ratio_effect,
    };
    let comparison = compare::compare(&base, &runs, &asked);
    let sides: Vec<_> = std::iter::once(&base).chain(&runs).map(compare::pictures).collect();
    let folder = folder(arguments, &comparison);
    let written = reports::write_comparison(&folder, &comparison, &sides)?;
    tell(&comparison, &written.html, arguments.json)?;
    Ok(comparison.verdict.into())
}

/// Every measure that was named is one.
fn known(named: &[String], base: &Side, runs: &[Side]) -> Result<(), CliError> {
    let all = compare::measures(base, runs);
    match named.iter().find(|name| !all.contains(name)) {
        None => Ok(()),
        Some(name) => Err(CliError::Usage(format!(
            "there is no measure `{name}` to compare here; there are {}",
            all.join(", ")
        ))),
    }
}

fn tell(comparison: &Comparison, page: &std::path::Path, json: bool) -> Result<(), CliError> {
    if json {
        let line = serde_json::to_string(comparison).map_err(|error| CliError::Usage(error.to_string()))?;
        print(&line);
        return Ok(());
    }
    print(&if is_watched() {
        reports::comparison_in_terminal_in_colour(comparison)
    } else {
        reports::comparison_in_terminal(comparison)
    });
    print(&page.display().to_string());
    Ok(())
}

/// `<out>/<scenario>/<run>-against-<base>`: the same runs go to the same place.
fn folder(arguments: &CompareArguments, comparison: &Comparison) -> PathBuf {
    let first = comparison
        .compared
        .first()
        .map_or("nothing", |compared| compared.party.name.as_str());
    let more = match comparison.compared.len() {
        0 | 1 => String::new(),
        count => format!("-and-{}-more", count - 1),
    };
    let name = format!("{}{more}-against-{}", safe(first), safe(&comparison.base.name));
    arguments.out.join(safe(&comparison.scenario)).join(name)
}

/// A name as part of a path: names come from files and may be anything.
fn safe(name: &str) -> String {
    let letter = |letter: char| {
        if letter.is_ascii_alphanumeric() || "_-".contains(letter) {
            letter
        } else {
            '_'
        }
    };
    name.chars().take(80).map(letter).collect()
}
