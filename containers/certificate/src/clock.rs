//! The one place of this crate that waits for time to pass.
#![expect(
    clippy::disallowed_methods,
    reason = "files are looked at again and again, a moment apart"
)]

use std::time::Duration;

/// Between two looks at the files.
const MOMENT: Duration = Duration::from_millis(200);

/// Waits until the next look.
pub(crate) async fn moment() {
    tokio::time::sleep(MOMENT).await;
}
