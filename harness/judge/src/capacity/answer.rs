//! The answer, from the sealed history alone.

use std::collections::BTreeMap;

use history::{Answer, Capacity, Finding, Mark, Range, StageUse, Step, StepMark};
use vocabulary::Times;

use super::bottleneck::bottleneck;
use super::climb::Climb;
use super::fit::{Rate, models};
use super::level::Level;
use super::search::{bracket, levels, next, rate};
use super::tally::Measured;
use crate::goals;
use crate::ledger::{Ledger, StageSamples};
use crate::statistics::{stage_row, to_ms};

/// How much the system takes; none of a run that did not search for it.
pub(crate) fn capacity(ledger: &Ledger) -> Option<Capacity> {
    let climb = ledger.climb.as_ref()?;
    let manifest = &ledger.manifest;
    let asked = manifest.capacity.clone()?;
    let levels = levels(&manifest.goals, &climb.measured);
    let steps: Vec<Step> = climb
        .measured
        .iter()
        .zip(&climb.stages)
        .map(|(measured, stages)| step(ledger, &levels, measured, stages))
        .collect();
    Some(Capacity {
        version: history::FORMAT_VERSION,
        scenario: manifest.scenario.clone(),
        world: manifest.world.clone(),
        seed: manifest.seed,
        run: manifest.run.clone(),
        executor: manifest.executor.clone(),
        goals: manifest.goals.clone(),
        answer: answer(&levels, climb),
        bottleneck: bottleneck(&steps, &asked, manifest.host.cores),
        models: models(&rates(&levels, &climb.measured), &manifest.goals, manifest.seed),
        replays: replays(ledger, climb),
        steps,
        asked,
        what_if: None,
    })
}

/// Judged of every search.
const AGREES: &str = "capacity-search-agrees";

/// Says whether the steps that were made while the run went on are those that the sealed history asks for.
pub(crate) fn finding(ledger: &Ledger, climb: &Climb) -> Finding {
    let agrees = replays(ledger, climb);
    let checked = climb.measured.len() as u64;
    let (verdict, why) = match (agrees, checked, ledger.complete()) {
        (_, 0, _) => (Mark::Inconclusive, "no step was measured to its end"),
        (true, _, true) => (
            Mark::Pass,
            "every step was the one that the history before it asks for, and it asks for no other",
        ),
        (_, _, false) => (Mark::Inconclusive, "the search did not end"),
        (false, ..) => (
            Mark::Fail,
            "a step was made that the history before it does not ask for, or one is missing",
        ),
    };
    Finding {
        check: AGREES.to_owned(),
        verdict,
        checked,
        violations: Vec::new(),
        why: why.to_owned(),
    }
}

/// Whether the search, told of the steps one after the other, asks for each of them, and at the end of a whole run for no other.
fn replays(ledger: &Ledger, climb: &Climb) -> bool {
    let Some(asked) = &ledger.manifest.capacity else {
        return false;
    };
    let after = |count: usize| next(asked, &levels(&ledger.manifest.goals, &climb.measured[..count]), count);
    let each = climb.measured.iter().enumerate();
    let same = each
        .clone()
        .all(|(count, run)| after(count) == Some(run.step.rate_millis));
    same && (!ledger.complete() || after(climb.measured.len()).is_none())
}

/// The highest rate that held and its range: above what surely held, below what surely failed.
fn answer(levels: &[Level], climb: &Climb) -> Answer {
    let (held, failed) = bracket(levels);
    let per_s = |level: &Level| level.rate_millis as f64 / 1e3;
    let surely = |mark: StepMark| levels.iter().filter(move |level| level.mark == mark && level.sure);
    let range = held.map(|held| {
        let below = surely(StepMark::Held).filter(|level| level.rate_millis <= held.rate_millis);
        let above = surely(StepMark::Failed).filter(|level| level.rate_millis > held.rate_millis);
        Range {
            low: below.map(per_s).fold(0.0, f64::max),
            value: per_s(held),
            high: above
                .map(per_s)
                .reduce(f64::min)
                .or(failed.map(per_s))
                .unwrap_or(per_s(held)),
        }
    });
    Answer {
        rate_per_s: range,
        step: held.and(climb.judged).map(|place| climb.measured[place].step.number),
        failed_per_s: failed.map(per_s),
        limited_by: failed.map_or_else(String::new, |level| level.limited_by.clone()),
        why: why(held, failed),
    }
}

fn why(held: Option<&Level>, failed: Option<&Level>) -> String {
    match (held, failed) {
        (Some(held), Some(failed)) => format!(
            "{}/s is the highest rate that meets every goal; at {}/s {}",
            rate(held.rate_millis),
            rate(failed.rate_millis),
            failed.why
        ),
        (Some(held), None) => format!("every rate up to {}/s meets every goal", rate(held.rate_millis)),
        (None, Some(failed)) => format!(
            "no rate meets the goals: at {}/s {}",
            rate(failed.rate_millis),
            failed.why
        ),
        (None, None) => "no step was measured to its end".to_owned(),
    }
}

/// The rates with what each model must explain.
fn rates<'a>(levels: &[Level], measured: &'a [Measured]) -> Vec<Rate<'a>> {
    let mut rates: Vec<Rate<'a>> = levels
        .iter()
        .map(|level| {
            let of = measured.iter().filter(|run| run.step.rate_millis == level.rate_millis);
            let runs: Vec<&Measured> = of.collect();
            let steady = !level.growth.growing && !runs.iter().any(|run| run.left_some());
            Rate { runs, steady }
        })
        .collect();
    rates.sort_by_key(|rate| rate.runs.first().map(|run| run.step.rate_millis));
    rates
}

fn step(ledger: &Ledger, levels: &[Level], measured: &Measured, stages: &StageSamples) -> Step {
    let statistics = &measured.statistics;
    let latency = statistics.all.stored();
    let level = levels
        .iter()
        .find(|level| level.rate_millis == measured.step.rate_millis);
    let response_mean_ms = statistics.all.responses.mean_us() / 1e3;
    let span = (measured.step.measured_from_us, measured.step.until_us);
    Step {
        number: measured.step.number,
        rate_per_s: measured.step.rate_millis as f64 / 1e3,
        from_us: span.0,
        to_us: span.1,
        mark: level.map_or(StepMark::Unsure, |level| level.mark),
        why: level.map_or_else(String::new, |level| level.why.clone()),
        ops: statistics.counts,
        offered_per_s: measured.offered_per_s(),
        achieved_per_s: measured.achieved_per_s(),
        response_time_ms: latency.response_time_ms,
        response_mean_ms,
        service_mean_ms: statistics.all.services.mean_us() / 1e3,
        in_flight: measured.achieved_per_s() * response_mean_ms / 1e3,
        growth: super::growth::growth(&[measured]),
        goals: goals::of_step(&ledger.manifest.goals, statistics, Some(stages)),
        stages_ms: stages.iter().filter_map(stage_use).collect(),
        cores: cores(ledger, span),
    }
}

fn stage_use((stage, times): (&'static str, &Times)) -> Option<(String, StageUse)> {
    let row = stage_row(stage, times)?;
    let used = StageUse {
        mean: row.mean_us / 1e3,
        percentiles: history::StagePercentiles {
            p50: to_ms(row.p50_us),
            p99: to_ms(row.p99_us),
        },
    };
    Some((row.stage, used))
}

fn cores(ledger: &Ledger, span: (u64, u64)) -> BTreeMap<String, f64> {
    let rows = ledger.usage.rows();
    let of = rows.into_iter().filter_map(|row| {
        let used = ledger.usage.cores(&row.part, span)?;
        Some((row.part, used))
    });
    of.collect()
}
