//! What people do, and how often.

use vocabulary::format_duration;

use super::listed;
use crate::{Draw, Executor, Load, Spike, ThinkTime};

/// How they come, and what becomes of them.
pub(super) fn load(load: &Load) -> Vec<String> {
    match &load.executor {
        Executor::Closed { users, think_time } => closed(load, *users, *think_time),
        _ => vec![open(load)],
    }
}

fn open(load: &Load) -> String {
    let asked = match load.mix {
        Some(mix) => format!(", {} of them to unlock and the rest to reset", mix.unlocks),
        None if load.draw == Draw::Persona => ", everybody in turn".to_owned(),
        None => String::new(),
    };
    let begun = load.start_within.map_or_else(String::new, |start_within| {
        format!(
            ", and who has not begun within {} is dropped",
            format_duration(start_within)
        )
    });
    format!(
        "They arrive {}{asked}; at most {} are served at once{begun}.",
        how(load),
        load.in_flight_max
    )
}

fn how(load: &Load) -> String {
    let measure = format_duration(load.measure);
    let warm_up = format_duration(load.warm_up);
    let after = format!("for {measure} after {warm_up} of warm-up");
    match &load.executor {
        Executor::ConstantArrivalRate { rate } => format!("at {rate} {after}"),
        Executor::PoissonArrivalRate { rate } => format!("at random, {rate} in the mean, {after}"),
        Executor::RampingArrivalRate { start_rate, stages } => {
            let ramps: Vec<String> = stages
                .iter()
                .map(|ramp| format!("{} to {}", format_duration(ramp.duration), ramp.target))
                .collect();
            format!(
                "at {start_rate} for {warm_up} of warm-up and then in straight lines: within {}",
                listed(&ramps)
            )
        }
        Executor::StagedArrivalRate { stages } => {
            let steps: Vec<String> = stages
                .iter()
                .map(|step| format!("at {} for {}", step.rate, format_duration(step.duration)))
                .collect();
            format!(
                "{}, after {warm_up} of warm-up at the first of these rates",
                listed(&steps)
            )
        }
        Executor::SpikeArrivalRate(spike) => format!("{after}, {}", rush(spike)),
        Executor::Replay { file, speed, timeline } => {
            let pace = match speed {
                1 => "as fast as they were".to_owned(),
                times => format!("{times} times as fast as they were"),
            };
            format!(
                "as the {} lines of {file} were recorded, {pace}, {after}",
                timeline.moments().len()
            )
        }
        Executor::Closed { .. } => String::new(),
    }
}

fn rush(spike: &Spike) -> String {
    let hold = if spike.hold.is_zero() {
        String::new()
    } else {
        format!(", holds for {}", format_duration(spike.hold))
    };
    format!(
        "at {base} but for a rush: it begins {} into what is measured, rises to {} within {}{hold}, and loses half of what is above {base} every {}",
        format_duration(spike.calm),
        spike.peak_rate,
        format_duration(spike.rise),
        format_duration(spike.half_life),
        base = spike.base_rate,
    )
}

fn closed(load: &Load, users: u32, think_time: ThinkTime) -> Vec<String> {
    let think = match think_time {
        ThinkTime::Constant(always) => format_duration(always),
        ThinkTime::Uniform(between) => format!(
            "anything between {} and {}",
            format_duration(between.min),
            format_duration(between.max)
        ),
        ThinkTime::Exponential(around) => {
            format!(
                "{} in the mean, exponentially distributed,",
                format_duration(around.mean)
            )
        }
    };
    let unlocks = match load.mix {
        Some(mix) => format!(
            "; {} of what they ask is an unlock and the rest are resets",
            mix.unlocks
        ),
        None => "; for each operation the next of all people comes".to_owned(),
    };
    let measure = format_duration(load.measure);
    vec![
        format!(
            "{users} users work for {measure} after {} of warm-up; each waits for the answer and thinks for {think} before beginning again{unlocks}.",
            format_duration(load.warm_up)
        ),
        "This is a closed model: whoever waits asks for nothing meanwhile, so a slow system is asked less, and no figure says how long people would have queued."
            .to_owned(),
    ]
}
