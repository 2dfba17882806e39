//! The executor's own values against one another.

use vocabulary::format_duration;

use super::Contradictions;
use crate::{Executor, Level, Load, Spike, ThinkTime};

/// Arrivals of a run at most: each has its line in the history.
const ARRIVALS_MAX: f64 = 1e9;

pub(super) fn contradictions(found: &mut Contradictions<'_>, load: &Load) {
    let at = format!("load.{}", load.executor.as_str());
    length(found, &at, load);
    match &load.executor {
        Executor::SpikeArrivalRate(spike) => rush(found, &at, load, spike),
        Executor::Replay { speed, .. } => recorded(found, &at, load, *speed),
        Executor::Closed { think_time, .. } => closed(found, &at, *think_time),
        _ => {}
    }
    rates(found, &at, load);
}

fn length(found: &mut Contradictions<'_>, at: &str, load: &Load) {
    if !load.measure.is_zero() {
        return;
    }
    match &load.executor {
        Executor::RampingArrivalRate { .. } | Executor::StagedArrivalRate { .. } => found.say(
            &format!("{at}.stages"),
            "the `stages` must last longer than nothing together",
        ),
        _ => found.say(&format!("{at}.measure"), "`measure` must be longer than nothing"),
    }
}

/// The key of the rate in the warm-up, that rate, and the highest rate; none where there is no rate.
fn warm_and_peak(executor: &Executor) -> Option<(&'static str, Level, f64)> {
    let highest = |levels: &mut dyn Iterator<Item = Level>| levels.map(Level::as_per_second).fold(0.0, f64::max);
    match executor {
        Executor::ConstantArrivalRate { rate } | Executor::PoissonArrivalRate { rate } => {
            Some(("rate", (*rate).into(), rate.as_per_second()))
        }
        Executor::RampingArrivalRate { start_rate, stages } => {
            let highest = highest(&mut stages.iter().map(|stage| stage.target));
            Some(("start_rate", *start_rate, highest.max(start_rate.as_per_second())))
        }
        Executor::StagedArrivalRate { stages } => {
            let first = stages.first().map(|stage| stage.rate).unwrap_or_default();
            Some(("stages", first, highest(&mut stages.iter().map(|stage| stage.rate))))
        }
        Executor::SpikeArrivalRate(spike) => Some(("base_rate", spike.base_rate, spike.peak_rate.as_per_second())),
        Executor::Replay { .. } | Executor::Closed { .. } => None,
    }
}

fn rates(found: &mut Contradictions<'_>, at: &str, load: &Load) {
    let Some((key, warm, peak)) = warm_and_peak(&load.executor) else {
        return;
    };
    let path = format!("{at}.{key}");
    if peak <= 0.0 {
        return found.say(&path, "nobody ever arrives: every rate is zero");
    }
    if warm.as_per_second() <= 0.0 && !load.warm_up.is_zero() {
        found.say(
            &format!("{at}.warm_up"),
            format!("nobody arrives while it warms up, since the rate is zero then (`{key}`)"),
        );
    }
    if peak * load.length().as_secs_f64() > ARRIVALS_MAX {
        let message = format!(
            "{} at {peak}/s may be more than a billion arrivals; this version takes no more",
            format_duration(load.length())
        );
        found.say(&path, message);
    }
}

fn rush(found: &mut Contradictions<'_>, at: &str, load: &Load, spike: &Spike) {
    if spike.peak_rate.as_per_second() <= spike.base_rate.as_per_second() {
        found.say(&format!("{at}.peak_rate"), "`peak_rate` must be above `base_rate`");
    }
    if spike.half_life.is_zero() {
        found.say(&format!("{at}.half_life"), "`half_life` must be longer than nothing");
    }
    let before = spike.calm + spike.rise + spike.hold;
    if before >= load.measure && !load.measure.is_zero() {
        let message = format!(
            "`calm`, `rise` and `hold` take {} together, which leaves nothing of `measure` for the tail",
            format_duration(before)
        );
        found.say(&format!("{at}.measure"), message);
    }
}

fn recorded(found: &mut Contradictions<'_>, at: &str, load: &Load, speed: u32) {
    let Executor::Replay { timeline, .. } = &load.executor else {
        return;
    };
    let measured = load.warm_up.as_micros()..load.length().as_micros();
    let mut times = timeline.moments().iter().map(|moment| moment.at_us / u64::from(speed));
    if !measured.is_empty() && !times.any(|at_us| measured.contains(&u128::from(at_us))) {
        let message = format!(
            "nothing of the timeline falls between {} and {}, where it is measured",
            format_duration(load.warm_up),
            format_duration(load.length())
        );
        found.say(&format!("{at}.measure"), message);
    }
}

fn closed(found: &mut Contradictions<'_>, at: &str, think_time: ThinkTime) {
    if let ThinkTime::Uniform(between) = think_time
        && between.min > between.max
    {
        found.say(&format!("{at}.think_time.uniform.min"), "`min` is above `max`");
    }
}
