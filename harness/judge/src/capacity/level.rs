//! Whether a rate holds, from all steps at it.

use history::{GoalLimit, Growth, StepMark};
use vocabulary::Percentile;

use super::growth::growth;
use super::tally::Measured;
use crate::goals;

/// Steps at one rate at most: what cannot be told by then is decided by what was seen.
pub(crate) const RUNS_MAX: usize = 4;

/// Growth this sure, in standard deviations, need not be looked at again.
const SURE_Z: f64 = 3.0;

/// Standard errors between a share and what is allowed, from which on it is told.
const TOLD: f64 = 2.0;

/// The goal that the answer itself is held to, and no step.
const OF_THE_ANSWER: &str = "achieved_rate_min";

/// How the limit is named where a queue grows.
pub(crate) const QUEUE_GROWS: &str = "queue_grows";

/// A rate that was tried.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Level {
    /// Thousandths of an arrival per second.
    pub rate_millis: u64,
    /// How often it was tried.
    pub runs: usize,
    /// How it went.
    pub mark: StepMark,
    /// Whether the first try told it.
    pub sure: bool,
    /// The goal that failed first, or [`QUEUE_GROWS`]; empty where none did.
    pub limited_by: String,
    /// Why, in a sentence.
    pub why: String,
    /// How the response time went.
    pub growth: Growth,
}

/// What is said of one goal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Said {
    holds: bool,
    sure: bool,
}

/// Judges a rate by all steps at it.
pub(crate) fn judged(asked: &[GoalLimit], runs: &[&Measured]) -> Level {
    let growth = growth(runs);
    let grows = Said {
        holds: !growth.growing,
        sure: !growth.growing || growth.z >= SURE_Z,
    };
    let goals = asked.iter().filter(|goal| goal.goal != OF_THE_ANSWER);
    let mut said: Vec<(&str, Said)> = goals.map(|goal| (goal.goal.as_str(), of_goal(goal, runs))).collect();
    said.push((QUEUE_GROWS, grows));
    let failed = said.iter().find(|(_, said)| !said.holds && said.sure);
    let doubtful = said.iter().any(|(_, said)| !said.sure);
    let broken = failed.or_else(|| said.iter().find(|(_, said)| !said.holds));
    let mark = match (failed, doubtful) {
        (Some(_), _) => StepMark::Failed,
        (None, true) if runs.len() < RUNS_MAX => StepMark::Unsure,
        (None, _) if broken.is_some() => StepMark::Failed,
        (None, _) => StepMark::Held,
    };
    Level {
        rate_millis: runs.first().map_or(0, |run| run.step.rate_millis),
        runs: runs.len(),
        mark,
        sure: runs.len() == 1 && mark != StepMark::Unsure,
        limited_by: broken.map_or_else(String::new, |(name, _)| (*name).to_owned()),
        why: why(mark, broken.map(|(name, _)| *name), &growth),
        growth,
    }
}

fn why(mark: StepMark, broken: Option<&str>, growth: &Growth) -> String {
    let more = match broken {
        Some(QUEUE_GROWS) => format!(
            "the response time grows by {:.1} ms in each second: {:.2} % of the arrivals are not kept up with",
            growth.per_s * 1e3,
            growth.per_s * 100.0
        ),
        Some(goal) => format!("{goal} is not met"),
        None => "every goal is met and nothing grows".to_owned(),
    };
    match mark {
        StepMark::Unsure => format!("too near to tell: {more}, but not surely"),
        StepMark::Held | StepMark::Failed => more,
    }
}

fn of_goal(goal: &GoalLimit, runs: &[&Measured]) -> Said {
    match goals::response_percentile(&goal.goal) {
        Some(percentile) => exceeded(percentile, goal.limit, runs),
        None => measured(goal, runs),
    }
}

/// The share of arrivals that took longer than the limit, against the share that may. Its error is that of the shares of parts of the
/// steps, since neighbours wait together (batch means; A. M. Law, "Simulation Modeling and Analysis", section 9.5.3).
fn exceeded(percentile: Percentile, limit_ms: f64, runs: &[&Measured]) -> Said {
    let longer = |response_us: Option<u64>| response_us.is_none_or(|us| us as f64 > limit_ms * 1e3);
    let blocks = runs.iter().flat_map(|run| run.blocks());
    let shares: Vec<f64> = blocks
        .map(|block| {
            let count = block.iter().filter(|arrived| longer(arrived.response_us)).count();
            count as f64 / block.len() as f64
        })
        .collect();
    let allowed = 1.0 - percentile.as_share();
    let count = shares.len() as f64;
    let mean = shares.iter().sum::<f64>() / count;
    let spread = shares.iter().map(|share| (share - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let error = (spread / count).sqrt();
    let sure = shares.len() > 1 && (mean - allowed).abs() > TOLD * error && mean != allowed;
    Said {
        holds: mean <= allowed,
        sure,
    }
}

/// Any other goal, by the mean of what the steps measured.
fn measured(goal: &GoalLimit, runs: &[&Measured]) -> Said {
    let one = std::slice::from_ref(goal);
    let results = runs.iter().flat_map(|run| goals::of_step(one, &run.statistics, None));
    let values: Vec<f64> = results.filter_map(|result| result.measured).collect();
    // What cannot be told of a step while the search goes on, such as a stage's time, decides nothing.
    if values.is_empty() {
        return Said {
            holds: true,
            sure: true,
        };
    }
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    Said {
        holds: if goal.goal.ends_with("_min") {
            mean >= goal.limit
        } else {
            mean <= goal.limit
        },
        sure: true,
    }
}
