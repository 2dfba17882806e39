//! Faults of the directories.

use directory::Disturbance;
use engine::ports::{Healed, Injected, lease};
use scenario::{Fault, FaultKind, MovePdc, TightenPolicy};

use super::accounts::Account;
use super::{Made, Undo as Whole, unwired};
use crate::EnvironmentError;
use crate::names::base_dn;
use crate::settlement::ticks;
use crate::site::Site;
use crate::standing::Standing;
use crate::world::LabWorld;

/// Wrong passwords that lock an account where no policy locked anybody before.
const LOCKOUT_THRESHOLD: &str = "5";

/// What is needed to end a fault of this group.
#[derive(Clone)]
pub(crate) enum Undo {
    /// Every domain controller is disturbed, and ends it by itself.
    Disturbed(Disturbance),
    /// The agent's account is not as it was.
    Account(Account),
    /// The domains' policies are not as they were: of each forest, attributes with the values that they had.
    Policy(Vec<Vec<(&'static str, String)>>),
    /// Accounts that were not there, by forest.
    Surplus(Vec<(usize, String)>),
}

impl LabWorld {
    pub(super) async fn make_directory(&mut self, fault: &Fault) -> Result<Made, EnvironmentError> {
        match &fault.what {
            FaultKind::MovePdc(MovePdc { forest, to }) => {
                let forest = usize::try_from(*forest).unwrap_or_default().saturating_sub(1);
                Ok(Made::at_once(self.standing()?.move_pdc(forest, *to).await?))
            }
            FaultKind::SlowDirectory(slow) => self.disturb_directories(fault, Disturbance::Slow(slow.by)),
            FaultKind::ReadOnlyDirectory => self.disturb_directories(fault, Disturbance::ReadOnly),
            FaultKind::FullDirectory => self.disturb_directories(fault, Disturbance::Full),
            FaultKind::RemoveRights => self.disturb_directories(fault, Disturbance::RightsWithdrawn),
            FaultKind::PauseReplication => self.disturb_directories(fault, Disturbance::ReplicationPaused),
            FaultKind::LockServiceAccount => self.lock_service_account().await,
            FaultKind::DisableServiceAccount => self.disable_service_account().await,
            FaultKind::ChangeServicePassword => self.change_service_password().await,
            FaultKind::TightenPolicy(policy) => self.tighten(policy).await,
            FaultKind::FlipLockoutPolicy => self.flip_lockout().await,
            FaultKind::RenamePeople(of) => self.rename_people(of.share).await.map(Made::at_once),
            FaultKind::DeletePeople(of) => self.delete_people(of.count).await.map(Made::at_once),
            FaultKind::DuplicateAnchor(of) => self.duplicate_anchors(of.count).await,
            _ => unwired(fault),
        }
    }

    pub(super) async fn heal_directory(&mut self, fault: &Fault, undo: Undo) -> Result<Healed, EnvironmentError> {
        match undo {
            Undo::Disturbed(what) => {
                let mut touched = 0;
                for part in self.controllers()? {
                    let Site::Embedded(site) = self.site()? else {
                        return unwired(fault).map(|_| Healed { bit: None });
                    };
                    touched += site.directory(&part)?.calm(what);
                }
                Ok(Healed { bit: Some(touched > 0) })
            }
            Undo::Account(account) => self.restore_account(account).await.map(|()| Healed { bit: None }),
            Undo::Policy(before) => {
                for (forest, values) in before.iter().enumerate() {
                    self.write_policy(forest, values).await?;
                }
                Ok(Healed { bit: None })
            }
            Undo::Surplus(accounts) => self.remove_surplus(accounts).await.map(|()| Healed { bit: None }),
        }
    }

    /// The parts of all domain controllers.
    fn controllers(&self) -> Result<Vec<String>, EnvironmentError> {
        let domains = self.standing()?.domains.iter();
        let controllers = domains.flat_map(|domain| &domain.controllers);
        Ok(controllers.map(|controller| controller.part.clone()).collect())
    }

    /// Disturbs every domain controller, each of which ends it by itself with its lease. It bit once it touched an operation.
    fn disturb_directories(&mut self, fault: &Fault, what: Disturbance) -> Result<Made, EnvironmentError> {
        for part in self.controllers()? {
            let Site::Embedded(site) = self.site()? else {
                return unwired(fault);
            };
            site.directory(&part)?.disturb(what, lease(fault).unwrap_or_default());
        }
        Ok(Made {
            injected: Injected {
                target: "every domain controller".to_owned(),
                bit: None,
                touched: Vec::new(),
            },
            undo: Some(Whole::Directory(Undo::Disturbed(what))),
        })
    }

    /// Ends every connection to every domain controller, so that whoever needs one must bind anew.
    pub(super) fn hang_up(&mut self) -> Result<(), EnvironmentError> {
        for part in self.controllers()? {
            if let Site::Embedded(site) = self.site()? {
                site.directory(&part)?.hang_up();
            }
        }
        Ok(())
    }

    /// Asks more of every domain's passwords. It bit once every domain tells so.
    async fn tighten(&mut self, policy: &TightenPolicy) -> Result<Made, EnvironmentError> {
        let number = |number: u32| number.to_string();
        let values = [
            ("minPwdLength", policy.min_length.map(number)),
            ("pwdHistoryLength", policy.history.map(number)),
            ("minPwdAge", policy.min_age.map(|age| ticks(age).to_string())),
        ];
        let values: Vec<(&'static str, String)> = values
            .into_iter()
            .filter_map(|(name, value)| Some((name, value?)))
            .collect();
        let everywhere = vec![values; self.standing()?.domains.len()];
        self.change_policy(&everywhere).await
    }

    /// Switches lockout off, or on where it was off.
    async fn flip_lockout(&mut self) -> Result<Made, EnvironmentError> {
        let mut values = Vec::new();
        for forest in 0..self.standing()?.domains.len() {
            let before = self.policy(forest, "lockoutThreshold").await?;
            let flipped = if before == "0" { LOCKOUT_THRESHOLD } else { "0" };
            values.push(vec![("lockoutThreshold", flipped.to_owned())]);
        }
        self.change_policy(&values).await
    }

    async fn change_policy(&mut self, wanted: &[Vec<(&'static str, String)>]) -> Result<Made, EnvironmentError> {
        let (mut before, mut bit) = (Vec::new(), true);
        for (forest, values) in wanted.iter().enumerate() {
            let mut old = Vec::new();
            for (name, _) in values {
                old.push((*name, self.policy(forest, name).await?));
            }
            self.write_policy(forest, values).await?;
            for ((name, value), (_, old)) in values.iter().zip(&old) {
                bit &= self.policy(forest, name).await? == *value && value != old;
            }
            before.push(old);
        }
        Ok(Made {
            injected: Injected {
                target: "the policy of every domain".to_owned(),
                bit: Some(bit),
                touched: Vec::new(),
            },
            undo: Some(Whole::Directory(Undo::Policy(before))),
        })
    }

    /// A value of a domain's policy, which stands at the domain's head.
    pub(super) async fn policy(&self, forest: usize, name: &str) -> Result<String, EnvironmentError> {
        let (mut connection, head) = self.domain_head(forest).await?;
        Ok(connection.value(&head, name).await?.unwrap_or_else(|| "0".to_owned()))
    }

    pub(super) async fn write_policy(
        &self,
        forest: usize,
        values: &[(&'static str, String)],
    ) -> Result<(), EnvironmentError> {
        let (mut connection, head) = self.domain_head(forest).await?;
        for (name, value) in values {
            connection.replace(&head, name, value).await?;
        }
        Ok(())
    }

    /// A connection as a domain's administrator, and the name of the domain's head.
    async fn domain_head(&self, forest: usize) -> Result<(crate::ldap::Connection, String), EnvironmentError> {
        let standing = self.standing()?;
        let connection = standing
            .as_administrator(forest, standing.controller(forest, 1)?)
            .await?;
        Ok((connection, base_dn(&standing.domain(forest)?.domain)))
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
            touched: Vec::new(),
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
