//! The shell: sockets and tasks around the decision.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, JoinHandle, JoinSet};
use tokio::time::timeout;
use vocabulary::SharedClock;

use crate::allow::AllowList;
use crate::clock::breathe;
use crate::edge::carry;
use crate::hello::{ALERT_UNRECOGNIZED_NAME, HELLO_MAX, Hello};
use crate::stats::{Counters, GatewayStats, Refusal, tame};
use crate::{GatewayConfig, GatewayError};

/// How long a destination may take to answer the dial.
const DIAL_TIMEOUT: Duration = Duration::from_secs(5);

/// A running gateway. Dropping it ends it at once.
#[derive(Debug)]
pub struct GatewayHandle {
    address: SocketAddr,
    counters: Arc<Counters>,
    accepting: JoinHandle<()>,
    abort: AbortHandle,
}

impl GatewayHandle {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What it has let through and refused so far.
    #[must_use]
    pub fn stats(&self) -> GatewayStats {
        self.counters.snapshot()
    }

    /// Stops listening and cuts every connection it carries.
    pub async fn stop(mut self) {
        self.abort.abort();
        // The only error is the abort that was just asked for.
        let _ = (&mut self.accepting).await;
    }
}

impl Drop for GatewayHandle {
    fn drop(&mut self) {
        self.abort.abort();
    }
}

/// Starts the gateway; once this returns, it listens.
///
/// # Errors
/// [`GatewayError`] when a name of the allow-list cannot be read or the address cannot be listened on.
pub async fn start(config: GatewayConfig, clock: SharedClock) -> Result<GatewayHandle, GatewayError> {
    let allow = AllowList::new(&config.allow)?;
    let listen = |source| GatewayError::Listen {
        address: config.listen,
        source,
    };
    let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let counters = Arc::new(Counters::default());
    let gate = Arc::new(Gate {
        allow,
        hello_timeout: config.hello_timeout,
        counters: Arc::clone(&counters),
        clock,
    });
    let accepting = tokio::spawn(accept_all(listener, gate, config.connections_max));
    tracing::info!(%address, rules = config.allow.len(), "gateway listens");
    Ok(GatewayHandle {
        address,
        counters,
        abort: accepting.abort_handle(),
        accepting,
    })
}

async fn accept_all(listener: TcpListener, gate: Arc<Gate>, connections_max: usize) {
    let places = Arc::new(Semaphore::new(connections_max.min(Semaphore::MAX_PERMITS)));
    // Aborting this task drops the set, which cuts every connection in it.
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => match accepted {
                Ok((client, peer)) => match Arc::clone(&places).try_acquire_owned() {
                    Ok(place) => {
                        let gate = Arc::clone(&gate);
                        connections.spawn(async move {
                            gate.handle(client, peer).await;
                            drop(place);
                        });
                    }
                    Err(_) => gate.note(&Refusal::TooMany, peer),
                },
                Err(error) => {
                    tracing::warn!(%error, "could not accept");
                    breathe().await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

/// What every connection needs to know.
struct Gate {
    allow: AllowList,
    hello_timeout: Duration,
    counters: Arc<Counters>,
    clock: SharedClock,
}

impl Gate {
    async fn handle(&self, mut client: TcpStream, peer: SocketAddr) {
        match self.decide(&mut client).await {
            Ok(passed) => self.carry(client, passed).await,
            Err(refusal) => self.refuse(client, peer, refusal).await,
        }
    }

    async fn decide(&self, client: &mut TcpStream) -> Result<Passed, Refusal> {
        let hello = timeout(self.hello_timeout, read_hello(client)).await;
        let (name, seen) = hello.unwrap_or(Err(Refusal::TooSlow))?;
        let to = self.allow.find(&name);
        to.map(|to| Passed {
            name: tame(&name),
            to,
            seen,
        })
        .ok_or(Refusal::Forbidden(name))
    }

    async fn carry(&self, client: TcpStream, passed: Passed) {
        let Passed { name, to, seen } = passed;
        self.counters.allowed(&name);
        let server = match timeout(DIAL_TIMEOUT, TcpStream::connect(to)).await {
            Ok(Ok(server)) => server,
            answer => {
                self.counters.unreachable(&name);
                let error = answer.map(Result::err);
                return tracing::warn!(%name, %to, ?error, "the destination does not answer");
            }
        };
        // A socket that refuses the option only carries small messages later.
        let _ = (client.set_nodelay(true), server.set_nodelay(true));
        let begun = self.clock.monotonic();
        let carried = carry(client, server, &seen).await;
        let held = self.clock.monotonic().saturating_sub(begun);
        tracing::debug!(%name, %to, ?carried, ?held, "connection ended");
    }

    async fn refuse(&self, mut client: TcpStream, peer: SocketAddr, refusal: Refusal) {
        self.note(&refusal, peer);
        if matches!(refusal, Refusal::Forbidden(_) | Refusal::NoName) {
            // The peer may be gone already; it is refused either way.
            let _ = timeout(self.hello_timeout, client.write_all(&ALERT_UNRECOGNIZED_NAME)).await;
        }
    }

    fn note(&self, refusal: &Refusal, peer: SocketAddr) {
        let name = refusal.label();
        self.counters.refused(&name);
        tracing::info!(%name, %peer, "refused");
    }
}

/// A connection that may leave.
struct Passed {
    name: String,
    to: SocketAddr,
    seen: Vec<u8>,
}

async fn read_hello(client: &mut TcpStream) -> Result<(String, Vec<u8>), Refusal> {
    let mut hello = Hello::new();
    let mut buffer = vec![0; HELLO_MAX / 4];
    loop {
        let read = client.read(&mut buffer).await.map_err(|_| Refusal::Gone)?;
        if read == 0 {
            return Err(Refusal::Gone);
        }
        if let Some(name) = hello.take(&buffer[..read])? {
            return Ok((name, hello.into_seen()));
        }
    }
}
