//! The shell: sockets and tasks around the decision.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::{AbortHandle, JoinHandle, JoinSet};
use tokio::time::timeout;
use vocabulary::SharedClock;

use crate::allow::AllowList;
use crate::capture::{Capture, Kept};
use crate::clock::breathe;
use crate::edge::{End, carry};
use crate::faults::Direction;
use crate::hello::{ALERT_UNRECOGNIZED_NAME, HELLO_MAX, Hello};
use crate::lab::Lab;
use crate::line::{Board, Line};
use crate::stats::{Counters, GatewayStats, Refusal, tame};
use crate::{AllowRule, GatewayConfig, GatewayError};

/// How long a destination may take to answer the dial.
const DIAL_TIMEOUT: Duration = Duration::from_secs(5);

/// A running gateway. Dropping it ends it at once.
#[derive(Debug)]
pub struct GatewayHandle {
    address: SocketAddr,
    counters: Arc<Counters>,
    accepting: JoinHandle<()>,
    abort: AbortHandle,
    lab: Option<AbortHandle>,
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
        if let Some(lab) = &self.lab {
            lab.abort();
        }
    }
}

/// Starts the gateway; once this returns, it listens.
///
/// # Errors
/// [`GatewayError`] when a name of the allow-list cannot be read, a file of the laboratory's interface cannot, or the address
/// cannot be listened on.
pub async fn start(config: GatewayConfig, clock: SharedClock) -> Result<GatewayHandle, GatewayError> {
    let counters = Arc::new(Counters::default());
    let board = Board::new(config.seed, SharedClock::clone(&clock));
    let lab = match &config.lab {
        Some(lab) => Some(Lab::open(lab, Arc::clone(&board), Arc::clone(&counters)).await?),
        None => None,
    };
    let own = config.lab.as_ref().zip(lab.as_ref());
    let own = own.map(|(config, lab)| lab.address().map(|to| (config.name.to_ascii_lowercase(), to)));
    let own = own.transpose()?;
    let own_rule = own.iter().map(|(name, to)| AllowRule {
        name: name.clone(),
        to: *to,
    });
    let allow = AllowList::new(&config.allow.iter().cloned().chain(own_rule).collect::<Vec<_>>())?;
    let capture = config.capture_file.as_deref().map(|path| {
        Capture::open(path).map_err(|source| GatewayError::File {
            path: path.to_owned(),
            source,
        })
    });
    let capture = capture.transpose()?;
    let listen = |source| GatewayError::Listen {
        address: config.listen,
        source,
    };
    let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let gate = Arc::new(Gate {
        allow,
        capture,
        hello_timeout: config.hello_timeout,
        counters: Arc::clone(&counters),
        board,
        own_name: own.map(|(name, _)| name),
        clock,
    });
    let accepting = tokio::spawn(accept_all(listener, gate, config.connections_max));
    tracing::info!(%address, rules = config.allow.len(), "gateway listens");
    Ok(GatewayHandle {
        address,
        counters,
        abort: accepting.abort_handle(),
        accepting,
        lab: lab.map(|lab| tokio::spawn(lab.serve()).abort_handle()),
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
    capture: Option<Arc<Capture>>,
    hello_timeout: Duration,
    counters: Arc<Counters>,
    board: Arc<Board>,
    /// The name of the laboratory's own interface, which no fault touches and no figure counts.
    own_name: Option<String>,
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
        let mut hello = Hello::new();
        let name = timeout(self.hello_timeout, read_hello(client, &mut hello)).await;
        let name = name.unwrap_or(Err(Refusal::TooSlow));
        let found = name.and_then(|name| match self.allow.find(&name) {
            Some(to) => Ok((name, to)),
            None => Err(Refusal::Forbidden(name)),
        });
        let seen = hello.into_seen();
        let name = match &found {
            Ok((name, _)) => tame(name),
            Err(refusal) => refusal.label(),
        };
        // What is refused was said all the same, and stood on the wire.
        let kept = self.keep(&name, &seen);
        found.map(|(_, to)| Passed { name, to, seen, kept })
    }

    /// A connection and what it began with, if what passes is kept; those of the laboratory never are.
    fn keep(&self, name: &str, seen: &[u8]) -> Option<Kept> {
        let capture = self.capture.as_ref()?;
        if self.own_name.as_deref() == Some(name) {
            return None;
        }
        let kept = Capture::connection(capture, name);
        kept.said(Direction::ToServer, seen);
        Some(kept)
    }

    async fn carry(&self, client: TcpStream, passed: Passed) {
        let Passed { name, to, seen, kept } = passed;
        if self.own_name.as_ref() == Some(&name) {
            return through(client, to, &seen).await;
        }
        let line = Line::open(&self.board, &name, kept);
        line.passable(None, seen.len()).await;
        if given_up(&client).await {
            return tracing::debug!(%name, "the client did not wait");
        }
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
        let end = carry(&line, client, server, seen).await;
        let held = self.clock.monotonic().saturating_sub(begun);
        match end {
            End::Broken(error) => tracing::debug!(%name, %to, %error, ?held, "connection broke"),
            end => tracing::debug!(%name, %to, ?end, ?held, "connection ended"),
        }
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

/// Whether a client has gone away while nothing was said to it.
async fn given_up(client: &TcpStream) -> bool {
    let peeked = timeout(Duration::ZERO, client.peek(&mut [0])).await;
    matches!(peeked, Ok(Ok(0) | Err(_)))
}

/// Carries a caller of the laboratory's own interface.
async fn through(mut client: TcpStream, to: SocketAddr, seen: &[u8]) {
    let carried = async {
        let mut server = TcpStream::connect(to).await?;
        server.write_all(seen).await?;
        copy_bidirectional(&mut client, &mut server).await
    };
    if let Err(error) = carried.await {
        tracing::debug!(%error, "a connection of the laboratory broke");
    }
}

/// A connection that may leave.
struct Passed {
    name: String,
    to: SocketAddr,
    seen: Vec<u8>,
    kept: Option<Kept>,
}

async fn read_hello(client: &mut TcpStream, hello: &mut Hello) -> Result<String, Refusal> {
    let mut buffer = vec![0; HELLO_MAX / 4];
    loop {
        let read = client.read(&mut buffer).await.map_err(|_| Refusal::Gone)?;
        if read == 0 {
            return Err(Refusal::Gone);
        }
        if let Some(name) = hello.take(&buffer[..read])? {
            return Ok(name);
        }
    }
}
