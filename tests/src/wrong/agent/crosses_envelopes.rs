//! Crosses two envelopes.

use std::sync::{Arc, Mutex, PoisonError};

use agent::{Opened, Opener};
use protocol::ProtocolError;

use super::{Planted, opening};
use crate::wrong::MIXED;
use crate::wrong::pace::OneIn;

pub(super) const PLANTED: Planted = Planted {
    name: "crosses-envelopes",
    does: "takes the person from the envelope before, as an agent that does not heed what the seal binds",
    caught_by: &["directory-holds-acknowledged"],
    scenario: MIXED,
    stand: |parts| {
        opening(parts, |genuine| {
            Arc::new(CrossesEnvelopes {
                genuine,
                turn: OneIn::new(4),
                last: Mutex::default(),
            })
        })
    },
};

struct CrossesEnvelopes {
    genuine: Arc<dyn Opener>,
    turn: OneIn,
    last: Mutex<Option<String>>,
}

impl Opener for CrossesEnvelopes {
    fn open(&self, compact: &str) -> Result<Opened, ProtocolError> {
        let (mut header, content) = self.genuine.open(compact)?;
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let before = last.replace(header.anchor.clone());
        if let Some(before) = before.filter(|_| self.turn.now()) {
            header.anchor = before;
        }
        Ok((header, content))
    }
}
