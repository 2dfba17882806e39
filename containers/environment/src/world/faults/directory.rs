//! Faults of the directories.

use engine::ports::{Healed, Injected};
use scenario::{Fault, FaultKind, MovePdc};

use super::{Made, unwired};
use crate::EnvironmentError;
use crate::names::base_dn;
use crate::standing::Standing;
use crate::world::LabWorld;

/// What is needed to end a fault of this group.
#[derive(Clone)]
pub(crate) enum Undo {}

impl LabWorld {
    pub(super) async fn make_directory(&mut self, fault: &Fault) -> Result<Made, EnvironmentError> {
        match &fault.what {
            FaultKind::MovePdc(MovePdc { forest, to }) => {
                let forest = usize::try_from(*forest).unwrap_or_default().saturating_sub(1);
                Ok(Made::at_once(self.standing()?.move_pdc(forest, *to).await?))
            }
            _ => unwired(fault),
        }
    }

    pub(super) async fn heal_directory(&mut self, _fault: &Fault, undo: Undo) -> Result<Healed, EnvironmentError> {
        match undo {}
    }
}

impl Standing {
    /// Transfers the role of PDC emulator to a controller, as its administrator asks it to (MS-ADTS section 3.1.1.3.3.11).
    pub async fn move_pdc(&self, forest: usize, to: u32) -> Result<Injected, EnvironmentError> {
        let controller = self.controller(forest, to)?;
        let domain = &self.domain(forest)?.domain;
        let mut connection = self.as_administrator(forest, controller).await?;
        connection.replace("", "becomePdc", "1").await?;
        let owner = connection.read(&base_dn(domain), &["fSMORoleOwner"]).await?;
        let owner = owner.attrs.get("fSMORoleOwner").and_then(|values| values.first());
        Ok(Injected {
            target: format!("the PDC emulator of {domain} to {}", controller.fqdn),
            bit: Some(owner.is_some_and(|owner| holds(owner, &controller.fqdn))),
        })
    }
}

/// Whether `CN=NTDS Settings,CN=DC2,CN=Servers,…` is a part of that domain controller.
fn holds(owner: &str, fqdn: &str) -> bool {
    let host = owner.split(',').nth(1).and_then(|rdn| rdn.split_once('='));
    let label = fqdn.split('.').next().unwrap_or(fqdn);
    host.is_some_and(|(_, host)| host.eq_ignore_ascii_case(label))
}

#[cfg(test)]
mod tests {
    use super::holds;

    #[test]
    fn the_owner_is_the_server_above_its_settings() {
        let owner =
            "CN=NTDS Settings,CN=DC2,CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,DC=corp,DC=test";
        assert!(holds(owner, "dc2.corp.test"));
        assert!(!holds(owner, "dc1.corp.test"));
        assert!(!holds("", "dc1.corp.test"));
    }
}
