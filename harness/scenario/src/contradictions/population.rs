//! Who lives there against what they are asked to do.

use vocabulary::OpKind;

use super::Contradictions;
use crate::deal::{accounts, persona_counts};
use crate::written::{Scenario, WrittenLoad};
use crate::{AccountState, Persona};

/// How far a sum of shares may stand above 1 for the sake of rounding.
const ROUNDING: f64 = 1e-9;

pub(super) fn contradictions(found: &mut Contradictions<'_>, scenario: &Scenario) {
    asked(found, scenario);
    locks(found, scenario);
    states(found, scenario);
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
fn asked(found: &mut Contradictions<'_>, scenario: &Scenario) {
    let WrittenLoad::ConstantArrivalRate(load) = &scenario.load;
    let weight = |wanted: OpKind| -> u64 {
        let weights = scenario.population.personas.iter();
        weights
            .filter(|(persona, _)| persona.asks_for() == wanted)
            .map(|(_, weight)| u64::from(*weight))
            .sum()
    };
    let unlocks = load.unlocks.as_f64();
    if unlocks > 0.0 && weight(OpKind::Unlock) == 0 {
        found.say(
            "population.personas",
            "some arrivals unlock (`unlocks`), but no persona is `locked_out`",
        );
    }
    if unlocks < 1.0 && weight(OpKind::Reset) == 0 {
        found.say(
            "population.personas",
            "some arrivals reset, but no persona does: give `forgot` a weight",
        );
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
fn states(found: &mut Contradictions<'_>, scenario: &Scenario) {
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
    let WrittenLoad::ConstantArrivalRate(load) = &scenario.load;
    let reset = people(|persona| persona.asks_for() == OpKind::Reset);
    if load.unlocks.as_f64() < 1.0 && at_home > 0 && at_home >= reset {
        found.say(
            "population.accounts",
            "some arrivals reset, but `accounts` keeps everybody who does at home",
        );
    }
}
