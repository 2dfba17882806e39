//! Everything a report is, into the run folder.

use std::path::PathBuf;

use history::{Capacity, RunFolder};
use judge::Judgement;

use crate::charts::{self, Chart};
use crate::{ReportError, junit, markdown, metrics, page, write_capacity};

/// Where the files of a report are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// `verdict.json`.
    pub verdict: PathBuf,
    /// `report.html`, one self-contained file.
    pub html: PathBuf,
    /// `junit.xml`.
    pub junit: PathBuf,
    /// `summary.md`.
    pub summary: PathBuf,
    /// `metrics.txt`, OpenMetrics text.
    pub metrics: PathBuf,
    /// `charts/<name>.png` and `charts/<name>.svg`, of [`Chart::shown`], in its order.
    pub charts: Vec<PathBuf>,
}

/// Writes the verdict and draws the report: verdict, charts, page, JUnit, Markdown and OpenMetrics, and of a search the capacity with
/// its own page, what was asked of it before included. Each file is written whole or not at
/// all; the verdict comes first, so that a run that cannot be drawn is still judged.
///
/// # Errors
/// [`ReportError`], naming the file or the chart.
pub fn write(folder: &RunFolder, judgement: &Judgement) -> Result<Written, ReportError> {
    folder.write_verdict(&judgement.verdict)?;
    if let Some(capacity) = &judgement.figures.capacity {
        let earlier = folder.capacity().ok().flatten();
        let what_if = earlier.and_then(|earlier| earlier.what_if);
        let capacity = Capacity {
            what_if,
            ..capacity.clone()
        };
        write_capacity(folder, &capacity)?;
    }
    let manifest = folder.manifest()?;
    let charts = write_charts(folder, judgement)?;
    let version = manifest.versions.get("wblab").map_or("", String::as_str);
    let put = |name: &str, text: String| {
        folder.write(name, text.as_bytes())?;
        Ok::<PathBuf, ReportError>(folder.path(name))
    };
    Ok(Written {
        verdict: folder.path("verdict.json"),
        junit: put("junit.xml", junit::xml(judgement, &manifest)?)?,
        summary: put("summary.md", markdown::summary(judgement, &manifest))?,
        metrics: put("metrics.txt", metrics::open_metrics(judgement, version))?,
        html: put("report.html", page(judgement, &manifest)?)?,
        charts,
    })
}

fn write_charts(folder: &RunFolder, judgement: &Judgement) -> Result<Vec<PathBuf>, ReportError> {
    let path = folder.path("charts");
    std::fs::create_dir_all(&path).map_err(|source| ReportError::MakeFolder { path, source })?;
    let shown: Vec<Chart> = Chart::shown(&judgement.figures).collect();
    let written = charts::each(&shown, |chart| {
        let name = chart.name();
        let (png, svg) = (format!("charts/{name}.png"), format!("charts/{name}.svg"));
        folder.write(&png, &chart.png(&judgement.figures)?)?;
        folder.write(&svg, chart.svg(&judgement.figures)?.as_bytes())?;
        Ok([folder.path(&png), folder.path(&svg)])
    })?;
    Ok(written.into_iter().flatten().collect())
}
