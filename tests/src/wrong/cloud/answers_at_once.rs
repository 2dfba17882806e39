//! Reports success before the answer.

use std::sync::Arc;

use cloud::{Dispatcher, Dispatching, Order, Sent};
use protocol::writeback::Inquiry;
use vocabulary::{Outcome, Password};

use super::{Planted, at_once, dispatching};
use crate::wrong::MIXED;

pub(super) const PLANTED: Planted = Planted {
    name: "answers-at-once",
    does: "says \"applied\" as soon as an order has left",
    caught_by: &["no-lost-ack"],
    scenario: MIXED,
    stand: |parts| dispatching(parts, |genuine| Arc::new(AnswersAtOnce { genuine })),
};

struct AnswersAtOnce {
    genuine: Arc<dyn Dispatcher>,
}

impl Dispatcher for AnswersAtOnce {
    fn dispatch<'a>(
        &'a self,
        order: &'a Order,
        expires: u64,
        lab_token: Option<&'a Password>,
    ) -> Dispatching<'a, Sent> {
        let (genuine, order, lab_token) = (Arc::clone(&self.genuine), order.clone(), lab_token.cloned());
        tokio::spawn(async move { genuine.dispatch(&order, expires, lab_token.as_ref()).await });
        Box::pin(async { at_once(Outcome::Applied) })
    }

    fn ask<'a>(&'a self, order: &'a Order, inquiry: Inquiry, expires: u64) -> Dispatching<'a, Outcome> {
        self.genuine.ask(order, inquiry, expires)
    }
}
