//! The one place of this crate that waits for time to pass.
#![expect(
    clippy::disallowed_methods,
    reason = "a listener that cannot accept (no file descriptors left) must breathe before it tries again"
)]

use std::time::Duration;

/// Waits a moment before the next attempt.
pub(crate) async fn breathe() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}
