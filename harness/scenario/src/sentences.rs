//! A plan told in sentences.

use vocabulary::format_duration;

use crate::{Plan, Sspr, WorldKind};

pub(crate) fn sentences(plan: &Plan) -> Vec<String> {
    let mut told = vec![plan.why.clone(), world(plan), people(plan), load(plan), tenant(plan)];
    if !plan.goals.is_empty() {
        let goals: Vec<String> = plan
            .goals
            .iter()
            .map(|goal| format!("{} {}", goal.goal, goal.limit))
            .collect();
        told.push(format!("Good enough is: {}.", goals.join(", ")));
    }
    told
}

fn world(plan: &Plan) -> String {
    let forest = &plan.world.forests[0];
    let kind = match plan.world.kind {
        WorldKind::Embedded => "the embedded directory, everything in one process",
        WorldKind::Docker => "a real Samba AD, every part in its container",
    };
    let relays = if plan.world.relays == 1 {
        "one relay".to_owned()
    } else {
        format!("{} relays", plan.world.relays)
    };
    format!(
        "The domain {} stands on {kind}, behind {relays}; a message lives {}.",
        forest.domain,
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

fn load(plan: &Plan) -> String {
    let load = &plan.load;
    format!(
        "They arrive at {} for {} after {} of warm-up, {} of them to unlock and the rest to reset; at most {} are served at once, and who has not begun within {} is dropped.",
        load.rate,
        format_duration(load.measure),
        format_duration(load.warm_up),
        load.mix.unlocks,
        load.in_flight_max,
        format_duration(load.start_within)
    )
}

fn tenant(plan: &Plan) -> String {
    let on = |yes: bool| if yes { "on" } else { "off" };
    let sspr = match plan.tenant.sspr {
        Sspr::All => "for everyone",
        Sspr::None => "for nobody",
    };
    format!(
        "Self-service reset is {sspr}, writeback is {}, unlock without reset is {}.",
        on(plan.tenant.writeback),
        on(plan.tenant.unlock_without_reset)
    )
}
