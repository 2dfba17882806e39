//! The embedded world: every part in this process, over real loopback sockets with real TLS.

use std::collections::HashMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use engine::ports::Progress;
use vocabulary::SharedClock;

use crate::remains::{remove_folder, secret_folder};
use crate::site::{Address, BulkPerson, Kit, RoleConfig};
use crate::skewed::SkewedClock;
use crate::{EnvironmentError, Parts};

/// The parts that run here.
enum Running {
    Cloud(cloud::CloudHandle),
    Relay(relay::RelayHandle),
    Gateway(gateway::GatewayHandle),
    Directory(directory::DirectoryHandle),
    Agent(agent::AgentHandle),
}

/// Where the parts of an embedded world stand: a folder of secrets, and the handles.
pub(crate) struct EmbeddedSite {
    folder: PathBuf,
    clock: SharedClock,
    parts: Parts,
    running: Vec<(String, Running)>,
    /// Each part's own clock, also while it does not run.
    clocks: HashMap<String, Arc<SkewedClock>>,
}

impl EmbeddedSite {
    /// Makes the folder of secrets, readable by this user alone.
    pub fn stand_up(run: &str, clock: SharedClock, parts: Parts) -> Result<Self, EnvironmentError> {
        let folder = secret_folder(run);
        fs::create_dir_all(&folder)
            .and_then(|()| fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)))
            .map_err(|source| EnvironmentError::File {
                path: folder.clone(),
                source,
            })?;
        Ok(Self {
            folder,
            clock,
            parts,
            running: Vec::new(),
            clocks: HashMap::new(),
        })
    }

    pub fn kit(&self, part: &str) -> Kit {
        Kit::new(part, &self.folder.join(part))
    }

    /// An address to listen on: 443 of a loopback address of its own where that is allowed and free, since some clients
    /// of the relay know no other port.
    pub async fn listen_address(&self, number: u32) -> SocketAddr {
        let host = IpAddr::V4(Ipv4Addr::new(127, 0, 0, u8::try_from(number + 1).unwrap_or(1)));
        let wanted = SocketAddr::new(host, 443);
        match tokio::net::TcpListener::bind(wanted).await {
            Ok(_) => wanted,
            Err(_) => SocketAddr::new(host, 0),
        }
    }

    /// Writes the kit's files and starts the part; it is ready when this returns.
    pub async fn start(&mut self, kit: &Kit, role: RoleConfig) -> Result<Address, EnvironmentError> {
        write_files(kit)?;
        let failed = |cause: String| EnvironmentError::Part {
            part: kit.part().to_owned(),
            cause,
        };
        let clock: SharedClock = self.part_clock(kit.part());
        let (running, address) = match role {
            RoleConfig::Cloud(config) => {
                let handle = (self.parts.cloud)(config, clock)
                    .await
                    .map_err(|error| failed(error.to_string()))?;
                let address = handle.address();
                (Running::Cloud(handle), address)
            }
            RoleConfig::Relay(config) => {
                let handle = (self.parts.relay)(config, clock)
                    .await
                    .map_err(|error| failed(error.to_string()))?;
                let address = handle.address();
                (Running::Relay(handle), address)
            }
            RoleConfig::Gateway(config) | RoleConfig::Edge(config) => {
                let handle = (self.parts.gateway)(config, clock)
                    .await
                    .map_err(|error| failed(error.to_string()))?;
                let address = handle.address();
                (Running::Gateway(handle), address)
            }
            RoleConfig::Directory(config) => {
                let handle = match config.join.clone() {
                    Some(join) => directory::join(config, self.controller(&join.fqdn)?, clock).await,
                    None => directory::start(config, clock).await,
                };
                let handle = handle.map_err(|error| failed(error.to_string()))?;
                let address = handle.address();
                (Running::Directory(handle), address)
            }
            RoleConfig::Agent(config) => {
                let handle = (self.parts.agent)(config, clock)
                    .await
                    .map_err(|error| failed(error.to_string()))?;
                (
                    Running::Agent(handle),
                    SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
                )
            }
        };
        self.running.push((kit.part().to_owned(), running));
        Ok(Address {
            inside: address,
            outside: address,
        })
    }

    /// The clock of a part.
    pub fn part_clock(&mut self, part: &str) -> Arc<SkewedClock> {
        let machine = &self.clock;
        let clock = self.clocks.entry(part.to_owned());
        Arc::clone(clock.or_insert_with(|| SkewedClock::new(SharedClock::clone(machine))))
    }

    /// Puts another content into a file of a part, at once and as a whole.
    pub fn replace(&self, part: &str, name: &str, content: &[u8]) -> Result<(), EnvironmentError> {
        let path = self.folder.join(part).join(name);
        let fresh = path.with_extension("fresh");
        write_secret(&fresh, content)?;
        fs::rename(&fresh, &path).map_err(|source| EnvironmentError::File { path, source })
    }

    /// The agent that runs here.
    pub fn agent(&self) -> Result<&agent::AgentHandle, EnvironmentError> {
        let found = self.running.iter().find_map(|(_, running)| match running {
            Running::Agent(handle) => Some(handle),
            _ => None,
        });
        found.ok_or(EnvironmentError::NotStanding)
    }

    /// A domain controller that runs here, by its part's name.
    pub fn directory(&self, part: &str) -> Result<&directory::DirectoryHandle, EnvironmentError> {
        let found = self.running.iter().find_map(|(name, running)| match running {
            Running::Directory(handle) if name == part => Some(handle),
            _ => None,
        });
        found.ok_or(EnvironmentError::NotStanding)
    }

    /// Every account below a base, as a domain controller holds it.
    pub fn inspect(&self, part: &str, base: &str) -> Result<Vec<directory::Inspected>, EnvironmentError> {
        let found = self.directory(part)?.inspect(base);
        found.map_err(|error| EnvironmentError::Part {
            part: part.to_owned(),
            cause: error.to_string(),
        })
    }

    fn controller(&self, fqdn: &str) -> Result<&directory::DirectoryHandle, EnvironmentError> {
        let found = self.running.iter().find_map(|(_, running)| match running {
            Running::Directory(handle) if handle.fqdn() == fqdn => Some(handle),
            _ => None,
        });
        found.ok_or(EnvironmentError::NotStanding)
    }

    /// Adds people to a domain controller without a connection, as an offline load does.
    pub fn bulk_add(
        &self,
        part: &str,
        people: impl Iterator<Item = BulkPerson> + Send,
        progress: &dyn Progress,
    ) -> Result<(), EnvironmentError> {
        let handle = self.directory(part)?;
        let everyone = people.map(|person| directory::NewPerson {
            dn: person.dn,
            attributes: person.attributes,
            password: person.password,
        });
        let loaded = tokio::task::block_in_place(|| handle.load(everyone, |done| progress.at(done)));
        loaded.map(drop).map_err(|error| EnvironmentError::Part {
            part: part.to_owned(),
            cause: error.to_string(),
        })
    }

    /// A file that a part has written.
    pub fn fetch(&self, path: &Path) -> Result<Vec<u8>, EnvironmentError> {
        fs::read(path).map_err(|source| EnvironmentError::File {
            path: path.to_owned(),
            source,
        })
    }

    /// Stops every part, the last first, and removes the secrets.
    pub async fn tear_down(&mut self) -> Result<(), EnvironmentError> {
        while let Some((_, running)) = self.running.pop() {
            match running {
                Running::Cloud(handle) => handle.stop().await,
                Running::Relay(handle) => handle.stop().await,
                Running::Gateway(handle) => handle.stop().await,
                Running::Directory(handle) => handle.stop().await,
                Running::Agent(handle) => handle.stop().await,
            }
        }
        remove_folder(&self.folder)
    }
}

/// Writes a kit's files, readable by this user alone.
fn write_files(kit: &Kit) -> Result<(), EnvironmentError> {
    let make = fs::create_dir_all(kit.folder())
        .and_then(|()| fs::set_permissions(kit.folder(), fs::Permissions::from_mode(0o700)));
    make.map_err(|source| EnvironmentError::File {
        path: kit.folder().to_owned(),
        source,
    })?;
    for file in kit.files() {
        write_secret(&file.path, &file.content)?;
    }
    Ok(())
}

/// Writes a file that this user alone may read.
pub(crate) fn write_secret(path: &Path, content: &[u8]) -> Result<(), EnvironmentError> {
    use std::io::Write as _;
    let mut options = fs::OpenOptions::new();
    let written = options
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(content));
    written.map_err(|source| EnvironmentError::File {
        path: path.to_owned(),
        source,
    })
}
