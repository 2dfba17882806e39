//! Leaks passwords to a log, in hexadecimal.

use std::sync::Arc;

use cloud::{Dispatcher, Dispatching, Order, Sent};
use protocol::writeback::Inquiry;
use vocabulary::{Outcome, Password};

use super::{Planted, dispatching};
use crate::wrong::MIXED;
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "logs-orders",
    does: "logs what it sends, the password in UTF-16 and hexadecimal",
    caught_by: &["no-secret-at-rest"],
    scenario: MIXED,
    stand: |parts| {
        dispatching(parts, |genuine| {
            Arc::new(LogsOrders {
                genuine,
                turn: OneIn::new(8),
            })
        })
    },
};

struct LogsOrders {
    genuine: Arc<dyn Dispatcher>,
    turn: OneIn,
}

impl Dispatcher for LogsOrders {
    fn dispatch<'a>(
        &'a self,
        order: &'a Order,
        expires: u64,
        lab_token: Option<&'a Password>,
    ) -> Dispatching<'a, Sent> {
        if let Some(password) = order.password.as_ref().filter(|_| self.turn.now()) {
            let text = password.expose().encode_utf16().flat_map(u16::to_le_bytes);
            let hex: String = text.map(|byte| format!("{byte:02x}")).collect();
            tracing::info!(target: "cloud", operation = %order.operation, content = hex, "sent");
        }
        self.genuine.dispatch(order, expires, lab_token)
    }

    fn ask<'a>(&'a self, order: &'a Order, inquiry: Inquiry, expires: u64) -> Dispatching<'a, Outcome> {
        self.genuine.ask(order, inquiry, expires)
    }
}
