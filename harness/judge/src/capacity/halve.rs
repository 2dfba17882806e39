//! Where something stops holding, by halving.

/// Halvings: an interval of a thousand is then narrower than 1e-12.
const TIMES: u32 = 50;

/// The last place that was found to hold and the first that was found not to, next to each other, of what holds at `low` and not at
/// `high`.
pub(crate) fn halve((mut low, mut high): (f64, f64), holds: impl Fn(f64) -> bool) -> (f64, f64) {
    for _ in 0..TIMES {
        let middle = f64::midpoint(low, high);
        *(if holds(middle) { &mut low } else { &mut high }) = middle;
    }
    (low, high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_root_lies_between_what_holds_and_what_does_not() {
        let (low, high) = halve((0.0, 2.0), |x| x * x < 2.0);
        assert!(low * low < 2.0 && high * high >= 2.0 && high - low < 1e-12);
    }
}
