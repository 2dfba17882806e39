//! The directory that is probed, and how it is reached.

use vocabulary::Password;

use super::known::On;
use crate::EnvironmentError;
use crate::ldap::{Connection, DirectoryClient};

/// The account with the delegated rights.
pub(crate) struct AgentAccount {
    pub dn: String,
    pub password: Password,
}

/// A directory under probing.
pub(crate) struct Subject {
    pub client: DirectoryClient,
    /// Where it answers, for people.
    pub url: String,
    /// What it is, as far as known differences go.
    pub on: On,
    /// Whether somebody gave it to us: then its settings are its own.
    pub given: bool,
    pub admin_dn: String,
    pub admin_password: Password,
    pub agent: Option<AgentAccount>,
    /// The domain's distinguished name.
    pub base: String,
    /// The entry below which the probes' unit is made.
    pub below: String,
    /// The domain's NetBIOS name.
    pub netbios: String,
}

impl Subject {
    /// A connection of the administrator.
    pub async fn as_admin(&self) -> Result<Connection, EnvironmentError> {
        self.client.bound(&self.admin_dn, &self.admin_password).await
    }

    /// A connection of the account with the delegated rights.
    pub async fn as_agent(&self) -> Result<Connection, EnvironmentError> {
        let agent = self.agent.as_ref().ok_or(EnvironmentError::NotStanding)?;
        self.client.bound(&agent.dn, &agent.password).await
    }

    /// The domain's DNS name, from its distinguished name.
    pub fn domain(&self) -> String {
        domain_of(&self.base)
    }

    /// Asks the directory what cannot be known before: its NetBIOS name.
    pub async fn introduce(&mut self) -> Result<(), EnvironmentError> {
        let (_, name) = self.as_admin().await?.who_am_i().await?;
        let own = name.strip_prefix("u:").and_then(|name| name.split_once('\\'));
        self.netbios = own.map(|(domain, _)| domain.to_owned()).unwrap_or_else(|| {
            let domain = self.domain();
            domain.split('.').next().unwrap_or_default().to_uppercase()
        });
        Ok(())
    }
}

/// The DNS name of a domain whose distinguished name this is.
pub(super) fn domain_of(base: &str) -> String {
    let labels = base.split(',').filter_map(|part| {
        let (name, value) = part.split_once('=')?;
        name.trim().eq_ignore_ascii_case("dc").then(|| value.trim())
    });
    labels.collect::<Vec<_>>().join(".")
}
