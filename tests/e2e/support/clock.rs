//! The one place of the suite that looks at the clock and waits.
#![expect(
    clippy::disallowed_methods,
    reason = "this is the clock module: everyone else waits for a condition through it"
)]

use std::time::{Duration, Instant};

/// Between two looks at a condition.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Time since it was started.
pub struct Stopwatch(Instant);

impl Stopwatch {
    pub fn start() -> Self {
        Self(Instant::now())
    }

    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Looks until there is something; panics, saying what was waited for, when it takes longer than the bound.
pub fn eventually<T>(bound: Duration, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let watch = Stopwatch::start();
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(watch.elapsed() < bound, "not within {bound:?}: {what}");
        std::thread::sleep(LOOK_AGAIN);
    }
}
