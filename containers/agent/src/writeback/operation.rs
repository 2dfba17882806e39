//! One request as data: what it asks, what it may not ask, and how it can end. Pure.

use protocol::envelope::{Direction, Header};
use protocol::writeback::{AnswerBody, Inquiry, RequestBody};
use uuid::Uuid;
use vocabulary::{EventId, OpKind, OutcomeClass, Password, Reason, ReasonCode, UnknownWhy, Win32};

use super::port::{Change, WriteResult};

/// The longest password that is passed on, in UTF-16 units (MS-SAMR 3.1.1.7.2).
const PASSWORD_MAX: usize = 256;

/// How far, in seconds, the clocks of cloud and agent may differ. What was sealed later than this after now cannot be judged
/// by its expiry: the clock here is behind, and by how much nobody knows.
pub(crate) const CLOCK_TOLERANCE: u64 = 30;

/// The longest life of a message, in seconds: it bounds what the journal must remember.
pub(crate) const LIFE_MAX: u64 = 3600;

/// How an operation ended, as it is answered, logged and remembered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// How.
    pub result: WriteResult,
    /// The event that tells it.
    pub event: EventId,
}

impl Ending {
    /// The ending with its event: the reason's own, or the one of the kind.
    pub(crate) fn of(result: WriteResult, kind: OpKind) -> Self {
        let event = match &result {
            WriteResult::Applied => success_event(kind),
            WriteResult::Rejected(reason) | WriteResult::Failed(reason) => {
                reason.event.unwrap_or_else(|| fail_event(kind))
            }
            WriteResult::Unknown(_) => EventId::AD_UNKNOWN_ERROR,
        };
        Self { result, event }
    }

    /// The ending of an operation that may have had an effect, and nobody can tell.
    pub(crate) fn in_doubt(kind: OpKind) -> Self {
        Self::of(WriteResult::Unknown(UnknownWhy::DirectoryIndeterminate), kind)
    }

    /// The class of the result.
    pub(crate) fn class(&self) -> OutcomeClass {
        match self.result {
            WriteResult::Applied => OutcomeClass::Applied,
            WriteResult::Rejected(_) => OutcomeClass::Rejected,
            WriteResult::Failed(_) => OutcomeClass::Failed,
            WriteResult::Unknown(_) => OutcomeClass::Unknown,
        }
    }

    /// The directory's code, where it gave one.
    pub(crate) fn win32(&self) -> Option<Win32> {
        match &self.result {
            WriteResult::Rejected(reason) | WriteResult::Failed(reason) => reason.win32,
            WriteResult::Applied | WriteResult::Unknown(_) => None,
        }
    }

    /// The answer for a request with that proof.
    pub(crate) fn answer(&self, proof: &str) -> AnswerBody {
        AnswerBody {
            proof: proof.to_owned(),
            result: self.result.clone(),
            event: self.event,
            win32: self.win32(),
        }
    }
}

/// A rejection: the directory or a rule said no.
pub(crate) fn rejected(code: ReasonCode, event: EventId) -> WriteResult {
    WriteResult::Rejected(Reason::new(code).with_event(event))
}

/// A failure: surely no effect.
pub(crate) fn failed(code: ReasonCode, event: EventId) -> WriteResult {
    WriteResult::Failed(Reason::new(code).with_event(event))
}

/// A message past its expiry.
pub(crate) fn expired() -> WriteResult {
    failed(ReasonCode::Expired, EventId::INPUT_VALIDATION_ERROR)
}

/// The event that a request of this kind was seen. The product has none for an unlock: it is a reset without a password.
pub(crate) fn start_event(kind: OpKind) -> EventId {
    match kind {
        OpKind::Reset | OpKind::Unlock => EventId::PASSWORD_RESET_START,
        OpKind::Change => EventId::CHANGE_PASSWORD_START,
        OpKind::AdminReset => EventId::ADMIN_RESET_START,
    }
}

/// The event that it was written.
pub(crate) fn success_event(kind: OpKind) -> EventId {
    match kind {
        OpKind::Reset | OpKind::Unlock => EventId::PASSWORD_RESET_SUCCESS,
        OpKind::Change => EventId::CHANGE_PASSWORD_SUCCESS,
        OpKind::AdminReset => EventId::ADMIN_RESET_SUCCESS,
    }
}

/// The event that it was not.
pub(crate) fn fail_event(kind: OpKind) -> EventId {
    match kind {
        OpKind::Reset | OpKind::Unlock => EventId::PASSWORD_RESET_FAIL,
        OpKind::Change => EventId::CHANGE_PASSWORD_FAIL,
        OpKind::AdminReset => EventId::ADMIN_RESET_FAIL,
    }
}

/// Checks what the seal proves against what this agent is. Expiry is not checked here but right before the write.
pub(crate) fn check_header(header: &Header, tenant: Uuid) -> Result<(), &'static str> {
    if header.tid != tenant {
        return Err("the message is for another tenant");
    }
    if header.dir != Direction::Request {
        return Err("the message is not a request");
    }
    match header.exp.checked_sub(header.iat) {
        Some(life) if life <= LIFE_MAX => Ok(()),
        _ => Err("the message lives too long"),
    }
}

/// What a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Asked {
    /// To make a change.
    Do(Change),
    /// To tell how the operation ended.
    Tell(Inquiry),
}

/// What is asked, if the body fits the kind.
pub(crate) fn asked(kind: OpKind, body: &mut RequestBody) -> Result<Asked, &'static str> {
    let new = body.password.take().map(Password::new);
    let current = body.current.take().map(Password::new);
    if let Some(inquiry) = body.ask {
        return match (new, current) {
            (None, None) => Ok(Asked::Tell(inquiry)),
            _ => Err("an inquiry carries no password"),
        };
    }
    let change = match (kind, new, current) {
        (OpKind::Reset | OpKind::AdminReset, Some(password), None) => Change::Reset {
            password,
            unlock: body.unlock,
        },
        (OpKind::Change, Some(new), Some(current)) => Change::Change { current, new },
        (OpKind::Unlock, None, None) => Change::Unlock,
        _ => return Err("the body does not fit the kind of operation"),
    };
    Ok(Asked::Do(change))
}

/// Whether every password of a change can be put to a directory at all: not empty, not too long, no NUL, which some
/// directories take and cut.
pub(crate) fn presentable(change: &Change) -> bool {
    let fits = |password: &Password| {
        let text = password.expose();
        !text.is_empty() && !text.contains('\0') && text.encode_utf16().count() <= PASSWORD_MAX
    };
    match change {
        Change::Reset { password, .. } => fits(password),
        Change::Change { current, new } => fits(current) && fits(new),
        Change::Unlock => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing;

    fn body(password: Option<&str>, current: Option<&str>, unlock: bool) -> RequestBody {
        RequestBody {
            password: password.map(str::to_owned),
            current: current.map(str::to_owned),
            unlock,
            proof: "p".to_owned(),
            ask: None,
        }
    }

    fn change(kind: OpKind, body: &mut RequestBody) -> Result<Change, &'static str> {
        match asked(kind, body)? {
            Asked::Do(change) => Ok(change),
            Asked::Tell(_) => Err("an inquiry"),
        }
    }

    #[test]
    fn an_inquiry_carries_no_password() {
        let inquiry = Inquiry {
            journal: Uuid::from_u128(9),
            expires: 160,
        };
        let ask = |password| {
            let mut body = body(password, None, false);
            body.ask = Some(inquiry);
            asked(OpKind::Reset, &mut body)
        };
        assert_eq!(ask(None), Ok(Asked::Tell(inquiry)));
        assert!(ask(Some("x")).is_err());
    }

    #[test]
    fn only_bodies_that_fit_their_kind_become_changes() {
        let reset = change(OpKind::Reset, &mut body(Some("New-1"), None, true)).unwrap();
        assert_eq!(
            reset,
            Change::Reset {
                password: Password::new("New-1".to_owned()),
                unlock: true
            }
        );
        assert_eq!(change(OpKind::Unlock, &mut body(None, None, true)), Ok(Change::Unlock));
        assert!(change(OpKind::Unlock, &mut body(Some("x"), None, true)).is_err());
        assert!(change(OpKind::Reset, &mut body(None, None, true)).is_err());
        assert!(change(OpKind::Change, &mut body(Some("x"), None, false)).is_err());
        assert!(change(OpKind::AdminReset, &mut body(Some("x"), Some("y"), false)).is_err());
    }

    #[test]
    fn headers_must_be_for_this_tenant_and_direction_and_not_live_for_ever() {
        let header = testing::header(1, "a", OpKind::Reset, 160);
        assert_eq!(check_header(&header, header.tid), Ok(()));
        assert!(check_header(&header, Uuid::from_u128(99)).is_err());
        let mut answer = header.clone();
        answer.dir = Direction::Answer;
        assert!(check_header(&answer, header.tid).is_err());
        let mut eternal = header.clone();
        eternal.exp = header.iat + LIFE_MAX + 1;
        assert!(check_header(&eternal, header.tid).is_err());
        let mut backwards = header.clone();
        backwards.exp = header.iat - 1;
        assert!(check_header(&backwards, header.tid).is_err());
    }

    #[test]
    fn a_password_must_be_presentable() {
        let reset = |text: &str| Change::Reset {
            password: Password::new(text.to_owned()),
            unlock: false,
        };
        assert!(presentable(&reset("Grüße-1")));
        for wrong in [String::new(), "a\0b".to_owned(), "x".repeat(257)] {
            assert!(!presentable(&reset(&wrong)));
        }
        assert!(presentable(&reset(&"x".repeat(256))));
    }

    #[test]
    fn the_event_of_an_ending_is_the_reasons_own() {
        let policy = Ending::of(
            rejected(ReasonCode::PasswordPolicy, EventId::AD_PASSWORD_POLICY),
            OpKind::Reset,
        );
        assert_eq!(policy.event, EventId::AD_PASSWORD_POLICY);
        assert_eq!(
            Ending::of(WriteResult::Applied, OpKind::AdminReset).event,
            EventId::ADMIN_RESET_SUCCESS
        );
        let bare = WriteResult::Failed(Reason::new(ReasonCode::Expired));
        assert_eq!(Ending::of(bare, OpKind::Change).event, EventId::CHANGE_PASSWORD_FAIL);
    }
}
