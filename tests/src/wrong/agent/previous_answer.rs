//! Answers with the result of the operation before.

use std::sync::{Arc, Mutex, PoisonError};

use agent::{Sealer, WriteResult};
use protocol::ProtocolError;
use protocol::envelope::Binding;
use protocol::writeback::AnswerBody;

use super::{Planted, sealing};
use crate::wrong::MIXED;

pub(super) const PLANTED: Planted = Planted {
    name: "previous-answer",
    does: "answers each operation with the result of the one before",
    caught_by: &["no-lost-ack"],
    scenario: MIXED,
    stand: |parts| {
        sealing(parts, |genuine| {
            Arc::new(PreviousAnswer {
                genuine,
                last: Mutex::default(),
            })
        })
    },
};

struct PreviousAnswer {
    genuine: Arc<dyn Sealer>,
    last: Mutex<Option<WriteResult>>,
}

impl Sealer for PreviousAnswer {
    fn seal(&self, binding: &Binding, content: &[u8]) -> Result<String, ProtocolError> {
        let mut answer: AnswerBody = serde_json::from_slice(content).map_err(|_| ProtocolError::Sealed)?;
        let result = answer.result.clone();
        let before = self.last.lock().unwrap_or_else(PoisonError::into_inner).replace(result);
        answer.result = before.unwrap_or(answer.result);
        let content = serde_json::to_vec(&answer).map_err(|_| ProtocolError::Sealed)?;
        self.genuine.seal(binding, &content)
    }
}
