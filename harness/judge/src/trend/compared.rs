//! Whether two stretches differ in their mean: Student's t-test for two samples of one variance.

use crate::student::two_sided;

/// The means of two stretches, and how likely so large a difference is if there is none.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Compared {
    pub before: f64,
    pub after: f64,
    /// Two-sided.
    pub p: f64,
}

impl Compared {
    /// Two stretches of one value at least each.
    pub(super) fn of(left: &[f64], right: &[f64]) -> Self {
        let ((before, left_squares), (after, right_squares)) = (spread(left), spread(right));
        let (n, m) = (left.len() as f64, right.len() as f64);
        let freedom = (left.len() + right.len()).saturating_sub(2);
        let variance = (left_squares + right_squares) / freedom as f64;
        let squared = (after - before).powi(2) / (variance * (1.0 / n + 1.0 / m));
        let p = if freedom == 0 || before.total_cmp(&after).is_eq() {
            1.0
        } else if variance <= 0.0 {
            0.0
        } else {
            two_sided(squared.sqrt(), freedom as f64).unwrap_or(1.0)
        };
        Self { before, after, p }
    }

    /// By how much of itself the first mean changed; without bound where it was nothing.
    pub(super) fn magnitude(&self) -> f64 {
        let change = (self.after - self.before).abs();
        if change <= 0.0 { 0.0 } else { change / self.before.abs() }
    }
}

/// The mean, and the sum of the squared distances to it.
fn spread(values: &[f64]) -> (f64, f64) {
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (mean, values.iter().map(|value| (value - mean).powi(2)).sum())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_test_is_students() {
        // Means 14 and 17, variances 10/3 and 10/3, t = 3 / sqrt(10/3 * 1/2) = 2.3238 with 6 degrees of freedom.
        let compared = Compared::of(&[12.0, 13.0, 15.0, 16.0], &[15.0, 16.0, 18.0, 19.0]);
        assert_eq!((compared.before, compared.after), (14.0, 17.0));
        assert!((compared.p - 0.059_14).abs() < 1e-4, "{}", compared.p);
        assert!((compared.magnitude() - 3.0 / 14.0).abs() < 1e-12);
    }

    #[test]
    fn what_never_varies_differs_surely_or_not_at_all() {
        assert_eq!(Compared::of(&[1.0, 1.0], &[1.0, 1.0]).p, 1.0);
        assert_eq!(Compared::of(&[0.0, 0.0], &[0.1, 0.1]).p, 0.0);
        assert_eq!(Compared::of(&[0.0, 0.0], &[0.1, 0.1]).magnitude(), f64::INFINITY);
        assert_eq!(Compared::of(&[0.0], &[0.1]).p, 1.0, "two values show nothing");
    }
}
