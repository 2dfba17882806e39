//! Where a world's parts stand: what both worlds offer, so that everything above them is written once.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};

use vocabulary::Password;
use zeroize::Zeroizing;

use crate::EnvironmentError;
use crate::docker::{DockerSite, Snapshot};
use crate::embedded::EmbeddedSite;
use crate::process::End;

/// One part's configuration.
#[derive(Debug, Clone)]
pub(crate) enum RoleConfig {
    /// The mock cloud.
    Cloud(cloud::CloudConfig),
    /// A relay namespace.
    Relay(relay::RelayConfig),
    /// The firewall, or a gateway before the domain controllers: it has a leg in both networks.
    Gateway(gateway::GatewayConfig),
    /// A gateway on an edge of the internet.
    Edge(gateway::GatewayConfig),
    /// A domain controller: the embedded one, or Samba reading the same file.
    Directory(directory::DirectoryConfig),
    /// The on-premises agent.
    Agent(agent::AgentConfig),
}

/// Where a part answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address {
    /// For parts that share its network.
    pub inside: SocketAddr,
    /// For the harness on the host.
    pub outside: SocketAddr,
}

/// What a part is given before it starts: its name and its files, secrets among them.
#[derive(Debug)]
pub(crate) struct Kit {
    part: String,
    folder: PathBuf,
    files: Vec<KitFile>,
}

/// A file of a kit. The content is wiped when dropped.
pub(crate) struct KitFile {
    /// The path as the part sees it.
    pub path: PathBuf,
    /// The content.
    pub content: Zeroizing<Vec<u8>>,
}

impl std::fmt::Debug for KitFile {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "KitFile({}, {} bytes)", self.path.display(), self.content.len())
    }
}

impl Kit {
    /// A kit for a part whose files stand in `folder` as the part sees it.
    pub fn new(part: &str, folder: &Path) -> Self {
        Self {
            part: part.to_owned(),
            folder: folder.to_owned(),
            files: Vec::new(),
        }
    }

    /// Adds a file and gives the path for the part's configuration.
    pub fn file(&mut self, name: &str, content: impl Into<Vec<u8>>) -> PathBuf {
        let path = self.folder.join(name);
        self.files.push(KitFile {
            path: path.clone(),
            content: Zeroizing::new(content.into()),
        });
        path
    }

    /// Adds a password's file.
    pub fn password(&mut self, name: &str, password: &Password) -> PathBuf {
        self.file(name, password.expose())
    }

    /// The part's name, for example `relay1`.
    pub fn part(&self) -> &str {
        &self.part
    }

    /// The folder as the part sees it.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The files.
    pub fn files(&self) -> &[KitFile] {
        &self.files
    }
}

/// A person as a bulk load takes them.
#[derive(Debug, Clone)]
pub(crate) struct BulkPerson {
    /// Distinguished name.
    pub dn: String,
    /// Attributes of one value each.
    pub attributes: Vec<(&'static str, String)>,
    /// The initial password.
    pub password: Password,
}

/// A group as a bulk load takes it.
#[derive(Debug, Clone)]
pub(crate) struct BulkGroup {
    /// Distinguished name.
    pub dn: String,
    /// Attributes of one value each.
    pub attributes: Vec<(&'static str, String)>,
    /// The distinguished names of its members, all of whom exist or are loaded with it.
    pub members: Vec<String>,
}

/// Where the parts stand, in either world.
pub(crate) enum Site {
    /// In this process.
    Embedded(EmbeddedSite),
    /// In containers.
    Docker(DockerSite),
}

impl Site {
    /// An empty kit for a part.
    pub fn kit(&self, part: &str) -> Kit {
        match self {
            Self::Embedded(site) => site.kit(part),
            Self::Docker(site) => site.kit(part),
        }
    }

    /// Where a part is told to listen; `number` tells relays apart.
    pub async fn listen(&self, role: &str, number: u32) -> SocketAddr {
        let any = |port| SocketAddr::new(Ipv4Addr::UNSPECIFIED.into(), port);
        match (self, role) {
            (Self::Embedded(site), "relay") => site.listen_address(number).await,
            (Self::Embedded(_), _) => SocketAddr::new(Ipv4Addr::LOCALHOST.into(), 0),
            (Self::Docker(_), "directory") => any(636),
            (Self::Docker(_), _) => any(443),
        }
    }

    /// The address that a domain controller will have, so that its certificate can name it.
    pub fn planned_address(&mut self, part: &str, listen: IpAddr) -> Result<IpAddr, EnvironmentError> {
        match self {
            Self::Embedded(_) => Ok(listen),
            Self::Docker(site) => site.planned_address(part).map(IpAddr::V4),
        }
    }

    /// Starts a part; it is ready when this returns.
    pub async fn start(&mut self, kit: Kit, role: RoleConfig) -> Result<Address, EnvironmentError> {
        match self {
            Self::Embedded(site) => site.start(&kit, role).await,
            Self::Docker(site) => site.start(kit, role).await,
        }
    }

    /// Ends a part; tells whether it was seen to be gone.
    pub async fn end(&mut self, part: &str, end: End) -> Result<bool, EnvironmentError> {
        match self {
            Self::Embedded(site) => site.end(part, end).await,
            Self::Docker(site) => site.end(part, end).await,
        }
    }

    /// Starts a part again that has ended, with what it has on disk; it is ready when this returns.
    pub async fn start_again(&mut self, part: &str) -> Result<(), EnvironmentError> {
        match self {
            Self::Embedded(site) => site.start_again(part).await,
            Self::Docker(site) => site.start_again(part).await,
        }
    }

    /// Starts a domain controller, from a snapshot where there is one; tells whether it was.
    pub async fn start_directory(
        &mut self,
        kit: Kit,
        config: directory::DirectoryConfig,
        snapshot: Option<&Snapshot<'_>>,
    ) -> Result<(Address, bool), EnvironmentError> {
        match self {
            Self::Embedded(site) => Ok((site.start(&kit, RoleConfig::Directory(config)).await?, false)),
            Self::Docker(site) => site.start_directory(kit, config, snapshot).await,
        }
    }

    /// The digest of the image that domain controllers are made of, where they are made of one.
    pub fn samba_image(&self) -> Option<String> {
        match self {
            Self::Embedded(_) => None,
            Self::Docker(site) => Some(site.samba_image()),
        }
    }

    /// Puts another content into a file that a part was given.
    pub async fn replace(&self, part: &str, name: &str, content: &[u8]) -> Result<(), EnvironmentError> {
        match self {
            Self::Embedded(site) => site.replace(part, name, content),
            Self::Docker(site) => site.replace(part, name, content).await,
        }
    }

    /// A file that a part has written.
    pub async fn fetch(&self, part: &str, path: &Path) -> Result<Vec<u8>, EnvironmentError> {
        match self {
            Self::Embedded(site) => site.fetch(path),
            Self::Docker(site) => site.fetch(part, path).await,
        }
    }

    /// Takes every part down and removes what was written for them.
    pub async fn tear_down(&mut self) -> Result<(), EnvironmentError> {
        match self {
            Self::Embedded(site) => site.tear_down().await,
            Self::Docker(site) => site.tear_down().await,
        }
    }
}
