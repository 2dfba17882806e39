//! Answers what the caller likes to hear.

use std::sync::Arc;

use agent::{Sealer, WriteResult};
use protocol::ProtocolError;
use protocol::envelope::Binding;
use protocol::writeback::AnswerBody;

use super::{Planted, sealing};
use crate::wrong::MIXED;

pub(super) const PLANTED: Planted = Planted {
    name: "seals-applied",
    does: "seals \"applied\" into every answer, and keeps the truth to its own journal",
    caught_by: &["no-lost-ack"],
    scenario: MIXED,
    stand: |parts| sealing(parts, |genuine| Arc::new(SealsApplied { genuine })),
};

struct SealsApplied {
    genuine: Arc<dyn Sealer>,
}

impl Sealer for SealsApplied {
    fn seal(&self, binding: &Binding, content: &[u8]) -> Result<String, ProtocolError> {
        let mut answer: AnswerBody = serde_json::from_slice(content).map_err(|_| ProtocolError::Sealed)?;
        answer.result = WriteResult::Applied;
        let content = serde_json::to_vec(&answer).map_err(|_| ProtocolError::Sealed)?;
        self.genuine.seal(binding, &content)
    }
}
