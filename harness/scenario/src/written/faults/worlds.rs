//! What can be done where.

use super::{FaultKind, PartName};
use crate::WorldKind;

impl FaultKind {
    /// Why it cannot be done in such a world, where it cannot.
    #[must_use]
    pub fn refused_in(&self, world: WorldKind) -> Option<&'static str> {
        match (world, self) {
            (WorldKind::Embedded, Self::Pause(_)) => {
                Some("in the embedded world all parts are one process, and none can stand still alone")
            }
            (WorldKind::Embedded, Self::LimitMemory(_)) => {
                Some("in the embedded world all parts are one process and share its memory")
            }
            (WorldKind::Docker, Self::KillAgentAt(_) | Self::JournalFull) => Some(
                "it is a trap on the agent's own ports, which are in reach only where the agent runs in this process",
            ),
            (WorldKind::Docker, Self::JournalTorn(_) | Self::JournalLost) => {
                Some("the journal is in reach only where the agent runs in this process")
            }
            (WorldKind::Docker, kind) => kind.refused_of_samba(),
            (WorldKind::Embedded, _) => None,
        }
    }

    /// Why it cannot be done where the parts are containers and the directories Samba, where it cannot.
    fn refused_of_samba(&self) -> Option<&'static str> {
        let certificate = [self.part()]
            .iter()
            .flatten()
            .any(|part| matches!(part, PartName::Dc(_)));
        Some(match self {
            Self::SkewClock(_) => "containers share the machine's clock, which is never put off",
            Self::SlowDirectory(_) => {
                "a Samba takes its own time; `world.directory` or a `delay` on `agent-dc` slows what the agent sees of it"
            }
            Self::ReadOnlyDirectory => "a Samba that runs cannot be made read-only",
            Self::FullDirectory => "a full disk does not stop a Samba: it writes on in the pages that it has",
            Self::RemoveRights => "the embedded directory alone takes delegations back while it runs",
            Self::PauseReplication => "the embedded directory alone holds changes back",
            Self::RollAgentKey | Self::DuplicateAnchor(_) => {
                "nothing reaches the agent's process in its container, which has no inbound port"
            }
            Self::ExpireCertificate(_) | Self::WrongNameCertificate(_) | Self::UnknownAuthority(_) if certificate => {
                "a Samba reads its certificate once, at its start"
            }
            _ => return None,
        })
    }

    /// Why it cannot be done to its part, where it cannot.
    #[must_use]
    pub fn refused_of_part(&self) -> Option<&'static str> {
        let part = self.part()?;
        let certificate = matches!(
            self,
            Self::ExpireCertificate(_) | Self::WrongNameCertificate(_) | Self::UnknownAuthority(_)
        );
        match part {
            PartName::Gateway if certificate => Some("the gateway never ends TLS and has no certificate"),
            PartName::Agent if certificate => Some("the agent listens nowhere and has no certificate"),
            PartName::Gateway if matches!(self, Self::SkewClock(_)) => Some("the gateway never looks at a clock"),
            _ => None,
        }
    }
}
