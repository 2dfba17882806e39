//! Takes a timeout for a failure.

use std::sync::Arc;

use cloud::{Dispatcher, Dispatching, Order, Sent};
use protocol::writeback::Inquiry;
use vocabulary::{Outcome, Password, ReasonCode};

use super::{Planted, at_once, dispatching};
use crate::wrong::MIXED;
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "takes-timeout-for-failure",
    does: "says \"failed\" of an order that is not answered in time, although it may still be carried out",
    caught_by: &["rejected-leaves-no-trace"],
    scenario: MIXED,
    stand: |parts| {
        dispatching(parts, |genuine| {
            Arc::new(TakesTimeoutForFailure {
                genuine,
                turn: OneIn::new(8),
            })
        })
    },
};

struct TakesTimeoutForFailure {
    genuine: Arc<dyn Dispatcher>,
    turn: OneIn,
}

impl Dispatcher for TakesTimeoutForFailure {
    fn dispatch<'a>(
        &'a self,
        order: &'a Order,
        expires: u64,
        lab_token: Option<&'a Password>,
    ) -> Dispatching<'a, Sent> {
        if !self.turn.now() {
            return self.genuine.dispatch(order, expires, lab_token);
        }
        let (genuine, order, lab_token) = (Arc::clone(&self.genuine), order.clone(), lab_token.cloned());
        tokio::spawn(async move { genuine.dispatch(&order, expires, lab_token.as_ref()).await });
        Box::pin(async { at_once(Outcome::failed(ReasonCode::NotSent)) })
    }

    fn ask<'a>(&'a self, order: &'a Order, inquiry: Inquiry, expires: u64) -> Dispatching<'a, Outcome> {
        self.genuine.ask(order, inquiry, expires)
    }
}
