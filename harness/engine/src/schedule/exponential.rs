//! Exponentially distributed numbers without a logarithm, whose last bit differs from one mathematics library to the next.

use rand::{Rng, RngExt as _};

/// One number with the mean 1, by comparing uniform numbers alone (J. von Neumann, "Various techniques used in connection with
/// random digits", 1951): a falling run that begins with x is of odd length with the probability e^-x.
pub(super) fn exponential(dice: &mut impl Rng) -> f64 {
    let mut whole = 0.0;
    loop {
        let first: f64 = dice.random();
        let mut last = first;
        let mut odd = true;
        loop {
            let next: f64 = dice.random();
            if next > last {
                break;
            }
            last = next;
            odd = !odd;
        }
        if odd {
            return whole + first;
        }
        whole += 1.0;
    }
}
