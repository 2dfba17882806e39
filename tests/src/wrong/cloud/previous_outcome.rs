//! Reports a stale result.

use std::sync::{Arc, Mutex, PoisonError};

use cloud::{Dispatcher, Dispatching, Order, Sent};
use protocol::writeback::Inquiry;
use vocabulary::{Outcome, Password};

use super::{Planted, dispatching};
use crate::wrong::MIXED;

pub(super) const PLANTED: Planted = Planted {
    name: "previous-outcome",
    does: "tells each person how the operation before theirs ended",
    caught_by: &["no-lost-ack"],
    scenario: MIXED,
    stand: |parts| {
        dispatching(parts, |genuine| {
            Arc::new(PreviousOutcome {
                genuine,
                last: Mutex::default(),
            })
        })
    },
};

struct PreviousOutcome {
    genuine: Arc<dyn Dispatcher>,
    last: Mutex<Option<Outcome>>,
}

impl Dispatcher for PreviousOutcome {
    fn dispatch<'a>(
        &'a self,
        order: &'a Order,
        expires: u64,
        lab_token: Option<&'a Password>,
    ) -> Dispatching<'a, Sent> {
        Box::pin(async move {
            let mut sent = self.genuine.dispatch(order, expires, lab_token).await;
            let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
            let before = last.replace(sent.outcome.clone());
            sent.outcome = before.unwrap_or(sent.outcome);
            sent
        })
    }

    fn ask<'a>(&'a self, order: &'a Order, inquiry: Inquiry, expires: u64) -> Dispatching<'a, Outcome> {
        self.genuine.ask(order, inquiry, expires)
    }
}
