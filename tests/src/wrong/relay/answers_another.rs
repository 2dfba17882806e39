//! Delivers an answer to the wrong sender.

use std::sync::Arc;
use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use relay::{Carrier, Carrying, Errand, Reply};

use super::{Planted, carrying};
use crate::wrong::LOSSY;
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "answers-another",
    does: "gives a sender the answer that was meant for another",
    caught_by: &["unknown_ratio_max"],
    scenario: LOSSY,
    stand: |parts| {
        carrying(parts, |genuine| {
            Arc::new(AnswersAnother {
                genuine,
                turn: OneIn::new(8),
                last: Mutex::default(),
            })
        })
    },
};

struct AnswersAnother {
    genuine: Arc<dyn Carrier>,
    turn: OneIn,
    last: Mutex<Option<Bytes>>,
}

impl Carrier for AnswersAnother {
    fn carry(&self, errand: Errand) -> Carrying<'_> {
        let cross = self.turn.now();
        Box::pin(async move {
            let mut carried = self.genuine.carry(errand).await;
            if let Ok(Reply::Answered(answer)) = &mut carried {
                let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
                let before = last.replace(answer.body.clone());
                if let Some(before) = before.filter(|_| cross) {
                    answer.body = before;
                }
            }
            carried
        })
    }
}
