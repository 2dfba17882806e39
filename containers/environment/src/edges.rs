//! The edges of a world that faults break: which gateway stands on each, and what it is told.
//!
//! The firewall stands between the agent and all that is outside in any case. On the other edges a gateway stands only in a world
//! whose plan breaks that edge, or keeps what passes on all of them, so that every other world is what it was.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::time::Duration;

use gateway::{AllowRule, GatewayConfig, LabConfig};
use scenario::{EdgeName, Plan};
use vocabulary::NameTable;

use crate::EnvironmentError;
use crate::blueprint::{Blueprint, RelayPlace};
use crate::domains::StandingDomain;
use crate::lab_client::LabClient;
use crate::names::{AGENT_ROLES, CLOUD_ROLES, cloud_host, relay_host};
use crate::site::{Address, Kit, RoleConfig, Site};
use crate::standing::Standing;
use crate::wire::capture_file;

/// The name of a gateway's laboratory interface, and of the firewall's part.
pub(crate) const GATEWAY_ROLE: &str = "gateway";

/// A gateway that stands on an edge because a fault breaks it, or what passes is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Proxy {
    /// Between people and the cloud.
    Portal,
    /// Between the cloud and the relays.
    Relays,
    /// Between the agent and every domain controller.
    Directories,
}

impl Proxy {
    const ALL: [Self; 3] = [Self::Portal, Self::Relays, Self::Directories];

    /// The name of its part.
    pub fn part(self) -> &'static str {
        match self {
            Self::Portal => "edge-portal",
            Self::Relays => "edge-relays",
            Self::Directories => "edge-directories",
        }
    }
}

/// The gateway that must stand on an edge for it to break; none where the firewall does.
pub(crate) fn proxy(edge: EdgeName) -> Option<Proxy> {
    match edge {
        EdgeName::AgentCloud | EdgeName::AgentRelay(_) => None,
        EdgeName::AgentDc(_) => Some(Proxy::Directories),
        EdgeName::CloudRelay(_) => Some(Proxy::Relays),
        EdgeName::PersonCloud => Some(Proxy::Portal),
    }
}

/// The gateways that stand on edges because the plan breaks them, or keeps what passes.
pub(crate) struct Proxies<'p> {
    plan: &'p Plan,
    wanted: BTreeSet<Proxy>,
    pub standing: BTreeMap<Proxy, Address>,
}

impl<'p> Proxies<'p> {
    /// None stands yet.
    pub fn new(plan: &'p Plan) -> Self {
        let broken = plan.faults.iter().filter_map(|fault| proxy(fault.edge?));
        let kept = Proxy::ALL.into_iter().filter(|_| plan.world.capture);
        Self {
            plan,
            wanted: broken.chain(kept).collect(),
            standing: BTreeMap::new(),
        }
    }

    /// Where the parts on its side meet one that stands.
    pub fn inside(&self, proxy: Proxy) -> Option<SocketAddr> {
        self.standing.get(&proxy).map(|address| address.inside)
    }

    /// Starts one, if the plan wants it.
    pub async fn start(
        &mut self,
        site: &mut Site,
        blueprint: &Blueprint,
        proxy: Proxy,
        routes: impl FnOnce() -> Vec<AllowRule>,
    ) -> Result<(), EnvironmentError> {
        if !self.wanted.contains(&proxy) {
            return Ok(());
        }
        let mut kit = site.kit(proxy.part());
        let role = if proxy == Proxy::Directories {
            "directory"
        } else {
            GATEWAY_ROLE
        };
        let listen = site.listen(role, 0).await;
        let config = blueprint.gateway(&mut kit, listen, routes(), self.plan)?;
        let role = match proxy {
            Proxy::Directories => RoleConfig::Gateway(config),
            Proxy::Portal | Proxy::Relays => RoleConfig::Edge(config),
        };
        let address = site.start(kit, role).await?;
        self.standing.insert(proxy, address);
        Ok(())
    }
}

/// What the firewall lets through: the names of writeback, sign-in and synchronisation, and nothing else.
pub(crate) fn firewall_routes(cloud: &Address, relays: &[RelayPlace]) -> Vec<AllowRule> {
    let to_cloud = AGENT_ROLES.iter().map(|role| AllowRule {
        name: cloud_host(role),
        to: cloud.inside,
    });
    to_cloud.chain(relay_routes(relays)).collect()
}

/// To each relay by its name.
pub(crate) fn relay_routes(relays: &[RelayPlace]) -> Vec<AllowRule> {
    let route = |relay: &RelayPlace| AllowRule {
        name: relay_host(relay.number),
        to: relay.address,
    };
    relays.iter().map(route).collect()
}

/// To the cloud by each of its names.
pub(crate) fn cloud_routes(cloud: &Address) -> Vec<AllowRule> {
    let route = |role: &&str| AllowRule {
        name: cloud_host(role),
        to: cloud.inside,
    };
    CLOUD_ROLES.iter().map(route).collect()
}

/// To each domain controller by its name.
pub(crate) fn directory_routes(domains: &[StandingDomain]) -> Vec<AllowRule> {
    let controllers = domains.iter().flat_map(|domain| &domain.controllers);
    let routes = controllers.map(|controller| AllowRule {
        name: controller.fqdn.clone(),
        to: controller.address.inside,
    });
    routes.collect()
}

impl Standing {
    /// The laboratory interface of a gateway.
    pub fn gateway_lab(&self, gateway: &Address) -> Result<LabClient, EnvironmentError> {
        self.lab_of(GATEWAY_ROLE, &cloud_host(GATEWAY_ROLE), gateway)
    }

    /// The laboratory interface of a relay, counted from 1.
    pub fn relay_lab(&self, number: u32) -> Result<LabClient, EnvironmentError> {
        let mut relays = self.relays.iter();
        let relay = relays.find(|(found, _)| *found == number);
        let (_, address) = relay.ok_or(EnvironmentError::NotStanding)?;
        self.lab_of(&format!("relay{number}"), &relay_host(number), address)
    }

    fn lab_of(&self, part: &str, host: &str, address: &Address) -> Result<LabClient, EnvironmentError> {
        let mut names = NameTable::default();
        names.insert(host, address.outside);
        let url = format!("https://{host}:{}", address.outside.port());
        let (ca_pem, token) = (self.blueprint.authority.pem(), &self.blueprint.lab_token);
        LabClient::new(part, &url, &names, &ca_pem, token)
    }
}

impl Blueprint {
    /// A gateway: what it lets through, and its laboratory interface.
    pub fn gateway(
        &self,
        kit: &mut Kit,
        listen: SocketAddr,
        allow: Vec<AllowRule>,
        plan: &Plan,
    ) -> Result<GatewayConfig, EnvironmentError> {
        let name = cloud_host(GATEWAY_ROLE);
        let (certificate_file, key_file) = self.certificate(kit, std::slice::from_ref(&name), None)?;
        Ok(GatewayConfig {
            listen,
            allow,
            hello_timeout: Duration::from_secs(5),
            connections_max: 1000,
            seed: plan.seed,
            capture_file: plan.world.capture.then(|| capture_file(kit)),
            lab: Some(LabConfig {
                name,
                certificate_file,
                key_file,
                token_file: kit.password("lab.token", &self.lab_token),
            }),
        })
    }
}
