//! Whether two stretches differ in their mean: Student's t-test for two samples of one variance.

use std::f64::consts::FRAC_2_PI;

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
            tail(squared, freedom)
        };
        Self { before, after, p }
    }

    /// By how much of itself the first mean changed; without bound where it was nothing.
    pub(super) fn magnitude(&self) -> f64 {
        let change = (self.after - self.before).abs();
        if change <= 0.0 { 0.0 } else { change / self.before.abs() }
    }
}

/// How likely a t of that square is exceeded on either side, for whole degrees of freedom (Abramowitz and Stegun, 26.7.3 and
/// 26.7.4): right to about 1e-14, so that smaller chances are none.
fn tail(squared: f64, freedom: usize) -> f64 {
    let whole = freedom as f64 + squared;
    let (cosine_squared, sine) = (freedom as f64 / whole, (squared / whole).sqrt());
    let odd = freedom % 2 == 1;
    let first = if odd { cosine_squared.sqrt() } else { 1.0 };
    let terms = std::iter::successors(Some((first, 1.0)), |(term, k): &(f64, f64)| {
        let factor = if odd {
            2.0 * k / (2.0 * k + 1.0)
        } else {
            (2.0 * k - 1.0) / (2.0 * k)
        };
        Some((term * cosine_squared * factor, k + 1.0))
    });
    let sum: f64 = terms.take(freedom / 2).map(|(term, _)| term).sum();
    let within = if odd {
        FRAC_2_PI * (sine.asin() + sine * sum)
    } else {
        sine * sum
    };
    (1.0 - within).max(0.0)
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
    fn the_tail_is_that_of_the_tables() {
        for (t, freedom, p) in [
            (12.706_205, 1, 0.05),
            (4.302_653, 2, 0.05),
            (63.656_741, 1, 0.01),
            (2.570_582, 5, 0.05),
            (2.228_139, 10, 0.05),
            (3.849_516, 20, 0.001),
            (3.659_405, 29, 0.001),
            (1.980_100, 119, 0.05),
        ] {
            let tail = tail(f64::powi(t, 2), freedom);
            assert!((tail - p).abs() < 1e-6, "t {t}, {freedom}: {tail}");
        }
        assert!(tail(0.0, 7) > 0.999_999 && tail(1e6, 30) < 1e-13);
    }

    #[test]
    fn what_never_varies_differs_surely_or_not_at_all() {
        assert_eq!(Compared::of(&[1.0, 1.0], &[1.0, 1.0]).p, 1.0);
        assert_eq!(Compared::of(&[0.0, 0.0], &[0.1, 0.1]).p, 0.0);
        assert_eq!(Compared::of(&[0.0, 0.0], &[0.1, 0.1]).magnitude(), f64::INFINITY);
        assert_eq!(Compared::of(&[0.0], &[0.1]).p, 1.0, "two values show nothing");
    }
}
