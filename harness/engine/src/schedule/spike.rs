//! A rush: everyone comes back on Monday.

use std::time::Duration;

use scenario::Spike;

use super::curve::Curve;
use crate::clock::micros;

/// Straight pieces in which the tail halves.
const PIECES: u64 = 8;
/// After so many half-lives what is above the calm is a millionth, and the tail is over.
const HALVINGS: u64 = 20;
/// What each piece leaves: the eighth root of a half. Piece by piece it is exact; within one the line is at most 0.1 % above the
/// curve.
const LEAVES: f64 = 0.917_004_043_204_671_2;

/// A warm-up at the calm's rate, the calm, the rise, the peak, and the tail until the end.
pub(super) fn spike(warm_up: Duration, measure: Duration, spike: &Spike) -> Curve {
    let (base, peak) = (spike.base_rate.as_per_second(), spike.peak_rate.as_per_second());
    let curve = Curve::new()
        .level(warm_up, base)
        .level(spike.calm, base)
        .line(spike.rise, base, peak)
        .level(spike.hold, peak);
    let before = spike.calm + spike.rise + spike.hold;
    tail(
        curve,
        measure.saturating_sub(before),
        base,
        peak - base,
        spike.half_life,
    )
}

fn tail(mut curve: Curve, length: Duration, base: f64, mut above: f64, half_life: Duration) -> Curve {
    let mut passed = Duration::ZERO;
    for number in 1..=PIECES * HALVINGS {
        let end = Duration::from_micros(micros(half_life).saturating_mul(number) / PIECES);
        if end >= length {
            let left = length.saturating_sub(passed);
            let share = left.as_secs_f64() / (end - passed).as_secs_f64();
            let last = above * (1.0 - share * (1.0 - LEAVES));
            return curve.line(left, base + above, base + last);
        }
        curve = curve.line(end.saturating_sub(passed), base + above, base + above * LEAVES);
        above *= LEAVES;
        passed = end;
    }
    curve.level(length.saturating_sub(passed), base)
}
