//! What stands of a world, and how the harness reaches it.

use std::path::PathBuf;

use history::Capability;
use scenario::Plan;
use vocabulary::NameTable;

use crate::EnvironmentError;
use crate::blueprint::Blueprint;
use crate::domains::{Controller, StandingDomain};
use crate::lab::Lab;
use crate::names::{CLOUD_ROLES, base_dn, cloud_host};
use crate::site::{Address, RoleConfig, Site};

/// What stands.
pub(crate) struct Standing {
    pub blueprint: Blueprint,
    pub plan: Plan,
    pub relays: Vec<(u32, Address)>,
    pub cloud: Address,
    pub gateway: Address,
    pub domains: Vec<StandingDomain>,
    pub event_log: Option<PathBuf>,
}

impl Standing {
    /// Where the cloud's names are, for the harness.
    pub fn names(&self) -> NameTable {
        let mut names = NameTable::default();
        for role in CLOUD_ROLES {
            names.insert(&cloud_host(role), self.cloud.outside);
        }
        names
    }

    pub fn portal_url(&self) -> String {
        format!("https://{}:{}", cloud_host("portal"), self.cloud.outside.port())
    }

    pub fn lab(&self) -> Result<Lab, EnvironmentError> {
        Lab::new(
            &self.portal_url(),
            &self.names(),
            &self.blueprint.authority.pem(),
            &self.blueprint.lab_token,
        )
    }

    /// What a domain controller says of itself: its policies and the controls it supports.
    pub async fn capability(&self, forest: usize, controller: &Controller) -> Result<Capability, EnvironmentError> {
        let mut connection = self.as_administrator(forest, controller).await?;
        let root = ["supportedControl", "dnsHostName", "domainControllerFunctionality"];
        let root = connection.read("", &root).await?;
        let policy = ["lockoutThreshold", "minPwdLength", "pwdHistoryLength", "pwdProperties"];
        let head = connection.read(&base_dn(&self.domain(forest)?.domain), &policy).await?;
        let mut capability = Capability {
            dc: controller.fqdn.clone(),
            ..Capability::default()
        };
        let controls = root.attrs.get("supportedControl").cloned().unwrap_or_default();
        let hints = controls
            .iter()
            .any(|oid| oid == "1.2.840.113556.1.4.2239" || oid == "1.2.840.113556.1.4.2066");
        capability.facts.insert("policy_hints".to_owned(), hints.to_string());
        for (name, values) in head
            .attrs
            .iter()
            .chain(root.attrs.iter().filter(|(name, _)| *name != "supportedControl"))
        {
            capability.facts.insert(name.clone(), values.join(", "));
        }
        Ok(capability)
    }
}

/// Starts every relay.
pub(crate) async fn start_relays(
    site: &mut Site,
    blueprint: &Blueprint,
    plan: &Plan,
) -> Result<Vec<(u32, Address)>, EnvironmentError> {
    let mut relays = Vec::new();
    for number in 1..=plan.world.relays {
        let mut kit = site.kit(&format!("relay{number}"));
        let config = blueprint.relay(&mut kit, number, site.listen("relay", number).await, plan.seed)?;
        relays.push((number, site.start(kit, RoleConfig::Relay(config)).await?));
    }
    Ok(relays)
}
