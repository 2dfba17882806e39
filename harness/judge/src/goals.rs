//! Whether what was measured is good enough.

use history::{Finding, GoalLimit, GoalResult, Mark};
use vocabulary::Percentile;

use crate::statistics::{Statistics, to_ms};

/// Reported only when a goal is not known here.
const UNKNOWN_GOALS: &str = "goals-known";

/// What a goal measures.
#[derive(Debug, Clone, Copy)]
enum Goal {
    ResponseAtMost(Percentile),
    ServiceAtMost(Percentile),
    UnknownAtMost,
    FailedAtMost,
    DroppedAtMost,
    AchievedAtLeast,
}

impl Goal {
    fn from_name(name: &str) -> Option<Self> {
        Some(match name {
            "response_time_p50_max" => Self::ResponseAtMost(Percentile::P50),
            "response_time_p90_max" => Self::ResponseAtMost(Percentile::P90),
            "response_time_p99_max" => Self::ResponseAtMost(Percentile::P99),
            "response_time_p999_max" => Self::ResponseAtMost(Percentile::P999),
            "service_time_p99_max" => Self::ServiceAtMost(Percentile::P99),
            "unknown_ratio_max" => Self::UnknownAtMost,
            "failed_ratio_max" => Self::FailedAtMost,
            "dropped_ratio_max" => Self::DroppedAtMost,
            "achieved_rate_min" => Self::AchievedAtLeast,
            _ => return None,
        })
    }

    fn measure(self, statistics: &Statistics) -> Option<f64> {
        match self {
            Self::ResponseAtMost(percentile) => statistics.all.response(percentile).map(to_ms),
            Self::ServiceAtMost(percentile) => statistics.all.service(percentile).map(to_ms),
            Self::UnknownAtMost => share(statistics, statistics.counts.unknown),
            Self::FailedAtMost => share(statistics, statistics.counts.failed),
            Self::DroppedAtMost => share(statistics, statistics.counts.dropped),
            Self::AchievedAtLeast => statistics.rates.map(|rates| rates.achieved_per_s),
        }
    }

    fn holds(self, statistics: &Statistics, measured: f64, limit: f64) -> bool {
        match self {
            Self::ResponseAtMost(percentile) => measured <= limit && !statistics.all.is_endless(percentile),
            Self::AchievedAtLeast => measured >= limit,
            _ => measured <= limit,
        }
    }
}

/// A share of the arrivals measured.
fn share(statistics: &Statistics, count: u64) -> Option<f64> {
    let arrivals = statistics.arrivals();
    (arrivals > 0).then(|| count as f64 / arrivals as f64)
}

/// One result for each goal. A percentile that falls on an operation that was dropped or is unknown is over any limit.
/// A run that did not go all its way says nothing about goals: what was cut off is no fault of the system's.
pub(crate) fn results(goals: &[GoalLimit], statistics: &Statistics, complete: bool) -> Vec<GoalResult> {
    goals.iter().map(|goal| result(goal, statistics, complete)).collect()
}

fn result(goal: &GoalLimit, statistics: &Statistics, complete: bool) -> GoalResult {
    let known = Goal::from_name(&goal.goal);
    let measured = known.and_then(|known| Some((known, known.measure(statistics)?)));
    let verdict = match measured {
        None => Mark::Inconclusive,
        Some(_) if !complete => Mark::Inconclusive,
        Some((known, measured)) if known.holds(statistics, measured, goal.limit) => Mark::Pass,
        Some(_) => Mark::Fail,
    };
    GoalResult {
        goal: goal.goal.clone(),
        limit: goal.limit,
        measured: measured.map(|(_, measured)| measured),
        verdict,
    }
}

/// The percentile of the response time that a goal limits; none of any other goal.
pub(crate) fn response_percentile(name: &str) -> Option<Percentile> {
    match Goal::from_name(name)? {
        Goal::ResponseAtMost(percentile) => Some(percentile),
        _ => None,
    }
}

/// Says which goals are not known here; nothing when all are.
pub(crate) fn unknown_goals(goals: &[GoalLimit]) -> Option<Finding> {
    let unknown: Vec<&str> = goals
        .iter()
        .filter(|goal| Goal::from_name(&goal.goal).is_none())
        .map(|goal| goal.goal.as_str())
        .collect();
    (!unknown.is_empty()).then(|| Finding {
        check: UNKNOWN_GOALS.to_owned(),
        verdict: Mark::Inconclusive,
        checked: goals.len() as u64,
        violations: Vec::new(),
        why: format!("this wblab knows no goal named {}", unknown.join(", ")),
    })
}
