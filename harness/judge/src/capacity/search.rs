//! Which rate is tried next: steps until one fails, then the middle again and again. No clock, no dice.

use history::{CapacityAsked, Event, GoalLimit, Phase, StepEvent, StepMark};

use super::level::{Level, judged};
use super::tally::{Measured, Tally};
use crate::goals;
use crate::ledger::Op;

/// Steps of one search at most.
const STEPS_MAX: usize = 60;
/// From one rate that held to the next, before any failed.
const FACTOR: u64 = 2;
/// Rates in thousandths per second that nobody goes beyond.
const RATES: (u64, u64) = (10, 1_000_000_000);
/// Arrivals beyond the strictest percentile of the goals that a step must expect.
const BEYOND: f64 = 10.0;
/// Arrivals that a step has at least: each of its ten parts has some.
const LEAST_ARRIVALS: f64 = 50.0;
/// The longest step, in microseconds: ten minutes.
const LONGEST_US: f64 = 600e6;

/// A search under way: what is measured goes in, the next rate comes out.
#[derive(Debug)]
pub struct Search {
    asked: CapacityAsked,
    goals: Vec<GoalLimit>,
    start_within_us: u64,
    past: Vec<Measured>,
    current: Option<Tally>,
}

/// A step that is to be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Order {
    /// Thousandths of an arrival per second.
    pub rate_millis: u64,
    /// Load before it is measured, in microseconds.
    pub warm_up_us: u64,
    /// How long it is measured, in microseconds.
    pub measure_us: u64,
}

impl Search {
    /// A search that has tried nothing yet. `start_within_us` is how long a dropped arrival waited.
    #[must_use]
    pub fn new(asked: CapacityAsked, goals: Vec<GoalLimit>, start_within_us: u64) -> Self {
        Self {
            asked,
            goals,
            start_within_us,
            past: Vec::new(),
            current: None,
        }
    }

    /// Ends the step under way, all of which was seen, and says which is next; none when the search is over.
    pub fn order(&mut self) -> Option<Order> {
        self.past.extend(self.current.take().map(Tally::close));
        let rate_millis = next(&self.asked, &levels(&self.goals, &self.past), self.past.len())?;
        Some(Order {
            rate_millis,
            warm_up_us: self.asked.warm_up_us,
            measure_us: measure_us(&self.asked, &self.goals, rate_millis),
        })
    }

    /// The step that was ordered begins.
    pub fn begins(&mut self, step: StepEvent) {
        self.current = Some(Tally::of(step));
    }

    /// An operation of the step under way ended, or an arrival of it was dropped.
    pub fn sees(&mut self, event: &Event) {
        let Some(tally) = &mut self.current else { return };
        match event {
            Event::Op(op) => tally.take(&Op::from(op), op.phase == Phase::Measure, &op.persona),
            Event::Dropped(drop) if drop.phase == Phase::Measure => {
                tally.take_dropped(drop.op, &drop.persona, drop.intended_us, self.start_within_us);
            }
            _ => {}
        }
    }

    /// How the last step went, in a sentence; nothing before the first has ended.
    #[must_use]
    pub fn told(&self) -> Option<String> {
        let last = self.past.last()?;
        let levels = levels(&self.goals, &self.past);
        let level = levels.iter().find(|level| level.rate_millis == last.step.rate_millis)?;
        Some(format!(
            "{}/s {}: {} ({:.1}/s achieved, p99 {})",
            rate(level.rate_millis),
            level.mark.as_str(),
            level.why,
            last.achieved_per_s(),
            last.statistics
                .all
                .response(vocabulary::Percentile::P99)
                .map_or_else(|| "unknown".to_owned(), |us| format!("{:.0} ms", us as f64 / 1e3)),
        ))
    }

    /// The steps so far.
    #[cfg(test)]
    pub(crate) fn past(&self) -> &[Measured] {
        &self.past
    }
}

/// A rate per second without idle zeros.
pub(crate) fn rate(millis: u64) -> String {
    let text = format!("{}.{:03}", millis / 1000, millis % 1000);
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Every rate that was tried, in the order of the first try.
pub(crate) fn levels(goals: &[GoalLimit], past: &[Measured]) -> Vec<Level> {
    let mut rates: Vec<u64> = Vec::new();
    for run in past {
        if !rates.contains(&run.step.rate_millis) {
            rates.push(run.step.rate_millis);
        }
    }
    let of = |rate: u64| past.iter().filter(move |run| run.step.rate_millis == rate);
    rates
        .into_iter()
        .map(|rate| judged(goals, &of(rate).collect::<Vec<_>>()))
        .collect()
}

/// The highest rate that held below every one that failed, and the lowest that failed.
pub(crate) fn bracket(levels: &[Level]) -> (Option<&Level>, Option<&Level>) {
    let of = |mark: StepMark| levels.iter().filter(move |level| level.mark == mark);
    let failed = of(StepMark::Failed).min_by_key(|level| level.rate_millis);
    let below = |level: &&Level| failed.is_none_or(|failed| level.rate_millis < failed.rate_millis);
    (
        of(StepMark::Held).filter(below).max_by_key(|level| level.rate_millis),
        failed,
    )
}

/// The next rate after `steps` steps at these rates; none when the search is over.
pub(crate) fn next(asked: &CapacityAsked, levels: &[Level], steps: usize) -> Option<u64> {
    if levels.is_empty() {
        return Some(asked.start_millis);
    }
    if steps >= STEPS_MAX {
        return None;
    }
    if let Some(unsure) = levels.iter().find(|level| level.mark == StepMark::Unsure) {
        return Some(unsure.rate_millis);
    }
    let (held, failed) = bracket(levels);
    match (
        held.map(|level| level.rate_millis),
        failed.map(|level| level.rate_millis),
    ) {
        (Some(held), None) => (held < RATES.1).then_some((held * FACTOR).min(RATES.1)),
        (None, Some(failed)) => (failed > RATES.0).then_some((failed / FACTOR).max(RATES.0)),
        (Some(held), Some(failed)) => middle(held, failed, asked.precision),
        (None, None) => None,
    }
}

/// The rate in the middle by ratio, unless the two are near enough.
fn middle(held: u64, failed: u64, precision: f64) -> Option<u64> {
    let apart = (failed - held) as f64;
    if apart <= precision * failed as f64 || failed - held < 2 {
        return None;
    }
    let middle = (held as f64 * failed as f64).sqrt().round() as u64;
    Some(middle.clamp(held + 1, failed - 1))
}

/// How long a step at a rate is measured: as long as was asked, and long enough for the strictest percentile of the goals.
fn measure_us(asked: &CapacityAsked, goals: &[GoalLimit], rate_millis: u64) -> u64 {
    let percentiles = goals.iter().filter_map(|goal| goals::response_percentile(&goal.goal));
    let beyond = percentiles.map(|percentile| BEYOND / (1.0 - percentile.as_share()).max(1e-3));
    let arrivals = beyond.fold(LEAST_ARRIVALS, f64::max);
    let us = arrivals / rate_millis.max(1) as f64 * 1e9;
    asked.measure_us.max(us.min(LONGEST_US).round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked() -> CapacityAsked {
        CapacityAsked {
            start_millis: 8_000,
            warm_up_us: 0,
            measure_us: 1_000_000,
            precision: 0.02,
            servers: std::collections::BTreeMap::new(),
            domains: 1,
            domain_controllers: 1,
        }
    }

    fn level(rate_millis: u64, mark: StepMark) -> Level {
        Level {
            rate_millis,
            runs: 1,
            mark,
            sure: true,
            limited_by: String::new(),
            why: String::new(),
            growth: history::Growth::default(),
        }
    }

    /// The rates of a search where everything below a capacity holds.
    fn rates(capacity: u64) -> Vec<u64> {
        let mut levels = Vec::new();
        while let Some(rate) = next(&asked(), &levels, levels.len()) {
            let mark = if rate <= capacity {
                StepMark::Held
            } else {
                StepMark::Failed
            };
            levels.push(level(rate, mark));
        }
        levels.iter().map(|level| level.rate_millis).collect()
    }

    #[test]
    fn rates_double_until_one_fails_and_then_close_in_on_the_capacity() {
        let rates = rates(32_258);
        assert_eq!(rates[..4], [8_000, 16_000, 32_000, 64_000]);
        let held = rates.iter().filter(|rate| **rate <= 32_258).max().unwrap();
        let failed = rates.iter().filter(|rate| **rate > 32_258).min().unwrap();
        assert!(*failed as f64 * 0.98 <= *held as f64 && rates.len() <= 11, "{rates:?}");
    }

    #[test]
    fn a_first_rate_that_is_too_high_is_halved_until_one_holds() {
        assert_eq!(rates(1_100)[..4], [8_000, 4_000, 2_000, 1_000]);
        let none = rates(0);
        assert_eq!(none.last(), Some(&10), "it ends where nobody would come any more");
    }

    #[test]
    fn what_cannot_be_told_is_tried_again() {
        let levels = [level(8_000, StepMark::Held), level(16_000, StepMark::Unsure)];
        assert_eq!(next(&asked(), &levels, 2), Some(16_000));
        assert_eq!(next(&asked(), &levels, STEPS_MAX), None, "and the search has an end");
    }

    #[test]
    fn a_step_is_as_long_as_its_percentile_needs() {
        let goal = |goal: &str| {
            vec![GoalLimit {
                goal: goal.to_owned(),
                limit: 1.0,
            }]
        };
        let of = |name: &str, rate| measure_us(&asked(), &goal(name), rate);
        assert_eq!(of("response_time_p99_max", 50_000), 20_000_000);
        assert_eq!(of("response_time_p90_max", 50_000), 2_000_000);
        assert_eq!(of("dropped_ratio_max", 10_000), 5_000_000);
        assert_eq!(of("response_time_p99_max", 100), 600_000_000);
    }

    #[test]
    fn a_rate_is_told_without_idle_zeros() {
        assert_eq!([8_000, 32_258, 100].map(rate), ["8", "32.258", "0.1"]);
    }
}
