//! A part's own clock in the embedded world: the machine's, until a laboratory puts its wall time ahead or back for a while.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use vocabulary::{Clock, SharedClock};

/// How far a clock is off.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Offset {
    /// Whether it is behind.
    pub back: bool,
    /// By how much.
    pub by: Duration,
}

/// A clock whose wall time can be put off. Its monotonic time never is: no machine's jumps.
#[derive(Debug)]
pub(crate) struct SkewedClock {
    machine: SharedClock,
    /// The offset, and until when.
    skew: Mutex<Option<(Offset, Duration)>>,
    /// How often a wrong time was read.
    misread: AtomicU64,
}

impl SkewedClock {
    pub fn new(machine: SharedClock) -> Arc<Self> {
        Arc::new(Self {
            machine,
            skew: Mutex::default(),
            misread: AtomicU64::new(0),
        })
    }

    /// Puts the wall time off for `lease` at the most.
    pub fn skew(&self, offset: Offset, lease: Duration) {
        let until = self.machine.monotonic().saturating_add(lease);
        *self.held() = Some((offset, until));
        self.misread.store(0, Ordering::Relaxed);
    }

    /// Puts it right; tells how often a wrong time was read.
    pub fn right(&self) -> u64 {
        *self.held() = None;
        self.misread.load(Ordering::Relaxed)
    }

    fn held(&self) -> MutexGuard<'_, Option<(Offset, Duration)>> {
        self.skew.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clock for SkewedClock {
    fn monotonic(&self) -> Duration {
        self.machine.monotonic()
    }

    fn unix(&self) -> Duration {
        let (unix, now) = (self.machine.unix(), self.machine.monotonic());
        let Some((Offset { back, by }, _)) = self.held().filter(|(_, until)| now < *until) else {
            return unix;
        };
        self.misread.fetch_add(1, Ordering::Relaxed);
        if back {
            unix.saturating_sub(by)
        } else {
            unix.saturating_add(by)
        }
    }
}

#[cfg(test)]
mod tests {
    use vocabulary::SystemClock;

    use super::*;

    const HOUR: Duration = Duration::from_secs(3600);

    #[test]
    fn the_wall_time_is_off_and_the_monotonic_time_is_not() {
        let machine = SystemClock::shared();
        let clock = SkewedClock::new(Arc::clone(&machine));
        for back in [true, false] {
            clock.skew(Offset { back, by: HOUR }, HOUR);
            let (read, true_time) = (clock.unix(), machine.unix());
            assert!(read.abs_diff(true_time).abs_diff(HOUR) < Duration::from_secs(60));
            assert_eq!(read < true_time, back);
            assert!(clock.monotonic().abs_diff(machine.monotonic()) < Duration::from_secs(60));
            assert_eq!(clock.right(), 1);
        }
        assert!(clock.unix().abs_diff(machine.unix()) < Duration::from_secs(60));
    }

    #[test]
    fn a_lease_that_is_over_puts_it_right() {
        let clock = SkewedClock::new(SystemClock::shared());
        clock.skew(Offset { back: true, by: HOUR }, Duration::ZERO);
        clock.unix();
        assert_eq!(clock.right(), 0);
    }
}
