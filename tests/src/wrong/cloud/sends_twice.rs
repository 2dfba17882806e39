//! Sends twice under one id.

use std::sync::Arc;

use cloud::{Dispatcher, Dispatching, Order, Sent};
use protocol::writeback::Inquiry;
use vocabulary::{Outcome, Password};

use super::{Planted, dispatching};
use crate::wrong::MIXED;
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "sends-twice",
    does: "sends an order twice under one operation id; an agent that keeps a journal must bear it",
    caught_by: &[],
    scenario: MIXED,
    stand: |parts| {
        dispatching(parts, |genuine| {
            Arc::new(SendsTwice {
                genuine,
                turn: OneIn::new(8),
            })
        })
    },
};

struct SendsTwice {
    genuine: Arc<dyn Dispatcher>,
    turn: OneIn,
}

impl Dispatcher for SendsTwice {
    fn dispatch<'a>(
        &'a self,
        order: &'a Order,
        expires: u64,
        lab_token: Option<&'a Password>,
    ) -> Dispatching<'a, Sent> {
        if self.turn.now() {
            let (genuine, again, token) = (Arc::clone(&self.genuine), order.clone(), lab_token.cloned());
            tokio::spawn(async move { genuine.dispatch(&again, expires, token.as_ref()).await });
        }
        self.genuine.dispatch(order, expires, lab_token)
    }

    fn ask<'a>(&'a self, order: &'a Order, inquiry: Inquiry, expires: u64) -> Dispatching<'a, Outcome> {
        self.genuine.ask(order, inquiry, expires)
    }
}
