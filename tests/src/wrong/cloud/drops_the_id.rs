//! Drops the operation id.

use std::sync::Arc;

use cloud::{Dispatcher, Dispatching, Order, Sent};
use protocol::writeback::Inquiry;
use vocabulary::{Outcome, Password};

use super::{Planted, dispatching, under_another_id};
use crate::wrong::MIXED;
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "drops-the-id",
    does: "sends an order under another operation id than the one that it notes",
    caught_by: &["journals-agree"],
    scenario: MIXED,
    stand: |parts| {
        dispatching(parts, |genuine| {
            Arc::new(DropsTheId {
                genuine,
                turn: OneIn::new(8),
            })
        })
    },
};

struct DropsTheId {
    genuine: Arc<dyn Dispatcher>,
    turn: OneIn,
}

impl Dispatcher for DropsTheId {
    fn dispatch<'a>(
        &'a self,
        order: &'a Order,
        expires: u64,
        lab_token: Option<&'a Password>,
    ) -> Dispatching<'a, Sent> {
        if !self.turn.now() {
            return self.genuine.dispatch(order, expires, lab_token);
        }
        let renamed = under_another_id(order);
        Box::pin(async move { self.genuine.dispatch(&renamed, expires, lab_token).await })
    }

    fn ask<'a>(&'a self, order: &'a Order, inquiry: Inquiry, expires: u64) -> Dispatching<'a, Outcome> {
        self.genuine.ask(order, inquiry, expires)
    }
}
