//! What is compared: how people fared, what the scenario's goals speak of, and the stages.

use std::collections::BTreeSet;

use history::{RunRecord, Series, Unit};
use vocabulary::{NETWORK, OutcomeClass, Percentile, Stage};

use super::curve::Column;

/// From this percentile on a measure is one of the tail.
const TAIL_FROM: Percentile = Percentile::P90;

/// What people and plans always speak of, whatever the goals are.
const ALWAYS: [&str; 6] = [
    "response_time_p50",
    "response_time_p99",
    "achieved_rate",
    "failed_ratio",
    "unknown_ratio",
    "dropped_ratio",
];

/// Something that is compared.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Measure {
    /// Its name.
    pub(super) name: String,
    /// The goal that speaks of it.
    pub(super) goal: Option<String>,
    /// Whether a comparison only passes if it does.
    pub(super) decides: bool,
    /// How it is measured.
    pub(super) what: What,
}

/// How something is measured.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum What {
    /// A percentile of the response time.
    Response(Percentile),
    /// A percentile of the service time.
    Service(Percentile),
    /// A percentile of a stage's exclusive time.
    Stage(String, Percentile),
    /// The share of arrivals that ended so.
    Ratio(OutcomeClass),
    /// Correct answers a second.
    Achieved,
    /// What the run's own verdict says that the goal measured.
    Told,
}

impl What {
    /// That of a measure's name; none where no series tells it.
    fn of(name: &str) -> Option<Self> {
        let ratio = |class: &OutcomeClass| name.strip_suffix("_ratio") == Some(class.as_str());
        if let Some(percentile) = name.strip_prefix("response_time_") {
            return percentile_of(percentile).map(Self::Response);
        }
        if let Some(percentile) = name.strip_prefix("service_time_") {
            return percentile_of(percentile).map(Self::Service);
        }
        if let Some((stage, percentile)) = name.strip_prefix("stages.").and_then(|rest| rest.split_once('.')) {
            let known = stage == NETWORK || Stage::from_name(stage).is_some();
            let percentile = percentile_of(percentile).filter(|_| known)?;
            return Some(Self::Stage(stage.to_owned(), percentile));
        }
        let class = OutcomeClass::ALL.into_iter().find(ratio);
        class
            .map(Self::Ratio)
            .or((name == "achieved_rate").then_some(Self::Achieved))
    }

    /// The measure of one run; none where no series tells it.
    pub(super) fn column(&self, series: &Series) -> Option<Column> {
        Some(match self {
            Self::Response(percentile) => Column::response(series, percentile.as_share()),
            Self::Service(percentile) => Column::times(&series.service, percentile.as_share()),
            Self::Stage(stage, percentile) => Column::times(series.stages.get(stage)?, percentile.as_share()),
            Self::Ratio(class) => Column::ratio(series, *class),
            Self::Achieved => Column::achieved(series),
            Self::Told => return None,
        })
    }

    /// The percentile, of times.
    pub(super) fn percentile(&self) -> Option<Percentile> {
        match self {
            Self::Response(percentile) | Self::Service(percentile) | Self::Stage(_, percentile) => Some(*percentile),
            Self::Ratio(_) | Self::Achieved | Self::Told => None,
        }
    }

    /// Whether it is a percentile of which chance decides more than of a median.
    pub(super) fn is_tail(&self) -> bool {
        self.percentile().is_some_and(|percentile| percentile >= TAIL_FROM)
    }
}

/// `p50`, `p99`, `p999`: what comes behind the second digit is a fraction.
fn percentile_of(text: &str) -> Option<Percentile> {
    let digits = text.strip_prefix('p')?;
    let (whole, fraction) = digits.split_at_checked(2)?;
    let dot = if fraction.is_empty() { "" } else { "." };
    format!("p{whole}{dot}{fraction}").parse().ok()
}

impl Measure {
    fn of(name: &str, goal: Option<&str>) -> Self {
        Self {
            name: name.to_owned(),
            goal: goal.map(str::to_owned),
            decides: true,
            what: What::of(name).unwrap_or(What::Told),
        }
    }

    fn stage(stage: &str) -> Self {
        Self {
            name: format!("stages.{stage}.p50"),
            goal: None,
            decides: false,
            what: What::Stage(stage.to_owned(), Percentile::P50),
        }
    }

    /// What its numbers are.
    pub(super) fn unit(&self) -> Unit {
        match &self.what {
            What::Response(_) | What::Service(_) | What::Stage(..) => Unit::Ms,
            What::Ratio(_) => Unit::Ratio,
            What::Achieved => Unit::PerS,
            What::Told if self.name.ends_with("_ratio") => Unit::Ratio,
            What::Told => Unit::Plain,
        }
    }

    /// Whether more of it is better.
    pub(super) fn more_is_better(&self) -> bool {
        self.name.ends_with("_rate")
    }
}

/// The measure that a goal speaks of: the goal's name without what it is held to.
fn measure_of(goal: &str) -> &str {
    let bare = goal.strip_suffix("_max").or(goal.strip_suffix("_min"));
    bare.unwrap_or(goal)
}

/// Everything that can be compared: what always is, what goals speak of, and the stages that both sides know, in the order of the
/// chain. A goal's stage decides; other stages explain.
pub(super) fn all(base: &[RunRecord], runs: &[RunRecord]) -> Vec<Measure> {
    let goals: BTreeSet<&str> = base
        .iter()
        .chain(runs)
        .flat_map(|run| &run.goals)
        .map(|goal| goal.goal.as_str())
        .collect();
    let goal_of = |name: &str| goals.iter().copied().find(|goal| measure_of(goal) == name);
    let mut measures: Vec<Measure> = ALWAYS
        .into_iter()
        .map(|name| Measure::of(name, goal_of(name)))
        .collect();
    let others = goals.iter().filter(|goal| !ALWAYS.contains(&measure_of(goal)));
    measures.extend(others.map(|goal| Measure::of(measure_of(goal), Some(*goal))));
    // Of what no series is kept there is no interval within a run; it cannot be a condition.
    measures
        .iter_mut()
        .for_each(|measure| measure.decides = measure.what != What::Told);
    let known = |stage: &&str| {
        base.iter()
            .chain(runs)
            .all(|run| run.series.stages.contains_key(*stage))
    };
    let stages = Stage::names().filter(known);
    for stage in stages.map(Measure::stage) {
        if measures.iter().all(|measure| measure.what != stage.what) {
            measures.push(stage);
        }
    }
    measures
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_goal_speaks_of_the_measure_of_its_name() {
        for (goal, what) in [
            ("response_time_p999_max", Some(What::Response(Percentile::P999))),
            ("service_time_p99_max", Some(What::Service(Percentile::P99))),
            (
                "stages.write.p90_max",
                Some(What::Stage("write".to_owned(), Percentile::P90)),
            ),
            (
                "stages.network.p50_max",
                Some(What::Stage(NETWORK.to_owned(), Percentile::P50)),
            ),
            ("rejected_ratio_max", Some(What::Ratio(OutcomeClass::Rejected))),
            ("achieved_rate_min", Some(What::Achieved)),
            ("stages.attic.p50_max", None),
            ("response_time_max", None),
            ("response_time_p9_max", None),
            ("personas.forgot.response_time_p99_max", None),
            ("p", None),
        ] {
            assert_eq!(What::of(measure_of(goal)), what, "{goal}");
        }
    }

    #[test]
    fn the_tail_begins_at_the_ninetieth() {
        let is_tail = |name: &str| Measure::of(name, None).what.is_tail();
        assert!(is_tail("response_time_p90") && is_tail("stages.write.p99"));
        assert!(!is_tail("response_time_p50") && !is_tail("failed_ratio"));
    }
}
