//! What stands of a world, and how the harness reaches it.

use std::path::PathBuf;

use history::Capability;
use scenario::{Plan, WorldKind};
use vocabulary::NameTable;

use crate::EnvironmentError;
use crate::blueprint::Blueprint;
use crate::capability::{self, Places};
use crate::inhabitants::Inhabitants;
use crate::lab::Lab;
use crate::ldap::DirectoryClient;
use crate::names::{CLOUD_ROLES, base_dn, cloud_host, dc_fqdn, people_dn, service_account_dn};
use crate::site::{Address, RoleConfig, Site};

/// What stands.
pub(crate) struct Standing {
    pub blueprint: Blueprint,
    pub kind: WorldKind,
    pub relays: Vec<(u32, Address)>,
    pub cloud: Address,
    pub gateway: Address,
    pub controllers: Vec<(u32, Address)>,
    pub lockout_threshold: u32,
    pub event_log: Option<PathBuf>,
}

impl Standing {
    /// A client of a domain controller, counted from 1.
    pub fn client(&self, number: u32) -> Result<DirectoryClient, EnvironmentError> {
        let place = self
            .controllers
            .iter()
            .find(|(known, _)| *known == number)
            .ok_or(EnvironmentError::NotStanding)?;
        Ok(DirectoryClient {
            fqdn: dc_fqdn(number, &self.blueprint.domain),
            address: place.1.outside,
            tls: self.blueprint.authority.client()?,
        })
    }

    pub fn inhabitants(&self) -> Result<Inhabitants, EnvironmentError> {
        Ok(Inhabitants {
            client: self.client(1)?,
            domain: self.blueprint.domain.clone(),
            administrator: self.blueprint.domain_admin.clone(),
            lockout_threshold: self.lockout_threshold,
        })
    }

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

    /// What the directory enforces, found out by trying.
    pub async fn capability(&self, inhabitants: &Inhabitants) -> Result<Capability, EnvironmentError> {
        let domain = &self.blueprint.domain;
        let (base, inside, agent) = (base_dn(domain), people_dn(domain), service_account_dn(domain));
        let places = Places {
            base: &base,
            inside: &inside,
            agent_dn: &agent,
            agent_password: &self.blueprint.service_account,
        };
        let mut admin = inhabitants.as_administrator().await?;
        capability::probe(&mut admin, &inhabitants.client, &places).await
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

/// Starts every domain controller.
pub(crate) async fn start_controllers(
    site: &mut Site,
    blueprint: &Blueprint,
    plan: &Plan,
) -> Result<Vec<(u32, Address)>, EnvironmentError> {
    let mut controllers = Vec::new();
    let count = plan.world.forests.first().map_or(0, |forest| forest.domain_controllers);
    for number in 1..=count {
        let mut kit = site.kit(&format!("dc{number}"));
        let listen = site.listen("directory", number).await;
        let address = site.planned_address(kit.part(), listen.ip())?;
        let config = blueprint.directory(&mut kit, plan, number, listen, address)?;
        controllers.push((number, site.start(kit, RoleConfig::Directory(config)).await?));
    }
    Ok(controllers)
}
