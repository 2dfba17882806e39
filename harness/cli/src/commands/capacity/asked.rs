//! From a plan to what a search is asked, or why it cannot be.

use std::collections::BTreeMap;
use std::time::Duration;

use history::CapacityAsked;
use scenario::{Draw, Executor, Person, Plan, WorldKind, people};
use vocabulary::{OpKind, Ratio};

use crate::error::CliError;

/// How many people a search needs for each operation in flight, so that nobody's second operation meets their first.
const PEOPLE: u64 = 2;
/// Goals that no single step is held to: one is of the answer, the others of a whole run.
const OF_NO_STEP: [&str; 3] = ["achieved_rate_min", "memory_growth_max", "open_files_growth_max"];

/// What the search of a plan is asked. `precision` is a part of the rate.
pub(super) fn asked(plan: &Plan, precision: f64) -> Result<CapacityAsked, CliError> {
    let (Executor::ConstantArrivalRate { rate } | Executor::PoissonArrivalRate { rate }) = &plan.load.executor else {
        return refused(&format!(
            "a search moves one rate, and `{}` has none to move: write [load.constant_arrival_rate] or [load.poisson_arrival_rate]",
            plan.load.executor.as_str()
        ));
    };
    if !plan.faults.is_empty() {
        return refused(
            "a search measures a system that nothing disturbs: leave [[faults]] and [faults_at_random] out",
        );
    }
    if !plan.goals.iter().any(|goal| !OF_NO_STEP.contains(&goal.goal.as_str())) {
        return refused(
            "nothing says what is still good enough: give [goals], such as response_time_p99_max and dropped_ratio_max",
        );
    }
    enough_people(plan)?;
    Ok(CapacityAsked {
        start_millis: (rate.as_per_second() * 1e3).round().max(1.0) as u64,
        warm_up_us: micros(plan.load.warm_up),
        measure_us: micros(plan.load.measure),
        precision,
        servers: servers(plan),
        domains: count(plan.world.forests.len()),
        domain_controllers: plan.world.forests.iter().map(|forest| forest.domain_controllers).sum(),
    })
}

fn refused<T>(why: &str) -> Result<T, CliError> {
    Err(CliError::Usage(format!("this scenario cannot be searched: {why}")))
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// A domain controller carries one write out at a time: a Samba does, and the embedded directory where it is told how long each takes.
fn servers(plan: &Plan) -> BTreeMap<String, u32> {
    let directory = &plan.world.directory;
    let domains = count(plan.world.forests.len());
    let write = match plan.world.kind {
        WorldKind::Docker => Some(domains),
        WorldKind::Embedded if !directory.service_time.reset.is_zero() => Some(domains * directory.concurrent_writes),
        WorldKind::Embedded => None,
    };
    write.map(|write| ("write".to_owned(), write)).into_iter().collect()
}

/// Who comes for what.
fn comes(plan: &Plan, person: &Person) -> Option<OpKind> {
    let kind = person.persona.asks_for();
    let unlocks = plan.load.mix.map_or(Ratio::ZERO, |mix| mix.unlocks);
    let asked = plan.load.draw == Draw::Persona
        || match kind {
            OpKind::Unlock => unlocks != Ratio::ZERO,
            OpKind::Reset => unlocks.as_f64() < 1.0,
            OpKind::Change | OpKind::AdminReset => false,
        };
    (asked && person.account.arrives()).then_some(kind)
}

fn enough_people(plan: &Plan) -> Result<(), CliError> {
    let needed = PEOPLE * u64::from(plan.load.in_flight_max);
    let everyone = people(plan);
    let mut coming: BTreeMap<Option<OpKind>, u64> = BTreeMap::new();
    for kind in everyone.iter().filter_map(|person| comes(plan, person)) {
        // Where people are drawn, all of them stand in one row.
        let row = (plan.load.draw == Draw::Operation).then_some(kind);
        *coming.entry(row).or_default() += 1;
    }
    let few = coming.iter().find(|(_, count)| **count < needed);
    match few {
        Some((kind, count)) => {
            let what = kind.map_or_else(|| "come".to_owned(), |kind| format!("come to {kind}"));
            let people = (plan.population.people * needed).div_ceil((*count).max(1));
            refused(&format!(
                "{count} people {what}, and with {} operations in flight at most {needed} are needed, so that nobody's second operation \
                 meets their first: set population.people to {people} or more, or load.{}.in_flight_max to {} or less",
                plan.load.in_flight_max,
                plan.load.executor.as_str(),
                count / PEOPLE
            ))
        }
        None if coming.is_empty() => refused("nobody comes"),
        None => Ok(()),
    }
}

/// What a search of this plan cannot show, though it can be made.
pub(super) fn note(plan: &Plan) -> Option<String> {
    let everyone = people(plan);
    let everybody_comes = everyone.iter().all(|person| comes(plan, person).is_some());
    everybody_comes.then(|| {
        "everybody comes, so nobody is left whom nothing may touch, and `no-cross-user-write` will not be able to tell: some who stay \
         at home, such as population.accounts = { disabled = \"1/20\" }, would let it"
            .to_owned()
    })
}

#[cfg(test)]
mod tests {
    use scenario::Choices;

    use super::*;

    fn plan(load: &str, more: &str) -> Plan {
        let text = format!(
            "schema = 1\nname = \"a\"\nwhy = \"b\"\nseed = 1\n[population]\npeople = 200\npersonas = {{ forgot = 1 }}\n{more}\n[load.{load}\n"
        );
        let scenario = scenario::parse("a.toml", &text, &[]).unwrap();
        Plan::resolve(&scenario, &Choices::default())
    }

    const CONSTANT: &str = "constant_arrival_rate]\nrate = \"8/s\"\nmeasure = \"5s\"\nunlocks = \"0/1\"";
    const GOALS: &str = "[goals]\nresponse_time_p99_max = \"1s\"\n";

    fn told(load: &str, more: &str) -> String {
        asked(&plan(load, more), 0.02).unwrap_err().to_string()
    }

    #[test]
    fn a_plan_with_one_rate_and_goals_is_searched() {
        let asked = asked(&plan(CONSTANT, GOALS), 0.02).unwrap();
        assert_eq!(
            (asked.start_millis, asked.measure_us, asked.domains),
            (8_000, 5_000_000, 1)
        );
        assert!(asked.servers.is_empty(), "nobody said how long a write takes");
        let slow = format!("{GOALS}[world.directory.service_time]\nreset = \"31ms\"\n");
        assert_eq!(super::asked(&plan(CONSTANT, &slow), 0.02).unwrap().servers["write"], 1);
        assert!(note(&plan(CONSTANT, GOALS)).unwrap().contains("no-cross-user-write"));
    }

    #[test]
    fn what_cannot_be_searched_says_why_and_what_to_do() {
        let closed = "closed]\nusers = 3\nthink_time = { constant = \"1s\" }\nmeasure = \"5s\"\nunlocks = \"0/1\"";
        assert!(told(closed, GOALS).contains("`closed`"));
        assert!(told(CONSTANT, "").contains("give [goals]"));
        assert!(told(CONSTANT, "[goals]\nachieved_rate_min = \"1/s\"\n").contains("give [goals]"));
        assert!(told(CONSTANT, "[goals]\nmemory_growth_max = \"0/1\"\n").contains("give [goals]"));
        let crowded = format!("{CONSTANT}\nin_flight_max = 150");
        let few = told(&crowded, GOALS);
        assert!(
            few.contains("population.people to 300") && few.contains("in_flight_max to 100"),
            "{few}"
        );
        let fault = "[[faults]]\nat = \"1s\"\nfor = \"3s\"\nwhat.kill_agent_at.moment = \"before_write\"\n";
        assert!(told(CONSTANT, &format!("{GOALS}{fault}")).contains("[[faults]]"));
    }
}
