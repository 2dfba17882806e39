//! The two networks of a world, and who is on which.

use std::net::{IpAddr, Ipv4Addr};

use testcontainers::bollard::errors::Error;
use testcontainers::bollard::models::{
    EndpointIpamConfig, EndpointSettings, Ipam, IpamConfig, NetworkConnectRequest, NetworkCreateRequest,
    NetworkDisconnectRequest,
};
use testcontainers::bollard::query_parameters::InspectNetworkOptions;

use super::addresses::{AddressPlan, Subnet};
use super::engine::{Engine, bounded, failed};
use super::owner::Owner;
use crate::EnvironmentError;

/// Another world may take a subnet between being shown it and asking for it: then the next one is tried.
const ATTEMPTS: u32 = 5;

/// The networks of a world.
#[derive(Debug)]
pub(super) struct Networks {
    /// The name of the network that stands for the internet.
    pub internet: String,
    /// The name of the on-premises network, which has no route out.
    pub onprem: String,
    /// The planned addresses of the on-premises network.
    pub plan: AddressPlan,
}

impl Networks {
    /// Creates both networks of a run.
    pub(super) async fn create(engine: &Engine, run: &str, owner: &Owner) -> Result<Self, EnvironmentError> {
        let internet = format!("wblab-{run}-internet");
        let onprem = format!("wblab-{run}-onprem");
        create(engine, request(&internet, run, owner)).await?;
        let plan = AddressPlan::new(create_planned(engine, &onprem, run, owner).await?);
        Ok(Self { internet, onprem, plan })
    }

    /// The address that a part has or will have on the on-premises network.
    pub(super) fn planned(&mut self, part: &str) -> Result<Ipv4Addr, EnvironmentError> {
        let full = || {
            failed(
                format!("find an address for {part}"),
                format!("{} is full", self.onprem),
            )
        };
        self.plan.address(part).ok_or_else(full)
    }

    /// Connects a container to the on-premises network under a planned address.
    pub(super) async fn join_onprem(
        &self,
        engine: &Engine,
        container: &str,
        address: Ipv4Addr,
    ) -> Result<(), EnvironmentError> {
        let ipam = EndpointIpamConfig {
            ipv4_address: Some(address.to_string()),
            ..EndpointIpamConfig::default()
        };
        let settings = EndpointSettings {
            ipam_config: Some(ipam),
            ..EndpointSettings::default()
        };
        let request = NetworkConnectRequest {
            container: container.to_owned(),
            endpoint_config: Some(settings),
        };
        let call = engine.docker().connect_network(&self.onprem, request);
        bounded(format!("connect {container} to {}", self.onprem), call).await
    }

    /// Disconnects a container from the on-premises network.
    pub(super) async fn leave_onprem(&self, engine: &Engine, container: &str) -> Result<(), EnvironmentError> {
        let request = NetworkDisconnectRequest {
            container: container.to_owned(),
            force: Some(true),
        };
        let call = engine.docker().disconnect_network(&self.onprem, request);
        bounded(format!("disconnect {container} from {}", self.onprem), call).await
    }
}

/// A container's address on a network.
pub(super) async fn address_on(engine: &Engine, container: &str, network: &str) -> Result<IpAddr, EnvironmentError> {
    let seen = engine.inspect(container).await?;
    let endpoints = seen
        .network_settings
        .and_then(|settings| settings.networks)
        .unwrap_or_default();
    let address = endpoints
        .get(network)
        .and_then(|endpoint| endpoint.ip_address.as_deref())
        .unwrap_or_default();
    let none = |_| {
        failed(
            format!("find the address of {container}"),
            format!("it has none on {network}"),
        )
    };
    address.parse().map_err(none)
}

fn request(name: &str, run: &str, owner: &Owner) -> NetworkCreateRequest {
    NetworkCreateRequest {
        name: name.to_owned(),
        driver: Some("bridge".to_owned()),
        labels: Some(owner.labels(run)),
        ..NetworkCreateRequest::default()
    }
}

fn internal(name: &str, run: &str, owner: &Owner) -> NetworkCreateRequest {
    NetworkCreateRequest {
        internal: Some(true),
        ..request(name, run, owner)
    }
}

async fn create(engine: &Engine, request: NetworkCreateRequest) -> Result<(), EnvironmentError> {
    let doing = format!("create the network {}", request.name);
    bounded(doing, engine.docker().create_network(request)).await.map(drop)
}

/// Creates the on-premises network with a subnet of our own asking, since only then does the engine take planned
/// addresses. Which subnet is free is the engine's to say: it is asked for any network first, and that subnet is taken.
async fn create_planned(engine: &Engine, name: &str, run: &str, owner: &Owner) -> Result<Subnet, EnvironmentError> {
    let mut last = None;
    for _ in 0..ATTEMPTS {
        let (text, subnet) = free_subnet(engine, name, run, owner).await?;
        let config = IpamConfig {
            subnet: Some(text),
            ip_range: Some(subnet.upper_half()),
            ..IpamConfig::default()
        };
        let ipam = Ipam {
            config: Some(vec![config]),
            ..Ipam::default()
        };
        let request = NetworkCreateRequest {
            ipam: Some(ipam),
            ..internal(name, run, owner)
        };
        match create(engine, request).await {
            Ok(()) => return Ok(subnet),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| failed(format!("create the network {name}"), "no attempt was made")))
}

async fn free_subnet(
    engine: &Engine,
    name: &str,
    run: &str,
    owner: &Owner,
) -> Result<(String, Subnet), EnvironmentError> {
    create(engine, internal(name, run, owner)).await?;
    let inspect = engine.docker().inspect_network(name, None::<InspectNetworkOptions>);
    let ipam = bounded(format!("inspect the network {name}"), inspect).await?.ipam;
    remove(engine, name).await?;
    let configs = ipam.and_then(|ipam| ipam.config).unwrap_or_default();
    let subnets = configs.into_iter().filter_map(|config| config.subnet);
    let usable = subnets
        .filter_map(|text| Subnet::parse(&text).map(|subnet| (text, subnet)))
        .next();
    usable.ok_or_else(|| {
        failed(
            format!("create the network {name}"),
            "the engine gave no IPv4 subnet of 256 addresses",
        )
    })
}

/// Removes a network; one that is not there is no error.
pub(super) async fn remove(engine: &Engine, name: &str) -> Result<(), EnvironmentError> {
    let removed = async {
        match engine.docker().remove_network(name).await {
            Err(Error::DockerResponseServerError { status_code: 404, .. }) => Ok(()),
            other => other,
        }
    };
    bounded(format!("remove the network {name}"), removed).await
}
