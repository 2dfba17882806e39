//! What is given up cannot hold, however the rest goes; and what was missed is known at the end at the latest.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use scenario::Choices;
use vocabulary::{Seed, Times};

use super::*;

const HEAD: &str = "schema = 1\nname = \"a\"\nwhy = \"b\"\nseed = 1\n[population]\npeople = 80\npersonas = { forgot = 3, weak_then_good = 1 }\n";
const SECOND: u64 = 1_000_000;

fn plan(goals: &str) -> Plan {
    plan_of(
        "constant_arrival_rate]\nrate = \"10/s\"\nwarm_up = \"1s\"\nmeasure = \"10s\"\nunlocks = \"0/1\"\n",
        goals,
    )
}

fn plan_of(load: &str, goals: &str) -> Plan {
    let text = format!("{HEAD}[load.{load}[goals]\nabort_on_breach = true\n{goals}");
    let scenario = scenario::parse("a.toml", &text, &[]).unwrap();
    Plan::resolve(&scenario, &Choices::default())
}

fn watch(plan: &Plan) -> Watch {
    let mut watch = Watch::of(plan, &scenario::people(plan)).unwrap();
    watch.measure(SECOND, 11 * SECOND);
    watch
}

/// An only attempt of somebody who forgot, in the measure phase.
fn came(class: OutcomeClass, response_ms: u64) -> Came<'static> {
    Came {
        persona: Persona::Forgot,
        attempt: 1,
        more: false,
        measured: true,
        class,
        finished_us: 2 * SECOND,
        response_us: response_ms * 1000,
        service_us: response_ms * 1000,
        stages: None,
    }
}

#[test]
fn nobody_watches_where_nobody_asks() {
    let mut plan = plan("failed_ratio_max = \"0/1\"\n");
    plan.abort_on_breach = false;
    assert!(Watch::of(&plan, &[]).is_none());
}

#[test]
fn a_share_is_lost_when_the_count_is_above_the_limit_of_all_that_may_come() {
    let plan = plan("failed_ratio_max = \"1/50\"\n[goals.personas.weak_then_good]\nfailed_ratio_max = \"1/2\"\n");
    let mut watch = watch(&plan);
    let most = watch.measured_most(None).unwrap();
    assert!(
        most > 100,
        "those who try again may come to more than the hundred that are planned: {most}"
    );
    let allowed = most / 50;
    for failed in 0..=allowed {
        assert_eq!(watch.broken(), Vec::<String>::new(), "{failed} of {most}");
        watch.take(&came(OutcomeClass::Failed, 1));
    }
    assert_eq!(
        watch.broken(),
        ["failed_ratio_max"],
        "nothing of it speaks of the other persona"
    );
}

#[test]
fn whoever_ends_takes_along_the_attempts_that_they_did_not_need() {
    let plan = plan("failed_ratio_max = \"1/50\"\n");
    let mut watch = watch(&plan);
    let before = watch.measured_most(None).unwrap();
    let first = Came {
        persona: Persona::WeakThenGood,
        more: true,
        ..came(OutcomeClass::Rejected, 1)
    };
    watch.take(&first);
    assert_eq!(watch.measured_most(None), Some(before));
    watch.take(&Came {
        attempt: 2,
        more: false,
        ..first
    });
    assert_eq!(watch.measured_most(None), Some(before - u64::from(ATTEMPTS_MAX) + 2));
}

#[test]
fn a_rate_is_lost_when_too_few_are_left_to_reach_it() {
    let plan = plan("achieved_rate_min = \"9/s\"\n");
    let mut watch = watch(&plan);
    let open = |watch: &Watch| watch.most.as_ref().unwrap().values().map(|most| most.open).sum::<u64>();
    let needed = 90;
    while open(&watch) >= needed {
        assert!(watch.broken().is_empty(), "{} are left", open(&watch));
        watch.take(&came(OutcomeClass::Failed, 1));
        watch.take(&Came {
            persona: Persona::WeakThenGood,
            ..came(OutcomeClass::Failed, 1)
        });
    }
    assert_eq!(watch.broken(), ["achieved_rate_min"]);
}

#[test]
fn in_a_closed_model_one_may_be_enough_and_a_hundred_may_not() {
    let closed = "closed]\nusers = 5\nthink_time = { constant = \"1s\" }\nmeasure = \"10s\"\nunlocks = \"0/1\"\n";
    let plan = plan_of(
        closed,
        "response_time_p50_max = \"1ms\"\nresponse_time_max = \"2s\"\nfailed_ratio_max = \"1/2\"\nunknown_ratio_max = \"0/1\"\n",
    );
    let mut watch = watch(&plan);
    for _ in 0..100 {
        watch.take(&came(OutcomeClass::Failed, 1999));
    }
    assert!(watch.broken().is_empty(), "nobody knows how many follow");
    watch.take(&came(OutcomeClass::Applied, 2001));
    assert_eq!(watch.broken(), ["response_time_max"]);
    watch.take(&came(OutcomeClass::Unknown, 1));
    assert_eq!(watch.broken(), ["response_time_max", "unknown_ratio_max"]);
}

const GOALS: &str = "response_time_p50_max = \"50ms\"\nresponse_time_p99_max = \"95ms\"\nservice_time_p90_max = \"88ms\"\n\
                     unknown_ratio_max = \"1/30\"\ndropped_ratio_max = \"1/20\"\napplied_rate_min = \"9/s\"\n\
                     [goals.stages.write]\np90_max = \"45ms\"\n[goals.personas.forgot]\nresponse_time_p90_max = \"90ms\"\nfailed_ratio_max = \"1/25\"\n";

/// Everything that comes in a run, by its dice; times are kept whole here, as they are in the end.
struct Run {
    came: Vec<(Came<'static>, Option<StageTimes>)>,
}

impl Run {
    fn of(plan: &Plan, dice: &mut ChaCha8Rng) -> Self {
        let spread = dice.random_range(60..140);
        let bad = dice.random_range(1..8);
        let mut run = Self { came: Vec::new() };
        for arrival in arrivals(plan, &scenario::people(plan)) {
            let attempts = if arrival.persona.may_try_again() {
                dice.random_range(1..4)
            } else {
                1
            };
            for attempt in 1..=attempts {
                let class = match dice.random_range(0..100) {
                    one if one < bad => OutcomeClass::Unknown,
                    one if one < 2 * bad => OutcomeClass::Failed,
                    one if one < 3 * bad && attempt == attempts => OutcomeClass::Dropped,
                    _ => OutcomeClass::Applied,
                };
                let response_us = dice.random_range(0..spread) * 1000;
                let mut stages = StageTimes::new();
                stages.add(
                    vocabulary::Stage::Write,
                    std::time::Duration::from_micros(response_us / 2),
                );
                let one = Came {
                    persona: arrival.persona,
                    attempt,
                    more: attempt < attempts,
                    measured: arrival.at_us >= SECOND,
                    class,
                    finished_us: arrival.at_us + response_us,
                    response_us,
                    service_us: response_us,
                    stages: None,
                };
                let told = class == OutcomeClass::Applied && dice.random_range(0..10) > 0;
                run.came.push((one, told.then_some(stages)));
            }
        }
        run
    }

    /// Whether the goal holds at the end, by counting and sorting; nothing without data.
    fn holds(&self, name: &str, limit: f64) -> Option<bool> {
        let goal: Goal = name.parse().unwrap();
        let all = self.came.iter().filter(|(one, _)| match &goal.of {
            GoalOf::Persona(persona) => one.measured && one.persona.as_str() == persona,
            _ => one.measured || goal.is_least(),
        });
        let all: Vec<&(Came<'_>, Option<StageTimes>)> = all.collect();
        let unfinished = |one: &Came<'_>| matches!(one.class, OutcomeClass::Unknown | OutcomeClass::Dropped);
        let mut times: Vec<f64> = Vec::new();
        let percentile = match goal.what {
            Measure::Share(class) => {
                let share = all.iter().filter(|(one, _)| one.class == class).count() as f64 / all.len() as f64;
                return (!all.is_empty()).then_some(share <= limit);
            }
            Measure::AchievedRate | Measure::AppliedRate => {
                let applied = all.iter().filter(|(one, _)| {
                    one.class == OutcomeClass::Applied && (SECOND..11 * SECOND).contains(&one.finished_us)
                });
                return Some(applied.count() as f64 / 10.0 >= limit);
            }
            Measure::Growth(_) => return None,
            Measure::Response(percentile) => {
                let time = |one: &Came<'_>| {
                    if unfinished(one) {
                        f64::INFINITY
                    } else {
                        one.response_us as f64 / 1e3
                    }
                };
                times.extend(all.iter().map(|(one, _)| time(one)));
                percentile
            }
            Measure::Service(percentile) => {
                let ended = all.iter().filter(|(one, _)| !unfinished(one));
                times.extend(ended.map(|(one, _)| one.service_us as f64 / 1e3));
                percentile
            }
            Measure::Stage(percentile) => {
                let told = all
                    .iter()
                    .filter_map(|(_, stages)| stages.as_ref()?.exclusive("write", 0));
                times.extend(told.map(|us| us as f64 / 1e3));
                percentile
            }
        };
        times.sort_by(f64::total_cmp);
        percentile.rank(times.len()).map(|rank| times[rank] <= limit)
    }
}

fn with<'a>((came, stages): &'a (Came<'static>, Option<StageTimes>)) -> Came<'a> {
    Came {
        stages: stages.as_ref(),
        ..*came
    }
}

#[test]
fn what_is_given_up_does_not_hold_at_the_end_and_what_does_not_hold_is_known_by_then() {
    let plan = plan(GOALS);
    let mut dice = Seed::new(5).child("breach").rng();
    let (mut early, mut missed) = (0, 0);
    for _ in 0..300 {
        let run = Run::of(&plan, &mut dice);
        let mut watch = watch(&plan);
        let mut given_up: BTreeMap<String, usize> = BTreeMap::new();
        for (place, one) in run.came.iter().enumerate() {
            watch.take(&with(one));
            for name in watch.broken() {
                given_up.entry(name).or_insert(place);
            }
        }
        for goal in &plan.goals {
            let holds = run.holds(&goal.goal, goal.limit).unwrap();
            assert_eq!(
                !holds,
                given_up.contains_key(&goal.goal),
                "{} {}",
                goal.goal,
                goal.limit
            );
            missed += usize::from(!holds);
        }
        early += given_up.values().filter(|place| **place + 10 < run.came.len()).count();
    }
    assert!(
        missed > 500 && early > 300,
        "{missed} were missed, {early} of them known early"
    );
}

#[test]
fn as_many_may_be_above_a_percentile_as_the_nearest_rank_leaves() {
    for count in [0, 1, 2, 99, 100, 101, 1000, 12345] {
        for percentile in [
            Percentile::P50,
            Percentile::P90,
            Percentile::P99,
            Percentile::P999,
            Percentile::MAX,
        ] {
            let above = above(percentile, count);
            let value = |slow: u64| {
                let times = (0..count).map(|number| if number < slow { 9 } else { 1 });
                times.collect::<Times>().at(percentile)
            };
            if count > 0 {
                assert_eq!(value(above), Some(1), "{percentile} of {count}");
                assert_eq!(value(above + 1), Some(9), "{percentile} of {count}");
            }
        }
    }
}
