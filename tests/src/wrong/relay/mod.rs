//! Wrong relays.

mod answers_another;
mod garbles;
mod holds;
mod loses_answers;
mod makes_up_answers;
mod repeats;
mod says_undispatched;

use std::sync::Arc;

use environment::Parts;
use relay::{Carrier, RelayParts};

use super::Planted;

pub(super) use holds::holding;
pub(super) use repeats::{repeating, repeating_late};

/// Every wrong relay.
pub(super) const ALL: &[Planted] = &[
    says_undispatched::PLANTED,
    answers_another::PLANTED,
    makes_up_answers::PLANTED,
    loses_answers::PLANTED,
    garbles::PLANTED,
    holds::PLANTED,
    repeats::PLANTED,
];

/// A relay that carries by this.
fn carrying(parts: Parts, wrap: impl Fn(Arc<dyn Carrier>) -> Arc<dyn Carrier> + Copy + Send + Sync + 'static) -> Parts {
    Parts {
        relay: Arc::new(move |config, clock| {
            let parts = RelayParts {
                carrier: Box::new(wrap),
            };
            Box::pin(relay::start_with(config, clock, parts))
        }),
        ..parts
    }
}
