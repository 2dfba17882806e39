//! Who lives there against what they are asked to do.

use vocabulary::OpKind;

use super::Contradictions;
use crate::deal::{accounts, persona_counts};
use crate::written::Scenario;
use crate::{AccountState, Executor, Load, Persona};

/// How far a sum of shares may stand above 1 for the sake of rounding.
const ROUNDING: f64 = 1e-9;

pub(super) fn contradictions(found: &mut Contradictions<'_>, scenario: &Scenario, load: &Load) {
    asked(found, scenario, load);
    locks(found, scenario);
    states(found, scenario, load);
    if let Some(groups) = &scenario.population.groups
        && groups.memberships_per_person > groups.count
    {
        let message = format!(
            "nobody can be in {} groups where there are {}",
            groups.memberships_per_person, groups.count
        );
        found.say("population.groups.memberships_per_person", message);
    }
}

/// Somebody must ask for what arrivals ask for.
fn asked(found: &mut Contradictions<'_>, scenario: &Scenario, load: &Load) {
    let weight = |wanted: OpKind| -> u64 {
        let weights = scenario.population.personas.iter();
        weights
            .filter(|(persona, _)| persona.asks_for() == wanted)
            .map(|(_, weight)| u64::from(*weight))
            .sum()
    };
    for op in OpKind::ALL {
        if weight(op) > 0 || !asks(load, op) {
            continue;
        }
        let message = match (op, &load.executor) {
            (_, Executor::Replay { file, .. }) => format!("some lines of {file} ask for `{op}`, but no persona does"),
            (OpKind::Unlock, _) => "some arrivals unlock (`unlocks`), but no persona is `locked_out`".to_owned(),
            _ => "some arrivals reset, but no persona does: give `forgot` a weight".to_owned(),
        };
        found.say("population.personas", message);
    }
}

/// Whether some arrivals ask for that.
fn asks(load: &Load, op: OpKind) -> bool {
    if let Executor::Replay { timeline, .. } = &load.executor {
        return timeline.moments().iter().any(|moment| moment.op == op);
    }
    let unlocks = load.mix.map_or(0.0, |mix| mix.unlocks.as_f64());
    match op {
        OpKind::Unlock => unlocks > 0.0,
        OpKind::Reset => unlocks < 1.0,
        OpKind::Change | OpKind::AdminReset => false,
    }
}

/// A policy that applies to them must lock those who start locked.
fn locks(found: &mut Contradictions<'_>, scenario: &Scenario) {
    let weights = scenario.population.personas.iter();
    if !weights
        .into_iter()
        .any(|(persona, weight)| persona.starts_locked() && *weight > 0)
    {
        return;
    }
    if scenario.world.lockout.threshold == 0 {
        found.say(
            "world.lockout.threshold",
            "some people are locked out, but a `threshold` of 0 never locks",
        );
    }
    for (index, policy) in scenario.world.fine_grained_policies.iter().enumerate() {
        if policy.lockout_threshold == Some(0) {
            let message = format!(
                "some people are locked out, but where `{}` applies a `lockout_threshold` of 0 never locks",
                policy.name
            );
            found.say(
                &format!("world.fine_grained_policies.{index}.lockout_threshold"),
                message,
            );
        }
    }
}

/// The states of accounts must leave enough people who are locked, and somebody who comes.
fn states(found: &mut Contradictions<'_>, scenario: &Scenario, load: &Load) {
    let population = &scenario.population;
    if population.accounts.contains_key(&AccountState::Usual) {
        return found.say(
            "population.accounts.usual",
            "`usual` is what the rest of the accounts are: leave it out",
        );
    }
    let sum: f64 = population.accounts.values().map(|share| share.as_f64()).sum();
    if sum > 1.0 + ROUNDING {
        return found.say(
            "population.accounts",
            "the shares of `accounts` are more than everybody together",
        );
    }
    let states = accounts(&population.accounts, population.people);
    let personas = persona_counts(&population.personas, population.people);
    let people = |wanted: fn(&Persona) -> bool| -> u64 {
        let some = personas.iter().filter(|(persona, _)| wanted(persona));
        some.map(|(_, count)| count).sum()
    };
    let unusual: u64 = states.iter().map(|(_, count)| count).sum();
    let free = people(|persona| !persona.starts_locked());
    if unusual > free {
        let message = format!(
            "`accounts` makes {unusual} accounts other than usual, but only {free} people do not start locked, and a locked account is a usual one"
        );
        return found.say("population.accounts", message);
    }
    let at_home: u64 = states
        .iter()
        .filter(|(state, _)| !state.arrives())
        .map(|(_, count)| count)
        .sum();
    let reset = people(|persona| persona.asks_for() == OpKind::Reset);
    if asks(load, OpKind::Reset) && at_home > 0 && at_home >= reset {
        found.say(
            "population.accounts",
            "some arrivals reset, but `accounts` keeps everybody who does at home",
        );
    }
}
