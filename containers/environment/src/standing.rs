//! What stands of a world, and how the harness reaches it.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use history::Capability;
use scenario::Plan;
use vocabulary::NameTable;

use crate::EnvironmentError;
use crate::blueprint::Blueprint;
use crate::capability::{self, Places};
use crate::domains::{Controller, StandingDomain};
use crate::edges::Proxy;
use crate::lab::Lab;
use crate::names::{CLOUD_ROLES, base_dn, cloud_host, people_dn, service_account_dn};
use crate::site::{Address, RoleConfig, Site};

/// What stands.
pub(crate) struct Standing {
    pub blueprint: Blueprint,
    pub plan: Plan,
    pub relays: Vec<(u32, Address)>,
    pub cloud: Address,
    pub gateway: Address,
    /// The gateways that stand on edges because a fault breaks them.
    pub proxies: BTreeMap<Proxy, Address>,
    pub domains: Vec<StandingDomain>,
    pub event_log: Option<PathBuf>,
}

impl Standing {
    /// Where the cloud's names are, for the harness.
    pub fn names(&self) -> NameTable {
        cloud_names(&self.cloud)
    }

    pub fn portal_url(&self) -> String {
        portal_url(&self.cloud)
    }

    /// Where people find the cloud: behind the gateway on that edge, if one stands there.
    pub fn public_cloud(&self) -> (String, NameTable) {
        let met = self.proxies.get(&Proxy::Portal).unwrap_or(&self.cloud);
        (portal_url(met), cloud_names(met))
    }

    pub fn lab(&self) -> Result<Lab, EnvironmentError> {
        Lab::new(
            &self.portal_url(),
            &self.names(),
            &self.blueprint.authority.pem(),
            &self.blueprint.lab_token,
        )
    }

    /// A client of one server that is no surface of the cloud.
    pub fn client_of(&self, host: &str, address: SocketAddr) -> Result<reqwest::Client, EnvironmentError> {
        let failed = |error: reqwest::Error| EnvironmentError::Certificate(host.to_owned(), error.to_string());
        let authority = reqwest::Certificate::from_pem(self.blueprint.authority.pem().as_bytes()).map_err(failed)?;
        let builder = reqwest::Client::builder()
            .tls_certs_only([authority])
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .resolve(host, address);
        builder.build().map_err(failed)
    }

    /// What a domain controller enforces, found out by trying; after the delegation, since some facts are tried with the
    /// agent's rights.
    pub async fn capability(&self, forest: usize, controller: &Controller) -> Result<Capability, EnvironmentError> {
        let secrets = self.blueprint.domain(forest)?;
        let domain = &secrets.domain;
        let (base, inside, agent) = (base_dn(domain), people_dn(domain), service_account_dn(domain));
        let places = Places {
            base: &base,
            inside: &inside,
            agent_dn: &agent,
            agent_password: &secrets.service_account,
        };
        let mut admin = self.as_administrator(forest, controller).await?;
        capability::probe(&mut admin, &self.client(controller)?, &places).await
    }
}

fn cloud_names(met: &Address) -> NameTable {
    let mut names = NameTable::default();
    for role in CLOUD_ROLES {
        names.insert(&cloud_host(role), met.outside);
    }
    names
}

fn portal_url(met: &Address) -> String {
    format!("https://{}:{}", cloud_host("portal"), met.outside.port())
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
