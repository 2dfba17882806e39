//! Says "applied" and sends nothing.

use std::sync::Arc;

use cloud::{Dispatcher, Dispatching, Order, Sent};
use protocol::writeback::Inquiry;
use vocabulary::{Outcome, Password};

use super::{Planted, at_once, dispatching};
use crate::wrong::MIXED;
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "never-sends",
    does: "says \"applied\" for an order that never leaves",
    caught_by: &["no-lost-ack"],
    scenario: MIXED,
    stand: |parts| {
        dispatching(parts, |genuine| {
            Arc::new(NeverSends {
                genuine,
                turn: OneIn::new(8),
            })
        })
    },
};

struct NeverSends {
    genuine: Arc<dyn Dispatcher>,
    turn: OneIn,
}

impl Dispatcher for NeverSends {
    fn dispatch<'a>(
        &'a self,
        order: &'a Order,
        expires: u64,
        lab_token: Option<&'a Password>,
    ) -> Dispatching<'a, Sent> {
        if self.turn.now() {
            return Box::pin(async { at_once(Outcome::Applied) });
        }
        self.genuine.dispatch(order, expires, lab_token)
    }

    fn ask<'a>(&'a self, order: &'a Order, inquiry: Inquiry, expires: u64) -> Dispatching<'a, Outcome> {
        self.genuine.ask(order, inquiry, expires)
    }
}
