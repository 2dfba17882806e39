//! What an operation is, and how it can end.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{EventId, SsprCode, Win32};

/// The four operations that writeback knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OpKind {
    /// Self-service reset: the old password is not known; also unlocks.
    Reset,
    /// The person proves the old password and sets a new one.
    Change,
    /// An administrator sets a password for somebody.
    AdminReset,
    /// Clears the lock and leaves the password.
    Unlock,
}

impl OpKind {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 4] = [Self::Reset, Self::Unlock, Self::Change, Self::AdminReset];

    /// The name used in files and on charts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Change => "change",
            Self::AdminReset => "admin_reset",
            Self::Unlock => "unlock",
        }
    }

    /// Whether it writes a password.
    #[must_use]
    pub fn writes_password(self) -> bool {
        self != Self::Unlock
    }

    /// Whether it clears the lock when it is applied.
    #[must_use]
    pub fn unlocks(self) -> bool {
        matches!(self, Self::Reset | Self::Unlock)
    }
}

impl fmt::Display for OpKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an operation was refused or failed. A closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonCode {
    /// The directory's password policy refused the value (33008).
    PasswordPolicy,
    /// Self-service reset is off for the tenant.
    SsprDisabled,
    /// Writeback is off in the tenant.
    WritebackDisabled,
    /// Unlock without reset is off in the tenant.
    UnlockDisabled,
    /// The licence is missing.
    NotLicensed,
    /// The person is outside the enabled group.
    NotInScope,
    /// Too little security information is registered.
    NotRegistered,
    /// The cloud does not know this person: never synchronised, or unknown.
    UnknownUser,
    /// The code given at the gate was wrong.
    WrongCode,
    /// Too many attempts.
    Throttled,
    /// The session expired or its steps were taken out of order.
    SessionInvalid,
    /// The agent found no such person in the directory (33002).
    NotFoundOnPremises,
    /// The agent found two (33003).
    MultipleMatches,
    /// The service account lacks rights (33004).
    PermissionDenied,
    /// The account is disabled on-premises (33005).
    AccountDisabled,
    /// The current password of a change was wrong (33007).
    IncorrectPassword,
    /// A configuration problem of the directory (33009).
    DirectoryConfiguration,
    /// Nobody listens on the relay; nothing was dispatched.
    NoListener,
    /// The agent refused an expired message.
    Expired,
    /// The agent could not open the message.
    Undecryptable,
    /// The agent saw this operation before.
    Replayed,
    /// The first request could not be sent at all.
    NotSent,
    /// The cloud failed before it dispatched anything.
    CloudError,
    /// The agent could not reach the directory, and sent nothing.
    DirectoryUnreachable,
    /// The agent could not note the operation in its journal, and sent nothing.
    JournalUnavailable,
    /// The cloud takes no agent of that version.
    AgentOutdated,
    /// The operation was in doubt and is settled: it never had an effect and never will.
    NotApplied,
}

impl ReasonCode {
    /// The name used in files and on charts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::PasswordPolicy => "password_policy",
            Self::SsprDisabled => "sspr_disabled",
            Self::WritebackDisabled => "writeback_disabled",
            Self::UnlockDisabled => "unlock_disabled",
            Self::NotLicensed => "not_licensed",
            Self::NotInScope => "not_in_scope",
            Self::NotRegistered => "not_registered",
            Self::UnknownUser => "unknown_user",
            Self::WrongCode => "wrong_code",
            Self::Throttled => "throttled",
            Self::SessionInvalid => "session_invalid",
            Self::NotFoundOnPremises => "not_found_on_premises",
            Self::MultipleMatches => "multiple_matches",
            Self::PermissionDenied => "permission_denied",
            Self::AccountDisabled => "account_disabled",
            Self::IncorrectPassword => "incorrect_password",
            Self::DirectoryConfiguration => "directory_configuration",
            Self::NoListener => "no_listener",
            Self::Expired => "expired",
            Self::Undecryptable => "undecryptable",
            Self::Replayed => "replayed",
            Self::NotSent => "not_sent",
            Self::CloudError => "cloud_error",
            Self::DirectoryUnreachable => "directory_unreachable",
            Self::JournalUnavailable => "journal_unavailable",
            Self::AgentOutdated => "agent_outdated",
            Self::NotApplied => "not_applied",
        }
    }
}

/// A reason with the codes that the chain gave.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reason {
    /// The reason itself.
    pub code: ReasonCode,
    /// What the person was shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sspr: Option<SsprCode>,
    /// What the agent logged.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub event: Option<EventId>,
    /// What the directory answered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub win32: Option<Win32>,
}

impl Reason {
    /// A reason without codes.
    #[must_use]
    pub fn new(code: ReasonCode) -> Self {
        Self {
            code,
            sspr: None,
            event: None,
            win32: None,
        }
    }

    /// Adds what the person was shown.
    #[must_use]
    pub fn with_sspr(mut self, sspr: SsprCode) -> Self {
        self.sspr = Some(sspr);
        self
    }

    /// Adds what the agent logged.
    #[must_use]
    pub fn with_event(mut self, event: EventId) -> Self {
        self.event = Some(event);
        self
    }

    /// Adds what the directory answered.
    #[must_use]
    pub fn with_win32(mut self, win32: Option<Win32>) -> Self {
        self.win32 = win32;
        self
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code.as_str())?;
        if let Some(sspr) = self.sspr {
            write!(f, " {sspr}")?;
        }
        if let Some(event) = self.event {
            write!(f, " event {}", event.0)?;
        }
        if let Some(win32) = self.win32 {
            write!(f, " {:08X}", win32.0)?;
        }
        Ok(())
    }
}

/// Why nobody can tell whether the operation took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum UnknownWhy {
    /// No answer within the time allowed.
    Timeout,
    /// The connection ended after the request left.
    ConnectionLost,
    /// The relay gave up waiting for the listener (504), or lost it after dispatch.
    RelayTimeout,
    /// The agent's modify left and its answer never came, or was indefinite (LDAP 1, 51, 52, 80).
    DirectoryIndeterminate,
    /// The answer could not be authenticated or decoded.
    AnswerInvalid,
    /// The run ended while it was in flight.
    Interrupted,
    /// An answer that fits no other row.
    Unplaced,
}

impl UnknownWhy {
    /// The name used in files and on charts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Timeout => "timeout",
            Self::ConnectionLost => "connection_lost",
            Self::RelayTimeout => "relay_timeout",
            Self::DirectoryIndeterminate => "directory_indeterminate",
            Self::AnswerInvalid => "answer_invalid",
            Self::Interrupted => "interrupted",
            Self::Unplaced => "unplaced",
        }
    }
}

/// How an operation ended. A timeout is never a failure: it is `Unknown` (RFC 4511 section 3.1).
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The directory took it and the cloud said so.
    Applied,
    /// A policy or rule said no: a correct answer.
    Rejected(Reason),
    /// Surely no effect.
    Failed(Reason),
    /// Nobody can tell yet.
    Unknown(UnknownWhy),
}

/// The class of an outcome, with `Dropped` for what never began.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeClass {
    /// See [`Outcome::Applied`].
    Applied,
    /// See [`Outcome::Rejected`].
    Rejected,
    /// See [`Outcome::Failed`].
    Failed,
    /// See [`Outcome::Unknown`].
    Unknown,
    /// Due but never begun.
    Dropped,
}

impl OutcomeClass {
    /// All of them, in the order of reports.
    pub const ALL: [Self; 5] = [
        Self::Applied,
        Self::Rejected,
        Self::Failed,
        Self::Unknown,
        Self::Dropped,
    ];

    /// The name used in files and on charts.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Applied => "applied",
            Self::Rejected => "rejected",
            Self::Failed => "failed",
            Self::Unknown => "unknown",
            Self::Dropped => "dropped",
        }
    }
}

impl Outcome {
    /// Its class.
    #[must_use]
    pub fn class(&self) -> OutcomeClass {
        match self {
            Self::Applied => OutcomeClass::Applied,
            Self::Rejected(_) => OutcomeClass::Rejected,
            Self::Failed(_) => OutcomeClass::Failed,
            Self::Unknown(_) => OutcomeClass::Unknown,
        }
    }

    /// A rejection for a reason.
    #[must_use]
    pub fn rejected(code: ReasonCode) -> Self {
        Self::Rejected(Reason::new(code))
    }

    /// A failure for a reason.
    #[must_use]
    pub fn failed(code: ReasonCode) -> Self {
        Self::Failed(Reason::new(code))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outcomes_are_externally_tagged() {
        let outcome = Outcome::Rejected(
            Reason::new(ReasonCode::PasswordPolicy)
                .with_event(EventId::AD_PASSWORD_POLICY)
                .with_win32(Some(Win32::PASSWORD_RESTRICTION)),
        );
        let text = serde_json::to_string(&outcome).unwrap();
        assert_eq!(
            text,
            r#"{"rejected":{"code":"password_policy","event":33008,"win32":1325}}"#
        );
        assert_eq!(serde_json::from_str::<Outcome>(&text).unwrap(), outcome);
        assert_eq!(serde_json::to_string(&Outcome::Applied).unwrap(), r#""applied""#);
    }
}
