//! Tells an end twice.

use std::io;
use std::sync::Arc;

use agent::EventSink;

use super::{Planted, logging};
use crate::wrong::MIXED;
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "tells-twice",
    does: "writes a line of its event log twice",
    caught_by: &["no-double-apply"],
    scenario: MIXED,
    stand: |parts| {
        logging(parts, |genuine| {
            Arc::new(TellsTwice {
                genuine,
                turn: OneIn::new(7),
            })
        })
    },
};

struct TellsTwice {
    genuine: Arc<dyn EventSink>,
    turn: OneIn,
}

impl EventSink for TellsTwice {
    fn append(&self, line: &[u8]) -> io::Result<()> {
        if self.turn.now() {
            self.genuine.append(line)?;
        }
        self.genuine.append(line)
    }
}
