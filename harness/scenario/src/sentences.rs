//! A plan told in sentences.

mod directories;
mod faults;
mod load;
#[cfg(test)]
mod tests;

use vocabulary::{GoalUnit, format_duration};

use crate::{AccountState, Goal, Plan, Sspr, WorldKind};

pub(crate) fn sentences(plan: &Plan) -> Vec<String> {
    let mut told = vec![plan.why.clone(), world(plan)];
    told.extend(directories::forests(plan));
    told.extend(directories::policies(plan));
    told.extend(directories::rights(plan));
    told.push(people(plan));
    told.extend(accounts(plan));
    told.extend(groups(plan));
    told.extend(load::load(&plan.load));
    told.push(tenant(plan));
    told.extend(faults::faults(plan));
    told.extend(goals(plan));
    told
}

fn goals(plan: &Plan) -> Option<String> {
    let goals: Vec<String> = plan.goals.iter().map(goal).collect();
    let early = if plan.abort_on_breach {
        " As soon as one of these can no longer hold, the load ends."
    } else {
        ""
    };
    (!goals.is_empty()).then(|| format!("Good enough is: {}.{early}", goals.join("; ")))
}

/// A goal and its limit in words, such as `response time, p99 at most 250 ms`.
fn goal(goal: &Goal) -> String {
    let Ok(named) = goal.goal.parse::<vocabulary::Goal>() else {
        return format!("{} {}", goal.goal, goal.limit);
    };
    let bound = if named.is_least() { "at least" } else { "at most" };
    let unit = match named.unit() {
        GoalUnit::Milliseconds => " ms",
        GoalUnit::Share => "",
        GoalUnit::PerSecond => "/s",
    };
    format!("{} {bound} {}{unit}", named.words(), goal.limit)
}

/// `a`, `a and b`, `a, b and c`.
fn listed(items: &[String]) -> String {
    match items {
        [] => String::new(),
        [only] => only.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

fn world(plan: &Plan) -> String {
    let kind = match plan.world.kind {
        WorldKind::Embedded => "the embedded directory, everything in one process",
        WorldKind::Docker => "a real Samba AD, every part in its container",
    };
    let relays = if plan.world.relays == 1 {
        "one relay".to_owned()
    } else {
        format!("{} relays", plan.world.relays)
    };
    let domains: Vec<String> = plan.world.forests.iter().map(|forest| forest.domain.clone()).collect();
    let domains = match domains.as_slice() {
        [only] => format!("The domain {only} stands"),
        several => format!("The domains {}, each a forest of its own, stand", listed(several)),
    };
    format!(
        "{domains} on {kind}, behind {relays}; a message lives {}.",
        format_duration(plan.world.message_lifetime)
    )
}

fn people(plan: &Plan) -> String {
    let weights: Vec<String> = plan
        .population
        .personas
        .iter()
        .filter(|(_, weight)| **weight > 0)
        .map(|(persona, weight)| format!("{weight} {}", persona.as_str()))
        .collect();
    format!(
        "{} people live there ({} by weight), from seed {}.",
        plan.population.people,
        weights.join(", "),
        plan.seed
    )
}

fn accounts(plan: &Plan) -> Option<String> {
    let told = |state: AccountState| match state {
        AccountState::Usual => "are usual ones",
        AccountState::Disabled => "are disabled",
        AccountState::Expired => "have expired",
        AccountState::MustChange => "must change the password at the next logon",
        AccountState::NeverExpires => "have a password that never expires",
        AccountState::Smartcard => "sign in by smartcard only",
        AccountState::Protected => "are in a protected group",
        AccountState::OutsideScope => "live outside the units that the agent's account has rights on",
    };
    let states: Vec<String> = plan
        .population
        .accounts
        .iter()
        .map(|(state, share)| format!("{share} {}", told(*state)))
        .collect();
    (!states.is_empty()).then(|| format!("Of the accounts {}; the rest are usual ones.", listed(&states)))
}

fn groups(plan: &Plan) -> Option<String> {
    let groups = plan.population.groups.as_ref()?;
    let each = if plan.world.forests.len() == 1 {
        "There are"
    } else {
        "In each forest there are"
    };
    Some(format!(
        "{each} {} groups, the first by far the largest; everybody is in {} of them.",
        groups.count, groups.memberships_per_person
    ))
}

fn tenant(plan: &Plan) -> String {
    let on = |yes: bool| if yes { "on" } else { "off" };
    let sspr = match plan.tenant.sspr {
        Sspr::All => "for everyone",
        Sspr::Selected => "for the members of one group",
        Sspr::None => "for nobody",
    };
    format!(
        "Self-service reset is {sspr}, writeback is {}, unlock without reset is {}.",
        on(plan.tenant.writeback),
        on(plan.tenant.unlock_without_reset)
    )
}
