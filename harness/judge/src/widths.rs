//! Round widths of windows of time.

/// In microseconds, from a tenth of a second to a day.
pub(crate) const WIDTHS: [u64; 18] = [
    100_000,
    200_000,
    500_000,
    1_000_000,
    2_000_000,
    5_000_000,
    10_000_000,
    20_000_000,
    30_000_000,
    60_000_000,
    120_000_000,
    300_000_000,
    600_000_000,
    1_200_000_000,
    1_800_000_000,
    3_600_000_000,
    7_200_000_000,
    86_400_000_000,
];

/// The narrowest that cuts a span in at most so many windows; the widest where none does.
pub(crate) fn at_most(windows: u64, span_us: u64) -> u64 {
    let [.., widest] = WIDTHS;
    let fits = |width: &u64| span_us.div_ceil(*width) <= windows;
    WIDTHS.into_iter().find(fits).unwrap_or(widest)
}
