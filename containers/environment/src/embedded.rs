//! The embedded world: every part in this process, over real loopback sockets with real TLS.

use std::collections::HashMap;
use std::fs;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use agent::Onlooking;
use engine::ports::Progress;
use vocabulary::SharedClock;

use crate::EnvironmentError;
use crate::clock::breathe;
use crate::process::{End, Making, Process, Running, Switch};
use crate::remains::{remove_folder, secret_folder};
use crate::site::{Address, BulkPerson, Kit, RoleConfig};
use crate::skewed::SkewedClock;
use crate::trap::Trap;

/// The only port that some clients of the relay know.
const RELAY_PORT: u16 = 443;

/// Looks at the relays until nobody listens.
const LOOKS: u32 = 150;

/// Where the parts of an embedded world stand: a folder of secrets, and the handles.
pub(crate) struct EmbeddedSite {
    folder: PathBuf,
    making: Making,
    running: Vec<Process>,
    trap: Arc<Trap>,
    /// Each part's own clock, also while it does not run.
    clocks: HashMap<String, Arc<SkewedClock>>,
}

impl EmbeddedSite {
    /// Makes the folder of secrets, readable by this user alone.
    pub fn stand_up(run: &str, making: Making) -> Result<Self, EnvironmentError> {
        let folder = secret_folder(run);
        fs::create_dir_all(&folder)
            .and_then(|()| fs::set_permissions(&folder, fs::Permissions::from_mode(0o700)))
            .map_err(|source| EnvironmentError::File {
                path: folder.clone(),
                source,
            })?;
        Ok(Self {
            folder,
            making,
            running: Vec::new(),
            trap: Arc::default(),
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
        let wanted = SocketAddr::new(host, RELAY_PORT);
        // Where parts die, another world could take the usual port meanwhile; nobody comes upon one of their own by chance.
        match tokio::net::TcpListener::bind(wanted).await {
            Ok(_) if !self.making.apart => wanted,
            _ => SocketAddr::new(host, 0),
        }
    }

    /// Writes the kit's files and starts the part; it is ready when this returns.
    pub async fn start(&mut self, kit: &Kit, mut role: RoleConfig) -> Result<Address, EnvironmentError> {
        write_files(kit)?;
        let mut switch = Switch::default();
        if let RoleConfig::Agent(config) = &mut role
            && self.making.apart
        {
            switch = self.trap.switch.clone();
            config.onlooker = Onlooking::by(Arc::clone(&self.trap) as _);
        }
        let making = Making {
            clock: self.part_clock(kit.part()),
            ..self.making.clone()
        };
        let partner = match &role {
            RoleConfig::Directory(config) => config
                .join
                .as_ref()
                .map(|join| self.controller(&join.fqdn))
                .transpose()?,
            _ => None,
        };
        let started = Process::start(kit.part(), role.clone(), making.clone(), partner, switch.clone()).await;
        let process = match started {
            // Another world that started meanwhile may have taken the port that was free when it was looked for.
            Err(_) if elsewhere(&mut role) => Process::start(kit.part(), role, making, partner, switch).await?,
            started => started?,
        };
        let address = process.address();
        self.running.push(process);
        Ok(Address {
            inside: address,
            outside: address,
        })
    }

    /// What makes the agent fail at a chosen point.
    pub fn trap(&self) -> &Trap {
        &self.trap
    }

    fn process(&mut self, part: &str) -> Result<&mut Process, EnvironmentError> {
        let found = self.running.iter_mut().find(|process| process.part == part);
        found.ok_or(EnvironmentError::NotStanding)
    }

    /// Ends a part; tells whether it was seen to be gone.
    pub async fn end(&mut self, part: &str, end: End) -> Result<bool, EnvironmentError> {
        let process = self.process(part)?;
        let refuses = process.end(end).await;
        Ok(if process.address().port() == 0 {
            self.hear_nobody().await
        } else {
            refuses
        })
    }

    /// Starts a part again that has ended.
    pub async fn start_again(&mut self, part: &str) -> Result<(), EnvironmentError> {
        self.process(part)?.start_again().await
    }

    /// Waits until no relay has a listener: how an agent that listens nowhere itself is seen to be gone.
    async fn hear_nobody(&self) -> bool {
        for _ in 0..LOOKS {
            let listeners = self.running.iter().filter_map(|process| match process.running()? {
                Running::Relay(handle) => Some(handle.listeners()),
                _ => None,
            });
            if listeners.sum::<usize>() == 0 {
                return true;
            }
            breathe().await;
        }
        false
    }

    fn directories(&self) -> impl Iterator<Item = (&str, &directory::DirectoryHandle)> {
        self.running.iter().filter_map(|process| match process.running()? {
            Running::Directory(handle) => Some((process.part.as_str(), handle)),
            _ => None,
        })
    }

    /// The clock of a part.
    pub fn part_clock(&mut self, part: &str) -> Arc<SkewedClock> {
        let machine = &self.making.clock;
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
        let found = self.running.iter().find_map(|process| match process.running()? {
            Running::Agent(handle) => Some(handle),
            _ => None,
        });
        found.ok_or(EnvironmentError::NotStanding)
    }

    /// A domain controller that runs here, by its part's name.
    pub fn directory(&self, part: &str) -> Result<&directory::DirectoryHandle, EnvironmentError> {
        let found = self.directories().find(|(name, _)| *name == part);
        found.map(|(_, handle)| handle).ok_or(EnvironmentError::NotStanding)
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
        let found = self.directories().find(|(_, handle)| handle.fqdn() == fqdn);
        found.map(|(_, handle)| handle).ok_or(EnvironmentError::NotStanding)
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
        while let Some(process) = self.running.pop() {
            process.tear_down().await;
        }
        remove_folder(&self.folder)
    }
}

/// Lets a relay that was to have the usual port take any; tells whether it was.
fn elsewhere(role: &mut RoleConfig) -> bool {
    let RoleConfig::Relay(config) = role else {
        return false;
    };
    let usual = config.listen.port() == RELAY_PORT;
    config.listen.set_port(0);
    usual
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
