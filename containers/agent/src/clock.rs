//! The one place of this crate that waits for time to pass.
#![expect(
    clippy::disallowed_methods,
    reason = "this is the clock module: reconnects, pings and heartbeats wait here; every decision takes a Clock"
)]

use std::time::Duration;

use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

/// Waits.
pub(crate) async fn sleep(time: Duration) {
    tokio::time::sleep(time).await;
}

/// Ticks every `period`, first after one `period`; late ticks are not made up for.
pub(crate) fn ticker(period: Duration) -> Interval {
    let period = period.max(Duration::from_millis(1));
    let mut ticker = interval_at(Instant::now() + period, period);
    ticker.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticker
}
