//! Rates written stage by stage.

use std::time::Duration;

use scenario::{Level, Ramp, Step};

use super::curve::Curve;

/// A warm-up at the rate it begins with, then straight lines from target to target.
pub(super) fn ramps(warm_up: Duration, start_rate: Level, stages: &[Ramp]) -> Curve {
    let start = start_rate.as_per_second();
    let begun = (Curve::new().level(warm_up, start), start);
    let (curve, _) = stages.iter().fold(begun, |(curve, rate), ramp| {
        let target = ramp.target.as_per_second();
        (curve.line(ramp.duration, rate, target), target)
    });
    curve
}

/// A warm-up at the first rate, then one rate after another.
pub(super) fn steps(warm_up: Duration, stages: &[Step]) -> Curve {
    let first = stages.first().map_or(0.0, |step| step.rate.as_per_second());
    let warm = Curve::new().level(warm_up, first);
    stages.iter().fold(warm, |curve, step| {
        curve.level(step.duration, step.rate.as_per_second())
    })
}
