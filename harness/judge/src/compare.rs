//! Runs held against a base: what changed, how sure that is, and whether it matters.
//!
//! A measure is *worse* when it got worse by the minimum effect or more and chance does not explain it; it *passes* when its interval
//! leaves no room for a worsening of the minimum effect. Anything else is inconclusive: too little data never passes.

mod alike;
mod blocks;
mod curve;
mod inference;
mod marks;
mod measures;
mod pictures;
mod row;
mod series;
mod spread;
#[cfg(test)]
mod tests;

use history::{Compared, Comparison, Difference, Mark, Member, Method, Party, RunFolder, RunRecord, Unit};

use crate::JudgeError;
use row::Row;

pub use alike::differences;
pub use pictures::{SideFigures, SideWindow, pictures};
pub use series::{SeriesBuilder, Timed};
pub use spread::{Spread, spreads};

/// How often equal runs may be told to differ, over all measures of all runs of a comparison together.
const FAMILY_ERROR: f64 = 0.02;

/// A run, or the runs of a baseline, under one name.
#[derive(Debug, Clone, PartialEq)]
pub struct Side {
    /// What it is called.
    pub name: String,
    /// Its runs; one at least.
    pub runs: Vec<RunRecord>,
}

/// What is asked of a comparison.
#[derive(Debug, Clone, PartialEq)]
pub struct Asked {
    /// Measures that are looked at, by name; all of them where there is none.
    pub measures: Vec<String>,
    /// The minimum effect on medians, on rates, and on a stage as a part of the whole: 0.03 is 3 %.
    pub effect: f64,
    /// The minimum effect on percentiles from the 90th on.
    pub tail_effect: f64,
    /// The minimum effect on shares of the arrivals, as a difference.
    pub ratio_effect: f64,
}

impl Default for Asked {
    fn default() -> Self {
        Self {
            measures: Vec::new(),
            effect: 0.03,
            tail_effect: 0.1,
            ratio_effect: 0.005,
        }
    }
}

impl Asked {
    /// What has to happen to a measure before it matters.
    fn effect_on(&self, measure: &measures::Measure) -> f64 {
        match measure.unit() {
            Unit::Ratio => self.ratio_effect,
            _ if measure.what.is_tail() => self.tail_effect,
            _ => self.effect,
        }
    }
}

/// All that a comparison needs of a run folder, from one pass over its history. Its verdict is the one that stands in it; a folder
/// that has none is judged.
///
/// # Errors
/// [`JudgeError::Folder`] when a file is missing or does not read.
pub fn record(folder: &RunFolder) -> Result<RunRecord, JudgeError> {
    let manifest = folder.manifest()?;
    let (series, whole) = series::read(folder, &manifest)?;
    let judged = folder.path("verdict.json").exists();
    let verdict = if judged {
        folder.verdict()?
    } else {
        crate::judge(folder)?.verdict
    };
    let broken = verdict
        .findings
        .into_iter()
        .filter(|finding| finding.verdict == Mark::Fail);
    Ok(RunRecord {
        closed: manifest.closed(),
        run: manifest.run,
        scenario: manifest.scenario,
        world: manifest.world,
        seed: manifest.seed,
        plan_hash: manifest.plan_hash,
        host: manifest.host,
        versions: manifest.versions,
        started_unix_ms: manifest.started_unix_ms,
        verdict: verdict.verdict,
        broken: broken.map(|finding| finding.check).collect(),
        whole,
        goals: verdict.goals,
        series,
    })
}

/// The names of everything that can be compared between these.
#[must_use]
pub fn measures(base: &Side, runs: &[Side]) -> Vec<String> {
    let all = runs.iter().flat_map(|run| measures::all(&base.runs, &run.runs));
    let mut names: Vec<String> = all.map(|measure| measure.name).collect();
    let mut seen = std::collections::HashSet::new();
    names.retain(|name| seen.insert(name.clone()));
    names
}

/// Holds each run against the base. The same runs give the same comparison: every die is thrown from their names.
#[must_use]
pub fn compare(base: &Side, runs: &[Side], asked: &Asked) -> Comparison {
    let mut rows: Vec<Vec<Row>> = runs.iter().map(|run| row::rows(base, run, asked)).collect();
    row::adjust(&mut rows);
    let pairs = runs.iter().zip(rows);
    let compared: Vec<Compared> = pairs.map(|(run, rows)| compared(base, run, rows)).collect();
    let first = base.runs.first();
    let marks = compared.iter().map(|compared| compared.verdict);
    Comparison {
        verdict: marks.max().unwrap_or(Mark::Inconclusive),
        scenario: first.map(|run| run.scenario.clone()).unwrap_or_default(),
        world: first.map(|run| run.world.clone()).unwrap_or_default(),
        base: party(base),
        compared,
        method: Method {
            resamples: inference::RESAMPLES,
            confidence: inference::CONFIDENCE,
            family_error: FAMILY_ERROR,
            effect: asked.effect,
            tail_effect: asked.tail_effect,
            ratio_effect: asked.ratio_effect,
        },
    }
}

fn compared(base: &Side, run: &Side, rows: Vec<Row>) -> Compared {
    let changes = rows.into_iter().map(Row::finish).collect::<Vec<_>>();
    let (notes, capped) = marks::notes(base, run);
    Compared {
        party: party(run),
        verdict: marks::verdict(&changes, capped),
        notes,
        differences: differences(&base.runs, &run.runs),
        paired: row::paired(base, run),
        changes,
    }
}

fn party(side: &Side) -> Party {
    let arrivals = |run: &RunRecord| -> u64 {
        let ended = run.series.windows.iter().map(|window| window.ended);
        ended.map(|ended| ended.started() + ended.dropped).sum()
    };
    let member = |run: &RunRecord| Member {
        run: run.run.clone(),
        seed: run.seed,
        started_unix_ms: run.started_unix_ms,
        verdict: run.verdict,
        whole: run.whole,
        arrivals: arrivals(run),
    };
    Party {
        name: side.name.clone(),
        runs: side.runs.iter().map(member).collect(),
    }
}

/// Whether a difference is one of those that somebody wants to go on despite: by its name, or by the part before the dot.
#[must_use]
pub fn is_despite(difference: &Difference, despite: &[String]) -> bool {
    let field = difference.field.as_str();
    let group = field.split_once('.').map_or(field, |(group, _)| group);
    despite.iter().any(|despite| despite == field || despite == group)
}
