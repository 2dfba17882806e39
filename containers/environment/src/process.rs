//! A part in this process that dies and stands again as a process of its own would.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use directory::{DirectoryHandle, Dormant};
use tokio::net::{TcpSocket, TcpStream};
use tokio::runtime::{Builder, Runtime};
use vocabulary::SharedClock;

use crate::clock::breathe;
use crate::site::RoleConfig;
use crate::{EnvironmentError, Parts};

/// Looks until a dead part's port refuses, and tries to have its port again.
const LOOKS: u32 = 250;
/// Threads of a part that has a runtime of its own.
const THREADS: usize = 2;

/// What a part in this process is made with.
#[derive(Clone)]
pub(crate) struct Making {
    /// The constructors.
    pub parts: Parts,
    /// The clock.
    pub clock: SharedClock,
    /// Whether each part has a runtime of its own, so that it can end at once with all its tasks.
    pub apart: bool,
}

/// A part that runs.
pub(crate) enum Running {
    Cloud(cloud::CloudHandle),
    Relay(relay::RelayHandle),
    Gateway(gateway::GatewayHandle),
    Directory(DirectoryHandle),
    Agent(agent::AgentHandle),
}

/// Ends a part with all its tasks at once, from anywhere. Those that run are gone at their next step.
#[derive(Clone, Default)]
pub(crate) struct Switch(Arc<Mutex<Option<Runtime>>>);

impl Switch {
    pub fn cut(&self) {
        let runtime = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(runtime) = runtime {
            runtime.shutdown_background();
        }
    }

    fn holds(&self, runtime: Runtime) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(runtime);
    }
}

/// How a process ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum End {
    /// At once.
    Killed,
    /// In good order.
    Stopped,
}

/// A part and what it was told.
pub(crate) struct Process {
    /// What the site calls it.
    pub part: String,
    /// What it is told; once it has listened, also where.
    role: RoleConfig,
    address: SocketAddr,
    making: Making,
    switch: Switch,
    state: State,
}

enum State {
    Up(Box<Running>),
    Down(Place),
    /// A domain controller whose database is there.
    Asleep(Dormant, Place),
}

/// A port that is kept for a part that is down, without anybody listening on it.
struct Place(#[expect(dead_code, reason = "what is held is the port")] Option<TcpSocket>);

impl Process {
    /// Starts a part; it is ready when this returns. `switch` will end it.
    pub async fn start(
        part: &str,
        role: RoleConfig,
        making: Making,
        partner: Option<&DirectoryHandle>,
        switch: Switch,
    ) -> Result<Self, EnvironmentError> {
        let (running, address) = match (&role, partner) {
            (RoleConfig::Directory(config), Some(partner)) => {
                let clock = SharedClock::clone(&making.clock);
                let joined = directory::join(config.clone(), partner, clock).await;
                listening(joined.map_err(|error| error.to_string()))
            }
            _ => launch(role.clone(), &making, &switch).await,
        }
        .map_err(|cause| failed(part, cause))?;
        Ok(Self {
            part: part.to_owned(),
            role: listening_on(role, address),
            address,
            making,
            switch,
            state: State::Up(Box::new(running)),
        })
    }

    /// Where it answers, also while it is down.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What runs of it.
    pub fn running(&self) -> Option<&Running> {
        match &self.state {
            State::Up(running) => Some(running),
            State::Down(_) | State::Asleep(..) => None,
        }
    }

    /// Ends it. Its port is kept for it, and refuses; tells whether that was seen. One that is down stays so.
    pub async fn end(&mut self, end: End) -> bool {
        let state = std::mem::replace(&mut self.state, State::Down(Place(None)));
        let State::Up(running) = state else {
            self.state = state;
            return false;
        };
        let dormant = put_down(*running, end, &self.switch).await;
        self.switch.cut();
        let refuses = refuses(self.address).await;
        let place = Place(keep(self.address).await);
        self.state = match dormant {
            Some(dormant) => State::Asleep(dormant, place),
            None => State::Down(place),
        };
        refuses
    }

    /// Starts it again where it was, with what it has on disk; one that stands still stands.
    pub async fn start_again(&mut self) -> Result<(), EnvironmentError> {
        match std::mem::replace(&mut self.state, State::Down(Place(None))) {
            up @ State::Up(_) => self.state = up,
            State::Down(place) => {
                drop(place);
                let launched = launch(self.role.clone(), &self.making, &self.switch).await;
                let (running, _) = launched.map_err(|cause| failed(&self.part, cause))?;
                self.state = State::Up(Box::new(running));
            }
            State::Asleep(dormant, place) => {
                drop(place);
                self.wake(dormant).await?;
            }
        }
        Ok(())
    }

    async fn wake(&mut self, dormant: Dormant) -> Result<(), EnvironmentError> {
        let RoleConfig::Directory(config) = &self.role else {
            return Err(EnvironmentError::NotStanding);
        };
        match directory::wake(dormant, config).await {
            Ok(handle) => {
                self.state = State::Up(Box::new(Running::Directory(handle)));
                Ok(())
            }
            Err((dormant, error)) => {
                self.state = State::Asleep(dormant, Place(None));
                Err(failed(&self.part, error.to_string()))
            }
        }
    }

    /// Ends it for good.
    pub async fn tear_down(mut self) {
        if let State::Up(running) = std::mem::replace(&mut self.state, State::Down(Place(None))) {
            match *running {
                Running::Cloud(handle) => handle.stop().await,
                Running::Relay(handle) => handle.stop().await,
                Running::Gateway(handle) => handle.stop().await,
                Running::Directory(handle) => handle.stop().await,
                Running::Agent(handle) => handle.stop().await,
            }
        }
        self.switch.cut();
    }
}

impl Drop for Process {
    /// A runtime must not be dropped where tasks run; cut, it is gone before.
    fn drop(&mut self) {
        self.switch.cut();
    }
}

/// Ends what runs; a domain controller leaves its database.
async fn put_down(running: Running, end: End, switch: &Switch) -> Option<Dormant> {
    match (running, end) {
        (Running::Directory(handle), End::Killed) => return Some(handle.crash()),
        (Running::Directory(handle), End::Stopped) => return Some(handle.halt().await),
        (running, End::Killed) => {
            // Its tasks first: what a handle does when it is dropped is not what a dead process does.
            switch.cut();
            drop(running);
        }
        (Running::Cloud(handle), End::Stopped) => handle.stop().await,
        (Running::Relay(handle), End::Stopped) => handle.stop().await,
        (Running::Gateway(handle), End::Stopped) => handle.stop().await,
        (Running::Agent(handle), End::Stopped) => handle.stop().await,
    }
    None
}

/// Starts a part in a runtime of its own, where parts have one.
async fn launch(role: RoleConfig, making: &Making, switch: &Switch) -> Result<(Running, SocketAddr), String> {
    let starting = begin(role, making.parts.clone(), SharedClock::clone(&making.clock));
    if !making.apart {
        return starting.await;
    }
    let mut builder = Builder::new_multi_thread();
    let runtime = builder.worker_threads(THREADS).enable_all().build();
    let runtime = runtime.map_err(|error| error.to_string())?;
    let starting = runtime.spawn(starting);
    switch.cut();
    switch.holds(runtime);
    let started = starting.await.map_err(|error| error.to_string()).flatten();
    if started.is_err() {
        switch.cut();
    }
    started
}

async fn begin(role: RoleConfig, parts: Parts, clock: SharedClock) -> Result<(Running, SocketAddr), String> {
    let nowhere = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    match role {
        RoleConfig::Cloud(config) => {
            let handle = (parts.cloud)(config, clock).await.map_err(|error| error.to_string())?;
            let address = handle.address();
            Ok((Running::Cloud(handle), address))
        }
        RoleConfig::Relay(config) => {
            let handle = (parts.relay)(config, clock).await.map_err(|error| error.to_string())?;
            let address = handle.address();
            Ok((Running::Relay(handle), address))
        }
        RoleConfig::Gateway(config) | RoleConfig::Edge(config) => {
            let started = (parts.gateway)(config, clock).await;
            let handle = started.map_err(|error| error.to_string())?;
            let address = handle.address();
            Ok((Running::Gateway(handle), address))
        }
        RoleConfig::Directory(config) => {
            listening(directory::start(config, clock).await.map_err(|error| error.to_string()))
        }
        RoleConfig::Agent(config) => {
            let handle = (parts.agent)(config, clock).await.map_err(|error| error.to_string())?;
            Ok((Running::Agent(handle), nowhere))
        }
    }
}

fn listening(started: Result<DirectoryHandle, String>) -> Result<(Running, SocketAddr), String> {
    let handle = started?;
    let address = handle.address();
    Ok((Running::Directory(handle), address))
}

/// The same part, told to listen where it listened.
fn listening_on(mut role: RoleConfig, address: SocketAddr) -> RoleConfig {
    match &mut role {
        RoleConfig::Cloud(config) => config.listen = address,
        RoleConfig::Relay(config) => config.listen = address,
        RoleConfig::Gateway(config) | RoleConfig::Edge(config) => config.listen = address,
        RoleConfig::Directory(config) => config.listen = address,
        RoleConfig::Agent(_) => {}
    }
    role
}

/// Waits until a port refuses connections. A part that has none never does.
async fn refuses(address: SocketAddr) -> bool {
    if address.port() == 0 {
        return false;
    }
    for _ in 0..LOOKS {
        match TcpStream::connect(address).await {
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => return true,
            _ => breathe().await,
        }
    }
    false
}

/// Keeps a port without listening, so that nobody else takes it; whoever connects is refused.
async fn keep(address: SocketAddr) -> Option<TcpSocket> {
    if address.port() == 0 {
        return None;
    }
    for _ in 0..LOOKS {
        let socket = TcpSocket::new_v4().ok()?;
        socket.set_reuseaddr(true).ok()?;
        if socket.bind(address).is_ok() {
            return Some(socket);
        }
        breathe().await;
    }
    None
}

fn failed(part: &str, cause: String) -> EnvironmentError {
    EnvironmentError::Part {
        part: part.to_owned(),
        cause,
    }
}
