//! Denies that it delivered.

use std::sync::Arc;

use relay::{Carrier, Carrying, Errand, Failure, FailureWhy, Refusal};

use super::{Planted, carrying};
use crate::wrong::MIXED;
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "says-undispatched",
    does: "says that no listener was given a message that one has carried out",
    caught_by: &["rejected-leaves-no-trace"],
    scenario: MIXED,
    stand: |parts| {
        carrying(parts, |genuine| {
            Arc::new(SaysUndispatched {
                genuine,
                turn: OneIn::new(8),
            })
        })
    },
};

struct SaysUndispatched {
    genuine: Arc<dyn Carrier>,
    turn: OneIn,
}

impl Carrier for SaysUndispatched {
    fn carry(&self, errand: Errand) -> Carrying<'_> {
        let deny = self.turn.now();
        Box::pin(async move {
            let carried = self.genuine.carry(errand).await;
            if deny {
                return Err(Refusal::failed(Failure {
                    why: FailureWhy::Lost,
                    dispatched: false,
                }));
            }
            carried
        })
    }
}
