//! Knows no inquiries: to an agent that answers them, what comes late is settled already.

use std::sync::Arc;

use agent::{Opened, Opener};
use protocol::ProtocolError;
use protocol::writeback::RequestBody;

/// An opener that does not open what asks about an earlier operation.
pub(super) struct Deaf {
    genuine: Arc<dyn Opener>,
}

impl Deaf {
    /// Before the genuine one.
    pub(super) fn before(genuine: Arc<dyn Opener>) -> Self {
        Self { genuine }
    }
}

impl Opener for Deaf {
    fn open(&self, compact: &str) -> Result<Opened, ProtocolError> {
        let (header, content) = self.genuine.open(compact)?;
        let asks = serde_json::from_slice::<RequestBody>(&content).is_ok_and(|body| body.ask.is_some());
        if asks {
            Err(ProtocolError::Sealed)
        } else {
            Ok((header, content))
        }
    }
}
