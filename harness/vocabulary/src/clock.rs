//! The one place of this crate that reads the machine's clocks.
#![expect(
    clippy::disallowed_methods,
    reason = "this is the clock module: everyone else takes a Clock as a parameter"
)]

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Where time comes from. Parts take one instead of asking the machine, so that a simulator can be the clock.
pub trait Clock: Debug + Send + Sync {
    /// Monotonic time since an origin that is fixed for the life of this clock.
    fn monotonic(&self) -> Duration;

    /// Wall time since the Unix epoch. Data, never an ordering source.
    fn unix(&self) -> Duration;
}

/// A clock that many parts share.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's own clocks.
#[derive(Debug, Clone)]
pub struct SystemClock {
    origin: Instant,
}

impl SystemClock {
    /// A clock whose monotonic origin is now.
    #[must_use]
    pub fn new() -> Self {
        Self { origin: Instant::now() }
    }

    /// The same, ready to be shared.
    #[must_use]
    pub fn shared() -> SharedClock {
        Arc::new(Self::new())
    }

    /// The instant that this clock counts from, for timers that want an absolute deadline.
    #[must_use]
    pub fn origin(&self) -> Instant {
        self.origin
    }
}

impl Default for SystemClock {
    fn default() -> Self {
        Self::new()
    }
}

impl Clock for SystemClock {
    fn monotonic(&self) -> Duration {
        self.origin.elapsed()
    }

    fn unix(&self) -> Duration {
        SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
    }
}
