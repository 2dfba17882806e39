//! Wrong clouds.

mod answers_at_once;
mod drops_the_id;
mod logs_orders;
mod never_sends;
mod previous_order;
mod previous_outcome;
mod reads_no_refusal;
mod retries_as_new;
mod sends_twice;
mod skips_the_licence;
mod takes_timeout_for_failure;

use std::sync::Arc;

use cloud::{CloudParts, Dispatcher, Order, Sent};
use environment::Parts;
use uuid::Uuid;
use vocabulary::{Outcome, StageTimes};

use super::Planted;

/// Every wrong cloud.
pub(super) const ALL: &[Planted] = &[
    never_sends::PLANTED,
    answers_at_once::PLANTED,
    reads_no_refusal::PLANTED,
    previous_outcome::PLANTED,
    takes_timeout_for_failure::PLANTED,
    retries_as_new::PLANTED,
    drops_the_id::PLANTED,
    previous_order::PLANTED,
    logs_orders::PLANTED,
    skips_the_licence::PLANTED,
    sends_twice::PLANTED,
];

/// A cloud that dispatches by this.
fn dispatching(parts: Parts, wrap: fn(Arc<dyn Dispatcher>) -> Arc<dyn Dispatcher>) -> Parts {
    Parts {
        cloud: Arc::new(move |config, clock| {
            let parts = CloudParts {
                dispatcher: Box::new(wrap),
                ..CloudParts::default()
            };
            Box::pin(cloud::start_with(config, clock, parts))
        }),
        ..parts
    }
}

/// An outcome that nobody was waited for.
fn at_once(outcome: Outcome) -> Sent {
    Sent {
        outcome,
        stages: StageTimes::new(),
        waited: std::time::Duration::ZERO,
    }
}

/// The same order under an id of its own.
fn under_another_id(order: &Order) -> Order {
    let mut other = order.clone();
    other.operation = Uuid::from_u128(!order.operation.as_u128());
    other
}
