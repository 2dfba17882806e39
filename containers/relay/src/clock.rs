//! The one place of this crate that waits for time to pass.
#![expect(
    clippy::disallowed_methods,
    reason = "the broker is told the time at a steady tick, and a listener that cannot accept must breathe"
)]

use std::time::Duration;

/// Waits until the next tick.
pub(crate) async fn wait(period: Duration) {
    tokio::time::sleep(period).await;
}
