//! How long to wait before the next attempt to connect.

use std::time::Duration;

/// The waits of the vendor's own clients.
const SECONDS: [u64; 6] = [0, 1, 2, 5, 10, 30];

/// The place on the ladder.
#[derive(Debug, Default)]
pub(crate) struct Ladder(usize);

impl Ladder {
    /// The wait before the next attempt; the last step repeats.
    pub(crate) fn next(&mut self) -> Duration {
        let step = self.0.min(SECONDS.len() - 1);
        self.0 = step + 1;
        Duration::from_secs(SECONDS.get(step).copied().unwrap_or(30))
    }

    /// A connection worked: back to the foot. The first step counts as taken, so that a relay that accepts and drops
    /// at once is not called in a tight loop.
    pub(super) fn connected(&mut self) {
        self.0 = 1;
    }

    /// Whether an attempt was made since the last connection.
    pub(super) fn climbing(&self) -> bool {
        self.0 > 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_climbs_stays_at_the_top_and_starts_again() {
        let mut ladder = Ladder::default();
        assert!(!ladder.climbing());
        let waits: Vec<u64> = std::iter::repeat_with(|| ladder.next().as_secs()).take(8).collect();
        assert_eq!(waits, [0, 1, 2, 5, 10, 30, 30, 30]);
        ladder.connected();
        assert_eq!(ladder.next(), Duration::from_secs(1));
        assert!(ladder.climbing());
    }
}
