//! Retries a timed-out reset.

use std::sync::Arc;

use cloud::{Dispatcher, Dispatching, Order, Sent};
use protocol::writeback::Inquiry;
use vocabulary::{Outcome, Password};

use super::{Planted, dispatching, under_another_id};
use crate::wrong::MIXED;
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "retries-as-new",
    does: "sends an order that is not answered in time again, as a new one",
    caught_by: &["no-double-apply"],
    scenario: MIXED,
    stand: |parts| {
        dispatching(parts, |genuine| {
            Arc::new(RetriesAsNew {
                genuine,
                turn: OneIn::new(8),
            })
        })
    },
};

struct RetriesAsNew {
    genuine: Arc<dyn Dispatcher>,
    turn: OneIn,
}

impl Dispatcher for RetriesAsNew {
    fn dispatch<'a>(
        &'a self,
        order: &'a Order,
        expires: u64,
        lab_token: Option<&'a Password>,
    ) -> Dispatching<'a, Sent> {
        if !self.turn.now() {
            return self.genuine.dispatch(order, expires, lab_token);
        }
        let (genuine, late, token) = (Arc::clone(&self.genuine), under_another_id(order), lab_token.cloned());
        tokio::spawn(async move { genuine.dispatch(&late, expires, token.as_ref()).await });
        self.genuine.dispatch(order, expires, lab_token)
    }

    fn ask<'a>(&'a self, order: &'a Order, inquiry: Inquiry, expires: u64) -> Dispatching<'a, Outcome> {
        self.genuine.ask(order, inquiry, expires)
    }
}
