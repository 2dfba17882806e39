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
            _ => None,
        }
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
