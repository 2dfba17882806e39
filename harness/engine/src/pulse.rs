//! How the load goes right now: for people who watch, never for the judge.

use std::collections::VecDeque;
use std::time::Duration;

use history::{OpCounts, Phase};
use vocabulary::{Outcome, OutcomeClass, Percentile, Times};

use crate::pipe::{Done, Gauge};

/// How often people are told, in microseconds.
pub(crate) const TOLD_EVERY_US: u64 = 1_000_000;

/// Rates and percentiles look back over so many of those spans at most.
const SPANS: usize = 10;

/// How the load goes. Rates and percentiles are of the last ten seconds at most, and of what has come in by then.
#[derive(Debug, Clone, PartialEq)]
pub struct Pulse {
    /// The phase.
    pub phase: Phase,
    /// How long the load has gone on.
    pub gone: Duration,
    /// How long arrivals come in all, warm-up included; what is in flight then may take longer.
    pub length: Duration,
    /// Arrivals released per second.
    pub offered_per_s: f64,
    /// Operations per second that were applied or correctly rejected.
    pub achieved_per_s: f64,
    /// The median response time of operations whose end was known, in microseconds; none where none ended.
    pub p50_us: Option<u64>,
    /// The 99th percentile of the same.
    pub p99_us: Option<u64>,
    /// Operations by outcome since the load began, each attempt counted.
    pub counts: OpCounts,
    /// Operations in flight.
    pub in_flight: u32,
    /// Arrivals that wait for a free user.
    pub waiting: u32,
}

impl Pulse {
    /// How long arrivals still come.
    #[must_use]
    pub fn left(&self) -> Duration {
        self.length.saturating_sub(self.gone)
    }

    /// The share of the load's length that is over, from 0 to 1.
    #[must_use]
    pub fn share(&self) -> f64 {
        if self.length.is_zero() {
            return 1.0;
        }
        (self.gone.as_secs_f64() / self.length.as_secs_f64()).min(1.0)
    }
}

/// What came in within one span.
#[derive(Debug)]
struct Span {
    from_us: u64,
    /// Tickets released before it.
    released: u64,
    achieved: u64,
    responses: Times,
}

impl Span {
    fn new(from_us: u64, released: u64) -> Self {
        Self {
            from_us,
            released,
            achieved: 0,
            responses: Times::new(),
        }
    }
}

/// What the pulse is told from: as many spans as are looked back over, whatever the load's length.
#[derive(Debug)]
pub(crate) struct Gathering {
    start_us: u64,
    length: Duration,
    spans: VecDeque<Span>,
    counts: OpCounts,
}

impl Gathering {
    /// A load that begins there on the run's axis.
    pub fn new(start_us: u64, length: Duration) -> Self {
        Self {
            start_us,
            length,
            spans: [Span::new(start_us, 0)].into(),
            counts: OpCounts::default(),
        }
    }

    /// A stretch of the load begins, of that length, with so many tickets released before it. What is counted goes on.
    pub fn begins(&mut self, start_us: u64, length: Duration, released: u64) {
        (self.start_us, self.length) = (start_us, length);
        self.spans = [Span::new(start_us, released)].into();
    }

    /// When people are to be told next.
    pub fn due_us(&self) -> u64 {
        let last = self.spans.back().map_or(self.start_us, |span| span.from_us);
        last + TOLD_EVERY_US
    }

    /// An attempt ended.
    pub fn ended(&mut self, done: &Done) {
        self.counts.add(done.outcome.class());
        let Some(span) = self.spans.back_mut() else { return };
        if matches!(done.outcome, Outcome::Applied | Outcome::Rejected(_)) {
            span.achieved += 1;
        }
        if !matches!(done.outcome, Outcome::Unknown(_)) {
            span.responses.record(done.finished_us.saturating_sub(done.intended_us));
        }
    }

    /// An arrival was dropped.
    pub fn dropped(&mut self) {
        self.counts.add(OutcomeClass::Dropped);
    }

    /// How it goes, now that so many tickets are released in all. A new span begins.
    pub fn take(&mut self, (at_us, phase): (u64, Phase), released: u64, gauge: Gauge) -> Pulse {
        let mut responses = Times::new();
        self.spans.iter().for_each(|span| responses.merge(&span.responses));
        let achieved: u64 = self.spans.iter().map(|span| span.achieved).sum();
        let (from_us, before) = self
            .spans
            .front()
            .map_or((at_us, released), |span| (span.from_us, span.released));
        let seconds = (at_us.saturating_sub(from_us) as f64 / 1e6).max(1e-3);
        let pulse = Pulse {
            phase,
            gone: Duration::from_micros(at_us.saturating_sub(self.start_us)),
            length: self.length,
            offered_per_s: released.saturating_sub(before) as f64 / seconds,
            achieved_per_s: achieved as f64 / seconds,
            p50_us: responses.at(Percentile::P50),
            p99_us: responses.at(Percentile::P99),
            counts: self.counts,
            in_flight: gauge.busy,
            waiting: gauge.waiting,
        };
        self.spans.push_back(Span::new(at_us.max(self.start_us), released));
        if self.spans.len() > SPANS {
            self.spans.pop_front();
        }
        pulse
    }
}

#[cfg(test)]
mod tests {
    use vocabulary::{ReasonCode, UnknownWhy};

    use super::*;

    const SECOND: u64 = 1_000_000;

    fn done(finished_us: u64, took_us: u64, outcome: Outcome) -> Done {
        Done {
            number: 0,
            attempt: 1,
            more: false,
            proves: None,
            intended_us: finished_us - took_us,
            free: true,
            started_us: finished_us - took_us,
            finished_us,
            outcome,
            stages: None,
        }
    }

    fn gathering() -> Gathering {
        Gathering::new(5 * SECOND, Duration::from_secs(20))
    }

    #[test]
    fn rates_and_percentiles_are_of_what_came_in() {
        let mut load = gathering();
        assert_eq!(load.due_us(), 6 * SECOND);
        for took in 1..=100 {
            load.ended(&done(5 * SECOND + took * 1000, took * 100, Outcome::Applied));
        }
        load.ended(&done(6 * SECOND, 900_000, Outcome::failed(ReasonCode::NoListener)));
        load.ended(&done(6 * SECOND, 999_000, Outcome::Unknown(UnknownWhy::Timeout)));
        load.dropped();
        let gauge = Gauge {
            waiting: 4,
            waiting_max: 9,
            busy: 7,
        };
        let pulse = load.take((7 * SECOND, Phase::Measure), 150, gauge);
        assert_eq!((pulse.offered_per_s, pulse.achieved_per_s), (75.0, 50.0));
        let p50 = pulse.p50_us.unwrap();
        assert!(
            (5_100..=5_110).contains(&p50),
            "the unknown one has no response time: {p50}"
        );
        let counts = [
            OutcomeClass::Applied,
            OutcomeClass::Failed,
            OutcomeClass::Unknown,
            OutcomeClass::Dropped,
        ];
        assert_eq!(counts.map(|class| pulse.counts.get(class)), [100, 1, 1, 1]);
        assert_eq!((pulse.in_flight, pulse.waiting), (7, 4));
        assert_eq!((pulse.left(), pulse.share()), (Duration::from_secs(18), 0.1));
        assert_eq!(load.due_us(), 8 * SECOND);
    }

    #[test]
    fn what_is_longer_ago_than_ten_seconds_is_forgotten_but_for_the_counts() {
        let mut load = gathering();
        load.ended(&done(5 * SECOND + 10, 10, Outcome::Applied));
        let mut last = None;
        for second in 6..40 {
            last = Some(load.take((second * SECOND, Phase::Drain), 30, Gauge::default()));
        }
        let last = last.unwrap();
        assert_eq!((last.p50_us, last.p99_us), (None, None), "nothing ended lately");
        assert_eq!((last.offered_per_s, last.achieved_per_s), (0.0, 0.0));
        assert_eq!(last.counts.applied, 1);
        assert_eq!((last.left(), last.share()), (Duration::ZERO, 1.0));
        assert!(load.spans.len() <= SPANS);
    }

    #[test]
    fn a_stretch_has_rates_and_a_length_of_its_own_and_counts_go_on() {
        let mut load = gathering();
        load.ended(&done(5 * SECOND + 10, 10, Outcome::Applied));
        load.take((6 * SECOND, Phase::Measure), 100, Gauge::default());
        load.begins(9 * SECOND, Duration::from_secs(4), 100);
        assert_eq!(load.due_us(), 10 * SECOND);
        load.ended(&done(9 * SECOND + 20, 20, Outcome::Applied));
        let pulse = load.take((10 * SECOND, Phase::Measure), 130, Gauge::default());
        assert_eq!((pulse.offered_per_s, pulse.achieved_per_s), (30.0, 1.0));
        assert_eq!((pulse.p50_us, pulse.counts.applied), (Some(20), 2));
        assert_eq!((pulse.left(), pulse.share()), (Duration::from_secs(3), 0.25));
    }

    #[test]
    fn a_load_without_length_is_over() {
        let mut load = Gathering::new(SECOND, Duration::ZERO);
        let pulse = load.take((SECOND, Phase::Measure), 0, Gauge::default());
        assert_eq!(
            (pulse.share(), pulse.left(), pulse.offered_per_s),
            (1.0, Duration::ZERO, 0.0)
        );
    }
}
