//! Delivers messages again.

use std::sync::Arc;
use std::time::Duration;

use environment::Parts;
use relay::{Carrier, Carrying, Errand, Key};
use uuid::Uuid;

use super::{Planted, carrying};
use crate::wrong::AGAIN;
use crate::wrong::clock::wait;
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "repeats",
    does: "delivers some messages twice; an agent that keeps a journal must bear it",
    caught_by: &[],
    scenario: AGAIN,
    stand: repeating,
};

/// A relay that delivers one message in four twice, at once.
pub(in crate::wrong) fn repeating(parts: Parts) -> Parts {
    repeating_after(parts, Duration::ZERO)
}

/// A relay that delivers one message in four again after a second.
pub(in crate::wrong) fn repeating_late(parts: Parts) -> Parts {
    repeating_after(parts, Duration::from_secs(1))
}

fn repeating_after(parts: Parts, after: Duration) -> Parts {
    carrying(parts, move |genuine| {
        Arc::new(Repeats {
            genuine,
            after,
            turn: OneIn::new(4),
        })
    })
}

struct Repeats {
    genuine: Arc<dyn Carrier>,
    after: Duration,
    turn: OneIn,
}

impl Carrier for Repeats {
    fn carry(&self, errand: Errand) -> Carrying<'_> {
        if self.turn.now() {
            let (genuine, copy, after) = (Arc::clone(&self.genuine), again(&errand), self.after);
            tokio::spawn(async move {
                wait(after).await;
                // Nobody hears what comes of it: its answer goes to who waits for the first one, or to nobody.
                let _ = tokio::time::timeout(Duration::from_secs(5), genuine.carry(copy)).await;
            });
        }
        self.genuine.carry(errand)
    }
}

/// The same message under another name, since no two wait under one.
fn again(errand: &Errand) -> Errand {
    let mut copy = errand.clone();
    copy.key = Key(Uuid::from_u128(!errand.key.0.as_u128()));
    copy
}
