//! The load over time.

use vocabulary::{OutcomeClass, Percentile, Times};

use crate::figures::Window;
use crate::ledger::Ledger;

/// More windows than this are not told apart on a chart.
const MOST: u64 = 120;

/// Fewer than this are not a curve.
const LEAST: u64 = 10;

/// Widths to choose from when a second is right or too narrow, in microseconds; a day's above an hour.
const WIDE: [u64; 14] = [
    1_000_000,
    2_000_000,
    5_000_000,
    10_000_000,
    20_000_000,
    30_000_000,
    60_000_000,
    120_000_000,
    300_000_000,
    600_000_000,
    1_200_000_000,
    1_800_000_000,
    3_600_000_000,
    86_400_000_000,
];

/// Widths for a run of less than ten seconds.
const NARROW: [u64; 3] = [500_000, 200_000, 100_000];

/// The width of the windows of a span: round, and such that there are between 10 and 120 where that is possible.
pub(crate) fn width_us(span_us: u64) -> u64 {
    let [second, .., day] = WIDE;
    let wide = WIDE
        .into_iter()
        .find(|width| span_us.div_ceil(*width) <= MOST)
        .unwrap_or(day);
    if wide > second || span_us.div_ceil(second) >= LEAST {
        return wide;
    }
    let [.., narrowest] = NARROW;
    let enough = |width: &u64| span_us.div_ceil(*width) >= LEAST;
    NARROW.into_iter().find(enough).unwrap_or(narrowest)
}

/// Windows over warm-up, measure and drain; none when the load never began.
pub(crate) fn windows(ledger: &Ledger) -> (u64, Vec<Window>) {
    let Some((from_us, to_us)) = ledger.phases.load_span(ledger.ended_us) else {
        return (0, Vec::new());
    };
    let width = width_us(to_us - from_us);
    let count = (to_us - from_us).div_ceil(width).max(1);
    let mut windows: Vec<Window> = (0..count)
        .map(|number| Window {
            from_us: from_us + number * width,
            ..Window::default()
        })
        .collect();
    // What was intended a moment before the phase was entered, or ended after the drain, belongs to the nearest window.
    let place = |at_us: u64| (at_us.saturating_sub(from_us) / width).min(count - 1) as usize;
    fill(ledger, &mut windows, place);
    respond(ledger, &mut windows, place);
    (width, windows)
}

fn fill(ledger: &Ledger, windows: &mut [Window], place: impl Fn(u64) -> usize) {
    for op in &ledger.ops {
        windows[place(op.intended_us)].offered += 1;
        let end = &mut windows[place(op.finished_us)];
        end.finished += 1;
        end.achieved += u64::from(matches!(op.class, OutcomeClass::Applied | OutcomeClass::Rejected));
    }
    for dropped in &ledger.drops {
        let window = &mut windows[place(dropped.intended_us)];
        window.offered += 1;
        window.dropped += 1;
    }
}

fn respond(ledger: &Ledger, windows: &mut [Window], place: impl Fn(u64) -> usize) {
    let mut responses = vec![Times::new(); windows.len()];
    for op in ledger.ops.iter().filter(|op| op.ended()) {
        responses[place(op.intended_us)].record(op.response_us());
    }
    for (window, times) in windows.iter_mut().zip(responses) {
        window.response_p50_us = times.at(Percentile::P50);
        window.response_p95_us = times.at(Percentile::P95);
        window.response_p99_us = times.at(Percentile::P99);
        window.response_max_us = times.at(Percentile::MAX);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_round_and_keep_between_ten_and_a_hundred_and_twenty_windows() {
        let widths = [
            (1_500_000, 100_000),
            (3_000_000, 200_000),
            (8_000_000, 500_000),
            (40_000_000, 1_000_000),
            (120_000_000, 1_000_000),
            (121_000_000, 2_000_000),
            (3_600_000_000, 30_000_000),
        ];
        for (span, width) in widths {
            assert_eq!(width_us(span), width, "{span}");
        }
        for seconds in 1..50_000_u64 {
            let span = seconds * 1_000_000;
            let count = span.div_ceil(width_us(span));
            assert!((LEAST..=MOST).contains(&count), "{seconds} s gives {count}");
        }
    }
}
