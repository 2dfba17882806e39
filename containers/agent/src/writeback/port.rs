//! The ports of the writeback service towards the directory.

use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use uuid::Uuid;
use vocabulary::Password;

/// Whom a write is for. The directory is addressed by the GUID, which survives renames.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Target {
    /// objectGUID.
    pub guid: Uuid,
    /// Distinguished name as of the last import; for messages.
    pub dn: String,
    /// DNS name of the domain: chooses the domain controller.
    pub domain: String,
    /// userPrincipalName.
    pub upn: String,
}

/// What to write.
#[derive(Clone, PartialEq, Eq)]
pub enum Change {
    /// Replace the password without knowing the old one.
    Reset {
        /// The new password.
        password: Password,
        /// Whether to clear the lock as well.
        unlock: bool,
    },
    /// Change the password, proving the current one.
    Change {
        /// The password so far.
        current: Password,
        /// The new password.
        new: Password,
    },
    /// Clear the lock and leave the password.
    Unlock,
}

impl fmt::Debug for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reset { unlock, .. } => write!(f, "Reset(unlock {unlock})"),
            Self::Change { .. } => f.write_str("Change"),
            Self::Unlock => f.write_str("Unlock"),
        }
    }
}

/// How a write ended.
pub type WriteResult = protocol::writeback::AgentResult;

/// A write under way.
pub type WriteFuture<'a> = Pin<Box<dyn Future<Output = WriteResult> + Send + 'a>>;

impl Change {
    /// Whether it writes a password.
    pub(crate) fn writes_password(&self) -> bool {
        !matches!(self, Self::Unlock)
    }

    /// Whether it clears the lock.
    pub(crate) fn unlocks(&self) -> bool {
        matches!(self, Self::Unlock | Self::Reset { unlock: true, .. })
    }
}

/// Writes into the directory. The port that wrong parts wrap.
pub trait DirectoryWriter: Send + Sync {
    /// Makes the change. `expires` is Unix time: it is checked immediately before anything is sent, and no attempt
    /// outlives it.
    fn write<'a>(&'a self, target: &'a Target, change: &'a Change, expires: Duration) -> WriteFuture<'a>;
}

/// What one domain controller says about a person, as far as a writeback can change it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Facts {
    /// msDS-KeyVersionNumber: one more with each password written (MS-ADTS 3.1.1.4.5.16).
    pub key_version: Option<u64>,
    /// pwdLastSet, as the directory counts time.
    pub password_set: Option<i64>,
    /// lockoutTime; nothing and 0 both mean not locked.
    pub locked: i64,
}

/// How a person stood on the domain controller that is about to take a write: what tells afterwards, by reading alone,
/// whether the write took effect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// The domain controller.
    pub dc: String,
    /// What it said.
    pub facts: Facts,
    /// Whether the write clears the lock as well; an unlock does nothing else.
    pub unlocks: bool,
}

/// How a person stands now, on every domain controller that answers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Reading {
    /// What each says.
    pub(crate) facts: Vec<Facts>,
    /// Whether all answered.
    pub(crate) complete: bool,
}

/// What the directory says about a person just before the write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Standing {
    /// There and enabled.
    Enabled,
    /// There and disabled (33005).
    Disabled,
    /// The question was refused, or found nobody; nothing was written.
    Refused(WriteResult),
}

/// What the event log shall tell of an operation besides how it ended.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Remark {
    /// The domain controller that the write was sent to; none when nothing was sent.
    pub(crate) dc: Option<String>,
    /// What was noticed on the way, in the order it was.
    pub(crate) notes: Vec<String>,
}

/// A question under way.
pub(crate) type ReadFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// Looks a person up in the directory.
pub(crate) trait DirectoryReader: Send + Sync {
    /// Asks how the account stands.
    fn standing<'a>(&'a self, target: &'a Target) -> ReadFuture<'a, Standing>;

    /// Chooses the domain controller for a write and asks it how the person stands; or says how the operation ends, when
    /// there is none to ask. Nothing is written.
    fn before<'a>(
        &'a self,
        target: &'a Target,
        change: &'a Change,
        expires: Duration,
    ) -> ReadFuture<'a, Result<Before, WriteResult>>;

    /// Asks every domain controller how the person stands.
    fn reread<'a>(&'a self, target: &'a Target) -> ReadFuture<'a, Reading>;

    /// Takes what was remarked on this person's last question and write. It is asked here and not given with the
    /// result, since the writer may stand behind somebody else's.
    fn remark(&self, target: &Target) -> Remark;
}
