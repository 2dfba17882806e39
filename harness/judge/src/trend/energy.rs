//! The energy distance between neighbouring stretches of a series, and the split that makes it largest.

use std::ops::Range;

/// Sums of the distances between any two stretches of a series, each in constant time.
#[derive(Debug)]
pub(super) struct Distances {
    side: usize,
    /// A summed-area table: in row `i` and column `j` the distances of the first `i` values to the first `j`.
    sums: Vec<f64>,
}

/// A place where a series may be cut in two.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Split {
    /// The first value of the right part.
    pub at: usize,
    /// The end of the stretch that the left part differs most from.
    pub until: usize,
    /// The statistic Q of Matteson and James.
    pub energy: f64,
}

impl Distances {
    /// Of a series.
    pub(super) fn of(values: &[f64]) -> Self {
        let side = values.len() + 1;
        let mut sums = vec![0.0; side * side];
        for (row, one) in values.iter().enumerate() {
            let mut along = 0.0;
            for (column, other) in values.iter().enumerate() {
                along += (one - other).abs();
                sums[(row + 1) * side + column + 1] = sums[row * side + column + 1] + along;
            }
        }
        Self { side, sums }
    }

    fn sum(&self, row: usize, column: usize) -> f64 {
        self.sums[row * self.side + column]
    }

    fn between(&self, one: &Range<usize>, other: &Range<usize>) -> f64 {
        self.sum(one.end, other.end) - self.sum(one.start, other.end) - self.sum(one.end, other.start)
            + self.sum(one.start, other.start)
    }

    /// The mean distance within a stretch of two values at least.
    fn within(&self, of: &Range<usize>) -> f64 {
        let count = of.len() as f64;
        self.between(of, of) / (count * (count - 1.0))
    }

    /// Q of two stretches (Matteson and James 2014, equations 5 to 7, with the index 1): their energy distance, weighted by
    /// how many values there are.
    fn energy(&self, left: &Range<usize>, right: &Range<usize>) -> f64 {
        let (n, m) = (left.len() as f64, right.len() as f64);
        let between = 2.0 * self.between(left, right) / (n * m);
        n * m / (n + m) * (between - self.within(left) - self.within(right))
    }

    /// The split of a stretch, and the end of what is compared, with the largest energy; nothing where the stretch is too short
    /// to leave so many values on both sides.
    pub(super) fn best_split(&self, of: &Range<usize>, least: usize) -> Option<Split> {
        let splits = (of.start + least)..(of.end + 1).saturating_sub(least);
        let candidates = splits.flat_map(|at| ((at + least)..=of.end).map(move |until| (at, until)));
        candidates
            .map(|(at, until)| Split {
                at,
                until,
                energy: self.energy(&(of.start..at), &(at..until)),
            })
            .max_by(|one, other| one.energy.total_cmp(&other.energy))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The statistic as the paper writes it: every pair by itself.
    fn by_hand(left: &[f64], right: &[f64]) -> f64 {
        let (n, m) = (left.len() as f64, right.len() as f64);
        let cross: f64 = left.iter().flat_map(|x| right.iter().map(move |y| (x - y).abs())).sum();
        let inside = |of: &[f64]| {
            let pairs = (0..of.len()).flat_map(|i| (i + 1..of.len()).map(move |k| (i, k)));
            let sum: f64 = pairs.map(|(i, k)| (of[i] - of[k]).abs()).sum();
            sum / (of.len() as f64 * (of.len() as f64 - 1.0) / 2.0)
        };
        n * m / (n + m) * (2.0 / (n * m) * cross - inside(left) - inside(right))
    }

    #[test]
    fn the_energy_is_that_of_every_pair_counted_by_itself() {
        let values = [3.0, 1.0, 4.0, 1.5, 9.0, 2.6, 5.0, 3.5, 8.0];
        let distances = Distances::of(&values);
        for (from, at, until) in [(0, 4, 9), (1, 3, 7), (2, 5, 8)] {
            let fast = distances.energy(&(from..at), &(at..until));
            let slow = by_hand(&values[from..at], &values[at..until]);
            assert!((fast - slow).abs() < 1e-9, "{fast} {slow}");
        }
    }

    #[test]
    fn the_best_split_is_where_the_level_changes_even_if_it_changes_back() {
        let mut values = vec![10.0, 11.0, 9.0, 10.5, 9.5, 10.0];
        values.extend([20.0, 21.0, 19.0, 20.5]);
        let split = Distances::of(&values).best_split(&(0..10), 3).unwrap();
        assert_eq!((split.at, split.until), (6, 10));
        values.extend([10.0, 11.0, 9.0, 10.5, 9.5, 10.0]);
        let split = Distances::of(&values).best_split(&(0..16), 3).unwrap();
        assert_eq!(
            (split.at, split.until),
            (6, 10),
            "the bump is compared, not all that follows it"
        );
        assert_eq!(Distances::of(&values[..5]).best_split(&(0..5), 3), None);
    }
}
