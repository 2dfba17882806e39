//! What is inside the envelopes of one writeback: one request, one answer.

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vocabulary::{EventId, Reason, UnknownWhy, Win32};

/// The content type of both messages.
pub const CONTENT_TYPE: &str = "application/jose";

/// What the agent is asked to do. The kind of operation and the person stand in the envelope's header.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestBody {
    /// The new password; absent for an unlock.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub password: Option<String>,
    /// The current password; only for a change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<String>,
    /// Whether to clear the lock as well.
    pub unlock: bool,
    /// Random, base64; the answer repeats it and so proves that the agent opened the request.
    pub proof: String,
    /// Instead of a change: how did the operation of this id end?
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ask: Option<Inquiry>,
}

/// The cloud asks about an operation that it sent before. The agent tells what it knows and writes nothing; an operation
/// that its journal would know and does not know will not be carried out any more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inquiry {
    /// The journal of the agent that the operation was sent to, as it was named at onboarding.
    pub journal: Uuid,
    /// When the operation's message expires, in Unix seconds.
    pub expires: u64,
}

impl std::fmt::Debug for RequestBody {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RequestBody(unlock {})", self.unlock)
    }
}

impl Drop for RequestBody {
    fn drop(&mut self) {
        use zeroize::Zeroize as _;
        self.password.zeroize();
        self.current.zeroize();
    }
}

/// What the agent answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AnswerBody {
    /// The request's proof.
    pub proof: String,
    /// What happened.
    pub result: AgentResult,
    /// The event that the agent logged for it.
    pub event: EventId,
    /// The directory's code, where it gave one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub win32: Option<Win32>,
}

/// How the agent's part ended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AgentResult {
    /// The directory took it.
    Applied,
    /// The directory or a rule said no.
    Rejected(Reason),
    /// Surely no effect.
    Failed(Reason),
    /// The modify left and nobody can tell.
    Unknown(UnknownWhy),
}
