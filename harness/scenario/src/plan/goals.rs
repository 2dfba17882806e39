//! The goals of a plan: each by its name, with its limit as a number.

use vocabulary::{Goal as Named, GoalOf, Held, Measure, OutcomeClass, Percentile, Rate, Ratio};

use super::Goal;
use crate::written::{Goals, PersonaGoals, StageGoals, Within};

/// The percentiles that are limited, in the order of the schema.
const PERCENTILES: [Percentile; 5] = [
    Percentile::P50,
    Percentile::P90,
    Percentile::P99,
    Percentile::P999,
    Percentile::MAX,
];

/// The shares that are limited, likewise.
const SHARES: [OutcomeClass; 4] = [
    OutcomeClass::Unknown,
    OutcomeClass::Failed,
    OutcomeClass::Rejected,
    OutcomeClass::Dropped,
];

/// Every goal that is written, in the order of the schema: of the whole run, then by stage, then by persona.
pub(super) fn goals(written: &Goals) -> Vec<Goal> {
    let stored = |(goal, limit): (Named, f64)| Goal {
        goal: goal.to_string(),
        limit,
    };
    named_goals(written).into_iter().map(stored).collect()
}

/// The same with what each measures.
pub(crate) fn named_goals(written: &Goals) -> Vec<(Named, f64)> {
    let run = [(GoalOf::Everyone, of_run(written))];
    let stages = written.stages.iter();
    let stages = stages.map(|(stage, goals)| (GoalOf::Stage(stage.as_str()), of_stage(goals)));
    let personas = written.personas.iter();
    let personas = personas.map(|(persona, goals)| (GoalOf::Persona(persona.as_str().to_owned()), of_persona(goals)));
    run.into_iter()
        .chain(stages)
        .chain(personas)
        .flat_map(|(of, limits)| {
            let named = move |(what, limit)| (Named { of: of.clone(), what }, limit);
            limits.into_iter().map(named)
        })
        .collect()
}

type Limits = Vec<(Measure, f64)>;

fn of_run(written: &Goals) -> Limits {
    let mut limits = times(
        Measure::Response,
        [
            written.response_time_p50_max,
            written.response_time_p90_max,
            written.response_time_p99_max,
            written.response_time_p999_max,
            written.response_time_max,
        ],
    );
    limits.extend(times(
        Measure::Service,
        [
            written.service_time_p50_max,
            written.service_time_p90_max,
            written.service_time_p99_max,
            written.service_time_p999_max,
            written.service_time_max,
        ],
    ));
    limits.extend(shares([
        written.unknown_ratio_max,
        written.failed_ratio_max,
        written.rejected_ratio_max,
        written.dropped_ratio_max,
    ]));
    let rates = [
        (Measure::AchievedRate, written.achieved_rate_min),
        (Measure::AppliedRate, written.applied_rate_min),
    ];
    let rate = |(what, rate): (Measure, Option<Rate>)| Some((what, rate?.as_per_second()));
    limits.extend(rates.into_iter().filter_map(rate));
    let growths = [
        (Measure::Growth(Held::Memory), written.memory_growth_max),
        (Measure::Growth(Held::OpenFiles), written.open_files_growth_max),
    ];
    let growth = |(what, share): (Measure, Option<Ratio>)| Some((what, share?.as_f64()));
    limits.extend(growths.into_iter().filter_map(growth));
    limits
}

fn of_stage(written: &StageGoals) -> Limits {
    times(
        Measure::Stage,
        [
            written.p50_max,
            written.p90_max,
            written.p99_max,
            written.p999_max,
            written.max,
        ],
    )
}

fn of_persona(written: &PersonaGoals) -> Limits {
    let mut limits = times(
        Measure::Response,
        [
            written.response_time_p50_max,
            written.response_time_p90_max,
            written.response_time_p99_max,
            written.response_time_p999_max,
            written.response_time_max,
        ],
    );
    limits.extend(times(
        Measure::Service,
        [
            written.service_time_p50_max,
            written.service_time_p90_max,
            written.service_time_p99_max,
            written.service_time_p999_max,
            written.service_time_max,
        ],
    ));
    limits.extend(shares([
        written.unknown_ratio_max,
        written.failed_ratio_max,
        written.rejected_ratio_max,
        written.dropped_ratio_max,
    ]));
    limits
}

fn times(what: impl Fn(Percentile) -> Measure, limits: [Option<Within>; 5]) -> Limits {
    let named = PERCENTILES.into_iter().zip(limits);
    named
        .filter_map(|(percentile, limit)| Some((what(percentile), limit?.as_millis())))
        .collect()
}

fn shares(limits: [Option<Ratio>; 4]) -> Limits {
    let named = SHARES.into_iter().zip(limits);
    named
        .filter_map(|(class, limit)| Some((Measure::Share(class), limit?.as_f64())))
        .collect()
}
