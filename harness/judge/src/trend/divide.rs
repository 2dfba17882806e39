//! A series is divided where its level changes: candidates by energy distance, window by window; then those that do not stand a
//! strict test against their neighbours are taken back.

use std::ops::Range;

use super::compared::Compared;
use super::energy::Distances;

/// What a change point must be.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Detector {
    /// Values that are looked at together; windows overlap by half.
    pub window: usize,
    /// Values that there must be at least on either side.
    pub least: usize,
    /// How likely a difference may be at most, if there is none.
    pub p_max: f64,
    /// By how much of itself a level must change at least.
    pub magnitude_min: f64,
}

impl Default for Detector {
    fn default() -> Self {
        Self {
            window: 50,
            least: 4,
            p_max: 1e-6,
            magnitude_min: 0.05,
        }
    }
}

/// Values on either side of a candidate: as few as have a distance, so that it is laid where the level changes and not where
/// there are enough of the new one.
const PAIR: usize = 2;

/// By how much more a candidate may be due to chance than what is kept in the end.
const WEAK: f64 = 100.0;

/// A place where the level of a series changes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ChangePoint {
    /// The first value of the new level.
    pub at: usize,
    /// The mean from the change before until here.
    pub before: f64,
    /// The mean from here until the next change.
    pub after: f64,
    /// How likely so large a difference is without a change.
    pub p: f64,
}

impl Detector {
    /// The change points of a series of finite values, in order.
    #[must_use]
    pub fn change_points(&self, values: &[f64]) -> Vec<ChangePoint> {
        let mut candidates: Vec<usize> = self
            .windows(values.len())
            .flat_map(|window| self.candidates(&values[window.clone()], window.start))
            .collect();
        candidates.sort_unstable();
        candidates.dedup();
        self.kept(values, candidates)
    }

    /// Windows that overlap by half, the last as long as there are values.
    fn windows(&self, count: usize) -> impl Iterator<Item = Range<usize>> + use<> {
        let window = self.window.max(2 * self.least).max(2);
        let starts = (0..count).step_by(window / 2);
        // A window that lies whole in the one before it shows nothing new.
        let new = move |start: &usize| *start == 0 || start + window / 2 < count;
        starts.filter(new).map(move |start| start..count.min(start + window))
    }

    /// Where one window may be divided, and each part again, as long as the parts differ.
    fn candidates(&self, values: &[f64], offset: usize) -> Vec<usize> {
        let distances = Distances::of(values);
        let mut found = Vec::new();
        let mut open: Vec<Range<usize>> = std::iter::once(0..values.len()).collect();
        while let Some(part) = open.pop() {
            let Some(split) = distances.best_split(&part, PAIR) else {
                continue;
            };
            let differ = Compared::of(&values[part.start..split.at], &values[split.at..split.until]);
            if differ.p <= self.p_max * WEAK {
                found.push(offset + split.at);
                open.extend([part.start..split.at, split.at..part.end]);
            }
        }
        found
    }

    /// Takes back the weakest candidate until each that is left stands between its neighbours.
    fn kept(&self, values: &[f64], mut candidates: Vec<usize>) -> Vec<ChangePoint> {
        loop {
            let points = compared(values, &candidates);
            let weakest = points
                .iter()
                .enumerate()
                .filter(|(_, point)| !self.stands(values, &candidates, point))
                .max_by(|(_, one), (_, other)| one.1.p.total_cmp(&other.1.p));
            let Some((place, _)) = weakest else {
                return points.into_iter().map(|(at, found)| found.at(at)).collect();
            };
            candidates.remove(place);
        }
    }

    fn stands(&self, values: &[f64], candidates: &[usize], (at, found): &(usize, Compared)) -> bool {
        let (from, to) = neighbours(values.len(), candidates, *at);
        let long = at - from >= self.least && to - at >= self.least;
        long && found.p <= self.p_max && found.magnitude() >= self.magnitude_min
    }
}

impl Compared {
    fn at(self, at: usize) -> ChangePoint {
        ChangePoint {
            at,
            before: self.before,
            after: self.after,
            p: self.p,
        }
    }
}

/// The candidate before a place or the begin, and the one after it or the end.
fn neighbours(count: usize, candidates: &[usize], at: usize) -> (usize, usize) {
    let before = candidates.iter().copied().rev().find(|other| *other < at);
    let after = candidates.iter().copied().find(|other| *other > at);
    (before.unwrap_or(0), after.unwrap_or(count))
}

/// Each candidate with what lies between it and its neighbours.
fn compared(values: &[f64], candidates: &[usize]) -> Vec<(usize, Compared)> {
    let one = |at: &usize| {
        let (from, to) = neighbours(values.len(), candidates, *at);
        (*at, Compared::of(&values[from..*at], &values[*at..to]))
    };
    candidates.iter().map(one).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values around a level that wobble by a hundredth, without dice.
    fn level(level: f64, count: usize) -> impl Iterator<Item = f64> {
        (0..count).map(move |number| level * (1.0 + 0.01 * ((number * 7 % 5) as f64 - 2.0) / 2.0))
    }

    fn places(values: &[f64]) -> Vec<usize> {
        let points = Detector::default().change_points(values);
        points.iter().map(|point| point.at).collect()
    }

    #[test]
    fn steps_up_and_down_are_found_where_they_are() {
        let values: Vec<f64> = level(100.0, 40)
            .chain(level(120.0, 30))
            .chain(level(90.0, 20))
            .collect();
        assert_eq!(places(&values), [40, 70]);
        let points = Detector::default().change_points(&values);
        assert!((points[0].before - 100.0).abs() < 0.5 && (points[0].after - 120.0).abs() < 0.5);
        assert!((points[1].after - 90.0).abs() < 0.5 && points[1].p < 1e-9);
    }

    #[test]
    fn four_runs_are_enough_after_many_and_three_are_not() {
        let many: Vec<f64> = level(100.0, 30).collect();
        for (count, found) in [(1, false), (2, false), (3, false), (4, true)] {
            let values: Vec<f64> = many.iter().copied().chain(level(120.0, count)).collect();
            let expected = if found { vec![30] } else { Vec::new() };
            assert_eq!(places(&values), expected, "{count}");
        }
    }

    #[test]
    fn a_single_outlier_and_a_change_too_small_to_matter_are_left_alone() {
        let mut outlier: Vec<f64> = level(100.0, 40).collect();
        outlier[20] = 300.0;
        assert_eq!(places(&outlier), Vec::<usize>::new());
        let small: Vec<f64> = level(100.0, 60).chain(level(104.0, 60)).collect();
        assert_eq!(places(&small), Vec::<usize>::new());
    }

    #[test]
    fn short_constant_and_empty_series_have_no_change() {
        for values in [vec![], vec![1.0], vec![1.0; 5], vec![0.0; 500]] {
            assert_eq!(places(&values), Vec::<usize>::new());
        }
        let jump: Vec<f64> = [0.0; 12].into_iter().chain([0.2; 4]).collect();
        assert_eq!(places(&jump), [12], "what was never seen before is a change at once");
    }

    #[test]
    fn a_long_history_is_looked_at_in_windows_and_each_change_is_told_once() {
        let values: Vec<f64> = (0..40)
            .flat_map(|step| level(if step % 2 == 0 { 100.0 } else { 130.0 }, 25))
            .collect();
        let expected: Vec<usize> = (1..40).map(|step| step * 25).collect();
        assert_eq!(places(&values), expected);
    }
}
