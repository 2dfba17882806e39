//! Loses answers.

use std::sync::Arc;

use relay::{Carrier, Carrying, Errand, Failure, FailureWhy, Refusal};

use super::{Planted, carrying};
use crate::wrong::LOSSY;
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "loses-answers",
    does: "loses the answer to a message that was carried out",
    caught_by: &["unknown_ratio_max"],
    scenario: LOSSY,
    stand: |parts| {
        carrying(parts, |genuine| {
            Arc::new(LosesAnswers {
                genuine,
                turn: OneIn::new(8),
            })
        })
    },
};

struct LosesAnswers {
    genuine: Arc<dyn Carrier>,
    turn: OneIn,
}

impl Carrier for LosesAnswers {
    fn carry(&self, errand: Errand) -> Carrying<'_> {
        let lose = self.turn.now();
        Box::pin(async move {
            let carried = self.genuine.carry(errand).await;
            if lose {
                return Err(Refusal::failed(Failure {
                    why: FailureWhy::Lost,
                    dispatched: true,
                }));
            }
            carried
        })
    }
}
