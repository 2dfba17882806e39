//! What a goal measures, by the name that stands in plans, manifests and verdicts.

use std::fmt;
use std::str::FromStr;

use crate::{OutcomeClass, Percentile, Stage};

/// Percentiles that goals may limit, by their names.
const PERCENTILES: [(&str, Percentile); 5] = [
    ("p50", Percentile::P50),
    ("p90", Percentile::P90),
    ("p99", Percentile::P99),
    ("p999", Percentile::P999),
    ("max", Percentile::MAX),
];

/// Outcomes whose shares goals may limit.
const SHARES: [OutcomeClass; 4] = [
    OutcomeClass::Unknown,
    OutcomeClass::Failed,
    OutcomeClass::Rejected,
    OutcomeClass::Dropped,
];

/// A goal without its limit. Its text is its name: `response_time_p99_max`, `stage.write.p99_max`,
/// `persona.forgot.unknown_ratio_max`.
///
/// ```
/// use vocabulary::{Goal, GoalOf, Measure, Percentile};
///
/// let goal: Goal = "stage.write.p99_max".parse().expect("a goal");
/// assert_eq!(goal, Goal { of: GoalOf::Stage("write"), what: Measure::Stage(Percentile::P99) });
/// assert_eq!(goal.words(), "stage write, p99");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Goal {
    /// Of which operations.
    pub of: GoalOf,
    /// What of them.
    pub what: Measure,
}

/// Whose operations a goal is about.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum GoalOf {
    /// Everyone's.
    Everyone,
    /// Everyone's, and of their time only what this stage took: one of [`Stage`], or `network`.
    Stage(&'static str),
    /// Those of the people of this persona.
    Persona(String),
}

/// What a goal measures.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Measure {
    /// Response time, from the intended start, in milliseconds; at most.
    Response(Percentile),
    /// Service time, from the actual start, in milliseconds; at most.
    Service(Percentile),
    /// Exclusive time of a stage, in milliseconds; at most.
    Stage(Percentile),
    /// The share of arrivals that ended so, between 0 and 1; at most.
    Share(OutcomeClass),
    /// Operations applied or correctly rejected, per second; at least.
    AchievedRate,
    /// Operations applied, per second; at least.
    AppliedRate,
    /// How much more of this the part that grew most has at the end of the measure phase than at its beginning, as a share of
    /// that; at most.
    Growth(Held),
}

/// What a part holds and must give back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Held {
    /// Bytes of memory.
    Memory,
    /// Open files, sockets among them.
    OpenFiles,
}

impl Measure {
    /// Whether it is of a run, and never of some of its operations.
    fn is_of_run(self) -> bool {
        match self {
            Self::AchievedRate | Self::AppliedRate | Self::Growth(_) => true,
            Self::Response(_) | Self::Service(_) | Self::Stage(_) | Self::Share(_) => false,
        }
    }
}

/// The unit of a goal's limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GoalUnit {
    /// Milliseconds.
    Milliseconds,
    /// A share of 1.
    Share,
    /// Per second.
    PerSecond,
}

/// No goal bears that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no goal is named `{0}`")]
pub struct GoalError(String);

impl Goal {
    /// Names of stages that goals know, in the order of the chain, `network` last.
    pub fn stages() -> impl Iterator<Item = &'static str> {
        Stage::names()
    }

    /// The unit of its limit.
    #[must_use]
    pub fn unit(&self) -> GoalUnit {
        match self.what {
            Measure::Response(_) | Measure::Service(_) | Measure::Stage(_) => GoalUnit::Milliseconds,
            Measure::Share(_) | Measure::Growth(_) => GoalUnit::Share,
            Measure::AchievedRate | Measure::AppliedRate => GoalUnit::PerSecond,
        }
    }

    /// Whether more is better: the limit is a least, not a most.
    #[must_use]
    pub fn is_least(&self) -> bool {
        self.unit() == GoalUnit::PerSecond
    }

    /// Whether a measured value keeps the limit, both in the goal's unit.
    #[must_use]
    pub fn holds(&self, measured: f64, limit: f64) -> bool {
        if self.is_least() {
            measured >= limit
        } else {
            measured <= limit
        }
    }

    /// The goal in words, for people: `response time, p99`, `stage write, longest`, `forgot: share unknown`.
    #[must_use]
    pub fn words(&self) -> String {
        let what = match self.what {
            Measure::Response(percentile) => format!("response time, {}", percentile_words(percentile)),
            Measure::Service(percentile) => format!("service time, {}", percentile_words(percentile)),
            Measure::Stage(percentile) => percentile_words(percentile),
            Measure::Share(class) => format!("share {}", class.as_str()),
            Measure::AchievedRate => "achieved rate".to_owned(),
            Measure::AppliedRate => "applied rate".to_owned(),
            Measure::Growth(Held::Memory) => "growth of memory".to_owned(),
            Measure::Growth(Held::OpenFiles) => "growth of open files".to_owned(),
        };
        match &self.of {
            GoalOf::Everyone => what,
            GoalOf::Stage(stage) => format!("stage {stage}, {what}"),
            GoalOf::Persona(persona) => format!("{}: {what}", persona.replace('_', " ")),
        }
    }
}

fn percentile_words(percentile: Percentile) -> String {
    if percentile == Percentile::MAX {
        "longest".to_owned()
    } else {
        percentile.to_string()
    }
}

impl fmt::Display for Goal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.of {
            GoalOf::Everyone => {}
            GoalOf::Stage(stage) => write!(f, "stage.{stage}.")?,
            GoalOf::Persona(persona) => write!(f, "persona.{persona}.")?,
        }
        match self.what {
            Measure::Response(percentile) => write!(f, "response_time_{}", at_most(percentile)),
            Measure::Service(percentile) => write!(f, "service_time_{}", at_most(percentile)),
            Measure::Stage(percentile) => f.write_str(&at_most(percentile)),
            Measure::Share(class) => write!(f, "{}_ratio_max", class.as_str()),
            Measure::AchievedRate => f.write_str("achieved_rate_min"),
            Measure::AppliedRate => f.write_str("applied_rate_min"),
            Measure::Growth(Held::Memory) => f.write_str("memory_growth_max"),
            Measure::Growth(Held::OpenFiles) => f.write_str("open_files_growth_max"),
        }
    }
}

/// `p99_max`; of the longest, `max`.
fn at_most(percentile: Percentile) -> String {
    let named = PERCENTILES.iter().find(|(_, known)| *known == percentile);
    match named {
        Some((name, known)) if *known == Percentile::MAX => (*name).to_owned(),
        Some((name, _)) => format!("{name}_max"),
        None => format!("{percentile}_max"),
    }
}

fn percentile_of(text: &str) -> Option<Percentile> {
    let named = |(name, percentile): (&str, Percentile)| {
        let rest = text.strip_prefix(name)?;
        let whole = if percentile == Percentile::MAX { "" } else { "_max" };
        (rest == whole).then_some(percentile)
    };
    PERCENTILES.into_iter().find_map(named)
}

fn measure_of(text: &str) -> Option<Measure> {
    if let Some(rest) = text.strip_prefix("response_time_") {
        return percentile_of(rest).map(Measure::Response);
    }
    if let Some(rest) = text.strip_prefix("service_time_") {
        return percentile_of(rest).map(Measure::Service);
    }
    if let Some(class) = text.strip_suffix("_ratio_max") {
        let share = SHARES.into_iter().find(|share| share.as_str() == class);
        return share.map(Measure::Share);
    }
    match text {
        "achieved_rate_min" => Some(Measure::AchievedRate),
        "applied_rate_min" => Some(Measure::AppliedRate),
        "memory_growth_max" => Some(Measure::Growth(Held::Memory)),
        "open_files_growth_max" => Some(Measure::Growth(Held::OpenFiles)),
        _ => None,
    }
}

fn goal_of(text: &str) -> Option<Goal> {
    if let Some(rest) = text.strip_prefix("stage.") {
        let (name, what) = rest.split_once('.')?;
        let stage = Goal::stages().find(|stage| *stage == name)?;
        let what = Measure::Stage(percentile_of(what)?);
        return Some(Goal {
            of: GoalOf::Stage(stage),
            what,
        });
    }
    if let Some(rest) = text.strip_prefix("persona.") {
        let (persona, what) = rest.split_once('.')?;
        let what = measure_of(what).filter(|what| !what.is_of_run())?;
        let of = GoalOf::Persona(persona.to_owned());
        return (!persona.is_empty()).then_some(Goal { of, what });
    }
    let of = GoalOf::Everyone;
    measure_of(text).map(|what| Goal { of, what })
}

impl FromStr for Goal {
    type Err = GoalError;

    fn from_str(text: &str) -> Result<Self, GoalError> {
        goal_of(text).ok_or_else(|| GoalError(text.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_read_back_and_says_its_unit() {
        let names = [
            ("response_time_p50_max", GoalUnit::Milliseconds, "response time, p50"),
            ("response_time_p999_max", GoalUnit::Milliseconds, "response time, p99.9"),
            ("response_time_max", GoalUnit::Milliseconds, "response time, longest"),
            ("service_time_p90_max", GoalUnit::Milliseconds, "service time, p90"),
            ("unknown_ratio_max", GoalUnit::Share, "share unknown"),
            ("dropped_ratio_max", GoalUnit::Share, "share dropped"),
            ("achieved_rate_min", GoalUnit::PerSecond, "achieved rate"),
            ("applied_rate_min", GoalUnit::PerSecond, "applied rate"),
            ("memory_growth_max", GoalUnit::Share, "growth of memory"),
            ("open_files_growth_max", GoalUnit::Share, "growth of open files"),
            ("stage.write.p99_max", GoalUnit::Milliseconds, "stage write, p99"),
            ("stage.network.max", GoalUnit::Milliseconds, "stage network, longest"),
            (
                "persona.locked_out.service_time_max",
                GoalUnit::Milliseconds,
                "locked out: service time, longest",
            ),
            (
                "persona.forgot.failed_ratio_max",
                GoalUnit::Share,
                "forgot: share failed",
            ),
        ];
        for (name, unit, words) in names {
            let goal: Goal = name.parse().unwrap();
            assert_eq!((goal.to_string().as_str(), goal.unit()), (name, unit));
            assert_eq!(goal.words(), words);
        }
    }

    #[test]
    fn what_is_no_goal_has_no_name() {
        for wrong in [
            "",
            "beauty_min",
            "response_time_p95_max",
            "response_time_p99",
            "response_time_maxim",
            "applied_ratio_max",
            "stage.attic.p99_max",
            "stage.write.response_time_p99_max",
            "stage.write",
            "persona..failed_ratio_max",
            "persona.forgot.p99_max",
            "persona.forgot.achieved_rate_min",
            "persona.forgot.memory_growth_max",
        ] {
            assert_eq!(wrong.parse::<Goal>(), Err(GoalError(wrong.to_owned())), "{wrong}");
        }
    }

    #[test]
    fn a_rate_is_a_least_and_all_else_a_most() {
        let holds = |name: &str, measured: f64| name.parse::<Goal>().unwrap().holds(measured, 5.0);
        assert!(holds("achieved_rate_min", 5.0) && !holds("achieved_rate_min", 4.9));
        assert!(holds("response_time_max", 5.0) && !holds("response_time_max", 5.1));
    }
}
