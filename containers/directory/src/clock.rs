//! The one place of this crate that waits for time to pass.
#![expect(
    clippy::disallowed_methods,
    reason = "a configured service time is spent here and nowhere else"
)]

use std::time::Duration;

/// The time that [`spend`] goes by, which tests stop.
#[cfg(test)]
pub(crate) fn now() -> tokio::time::Instant {
    tokio::time::Instant::now()
}

/// Spends a service time; returns at once when there is none.
pub(crate) async fn spend(duration: Duration) {
    if !duration.is_zero() {
        tokio::time::sleep(duration).await;
    }
}
