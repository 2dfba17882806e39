//! The one place of this crate that waits for time to pass.
#![expect(
    clippy::disallowed_methods,
    reason = "a listener that cannot accept (no file descriptors left) must breathe before it tries again, and an agent that \
              does not tell is asked again after a while"
)]

use std::time::Duration;

/// Waits a moment before the next attempt.
pub(crate) async fn breathe() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

/// Waits.
pub(crate) async fn sleep(time: Duration) {
    tokio::time::sleep(time).await;
}
