//! Faults of messages: every relay is told.

use engine::ports::{Healed, Injected, lease};
use relay::{FaultOrder, FaultState, MessageFault};
use scenario::{Fault, FaultKind};

use super::{Made, failed};
use crate::EnvironmentError;
use crate::world::LabWorld;

/// What is needed to end a fault of this group.
#[derive(Clone)]
pub(crate) struct Undo {
    path: String,
}

impl LabWorld {
    pub(super) async fn make_messages(&mut self, fault: &Fault) -> Result<Made, EnvironmentError> {
        let what = message(&fault.what).ok_or_else(|| failed(fault, "the relay knows no such fault"))?;
        let order = FaultOrder {
            what,
            lease: lease(fault).unwrap_or_default(),
        };
        let standing = self.standing()?;
        let path = format!("/lab/faults/{}", fault.what.as_str());
        for (number, _) in &standing.relays {
            standing.relay_lab(*number)?.put(&path, &order).await?;
        }
        let injected = Injected {
            target: if standing.relays.len() == 1 {
                "relay1"
            } else {
                "every relay"
            }
            .to_owned(),
            bit: None,
            touched: Vec::new(),
        };
        Ok(Made::lasting(injected, super::Undo::Messages(Undo { path })))
    }

    pub(super) async fn heal_messages(&mut self, _fault: &Fault, undo: Undo) -> Result<Healed, EnvironmentError> {
        let standing = self.standing()?;
        let mut messages: Option<u64> = None;
        for (number, _) in &standing.relays {
            let ended: Option<FaultState> = standing.relay_lab(*number)?.delete(&undo.path).await?;
            if let Some(state) = ended {
                messages = Some(messages.unwrap_or_default() + state.messages);
            }
        }
        Ok(Healed {
            bit: messages.map(|messages| messages > 0),
        })
    }
}

/// A kind of fault as a relay is told.
fn message(what: &FaultKind) -> Option<MessageFault> {
    Some(match what {
        FaultKind::LoseRequests(of) => MessageFault::LoseRequests { share: of.share },
        FaultKind::LoseResponses(of) => MessageFault::LoseResponses { share: of.share },
        FaultKind::DuplicateRequests(duplicate) => MessageFault::DuplicateRequests {
            copies: duplicate.copies,
            share: duplicate.share,
        },
        FaultKind::HoldRequests(hold) => MessageFault::HoldRequests { by: hold.by },
        FaultKind::ReorderRequests => MessageFault::ReorderRequests,
        FaultKind::SwapRequests => MessageFault::SwapRequests,
        FaultKind::CorruptRequests => MessageFault::CorruptRequests,
        FaultKind::ReplayRequests => MessageFault::ReplayRequests,
        FaultKind::OversizeRequests => MessageFault::OversizeRequests,
        FaultKind::DeleteListener => MessageFault::DeleteListener,
        FaultKind::Unanswered => MessageFault::Unanswered,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use scenario::FaultGroup;

    use super::*;

    #[test]
    fn every_kind_of_message_fault_is_known_to_the_relay() {
        let kinds = [
            r#"{"lose_requests":{}}"#,
            r#"{"lose_responses":{"share":"1/2"}}"#,
            r#"{"duplicate_requests":{"copies":20}}"#,
            r#"{"hold_requests":{"by":"5s"}}"#,
            r#""reorder_requests""#,
            r#""swap_requests""#,
            r#""corrupt_requests""#,
            r#""replay_requests""#,
            r#""oversize_requests""#,
            r#""delete_listener""#,
            r#""unanswered""#,
        ];
        for text in kinds {
            let kind: FaultKind = serde_json::from_str(text).unwrap();
            assert_eq!(kind.group(), FaultGroup::Messages);
            let told = serde_json::to_string(&message(&kind)).unwrap();
            assert!(told.contains(kind.as_str()), "{text} is told as {told}");
        }
    }
}
