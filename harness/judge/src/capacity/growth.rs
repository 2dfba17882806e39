//! Whether the response time grew over a step: a queue that grows has no steady state, and its percentiles only say how long one
//! looked.
//!
//! Mann and Kendall's test over the medians of ten parts (M. G. Kendall, "Rank Correlation Methods", 1948; with several steps at one
//! rate as R. M. Hirsch et al., "Techniques of trend analysis for monthly water quality data", 1982, sum them over seasons), with the
//! slope of Theil and Sen (P. K. Sen, 1968). Medians of parts, since single response times hang together.

use history::Growth;

use super::tally::{Arrived, Measured};

/// From how many standard deviations on it is growth: one step in a hundred that stands still would be taken for one that grows.
const Z: f64 = 2.33;

/// A part of the arrivals that is not kept up with, below which nothing is said to grow.
const LEAST_SLOPE: f64 = 0.001;

/// Growth over a step below this is a busy machine's, in seconds …
const LEAST_S: f64 = 0.005;

/// … or below this part of the median.
const LEAST_PART: f64 = 0.1;

/// The growth over steps at one rate.
pub(crate) fn growth(runs: &[&Measured]) -> Growth {
    let (mut s, mut variance) = (0.0, 0.0);
    let mut slopes = Vec::new();
    let mut medians = Vec::new();
    for run in runs {
        let points: Vec<(f64, f64)> = run.blocks().filter_map(middle).collect();
        let count = points.len() as f64;
        variance += count * (count - 1.0) * (2.0 * count + 5.0) / 18.0;
        medians.extend(points.iter().map(|(_, median)| *median));
        for (first, (from_s, before)) in points.iter().enumerate() {
            for (to_s, after) in &points[first + 1..] {
                s += (after - before)
                    .partial_cmp(&0.0)
                    .map_or(0.0, |order| order as i8 as f64);
                slopes.push((after - before) / (to_s - from_s).max(1e-6));
            }
        }
    }
    let per_s = median(&mut slopes).unwrap_or_default();
    let z = if variance > 0.0 {
        (s - s.signum()) / variance.sqrt()
    } else {
        0.0
    };
    let length_s = runs.iter().map(|run| run.seconds()).sum::<f64>() / runs.len().max(1) as f64;
    let enough = LEAST_S.max(LEAST_PART * median(&mut medians).unwrap_or_default());
    Growth {
        per_s,
        z,
        growing: z >= Z && per_s >= LEAST_SLOPE && per_s * length_s >= enough,
    }
}

/// The middle of a part: its mean instant and the median of its response times, both in seconds. One that never ended is longer
/// than all others.
fn middle(block: &[Arrived]) -> Option<(f64, f64)> {
    let first = block.first()?.intended_us;
    let last = block.last()?.intended_us;
    let mut times: Vec<f64> = block
        .iter()
        .filter_map(|arrived| arrived.response_us)
        .map(|us| us as f64 / 1e6)
        .collect();
    Some((f64::midpoint(first as f64, last as f64) / 1e6, median(&mut times)?))
}

/// The median; of an even number the mean of the two in the middle.
pub(crate) fn median(values: &mut [f64]) -> Option<f64> {
    if values.is_empty() {
        return None;
    }
    values.sort_by(f64::total_cmp);
    let half = values.len() / 2;
    Some(if values.len().is_multiple_of(2) {
        f64::midpoint(values[half - 1], values[half])
    } else {
        values[half]
    })
}
