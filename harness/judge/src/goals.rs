//! Whether what was measured is good enough.

use history::{Finding, GoalLimit, GoalResult, Mark, OpCounts};
use vocabulary::{Goal, GoalOf, Measure, OutcomeClass, Percentile, Times};

use crate::latency::{Latency, rank_with};
use crate::ledger::{Early, Ledger, StageSamples};
use crate::statistics::{CORRECT, Statistics, ended_within, to_ms};

/// Reported only when a goal is not known here.
const UNKNOWN_GOALS: &str = "goals-known";

/// One result for each goal. A percentile that falls on an operation that was dropped or is unknown is over any limit.
/// A run that did not go all its way says nothing about goals: what was cut off is no fault of the system's. Where goals ended
/// the load themselves, those fail that could not have held whatever had followed.
pub(crate) fn results(ledger: &Ledger, statistics: &Statistics) -> Vec<GoalResult> {
    let measured = Measured {
        ledger: Some(ledger),
        statistics,
        stages: Some(&ledger.stages),
    };
    let goals = ledger.manifest.goals.iter();
    goals.map(|goal| measured.result(goal)).collect()
}

/// The same of one step of a search, which went all its way. Without the times of the stages nothing is told of their goals.
pub(crate) fn of_step(goals: &[GoalLimit], statistics: &Statistics, stages: Option<&StageSamples>) -> Vec<GoalResult> {
    let measured = Measured {
        ledger: None,
        statistics,
        stages,
    };
    goals.iter().map(|goal| measured.result(goal)).collect()
}

/// The goals that ended the load early, as far as the history bears that out.
pub(crate) fn lost<'a>(ledger: &'a Ledger, goals: &[GoalResult]) -> Vec<&'a str> {
    let ended = ledger.early.iter().flat_map(|early| &early.goals);
    let failed = |name: &&String| {
        goals
            .iter()
            .any(|goal| goal.goal == **name && goal.verdict == Mark::Fail)
    };
    ended.filter(failed).map(String::as_str).collect()
}

/// What a goal is held against.
struct Measured<'a> {
    /// None of a part of a run.
    ledger: Option<&'a Ledger>,
    statistics: &'a Statistics,
    stages: Option<&'a StageSamples>,
}

impl Measured<'_> {
    fn result(&self, limit: &GoalLimit) -> GoalResult {
        let known: Option<Goal> = limit.goal.parse().ok();
        let measured = known.as_ref().and_then(|goal| self.value(goal, 0));
        let verdict = match (&known, measured) {
            (Some(goal), Some(measured)) => self.mark(goal, limit, measured),
            _ => Mark::Inconclusive,
        };
        GoalResult {
            goal: limit.goal.clone(),
            limit: limit.limit,
            measured,
            verdict,
        }
    }

    fn mark(&self, goal: &Goal, limit: &GoalLimit, measured: f64) -> Mark {
        let complete = self.ledger.is_none_or(Ledger::complete);
        let early = self.ledger.and_then(|ledger| Some((ledger, ledger.early.as_ref()?)));
        match early.filter(|_| complete) {
            Some((ledger, early))
                if early.goals.contains(&limit.goal) && self.is_lost(goal, limit.limit, (ledger, early)) =>
            {
                Mark::Fail
            }
            Some(_) => Mark::Inconclusive,
            None if !complete => Mark::Inconclusive,
            None if goal.holds(measured, limit.limit) && !self.is_endless(goal, 0) => Mark::Pass,
            None => Mark::Fail,
        }
    }

    /// Whether a goal would not have held though all that was spared had been as good as can be.
    fn is_lost(&self, goal: &Goal, limit: f64, (ledger, early): (&Ledger, &Early)) -> bool {
        let spared = match &goal.of {
            GoalOf::Persona(persona) => spared_of(ledger, persona, early),
            GoalOf::Everyone | GoalOf::Stage(_) => early.spared(),
        };
        if goal.is_least() {
            return best_rate(ledger, goal, spared).is_some_and(|best| best < limit);
        }
        let best = self.value(goal, spared);
        best.is_some_and(|best| !goal.holds(best, limit)) || self.is_endless(goal, spared)
    }

    /// What is measured, if so many more had come that were as good as can be; nothing without data, and nothing where only
    /// those would be measured.
    fn value(&self, goal: &Goal, better: u64) -> Option<f64> {
        match goal.what {
            Measure::Response(percentile) => {
                let latency = self.latency(goal)?;
                latency.response_with(percentile, better).map(to_ms)
            }
            Measure::Service(percentile) => at(&self.latency(goal)?.services, percentile, better),
            Measure::Stage(percentile) => at(self.stage(goal)?, percentile, better),
            Measure::Share(class) => share(self.counts(goal)?, class, better),
            Measure::AchievedRate => self.statistics.rates.map(|rates| rates.achieved_per_s),
            Measure::AppliedRate => self.statistics.applied_per_s,
            Measure::Growth(of) => {
                let ledger = self.ledger?;
                ledger.usage.growth(of, ledger.measured_span()?)
            }
        }
    }

    fn is_endless(&self, goal: &Goal, better: u64) -> bool {
        let Measure::Response(percentile) = goal.what else {
            return false;
        };
        self.latency(goal)
            .is_some_and(|latency| latency.is_endless(percentile, better))
    }

    fn latency(&self, goal: &Goal) -> Option<&Latency> {
        match &goal.of {
            GoalOf::Persona(persona) => self.statistics.by_persona.get(persona),
            GoalOf::Everyone | GoalOf::Stage(_) => Some(&self.statistics.all),
        }
    }

    fn counts(&self, goal: &Goal) -> Option<OpCounts> {
        match &goal.of {
            GoalOf::Persona(persona) => self.statistics.counts_by_persona.get(persona).copied(),
            GoalOf::Everyone | GoalOf::Stage(_) => Some(self.statistics.counts),
        }
    }

    fn stage(&self, goal: &Goal) -> Option<&Times> {
        let GoalOf::Stage(name) = goal.of else { return None };
        let mut stages = self.stages?.iter();
        stages.find(|(stage, _)| *stage == name).map(|(_, times)| times)
    }
}

/// Arrivals of a persona that never came.
fn spared_of(ledger: &Ledger, persona: &str, early: &Early) -> u64 {
    let spared = early.spared.iter();
    let of = spared.filter(|(index, _)| ledger.persona(**index) == persona);
    of.map(|(_, count)| count).sum()
}

/// The rate over the whole of what was planned, if all that was spared had been right in time.
fn best_rate(ledger: &Ledger, goal: &Goal, spared: u64) -> Option<f64> {
    let (from_us, _) = ledger.measured_span()?;
    let classes = if goal.what == Measure::AppliedRate {
        &CORRECT[..1]
    } else {
        &CORRECT[..]
    };
    let ended = ended_within(ledger, classes, from_us..u64::MAX);
    let seconds = ledger.planned_us()? as f64 / 1e6;
    Some((ended + spared) as f64 / seconds)
}

/// A percentile in milliseconds, if so many faster ones had come.
fn at(times: &Times, percentile: Percentile, faster: u64) -> Option<f64> {
    let rank = rank_with(percentile, times.len(), faster)?;
    times.at_ranks([rank]).next().map(to_ms)
}

/// A share of the arrivals, if so many more had come of another class.
fn share(counts: OpCounts, class: OutcomeClass, others: u64) -> Option<f64> {
    let arrivals = counts.started() + counts.dropped;
    (arrivals > 0).then(|| counts.get(class) as f64 / (arrivals + others) as f64)
}

/// The percentile of everybody's response time that a goal limits; none of any other goal.
pub(crate) fn response_percentile(name: &str) -> Option<Percentile> {
    match name.parse().ok()? {
        Goal {
            of: GoalOf::Everyone,
            what: Measure::Response(percentile),
        } => Some(percentile),
        _ => None,
    }
}

/// Says which goals are not known here; nothing when all are.
pub(crate) fn unknown_goals(goals: &[GoalLimit]) -> Option<Finding> {
    let unknown: Vec<&str> = goals
        .iter()
        .filter(|goal| goal.goal.parse::<Goal>().is_err())
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
