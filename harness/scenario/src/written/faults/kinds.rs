//! Every kind of fault.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    By, Delay, DuplicateRequests, IdleDrop, JournalTorn, KillAgentAt, LimitMemory, MovePdc, OfCount, OfPart, OfRatio,
    OfShare, PartName, Partition, RestartStorm, SkewClock, Slice, SlowLink, TightenPolicy,
};

/// What carries a fault out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultGroup {
    /// Processes and what they keep on disk.
    Process,
    /// Bytes between two parts.
    Edge,
    /// Messages in the relay.
    Messages,
    /// Certificates, keys and tokens.
    Identity,
    /// Clocks.
    Clock,
    /// The directories.
    Directory,
    /// The tenant in the cloud.
    Cloud,
}

/// One row for each kind: its meaning, its variant and parameters, its name, its group, and whether it lasts.
macro_rules! kinds {
    ($($(#[$doc:meta])* $kind:ident $(($told:ty))? = $name:literal, $group:ident, $lasts:literal;)*) => {
        /// What happens.
        #[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        pub enum FaultKind {
            $($(#[$doc])* #[serde(rename = $name)] $kind $(($told))?,)*
        }

        impl FaultKind {
            /// The names of all kinds, in the order of the book.
            pub const NAMES: &'static [&'static str] = &[$($name),*];

            /// The name used in files and on charts.
            #[must_use]
            pub fn as_str(&self) -> &'static str {
                match self {
                    $(Self::$kind { .. } => $name,)*
                }
            }

            /// What carries it out.
            #[must_use]
            pub fn group(&self) -> FaultGroup {
                match self {
                    $(Self::$kind { .. } => FaultGroup::$group,)*
                }
            }

            /// Whether it lasts until it is healed; else it is over at once.
            #[must_use]
            pub fn lasts(&self) -> bool {
                match self {
                    $(Self::$kind { .. } => $lasts,)*
                }
            }
        }
    };
}

kinds! {
    /// A part dies at once, with nothing written that was not written yet, and stands again afterwards.
    Kill(OfPart) = "kill", Process, true;
    /// A part is asked to end, ends in good order, and stands again afterwards.
    Stop(OfPart) = "stop", Process, true;
    /// A part stands still with all its connections open.
    Pause(OfPart) = "pause", Process, true;
    /// A part dies and stands again, many times.
    RestartStorm(RestartStorm) = "restart_storm", Process, true;
    /// The agent dies at a chosen point of its work on the next operation that comes to it.
    KillAgentAt(KillAgentAt) = "kill_agent_at", Process, true;
    /// A part may use little memory, and what takes more is killed.
    LimitMemory(LimitMemory) = "limit_memory", Process, true;
    /// The disk of the agent's journal is full.
    JournalFull = "journal_full", Process, true;
    /// The agent dies, and its journal is damaged before it stands again.
    JournalTorn(JournalTorn) = "journal_torn", Process, true;
    /// The agent dies, and its journal is gone before it stands again.
    JournalLost = "journal_lost", Process, true;

    /// Nothing gets through; nobody is told.
    Partition(Partition) = "partition", Edge, true;
    /// Every connection's far end is gone and does not say so; new ones find it again.
    HalfOpen = "half_open", Edge, true;
    /// A connection that was silent for a while is forgotten; nobody is told.
    IdleDrop(IdleDrop) = "idle_drop", Edge, true;
    /// What is sent arrives later.
    Delay(Delay) = "delay", Edge, true;
    /// Some segments are lost and sent again: their bytes, and all behind them, wait.
    Loss(OfRatio) = "loss", Edge, true;
    /// Some connections are reset.
    Reset(OfRatio) = "reset", Edge, true;
    /// Few bytes pass in a second.
    SlowLink(SlowLink) = "slow_link", Edge, true;
    /// Some chunks have a wrong bit.
    Corrupt(OfRatio) = "corrupt", Edge, true;
    /// Connections end in the middle of a message.
    Truncate = "truncate", Edge, true;
    /// What is sent arrives in small pieces.
    Slice(Slice) = "slice", Edge, true;

    /// Requests are accepted and never delivered.
    LoseRequests(OfShare) = "lose_requests", Messages, true;
    /// Requests are delivered and their answers are lost.
    LoseResponses(OfShare) = "lose_responses", Messages, true;
    /// Requests are delivered more than once.
    DuplicateRequests(DuplicateRequests) = "duplicate_requests", Messages, true;
    /// Requests are held before they are delivered.
    HoldRequests(By) = "hold_requests", Messages, true;
    /// Of two requests the later is delivered first.
    ReorderRequests = "reorder_requests", Messages, true;
    /// Two requests swap what they carry.
    SwapRequests = "swap_requests", Messages, true;
    /// Requests have a wrong bit.
    CorruptRequests = "corrupt_requests", Messages, true;
    /// Requests that were delivered before are delivered again.
    ReplayRequests = "replay_requests", Messages, true;
    /// Requests are larger than the control channel takes.
    OversizeRequests = "oversize_requests", Messages, true;
    /// The listener's hybrid connection is deleted.
    DeleteListener = "delete_listener", Messages, true;
    /// The sender is told that nobody answered in time, while the agent works on.
    Unanswered = "unanswered", Messages, true;

    /// A part shows a certificate that has expired.
    ExpireCertificate(OfPart) = "expire_certificate", Identity, true;
    /// A part shows a certificate for another name.
    WrongNameCertificate(OfPart) = "wrong_name_certificate", Identity, true;
    /// A part shows a certificate of an authority that nobody knows.
    UnknownAuthority(OfPart) = "unknown_authority", Identity, true;
    /// Every token that the cloud has given out is void.
    ExpireTokens = "expire_tokens", Identity, false;
    /// The relay's key for listeners is another.
    RotateListenKey = "rotate_listen_key", Identity, false;
    /// The relay's key for senders is another.
    RotateSendKey = "rotate_send_key", Identity, false;
    /// The agent takes a new key for what is sealed to it.
    RollAgentKey = "roll_agent_key", Identity, false;
    /// The agent's private key is lost.
    LoseAgentKey = "lose_agent_key", Identity, true;

    /// A part's clock is wrong.
    SkewClock(SkewClock) = "skew_clock", Clock, true;

    /// The directories answer late.
    SlowDirectory(By) = "slow_directory", Directory, true;
    /// The directories take no writes.
    ReadOnlyDirectory = "read_only_directory", Directory, true;
    /// The directories' disk is full.
    FullDirectory = "full_directory", Directory, true;
    /// The agent's account loses the right to reset passwords.
    RemoveRights = "remove_rights", Directory, true;
    /// The agent's account is locked.
    LockServiceAccount = "lock_service_account", Directory, true;
    /// The agent's account is disabled.
    DisableServiceAccount = "disable_service_account", Directory, true;
    /// The agent's account has another password.
    ChangeServicePassword = "change_service_password", Directory, true;
    /// The domains' password policy asks for more.
    TightenPolicy(TightenPolicy) = "tighten_policy", Directory, true;
    /// The domains' lockout is switched off, or on where it was off.
    FlipLockoutPolicy = "flip_lockout_policy", Directory, true;
    /// Domain controllers do not replicate.
    PauseReplication = "pause_replication", Directory, true;
    /// People are renamed, and so have another distinguished name.
    RenamePeople(OfShare) = "rename_people", Directory, false;
    /// People are deleted.
    DeletePeople(OfCount) = "delete_people", Directory, false;
    /// Further accounts bear the anchor by which a person is found.
    DuplicateAnchor(OfCount) = "duplicate_anchor", Directory, true;
    /// The role of PDC emulator is transferred to another domain controller of a forest.
    MovePdc(MovePdc) = "move_pdc", Directory, false;

    /// Everybody's licence is taken away.
    RevokeLicence = "revoke_licence", Cloud, true;
    /// "Write back passwords to your on-premises directory" is switched off.
    DisableWriteback = "disable_writeback", Cloud, true;
    /// "Allow users to unlock accounts without resetting their password" is switched off.
    DisableUnlock = "disable_unlock", Cloud, true;
    /// The cloud asks for a newer agent.
    RequireNewerAgent = "require_newer_agent", Cloud, true;
}

impl FaultKind {
    /// Whether it breaks an edge, which must then be named.
    #[must_use]
    pub fn breaks_an_edge(&self) -> bool {
        self.group() == FaultGroup::Edge
    }

    /// The part that it is done to, where it is done to one.
    #[must_use]
    pub fn part(&self) -> Option<PartName> {
        match self {
            Self::Kill(of)
            | Self::Stop(of)
            | Self::Pause(of)
            | Self::ExpireCertificate(of)
            | Self::WrongNameCertificate(of)
            | Self::UnknownAuthority(of) => Some(of.part),
            Self::RestartStorm(storm) => Some(storm.part),
            Self::LimitMemory(limit) => Some(limit.part),
            Self::SkewClock(skew) => Some(skew.part),
            Self::KillAgentAt(_) | Self::JournalFull | Self::JournalTorn(_) | Self::JournalLost => {
                Some(PartName::Agent)
            }
            _ => None,
        }
    }
}
