//! The load over time.

use vocabulary::{OutcomeClass, Percentile, Times};

use crate::figures::{HeatMap, Window};
use crate::heat;
use crate::ledger::{Ledger, Op};
use crate::levels::Levels;
use crate::widths::{self, WIDTHS};

/// More windows than this are not told apart on a chart.
const MOST: u64 = 120;

/// Fewer than this are not a curve.
const LEAST: u64 = 10;

/// Narrower than this only where there would be too few.
const SECOND: u64 = 1_000_000;

/// The width of the windows of a span: round, and such that there are between 10 and 120 where that is possible.
pub(crate) fn width_us(span_us: u64) -> u64 {
    let wide = widths::at_most(MOST, span_us).max(SECOND);
    if span_us.div_ceil(wide) >= LEAST {
        return wide;
    }
    let enough = |width: &u64| *width < SECOND && span_us.div_ceil(*width) >= LEAST;
    let [narrowest, ..] = WIDTHS;
    WIDTHS.into_iter().rev().find(enough).unwrap_or(narrowest)
}

/// The load over time.
#[derive(Debug, Default)]
pub(crate) struct Windows {
    /// How long each is.
    pub width_us: u64,
    /// Over warm-up, measure and drain; none when the load never began.
    pub windows: Vec<Window>,
    /// How many operations of each took how long.
    pub heat: HeatMap,
}

impl Windows {
    /// Those of a run.
    pub(crate) fn of(ledger: &Ledger) -> Self {
        let Some((from_us, to_us)) = ledger.phases.load_span(ledger.ended_us) else {
            return Self::default();
        };
        let width_us = width_us(to_us - from_us);
        let count = (to_us - from_us).div_ceil(width_us).max(1) as usize;
        let mut filling = Filling::new(from_us, width_us, count);
        ledger.ops.iter().for_each(|op| filling.add(op));
        for dropped in &ledger.drops {
            filling.drop(dropped.intended_us);
        }
        filling.finish()
    }
}

/// Windows while they are filled.
struct Filling {
    from_us: u64,
    width_us: u64,
    windows: Vec<Window>,
    responses: Vec<Times>,
    /// Arrivals of each window that have no response time.
    endless: Vec<u64>,
    in_flight: Levels,
    waiting: Levels,
}

impl Filling {
    fn new(from_us: u64, width_us: u64, count: usize) -> Self {
        let window = |number: usize| Window {
            from_us: from_us + number as u64 * width_us,
            ..Window::default()
        };
        Self {
            from_us,
            width_us,
            windows: (0..count).map(window).collect(),
            responses: vec![Times::new(); count],
            endless: vec![0; count],
            in_flight: Levels::new(from_us, width_us, count),
            waiting: Levels::new(from_us, width_us, count),
        }
    }

    /// What was intended a moment before the phase was entered, or ended after the drain, belongs to the nearest window.
    fn place(&self, at_us: u64) -> usize {
        let place = at_us.saturating_sub(self.from_us) / self.width_us;
        (place as usize).min(self.windows.len() - 1)
    }

    fn add(&mut self, op: &Op) {
        let (intended, finished) = (self.place(op.intended_us), self.place(op.finished_us));
        self.windows[intended].offered += 1;
        if op.ended() {
            self.responses[intended].record(op.response_us());
        } else {
            self.endless[intended] += 1;
        }
        end(&mut self.windows[finished], op.class);
        self.in_flight.add(op.started_us, op.finished_us);
        self.waiting.add(op.intended_us, op.started_us);
    }

    fn drop(&mut self, intended_us: u64) {
        let place = self.place(intended_us);
        let window = &mut self.windows[place];
        window.offered += 1;
        window.dropped += 1;
        self.endless[place] += 1;
    }

    fn finish(mut self) -> Windows {
        let levels = self.in_flight.means().zip(self.waiting.means());
        let counts = self.responses.iter().zip(levels);
        for (window, (times, (in_flight, waiting))) in self.windows.iter_mut().zip(counts) {
            (window.in_flight, window.waiting) = (in_flight, waiting);
            window.response_p50_us = times.at(Percentile::P50);
            window.response_p90_us = times.at(Percentile::P90);
            window.response_p99_us = times.at(Percentile::P99);
            window.response_max_us = times.at(Percentile::MAX);
        }
        Windows {
            width_us: self.width_us,
            windows: self.windows,
            heat: heat::map(&self.responses, self.endless),
        }
    }
}

/// Counts an operation that ended in a window.
fn end(window: &mut Window, class: OutcomeClass) {
    window.finished += 1;
    window.achieved += u64::from(matches!(class, OutcomeClass::Applied | OutcomeClass::Rejected));
    window.rejected += u64::from(class == OutcomeClass::Rejected);
    window.failed += u64::from(class == OutcomeClass::Failed);
    window.unknown += u64::from(class == OutcomeClass::Unknown);
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
