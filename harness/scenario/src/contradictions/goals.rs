//! Goals that could not be missed, could not be judged, or could never be given up early.

use vocabulary::{Goal, Measure, Percentile};

use super::Contradictions;
use crate::plan::named_goals;
use crate::written::{PersonaGoals, Scenario, StageGoals};
use crate::{Executor, Load};

pub(super) fn contradictions(found: &mut Contradictions<'_>, scenario: &Scenario, load: &Load) {
    stages(found, scenario);
    personas(found, scenario);
    if matches!(load.executor, Executor::Closed { .. }) {
        dropped_of_none(found, scenario);
    }
    if scenario.goals.abort_on_breach {
        abort(found, scenario, load);
    }
}

fn stages(found: &mut Contradictions<'_>, scenario: &Scenario) {
    for (stage, goals) in &scenario.goals.stages {
        if *goals == StageGoals::default() {
            let stage = stage.as_str();
            found.say(
                &format!("goals.stages.{stage}"),
                format!("`{stage}` sets no goal: give it one, such as p99_max = \"80ms\""),
            );
        }
    }
}

fn personas(found: &mut Contradictions<'_>, scenario: &Scenario) {
    for (persona, goals) in &scenario.goals.personas {
        let (name, weights) = (persona.as_str(), &scenario.population.personas);
        let at = format!("goals.personas.{name}");
        if *goals == PersonaGoals::default() {
            let example = "give it one, such as response_time_p99_max = \"2s\"";
            found.say(&at, format!("`{name}` sets no goal: {example}"));
        }
        if weights.get(persona).is_none_or(|weight| *weight == 0) {
            let message = format!("nobody is `{name}`, so this could not be judged: give it a weight in `personas`");
            found.say(&at, message);
        }
    }
}

/// Whoever waits for an answer begins nothing meanwhile, so nothing is ever dropped.
fn dropped_of_none(found: &mut Contradictions<'_>, scenario: &Scenario) {
    const WHY: &str = "nothing is ever dropped in a closed model, so this goal could not be missed";
    if scenario.goals.dropped_ratio_max.is_some() {
        found.say("goals.dropped_ratio_max", WHY);
    }
    for (persona, goals) in &scenario.goals.personas {
        if goals.dropped_ratio_max.is_some() {
            found.say(&format!("goals.personas.{}.dropped_ratio_max", persona.as_str()), WHY);
        }
    }
}

fn abort(found: &mut Contradictions<'_>, scenario: &Scenario, load: &Load) {
    let goals = named_goals(&scenario.goals);
    let closed = matches!(load.executor, Executor::Closed { .. });
    // What grows is looked at when all is over.
    if goals.iter().all(|(goal, _)| matches!(goal.what, Measure::Growth(_))) {
        found.say("goals.abort_on_breach", "there is no goal that could be missed early");
    } else if closed && !goals.iter().any(|(goal, limit)| sure_without_a_count(goal, *limit)) {
        found.say(
            "goals.abort_on_breach",
            "in a closed model nobody knows how many operations there will be: only a longest time or a share of \"0/1\" can be missed before the end",
        );
    }
}

/// Whether one operation alone may show that a goal cannot hold, however many follow.
fn sure_without_a_count(goal: &Goal, limit: f64) -> bool {
    match goal.what {
        Measure::Response(percentile) | Measure::Service(percentile) | Measure::Stage(percentile) => {
            percentile == Percentile::MAX
        }
        Measure::Share(_) => limit <= 0.0,
        Measure::AchievedRate | Measure::AppliedRate | Measure::Growth(_) => false,
    }
}
