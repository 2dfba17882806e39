//! Every operation ends in bounded time.

use history::Finding;

use super::{Ground, Tally};
use crate::ledger::{Ledger, Op};
use crate::subject::{named, seconds};

pub(super) const NAME: &str = "every-operation-ends";

const GROUND: Ground = Ground {
    of: "operations",
    open: "",
};

/// Beside the life of its message: a relay waits a minute for a listener, and a person's browser no longer than that for it.
const ANSWER_US: u64 = 120_000_000;

/// From its begin to its end no operation takes longer than a message lives and an answer may take, and none is still in
/// flight in the cloud's journal after everything was quiet.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let most_us = ledger.manifest.message_lifetime_us.saturating_add(ANSWER_US);
    let mut tally = Tally::looked_at(ledger.ops.len() as u64);
    for op in &ledger.ops {
        if op.service_us() > most_us {
            tally.violate(|| slow(ledger, op, most_us));
        }
        if ledger.complete() && ledger.in_flight.binary_search(&op.id).is_ok() {
            tally.violate(|| open(ledger, op));
        }
    }
    tally.finding(NAME, GROUND)
}

fn slow(ledger: &Ledger, op: &Op, most_us: u64) -> String {
    format!(
        "{}: {}; expected an end within {}, saw it after {}",
        ledger.name_of(op),
        named([op]),
        seconds(most_us),
        seconds(op.service_us())
    )
}

fn open(ledger: &Ledger, op: &Op) -> String {
    format!(
        "{}: {}; expected it to have ended when everything was quiet, saw it in flight in the cloud's journal",
        ledger.name_of(op),
        named([op])
    )
}
