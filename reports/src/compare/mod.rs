//! What people and machines see of a comparison: the terminal, one page, charts, JUnit, Markdown and the numbers.

mod charts;
mod junit;
mod markdown;
mod page;
mod terminal;
#[cfg(test)]
mod tests;
mod words;

use std::fs;
use std::path::{Path, PathBuf};

use history::{Comparison, HistoryError};
use judge::compare::SideFigures;

use crate::ReportError;

pub use charts::View;
pub use terminal::{comparison_in_terminal, comparison_in_terminal_in_colour};

/// Where the files of a comparison are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenComparison {
    /// `compare.json`.
    pub numbers: PathBuf,
    /// `compare.html`, one self-contained file.
    pub html: PathBuf,
    /// `junit.xml`.
    pub junit: PathBuf,
    /// `summary.md`.
    pub summary: PathBuf,
    /// `charts/<name>.png` and `charts/<name>.svg`, of [`View::of`], in its order.
    pub charts: Vec<PathBuf>,
}

/// Writes a comparison into a folder, which is made where there is none; what an earlier comparison left there is written anew. Each
/// file is written whole or not at all, the numbers first. `sides` are the base's figures and those of each run compared, in order.
///
/// # Errors
/// [`ReportError`], naming the file or the chart.
pub fn write_comparison(
    folder: &Path,
    comparison: &Comparison,
    sides: &[SideFigures],
) -> Result<WrittenComparison, ReportError> {
    let charts = folder.join("charts");
    fs::create_dir_all(&charts).map_err(|source| ReportError::MakeFolder { path: charts, source })?;
    let numbers = put(folder, "compare.json", &numbers(folder, comparison)?)?;
    let mut charts = Vec::new();
    for view in View::of(comparison) {
        let name = view.name();
        charts.push(put(
            folder,
            &format!("charts/{name}.png"),
            &view.png(comparison, sides)?,
        )?);
        charts.push(put(
            folder,
            &format!("charts/{name}.svg"),
            view.svg(comparison, sides)?.as_bytes(),
        )?);
    }
    Ok(WrittenComparison {
        numbers,
        junit: put(folder, "junit.xml", junit::xml(comparison)?.as_bytes())?,
        summary: put(folder, "summary.md", markdown::summary(comparison).as_bytes())?,
        html: put(folder, "compare.html", page::html(comparison, sides)?.as_bytes())?,
        charts,
    })
}

fn numbers(folder: &Path, comparison: &Comparison) -> Result<Vec<u8>, ReportError> {
    let mut bytes = serde_json::to_vec_pretty(comparison).map_err(|source| HistoryError::Format {
        path: folder.join("compare.json"),
        what: "the comparison".to_owned(),
        source,
    })?;
    bytes.push(b'\n');
    Ok(bytes)
}

/// Beside, then renamed.
fn put(folder: &Path, name: &str, bytes: &[u8]) -> Result<PathBuf, ReportError> {
    let path = folder.join(name);
    let beside = folder.join(format!("{name}.part"));
    let written = fs::write(&beside, bytes).and_then(|()| fs::rename(&beside, &path));
    written.map_err(|source| HistoryError::Write {
        path: path.clone(),
        source,
    })?;
    Ok(path)
}
