//! Time for wrong parts.
#![expect(clippy::disallowed_methods, reason = "the one place here that waits")]

use std::time::Duration;

use vocabulary::{Clock, SharedClock};

/// Waits.
pub(crate) async fn wait(time: Duration) {
    tokio::time::sleep(time).await;
}

/// A clock whose wall time is behind.
#[derive(Debug)]
pub(crate) struct Behind {
    /// The clock that is right.
    pub(crate) genuine: SharedClock,
    /// By how much.
    pub(crate) by: Duration,
}

impl Clock for Behind {
    fn monotonic(&self) -> Duration {
        self.genuine.monotonic()
    }

    fn unix(&self) -> Duration {
        self.genuine.unix().saturating_sub(self.by)
    }
}
