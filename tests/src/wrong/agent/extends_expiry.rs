//! Gives messages more time than they have.

use std::sync::Arc;

use agent::{Opened, Opener};
use protocol::ProtocolError;

use super::deaf::Deaf;
use super::{Planted, opening};
use crate::wrong::LATE;
use crate::wrong::relay::holding;

pub(super) const PLANTED: Planted = Planted {
    name: "extends-expiry",
    does: "lets a message live ten minutes longer than its seal says and answers no inquiry, on a relay that holds some back and loses the answer",
    caught_by: &["no-late-apply"],
    scenario: LATE,
    stand: |parts| {
        opening(holding(parts), |genuine| {
            let genuine = Arc::new(Deaf::before(genuine));
            Arc::new(ExtendsExpiry { genuine })
        })
    },
};

struct ExtendsExpiry {
    genuine: Arc<dyn Opener>,
}

impl Opener for ExtendsExpiry {
    fn open(&self, compact: &str) -> Result<Opened, ProtocolError> {
        let (mut header, content) = self.genuine.open(compact)?;
        header.exp += 600;
        Ok((header, content))
    }
}
