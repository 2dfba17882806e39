//! What is told of the zoo: to the suite as JSON, to the book as a table.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Deserialize;

use super::{Planted, all};

/// A round of the nightly proof.
#[derive(Debug, Deserialize)]
struct Round {
    caught: Vec<Caught>,
}

/// What one run with a wrong part came to.
#[derive(Debug, Deserialize)]
struct Caught {
    name: String,
    #[serde(default)]
    by: Vec<String>,
    #[serde(default)]
    operations: Option<u64>,
}

/// The registry, a line of JSON for each.
pub(crate) fn list() -> Vec<String> {
    let lines = all().into_iter().map(|planted| serde_json::to_string(&planted));
    lines.filter_map(Result::ok).collect()
}

/// The table of the book, from what the nightly proof kept.
pub(crate) fn table(kept: &Path) -> Result<Vec<String>, String> {
    let text = std::fs::read_to_string(kept).map_err(|error| format!("{}: {error}", kept.display()))?;
    let rounds: Vec<Round> = text
        .lines()
        .map(|line| serde_json::from_str(line).map_err(|error| format!("{}: {error}", kept.display())))
        .collect::<Result<_, _>>()?;
    let last: BTreeMap<&str, &Caught> = rounds
        .iter()
        .flat_map(|round| &round.caught)
        .map(|caught| (caught.name.as_str(), caught))
        .collect();
    let rows = all().into_iter().filter(|planted| !planted.caught_by.is_empty());
    let head = [
        "| Wrong part | What it does | Caught by | Operations |",
        "| --- | --- | --- | --- |",
    ];
    Ok(head
        .map(str::to_owned)
        .into_iter()
        .chain(rows.map(|planted| row(&planted, last.get(planted.name).copied())))
        .collect())
}

fn row(planted: &Planted, caught: Option<&Caught>) -> String {
    let by = caught.map_or_else(|| "not run".to_owned(), |caught| marked(&caught.by));
    let operations = caught.and_then(|caught| caught.operations);
    let operations = operations.map_or_else(|| "-".to_owned(), |count| count.to_string());
    format!("| `{}` | {} | {by} | {operations} |", planted.name, planted.does)
}

fn marked(checks: &[String]) -> String {
    let marked: Vec<String> = checks.iter().map(|check| format!("`{check}`")).collect();
    marked.join(", ")
}
