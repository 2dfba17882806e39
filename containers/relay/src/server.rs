//! The shell's outer ring: the socket, TLS, one HTTP/1.1 connection after another, and the tick.

use std::convert::Infallible;
use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use certificate::ServerCertificate;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use vocabulary::SharedClock;

use crate::broker::{Close, Limits};
use crate::clock::wait;
use crate::route::serve;
use crate::shared::{Peer, Relay, carry_out};
use crate::{RelayConfig, RelayError, RelayParts};

/// How long a client may take for its TLS handshake.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// How long a connection may wait between requests, and for the head of one. Longer than clients keep idle
/// connections, so that they are the ones to close and no request meets a closing door.
const HEAD_TIMEOUT: Duration = Duration::from_secs(120);

/// Between two looks at the files of the keys.
const REKEY: Duration = Duration::from_millis(200);

/// How many bytes of a request's head and of unread body are held.
const BUFFER_MAX: usize = 128 * 1024;

/// How exactly faults keep their times.
const FAULT_TICK: Duration = Duration::from_millis(10);

/// How long control channels may take for their last word when the relay stops.
const STOP_TIMEOUT: Duration = Duration::from_millis(700);

/// A running relay. Dropping it ends it at once, without a last word to anybody.
pub struct RelayHandle {
    address: SocketAddr,
    relay: Arc<Relay>,
}

impl fmt::Debug for RelayHandle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RelayHandle({})", self.address)
    }
}

impl RelayHandle {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// How many listeners are connected now, over all entities.
    #[must_use]
    pub fn listeners(&self) -> usize {
        self.relay.broker().listeners()
    }

    /// Closes every control channel with 1001, fails what waits, and ends all connections, within a second.
    pub async fn stop(self) {
        let effects = self.relay.broker().expel_all(Close::STOPPING);
        carry_out(effects);
        self.relay.channels.close();
        // A listener that does not answer is cut below.
        let _ = timeout(STOP_TIMEOUT, self.relay.channels.wait()).await;
        self.relay.ending.cancel();
        self.relay.tasks.close();
        self.relay.tasks.wait().await;
        self.relay.channels.wait().await;
    }
}

impl Drop for RelayHandle {
    fn drop(&mut self) {
        self.relay.ending.cancel();
    }
}

/// Starts a relay with its own parts: see [`start_with`].
///
/// # Errors
/// As [`start_with`].
pub async fn start(config: RelayConfig, clock: SharedClock) -> Result<RelayHandle, RelayError> {
    start_with(config, clock, RelayParts::default()).await
}

/// Starts the relay; once this returns, it listens.
///
/// # Errors
/// [`RelayError`] when a file cannot be read, the configuration contradicts itself, or the address is taken.
pub async fn start_with(config: RelayConfig, clock: SharedClock, parts: RelayParts) -> Result<RelayHandle, RelayError> {
    let (chain, key) = (config.certificate_file.clone(), config.key_file.clone());
    let tls = Arc::new(ServerCertificate::load(chain, key, &[b"http/1.1"])?);
    let listen = |source| RelayError::Listen {
        address: config.listen,
        source,
    };
    let listener = TcpListener::bind(config.listen).await.map_err(listen)?;
    let address = listener.local_addr().map_err(listen)?;
    let relay = Relay::new(&config, address.port(), clock, &parts)?;
    let places = Arc::new(Semaphore::new(config.connections_max.min(Semaphore::MAX_PERMITS)));
    relay.spawn(&relay.tasks, Arc::clone(&tls).stay_fresh());
    relay.spawn(&relay.tasks, restart_channels(Arc::clone(&relay), Arc::clone(&tls)));
    relay.spawn(&relay.tasks, accept_all(Arc::clone(&relay), listener, tls, places));
    relay.spawn(&relay.tasks, tick(Arc::clone(&relay)));
    relay.spawn(&relay.tasks, rekey(Arc::clone(&relay)));
    tracing::info!(%address, host = config.host, entities = config.entities.len(), "relay listens");
    Ok(RelayHandle { address, relay })
}

async fn accept_all(relay: Arc<Relay>, listener: TcpListener, tls: Arc<ServerCertificate>, places: Arc<Semaphore>) {
    loop {
        match listener.accept().await {
            Ok((socket, address)) => match Arc::clone(&places).try_acquire_owned() {
                Ok(place) => {
                    let (replaced, acceptor) = (tls.replaced(), TlsAcceptor::from(tls.config()));
                    let connection = connection(Arc::clone(&relay), acceptor, socket, address, place);
                    relay.spawn(&relay.tasks, async move {
                        tokio::select! {
                            () = connection => {}
                            () = replaced => tracing::debug!(peer = %address, "its certificate was replaced"),
                        }
                    });
                }
                Err(_) => tracing::warn!(peer = %address, "too many connections"),
            },
            Err(error) => {
                tracing::warn!(%error, "could not accept");
                wait(Duration::from_millis(20)).await;
            }
        }
    }
}

/// Ends every control channel when another certificate is shown: a listener that comes back looks at it.
async fn restart_channels(relay: Arc<Relay>, tls: Arc<ServerCertificate>) {
    loop {
        tls.replaced().await;
        let effects = relay.broker().expel_all(Close::RESTART);
        carry_out(effects);
    }
}

async fn connection(
    relay: Arc<Relay>,
    tls: TlsAcceptor,
    socket: TcpStream,
    address: SocketAddr,
    place: OwnedSemaphorePermit,
) {
    // A socket that refuses the option only carries small messages later.
    let _ = socket.set_nodelay(true);
    let Ok(Ok(stream)) = timeout(HANDSHAKE_TIMEOUT, tls.accept(socket)).await else {
        return tracing::debug!(peer = %address, "no TLS");
    };
    let peer = Peer {
        address,
        place: Arc::new(place),
    };
    let service = service_fn(move |request| {
        let answer = serve(Arc::clone(&relay), peer.clone(), request);
        async move { Ok::<_, Infallible>(answer.await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(BUFFER_MAX)
        .serve_connection(TokioIo::new(stream), service)
        .with_upgrades()
        .await;
    if let Err(error) = served {
        tracing::debug!(peer = %address, %error, "connection broke");
    }
}

/// Takes the keys anew from their files. Listeners that came with a key of before must come again with the new one.
async fn rekey(relay: Arc<Relay>) {
    loop {
        wait(REKEY).await;
        if relay.namespace.reread() {
            tracing::info!(host = relay.host, "a key that lets listeners in was replaced");
            let effects = relay.broker().expel_all(Close::REKEYED);
            carry_out(effects);
        }
    }
}

/// Tells the broker and the faults the time.
async fn tick(relay: Arc<Relay>) {
    let idle = tick_period(&relay.limits);
    loop {
        let period = if relay.disturbed() { idle.min(FAULT_TICK) } else { idle };
        tokio::select! {
            () = wait(period) => {}
            () = relay.disturbance.notified() => {}
        }
        let now = relay.now();
        let due = relay.faults().tick(now);
        relay.deliver(due);
        let effects = relay.broker().tick(now);
        carry_out(effects);
    }
}

/// Fine enough for the shortest timeout, and seldom enough to cost nothing.
fn tick_period(limits: &Limits) -> Duration {
    let Limits {
        request_timeout,
        accept_timeout,
        idle_timeout,
        ping_every,
        ..
    } = limits;
    let shortest = *request_timeout.min(accept_timeout).min(idle_timeout).min(ping_every);
    (shortest / 8).clamp(Duration::from_millis(2), Duration::from_millis(250))
}
