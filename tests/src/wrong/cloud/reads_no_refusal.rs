//! Takes every authentic answer for success.

use std::sync::Arc;

use cloud::{Dispatcher, Dispatching, Order, Sent};
use protocol::writeback::Inquiry;
use vocabulary::{Outcome, Password};

use super::{Planted, dispatching};
use crate::wrong::MIXED;

pub(super) const PLANTED: Planted = Planted {
    name: "reads-no-refusal",
    does: "takes every answer of the agent for success, without reading what it says",
    caught_by: &["no-lost-ack"],
    scenario: MIXED,
    stand: |parts| dispatching(parts, |genuine| Arc::new(ReadsNoRefusal { genuine })),
};

struct ReadsNoRefusal {
    genuine: Arc<dyn Dispatcher>,
}

impl Dispatcher for ReadsNoRefusal {
    fn dispatch<'a>(
        &'a self,
        order: &'a Order,
        expires: u64,
        lab_token: Option<&'a Password>,
    ) -> Dispatching<'a, Sent> {
        Box::pin(async move {
            let mut sent = self.genuine.dispatch(order, expires, lab_token).await;
            if matches!(sent.outcome, Outcome::Rejected(_)) {
                sent.outcome = Outcome::Applied;
            }
            sent
        })
    }

    fn ask<'a>(&'a self, order: &'a Order, inquiry: Inquiry, expires: u64) -> Dispatching<'a, Outcome> {
        self.genuine.ask(order, inquiry, expires)
    }
}
