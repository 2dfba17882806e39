//! Holds messages until they have expired.

use std::sync::Arc;
use std::time::Duration;

use environment::Parts;
use relay::{Carrier, Carrying, Errand, Failure, FailureWhy, Refusal};

use super::{Planted, carrying};
use crate::wrong::LATE;
use crate::wrong::clock::wait;
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "holds",
    does: "holds some messages until they have expired, and loses what comes of them",
    caught_by: &["unknown_ratio_max"],
    scenario: LATE,
    stand: holding,
};

/// How long it holds one: longer than any message of the zoo lives, shorter than the run.
const HELD: Duration = Duration::from_secs(7);

/// A relay that holds one message in six past its expiry and tells its sender at once that the answer was lost.
pub(in crate::wrong) fn holding(parts: Parts) -> Parts {
    carrying(parts, |genuine| {
        Arc::new(Holds {
            genuine,
            turn: OneIn::new(6),
        })
    })
}

struct Holds {
    genuine: Arc<dyn Carrier>,
    turn: OneIn,
}

impl Carrier for Holds {
    fn carry(&self, errand: Errand) -> Carrying<'_> {
        if !self.turn.now() {
            return self.genuine.carry(errand);
        }
        let genuine = Arc::clone(&self.genuine);
        tokio::spawn(async move {
            wait(HELD).await;
            let _ = genuine.carry(errand).await;
        });
        Box::pin(async {
            Err(Refusal::failed(Failure {
                why: FailureWhy::Lost,
                dispatched: true,
            }))
        })
    }
}
