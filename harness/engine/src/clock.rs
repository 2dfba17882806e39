//! The one place of this crate that waits.
#![expect(
    clippy::disallowed_methods,
    reason = "this is the clock module: everyone else waits through it"
)]

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::Duration;

use vocabulary::SharedClock;

/// How soon a thread that waits notices that it is to stop.
const STOPS_WITHIN: Duration = Duration::from_millis(100);

/// What a wait for a message ended with.
#[derive(Debug, PartialEq, Eq)]
pub enum Awaited<T> {
    /// A message came first.
    Message(T),
    /// The point of the axis came first.
    Point,
    /// It is to stop, or no message can come any more.
    Stop,
}

/// The run's own axis: microseconds since its start.
#[derive(Debug, Clone)]
pub struct RunClock {
    clock: SharedClock,
    /// Where the axis stood …
    at: Duration,
    /// … when the clock said this.
    monotonic: Duration,
}

impl RunClock {
    /// An axis whose zero is now.
    #[must_use]
    pub fn starting_now(clock: SharedClock) -> Self {
        Self::standing_at(clock, Duration::ZERO)
    }

    /// An axis that continues another process's: `at_us` there was the wall time `unix_us`.
    #[must_use]
    pub fn continuing(clock: SharedClock, at_us: u64, unix_us: u64) -> Self {
        let passed = clock.unix().saturating_sub(Duration::from_micros(unix_us));
        Self::standing_at(clock, Duration::from_micros(at_us) + passed)
    }

    fn standing_at(clock: SharedClock, at: Duration) -> Self {
        let monotonic = clock.monotonic();
        Self { clock, at, monotonic }
    }

    /// Where the axis stands.
    #[must_use]
    pub fn at_us(&self) -> u64 {
        micros(self.at + self.clock.monotonic().saturating_sub(self.monotonic))
    }

    /// The wall time in microseconds since the Unix epoch.
    #[must_use]
    pub fn unix_us(&self) -> u64 {
        micros(self.clock.unix())
    }

    /// Waits on an OS thread until a point of the axis, or until it is to stop; tells whether the point came. P99 of the error is
    /// 0.2 ms, where a timer of tokio has 2 ms.
    pub fn block_until(&self, at_us: u64, stop: &AtomicBool) -> bool {
        loop {
            if stop.load(Ordering::Relaxed) {
                return false;
            }
            let now = self.at_us();
            if now >= at_us {
                return true;
            }
            std::thread::sleep(Duration::from_micros(at_us - now).min(STOPS_WITHIN));
        }
    }

    /// Waits likewise for a message, if one comes before that point.
    pub fn receive_until<T>(&self, at_us: u64, messages: &mpsc::Receiver<T>, stop: &AtomicBool) -> Awaited<T> {
        loop {
            if stop.load(Ordering::Relaxed) {
                return Awaited::Stop;
            }
            let left = Duration::from_micros(at_us.saturating_sub(self.at_us()));
            match messages.recv_timeout(left.min(STOPS_WITHIN)) {
                Ok(message) => return Awaited::Message(message),
                Err(mpsc::RecvTimeoutError::Disconnected) => return Awaited::Stop,
                Err(mpsc::RecvTimeoutError::Timeout) if left.is_zero() => return Awaited::Point,
                Err(mpsc::RecvTimeoutError::Timeout) => {}
            }
        }
    }
}

/// Lets an OS thread rest, so that it takes in one go what comes meanwhile: a thread that is woken for each of many small things
/// spends more on the waking than on them.
pub fn rest(duration: Duration) {
    std::thread::sleep(duration);
}

/// Waits. For timeouts and quiet periods, never for a condition.
pub async fn wait(duration: Duration) {
    tokio::time::sleep(duration).await;
}

pub(crate) fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use vocabulary::{Clock, SystemClock};

    use super::*;

    #[derive(Debug)]
    struct Fixed {
        monotonic: Duration,
        unix: Duration,
    }

    impl Clock for Fixed {
        fn monotonic(&self) -> Duration {
            self.monotonic
        }

        fn unix(&self) -> Duration {
            self.unix
        }
    }

    #[test]
    fn a_young_process_continues_an_old_axis() {
        let clock = Arc::new(Fixed {
            monotonic: Duration::from_millis(2),
            unix: Duration::from_secs(1000),
        });
        let axis = RunClock::continuing(clock, 30_000_000, 999_900_000);
        assert_eq!(axis.at_us(), 30_100_000);
        assert!(RunClock::starting_now(SystemClock::shared()).at_us() < 1_000_000);
    }
}
