//! Who lives there against what they are asked to do.

use vocabulary::OpKind;

use super::Contradictions;
use crate::deal::{accounts, persona_counts};
use crate::written::Scenario;
use crate::{AccountState, Draw, Executor, Load, Persona, Sspr};

/// How far a sum of shares may stand above 1 for the sake of rounding.
const ROUNDING: f64 = 1e-9;

pub(super) fn contradictions(found: &mut Contradictions<'_>, scenario: &Scenario, load: &Load) {
    asked(found, scenario, load);
    drawn(found, scenario, load);
    locks(found, scenario);
    scope(found, scenario);
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
    for op in OpKind::ALL {
        if !asks(load, op) || present(scenario).any(|persona| persona.asks_for() == op) {
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

/// The personas that somebody may have.
fn present(scenario: &Scenario) -> impl Iterator<Item = Persona> {
    let weights = scenario.population.personas.iter();
    weights.filter(|(_, weight)| **weight > 0).map(|(persona, _)| *persona)
}

/// Whoever has a weight must be drawn by something.
fn drawn(found: &mut Contradictions<'_>, scenario: &Scenario, load: &Load) {
    if present(scenario).next().is_none() {
        return found.say("population.personas", "every weight is zero: there are no people");
    }
    if load.draw == Draw::Persona || matches!(load.executor, Executor::Replay { .. }) {
        return;
    }
    let alien = |persona: &Persona| matches!(persona.asks_for(), OpKind::Change | OpKind::AdminReset);
    for persona in present(scenario).filter(alien) {
        let message = format!(
            "`{}` has a weight, but arrivals draw resets and unlocks alone: give the load `draw = \"persona\"`",
            persona.as_str()
        );
        found.say(&format!("population.personas.{}", persona.as_str()), message);
    }
}

/// Who is outside of a group needs the group, and who mistypes once must not be locked by it.
fn scope(found: &mut Contradictions<'_>, scenario: &Scenario) {
    let is_there = |wanted| present(scenario).any(|persona| persona == wanted);
    if is_there(Persona::OutsideSsprGroup) && scenario.tenant.sspr == Sspr::All {
        found.say(
            "population.personas.outside_sspr_group",
            "some people are outside of the group that may reset, but everyone may: give the tenant `sspr = \"selected\"`",
        );
    }
    let policies = scenario.world.fine_grained_policies.iter();
    let own = policies.filter_map(|policy| policy.lockout_threshold);
    if is_there(Persona::VoluntaryChange)
        && own
            .chain([scenario.world.lockout.threshold])
            .any(|threshold| threshold == 1)
    {
        found.say(
            "population.personas.voluntary_change",
            "one in sixteen mistypes the old password once, which a lockout threshold of 1 locks",
        );
    }
}

/// Whether some arrivals ask for that, whoever comes.
fn asks(load: &Load, op: OpKind) -> bool {
    if let Executor::Replay { timeline, .. } = &load.executor {
        return timeline.moments().iter().any(|moment| moment.op == op);
    }
    let Some(unlocks) = load.mix.map(|mix| mix.unlocks.as_f64()) else {
        return false;
    };
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
    let free = people(|persona| !persona.has_usual_account());
    if unusual > free {
        let message = format!(
            "`accounts` makes {unusual} accounts other than usual, but only {free} people do not start locked or are disabled later, and such an account is a usual one"
        );
        return found.say("population.accounts", message);
    }
    let at_home: u64 = states
        .iter()
        .filter(|(state, _)| !state.arrives())
        .map(|(_, count)| count)
        .sum();
    if load.draw == Draw::Persona && at_home >= population.people {
        return found.say("population.accounts", "`accounts` keeps everybody at home");
    }
    let reset = people(|persona| persona.asks_for() == OpKind::Reset);
    if asks(load, OpKind::Reset) && at_home > 0 && at_home >= reset {
        found.say(
            "population.accounts",
            "some arrivals reset, but `accounts` keeps everybody who does at home",
        );
    }
}
