//! Crosses two people.

use std::sync::{Arc, Mutex, PoisonError};

use cloud::{Dispatcher, Dispatching, Order, Sent};
use protocol::writeback::Inquiry;
use vocabulary::{Outcome, Password};

use super::{Planted, dispatching};
use crate::wrong::MIXED;
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "previous-order",
    does: "sends an order for the person of the order before",
    caught_by: &["no-lost-ack"],
    scenario: MIXED,
    stand: |parts| {
        dispatching(parts, |genuine| {
            Arc::new(PreviousOrder {
                genuine,
                turn: OneIn::new(8),
                last: Mutex::default(),
            })
        })
    },
};

struct PreviousOrder {
    genuine: Arc<dyn Dispatcher>,
    turn: OneIn,
    last: Mutex<Option<String>>,
}

impl Dispatcher for PreviousOrder {
    fn dispatch<'a>(
        &'a self,
        order: &'a Order,
        expires: u64,
        lab_token: Option<&'a Password>,
    ) -> Dispatching<'a, Sent> {
        let anchor = self.whose(order);
        let mut crossed = order.clone();
        crossed.anchor = anchor;
        Box::pin(async move { self.genuine.dispatch(&crossed, expires, lab_token).await })
    }

    fn ask<'a>(&'a self, order: &'a Order, inquiry: Inquiry, expires: u64) -> Dispatching<'a, Outcome> {
        self.genuine.ask(order, inquiry, expires)
    }
}

impl PreviousOrder {
    fn whose(&self, order: &Order) -> String {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let before = last.replace(order.anchor.clone());
        before
            .filter(|_| self.turn.now())
            .unwrap_or_else(|| order.anchor.clone())
    }
}
