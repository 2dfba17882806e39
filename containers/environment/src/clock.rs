//! The one place of this crate that waits.
#![expect(
    clippy::disallowed_methods,
    reason = "this is the clock module: everyone else waits through it"
)]

use std::time::Duration;

/// Between two looks at a condition.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// A moment between two looks at a condition.
pub(crate) async fn breathe() {
    tokio::time::sleep(LOOK_AGAIN).await;
}

/// What a future gives, if it gives it in time.
pub(crate) async fn within<T>(limit: Duration, future: impl Future<Output = T>) -> Option<T> {
    tokio::time::timeout(limit, future).await.ok()
}
