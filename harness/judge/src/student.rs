//! Student's distribution, for whoever asks how sure a difference of means is.

use statrs::distribution::{ContinuousCDF as _, StudentsT};

/// How likely a t of that size is exceeded on either side by chance; none without a degree of freedom.
pub(crate) fn two_sided(t: f64, freedom: f64) -> Option<f64> {
    let student = of(freedom).filter(|_| !t.is_nan())?;
    Some((2.0 * student.sf(t.abs())).clamp(0.0, 1.0))
}

/// The t that chance stays within on either side with that confidence; none without a degree of freedom.
pub(crate) fn within(confidence: f64, freedom: f64) -> Option<f64> {
    of(freedom).map(|student| student.inverse_cdf(f64::midpoint(1.0, confidence)))
}

fn of(freedom: f64) -> Option<StudentsT> {
    StudentsT::new(0.0, 1.0, freedom).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tail_is_that_of_the_tables() {
        for (t, freedom, p) in [
            (12.706_205, 1.0, 0.05),
            (4.302_653, 2.0, 0.05),
            (63.656_741, 1.0, 0.01),
            (2.570_582, 5.0, 0.05),
            (2.228_139, 10.0, 0.05),
            (3.849_516, 20.0, 0.001),
            (3.659_405, 29.0, 0.001),
            (1.980_100, 119.0, 0.05),
        ] {
            let tail = two_sided(t, freedom).unwrap();
            assert!((tail - p).abs() < 1e-6, "t {t}, {freedom}: {tail}");
            assert!((within(1.0 - p, freedom).unwrap() - t).abs() < 1e-4 * t);
        }
        assert!(two_sided(0.0, 7.0).unwrap() > 0.999_999 && two_sided(1e3, 30.0).unwrap() < 1e-13);
        assert_eq!((two_sided(f64::NAN, 7.0), two_sided(1.0, 0.0)), (None, None));
    }
}
