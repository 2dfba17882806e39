//! Faults of the agent's account in the directory.

use engine::ports::Injected;
use vocabulary::{Password, Win32};

use super::directory::Undo;
use super::{Made, Undo as Whole};
use crate::EnvironmentError;
use crate::ldap::Connection;
use crate::names::service_account_dn;
use crate::settlement::SERVICE_ACCOUNT;
use crate::world::LabWorld;

/// ACCOUNTDISABLE (MS-ADTS section 2.2.16) besides what the account is else.
const DISABLED_ACCOUNT: &str = "66050";

/// Wrong passwords after which an account is locked or never will be.
const ATTEMPTS: u32 = 50;

/// What the agent's account suffers from.
#[derive(Clone, Copy)]
pub(crate) enum Account {
    Locked,
    Disabled,
    Rekeyed,
}

impl LabWorld {
    /// Locks the account of every domain by wrong passwords. Where the domain locks nobody, one wrong password does for that
    /// moment. It bit when the right password is refused for the lock.
    pub(super) async fn lock_service_account(&mut self) -> Result<Made, EnvironmentError> {
        let mut bit = true;
        for forest in 0..self.standing()?.domains.len() {
            let threshold = self.policy(forest, "lockoutThreshold").await?;
            let lockless = threshold == "0";
            if lockless {
                self.write_policy(forest, &[("lockoutThreshold", "1".to_owned())])
                    .await?;
            }
            let locked = self.fail_binds(forest).await;
            if lockless {
                self.write_policy(forest, &[("lockoutThreshold", threshold)]).await?;
            }
            locked?;
            bit &= self.refused_for(forest, Win32::ACCOUNT_LOCKED_OUT).await?;
        }
        self.suffered("is locked", Account::Locked, bit)
    }

    async fn fail_binds(&self, forest: usize) -> Result<(), EnvironmentError> {
        let (mut connection, dn) = self.stranger(forest).await?;
        for attempt in 0..ATTEMPTS {
            let wrong = Password::new(format!("Wrong-{attempt}-svc"));
            let refused = connection.try_bind(&dn, &wrong, 0).await?;
            // The right password in between would begin the count anew.
            if refused.data == Some(Win32::ACCOUNT_LOCKED_OUT) {
                return Ok(());
            }
        }
        Ok(())
    }

    pub(super) async fn disable_service_account(&mut self) -> Result<Made, EnvironmentError> {
        let mut bit = true;
        for forest in 0..self.standing()?.domains.len() {
            self.control(forest, DISABLED_ACCOUNT).await?;
            bit &= self.refused_for(forest, Win32::ACCOUNT_DISABLED).await?;
        }
        self.suffered("is disabled", Account::Disabled, bit)
    }

    /// Gives the account another password in every domain, twice: the one before the current one may bind for a while.
    pub(super) async fn change_service_password(&mut self) -> Result<Made, EnvironmentError> {
        let mut bit = true;
        for forest in 0..self.standing()?.domains.len() {
            for _ in 0..2 {
                let standing = self.standing.as_mut().ok_or(EnvironmentError::NotStanding)?;
                let interim = standing.blueprint.interim_password()?;
                self.set_password(forest, &interim).await?;
            }
            bit &= self.refused_for(forest, Win32::LOGON_FAILURE).await?;
        }
        self.suffered("has another password", Account::Rekeyed, bit)
    }

    /// Puts the account back as it was. A lock is taken off in any case: wrong passwords may have been tried meanwhile.
    pub(super) async fn restore_account(&mut self, account: Account) -> Result<(), EnvironmentError> {
        for forest in 0..self.standing()?.domains.len() {
            match account {
                Account::Locked => {}
                Account::Disabled => self.control(forest, SERVICE_ACCOUNT).await?,
                Account::Rekeyed => {
                    let own = self.standing()?.blueprint.domain(forest)?.service_account.clone();
                    self.set_password(forest, &own).await?;
                    // An administrator gives the agent the password anew, or it would not try it for half an hour.
                    let domain = self.standing()?.domain(forest)?.domain.clone();
                    let file = format!("service-account-{domain}.password");
                    let site = self.site()?;
                    site.replace("agent", &file, own.expose().as_bytes()).await?;
                }
            }
            let (mut administrator, dn) = self.administrator(forest).await?;
            administrator.replace(&dn, "lockoutTime", "0").await?;
        }
        Ok(())
    }

    /// What is told of it; whoever was bound as the account must bind again.
    fn suffered(&mut self, what: &str, account: Account, bit: bool) -> Result<Made, EnvironmentError> {
        self.hang_up()?;
        Ok(Made {
            injected: Injected {
                target: format!("the agent's account {what}"),
                bit: Some(bit),
                touched: Vec::new(),
            },
            undo: Some(Whole::Directory(Undo::Account(account))),
        })
    }

    /// Whether the account's right password is refused with a code.
    async fn refused_for(&self, forest: usize, code: Win32) -> Result<bool, EnvironmentError> {
        let (mut connection, dn) = self.stranger(forest).await?;
        let own = self.standing()?.blueprint.domain(forest)?.service_account.clone();
        let refused = connection.try_bind(&dn, &own, 0).await?;
        Ok(!refused.accepted && refused.data == Some(code))
    }

    async fn control(&self, forest: usize, flags: &str) -> Result<(), EnvironmentError> {
        let (mut administrator, dn) = self.administrator(forest).await?;
        administrator.replace(&dn, "userAccountControl", flags).await
    }

    async fn set_password(&self, forest: usize, password: &Password) -> Result<(), EnvironmentError> {
        let (mut administrator, dn) = self.administrator(forest).await?;
        administrator.reset(&dn, password).await
    }

    /// A connection as the domain's administrator, and the account's name.
    async fn administrator(&self, forest: usize) -> Result<(Connection, String), EnvironmentError> {
        let standing = self.standing()?;
        let connection = standing
            .as_administrator(forest, standing.controller(forest, 1)?)
            .await?;
        Ok((connection, service_account_dn(&standing.domain(forest)?.domain)))
    }

    /// A connection of nobody, and the account's name.
    async fn stranger(&self, forest: usize) -> Result<(Connection, String), EnvironmentError> {
        let standing = self.standing()?;
        let connection = standing.client(standing.controller(forest, 1)?)?.connect().await?;
        Ok((connection, service_account_dn(&standing.domain(forest)?.domain)))
    }
}
