//! One part's container: what it is given and what it may do.

use std::collections::HashMap;
use std::path::Path;

use serde::Serialize;
use testcontainers::bollard::models::{
    HostConfig, HostConfigLogConfig, PortBinding, RestartPolicy, RestartPolicyNameEnum,
};
use testcontainers::core::IntoContainerPort;
use testcontainers::{ContainerRequest, CopyTargetOptions, GenericImage, ImageExt};

use super::images::{ImageName, Images, ServedBinary};
use crate::EnvironmentError;
use crate::site::{Kit, RoleConfig};

/// Where a part's files stand in its container.
pub(super) const FOLDER: &str = "/etc/wblab";
/// Where the scripts of the Samba image stand.
pub(super) const SAMBA_SCRIPTS: &str = "/usr/local/lib/wblab";
/// The label that names the part.
pub(super) const PART: &str = "wblab.part";
/// What every part needs: to listen on 443.
const PARTS_RIGHTS: &[&str] = &["NET_BIND_SERVICE"];
/// What Samba needs besides: to take on the identity of whom it serves (`smbd` ends at once without).
const SAMBA_RIGHTS: &[&str] = &["NET_BIND_SERVICE", "SETUID", "SETGID"];
const MIB: i64 = 1 << 20;
/// The weight of a domain controller for a processor that several want, where everybody else's is 1024. In the real world it has a
/// machine of its own: without this a Samba whose writes keep one of two processors busy waits 9 % of its time for one.
const SAMBA_SHARES: i64 = 65_536;

/// Where a part stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// On the internet, and published on the host's loopback.
    Internet,
    /// On the internet with a second leg on premises, under a planned address.
    Between,
    /// On premises, under a planned address, since a certificate names it.
    OnpremPlanned,
    /// On premises.
    Onprem,
}

/// What follows from a part's role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    /// The role's name, as `wblab serve` takes it.
    pub role: &'static str,
    /// The port it listens on; 0 for one that does not.
    pub port: u16,
    /// Where it stands.
    pub place: Place,
}

impl Shape {
    pub(super) fn of(config: &RoleConfig) -> Self {
        let (role, port, place) = match config {
            RoleConfig::Cloud(cloud) => ("cloud", cloud.listen.port(), Place::Internet),
            RoleConfig::Relay(relay) => ("relay", relay.listen.port(), Place::Internet),
            RoleConfig::Gateway(gateway) => ("gateway", gateway.listen.port(), Place::Between),
            RoleConfig::Edge(gateway) => ("gateway", gateway.listen.port(), Place::Internet),
            RoleConfig::Directory(directory) => ("directory", directory.listen.port(), Place::OnpremPlanned),
            RoleConfig::Agent(_) => ("agent", 0, Place::Onprem),
        };
        Self { role, port, place }
    }

    fn is_samba(&self) -> bool {
        self.role == "directory"
    }
}

/// What the containers of one world share.
#[derive(Debug)]
pub(super) struct Common {
    /// The run's name.
    pub run: String,
    /// The labels of everything the run makes.
    pub labels: HashMap<String, String>,
    /// The images.
    pub images: Images,
    /// The program of all parts but the domain controllers.
    pub binary: ServedBinary,
}

impl Common {
    /// The name of a part's container.
    pub(super) fn container(&self, part: &str) -> String {
        format!("wblab-{}-{part}", self.run)
    }

    /// The image of a role.
    pub(super) fn image(&self, shape: &Shape) -> &ImageName {
        if shape.is_samba() {
            &self.images.samba
        } else {
            &self.images.binary
        }
    }

    fn command(&self, shape: &Shape) -> Vec<String> {
        if shape.is_samba() {
            return Vec::new();
        }
        let config = config_path(shape.role);
        let serve = ["serve", shape.role, "--config", &config].map(str::to_owned);
        self.binary.prefix.iter().cloned().chain(serve).collect()
    }

    /// The container of a part, ready to be started on `network`. Files are copied in before it starts.
    pub(super) fn request(
        &self,
        kit: &Kit,
        config: &RoleConfig,
        network: &str,
        extra: &[(&str, String)],
    ) -> Result<ContainerRequest<GenericImage>, EnvironmentError> {
        let shape = Shape::of(config);
        let name = self.image(&shape);
        let mut image = GenericImage::new(&name.repository, &name.tag);
        if shape.place == Place::Internet {
            image = image.with_exposed_port(shape.port.tcp());
        }
        let mut request = image
            .with_container_name(self.container(kit.part()))
            .with_hostname(hostname(kit.part(), config))
            .with_network(network)
            .with_labels(self.labels.clone())
            .with_label(PART, kit.part())
            .with_cap_drop("ALL")
            .with_security_opt("no-new-privileges:true")
            .with_cmd(self.command(&shape));
        for right in if shape.is_samba() { SAMBA_RIGHTS } else { PARTS_RIGHTS } {
            request = request.with_cap_add(*right);
        }
        let text = to_toml(kit.part(), config)?;
        let texts = extra
            .iter()
            .map(|(name, text)| (format!("{FOLDER}/{name}"), text.clone().into_bytes()));
        let kit_files = kit
            .files()
            .iter()
            .map(|f| (f.path.to_string_lossy().into_owned(), f.content.to_vec()));
        let config_file = (config_path(shape.role), text.into_bytes());
        for (path, content) in kit_files.chain(texts).chain([config_file]) {
            request = request.with_copy_to(CopyTargetOptions::new(path).with_mode(0o600), content);
        }
        Ok(request.with_host_config_modifier(move |host| restrict(host, &shape)))
    }
}

fn config_path(role: &str) -> String {
    Path::new(FOLDER)
        .join(format!("{role}.toml"))
        .to_string_lossy()
        .into_owned()
}

/// A domain controller is called as its certificate and its domain call it; everyone else as the lab does.
fn hostname(part: &str, config: &RoleConfig) -> String {
    match config {
        RoleConfig::Directory(directory) => directory.fqdn.split('.').next().unwrap_or(part).to_owned(),
        _ => part.to_owned(),
    }
}

fn to_toml(part: &str, config: &RoleConfig) -> Result<String, EnvironmentError> {
    fn text(config: &impl Serialize) -> Result<String, toml::ser::Error> {
        toml::to_string(config)
    }
    let text = match config {
        RoleConfig::Cloud(config) => text(config),
        RoleConfig::Relay(config) => text(config),
        RoleConfig::Gateway(config) | RoleConfig::Edge(config) => text(config),
        RoleConfig::Directory(config) => text(config),
        RoleConfig::Agent(config) => text(config),
    };
    let cause = |error: toml::ser::Error| format!("its configuration cannot be written as TOML: {error}");
    text.map_err(|error| EnvironmentError::Part {
        part: part.to_owned(),
        cause: cause(error),
    })
}

/// What testcontainers does not offer, or offers too much of: by itself it publishes every port on every interface.
fn restrict(host: &mut HostConfig, shape: &Shape) {
    host.publish_all_ports = Some(false);
    host.port_bindings = Some(published(shape));
    host.restart_policy = Some(RestartPolicy {
        name: Some(RestartPolicyNameEnum::NO),
        ..RestartPolicy::default()
    });
    host.log_config = Some(HostConfigLogConfig {
        typ: Some("json-file".to_owned()),
        config: None,
    });
    let (memory, processes) = if shape.is_samba() { (2048, 2048) } else { (1024, 512) };
    host.memory = Some(memory * MIB);
    host.pids_limit = Some(processes);
    host.cpu_shares = shape.is_samba().then_some(SAMBA_SHARES);
}

fn published(shape: &Shape) -> HashMap<String, Option<Vec<PortBinding>>> {
    if shape.place != Place::Internet {
        return HashMap::new();
    }
    let loopback = PortBinding {
        host_ip: Some("127.0.0.1".to_owned()),
        host_port: Some(free_port().to_string()),
    };
    HashMap::from([(format!("{}/tcp", shape.port), Some(vec![loopback]))])
}

/// A port of the loopback that nobody uses now: one that is named stays the same when the container starts again. 0 leaves it to
/// the engine.
fn free_port() -> u16 {
    let free = std::net::TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr());
    free.map_or(0, |address| address.port())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(role: &'static str, place: Place) -> Shape {
        Shape { role, port: 443, place }
    }

    fn restricted(shape: &Shape) -> HostConfig {
        let mut host = HostConfig {
            publish_all_ports: Some(true),
            ..HostConfig::default()
        };
        restrict(&mut host, shape);
        host
    }

    #[test]
    fn only_the_internet_is_published_and_only_on_loopback() {
        let host = restricted(&shape("cloud", Place::Internet));
        let bindings = host.port_bindings.unwrap();
        let binding = &bindings["443/tcp"].as_ref().unwrap()[0];
        assert_eq!(binding.host_ip.as_deref(), Some("127.0.0.1"));
        assert_eq!(host.publish_all_ports, Some(false));
        for place in [Place::Between, Place::Onprem, Place::OnpremPlanned] {
            let host = restricted(&shape("gateway", place));
            assert!(host.port_bindings.unwrap().is_empty());
            assert_eq!(host.publish_all_ports, Some(false));
        }
    }

    #[test]
    fn a_container_never_restarts_by_itself_and_is_limited() {
        let host = restricted(&shape("agent", Place::Onprem));
        assert_eq!(host.restart_policy.unwrap().name, Some(RestartPolicyNameEnum::NO));
        assert!(host.memory.unwrap() > 0 && host.pids_limit.unwrap() > 0);
    }

    #[test]
    fn a_domain_controller_goes_before_the_other_containers() {
        assert_eq!(restricted(&shape("agent", Place::Onprem)).cpu_shares, None);
        let directory = restricted(&shape("directory", Place::OnpremPlanned));
        assert_eq!(directory.cpu_shares, Some(SAMBA_SHARES));
    }

    #[test]
    fn the_command_names_a_file_and_no_secret() {
        let binary = ServedBinary {
            path: "/x".into(),
            prefix: vec!["--wrong=lost".to_owned()],
        };
        let name = ImageName::new("localhost/wblab", "1");
        let images = Images {
            binary: name.clone(),
            samba: name,
            digests: Default::default(),
        };
        let common = Common {
            run: "r1".to_owned(),
            labels: HashMap::new(),
            images,
            binary,
        };
        let command = common.command(&shape("agent", Place::Onprem));
        assert_eq!(
            command,
            ["--wrong=lost", "serve", "agent", "--config", "/etc/wblab/agent.toml"]
        );
        assert!(common.command(&shape("directory", Place::OnpremPlanned)).is_empty());
        assert_eq!(common.container("dc1"), "wblab-r1-dc1");
    }
}
