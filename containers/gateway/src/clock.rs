//! The one place of this crate that waits for time to pass.
#![expect(
    clippy::disallowed_methods,
    reason = "a listener that cannot accept (no file descriptors left) must breathe before it tries again, and a fault delays"
)]

use std::time::Duration;

/// Waits a moment before the next attempt.
pub(crate) async fn breathe() {
    tokio::time::sleep(Duration::from_millis(20)).await;
}

/// Waits as long as a fault says; for ever without an end.
pub(crate) async fn wait(time: Option<Duration>) {
    match time {
        Some(time) => tokio::time::sleep(time).await,
        None => std::future::pending().await,
    }
}
