//! Sockets and TLS around the domain.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use certificate::ServerCertificate;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use vocabulary::{Password, SharedClock, lab_name};
use zeroize::Zeroizing;

use crate::config::DirectoryConfig;
use crate::connection::Connection;
use crate::error::DirectoryError;
use crate::host::Host;
use crate::state::time::FileTime;
use crate::state::{Domain, Inspected};

/// Most connections at a time (`MaxConnections` of a domain controller).
const MAX_CONNECTIONS: usize = 5000;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// A running directory. Dropping it ends it too, as a power cut would: its partners go on without it, and what they have not got
/// from it yet they never get.
#[derive(Debug)]
pub struct DirectoryHandle {
    address: SocketAddr,
    fqdn: String,
    host: Arc<Host>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
    deliveries: JoinHandle<()>,
    /// Whether its partners forget it when it ends.
    leaves: bool,
}

impl DirectoryHandle {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The DNS name of this domain controller.
    #[must_use]
    pub fn fqdn(&self) -> &str {
        &self.fqdn
    }

    /// Whether this controller is the PDC emulator, as far as it knows.
    #[must_use]
    pub fn holds_pdc(&self) -> bool {
        self.host.read(Domain::holds_pdc)
    }

    /// How many changes of this controller its partners have not got yet, each counted once for each partner that lacks it.
    #[must_use]
    pub fn pending(&self) -> usize {
        self.host.pending()
    }

    /// Every user account at or below a base DN, as this controller holds it now. For laboratories that check the whole directory
    /// without a bind; nothing of it goes over LDAP.
    ///
    /// # Errors
    /// [`DirectoryError::Inspect`] for a name that cannot be read, or that no entry has.
    pub fn inspect(&self, base: &str) -> Result<Vec<Inspected>, DirectoryError> {
        let found = self.host.read(|domain| domain.inspect(base));
        found.map_err(|refusal| DirectoryError::Inspect {
            base: base.to_owned(),
            why: refusal.text,
        })
    }

    pub(crate) fn host(&self) -> &Arc<Host> {
        &self.host
    }

    /// Ends the process at once and keeps the database: connections are cut, and a write that was under way either happened or did
    /// not.
    #[must_use]
    pub fn crash(mut self) -> Dormant {
        self.leaves = false;
        self.host.ties.set_up(false);
        Dormant {
            host: self.host.clone(),
        }
    }

    /// Ends the process in good order and keeps the database.
    pub async fn halt(mut self) -> Dormant {
        self.leaves = false;
        self.host.ties.set_up(false);
        let host = self.host.clone();
        self.stop().await;
        Dormant { host }
    }

    /// Stops listening and ends all connections. A write either happened or did not; what partners have not got yet they never get.
    pub async fn stop(mut self) {
        if let Some(stop) = self.stop.take() {
            // The task may have ended already; then there is nobody to tell.
            stop.send(()).unwrap_or_default();
        }
        let ended = (&mut self.task).await;
        if let Err(error) = ended {
            tracing::error!(%error, "the directory's task did not end well");
        }
    }
}

impl Drop for DirectoryHandle {
    fn drop(&mut self) {
        self.task.abort();
        self.deliveries.abort();
        if self.leaves {
            self.host.leave();
        }
    }
}

/// A domain controller whose process has ended and whose database is still there. Its partners keep for it what it has not got yet.
#[derive(Debug)]
pub struct Dormant {
    host: Arc<Host>,
}

/// Starts a domain controller whose process had ended, with the database it left; it is ready when this returns.
///
/// # Errors
/// [`DirectoryError`] names the file or address that does not do; the database is then given back.
pub async fn wake(dormant: Dormant, config: &DirectoryConfig) -> Result<DirectoryHandle, (Dormant, DirectoryError)> {
    match Door::open(config).await {
        Ok(door) => {
            dormant.host.ties.set_up(true);
            Ok(door.serve(dormant.host, config))
        }
        Err(error) => Err((dormant, error)),
    }
}

/// Starts the first domain controller of a domain; it is ready when this returns.
///
/// # Errors
/// [`DirectoryError`] names the file, name or address that does not do.
pub async fn start(config: DirectoryConfig, clock: SharedClock) -> Result<DirectoryHandle, DirectoryError> {
    if config.join.is_some() {
        return Err(DirectoryError::JoinInProcess { fqdn: config.fqdn });
    }
    let door = Door::open(&config).await?;
    let password = read_password(&config.admin_password_file)?;
    let now = FileTime::from_unix(clock.unix());
    let domain = Domain::new(&config, &password, now)?;
    let host = Host::found(domain, clock, &config);
    Ok(door.serve(host, &config))
}

/// A socket that listens, and the certificate to show there.
pub(crate) struct Door {
    listener: TcpListener,
    address: SocketAddr,
    certificate: Arc<ServerCertificate>,
}

impl Door {
    /// Checks the names of a configuration, reads its certificate, and listens.
    pub(crate) async fn open(config: &DirectoryConfig) -> Result<Self, DirectoryError> {
        for name in [&config.domain, &config.fqdn] {
            if !lab_name(name) {
                return Err(DirectoryError::NotALab { name: name.clone() });
            }
        }
        let (chain, key) = (config.certificate_file.clone(), config.key_file.clone());
        let certificate = Arc::new(ServerCertificate::load(chain, key, &[])?);
        let refused = |source| DirectoryError::Listen {
            address: config.listen,
            source,
        };
        let listener = TcpListener::bind(config.listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Self {
            listener,
            address,
            certificate,
        })
    }

    /// Lets clients in.
    pub(crate) fn serve(self, host: Arc<Host>, config: &DirectoryConfig) -> DirectoryHandle {
        let Self {
            listener,
            address,
            certificate,
        } = self;
        let (stop, stopped) = oneshot::channel();
        tracing::info!(%address, domain = config.domain, fqdn = config.fqdn, "directory ready");
        DirectoryHandle {
            address,
            fqdn: config.fqdn.clone(),
            stop: Some(stop),
            task: tokio::spawn(accept(listener, certificate, host.clone(), stopped)),
            deliveries: tokio::spawn(host.clone().deliver()),
            leaves: true,
            host,
        }
    }
}

fn read_password(path: &Path) -> Result<Password, DirectoryError> {
    let text = std::fs::read_to_string(path)
        .map(Zeroizing::new)
        .map_err(|source| DirectoryError::ReadFile {
            path: path.to_owned(),
            source,
        })?;
    let clear = text.trim_end_matches(['\r', '\n']);
    if clear.is_empty() {
        return Err(DirectoryError::EmptyPassword { path: path.to_owned() });
    }
    Ok(Password::new(clear.to_owned()))
}

async fn accept(
    listener: TcpListener,
    certificate: Arc<ServerCertificate>,
    host: Arc<Host>,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut connections = JoinSet::new();
    let mut fresh = JoinSet::new();
    fresh.spawn(certificate.clone().stay_fresh());
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) if connections.len() < MAX_CONNECTIONS => {
                    connections.spawn(until_replaced(stream, peer, certificate.clone(), host.clone()));
                }
                Ok((_, peer)) => tracing::warn!(%peer, "too many connections"),
                Err(error) => {
                    tracing::warn!(%error, "could not accept");
                    // Out of file descriptors: others must end before this can succeed.
                    connections.join_next().await;
                }
            }
        }
    }
    connections.shutdown().await;
}

/// Serves a connection until it ends, or until another certificate is shown.
async fn until_replaced(stream: TcpStream, peer: SocketAddr, certificate: Arc<ServerCertificate>, host: Arc<Host>) {
    let (replaced, hung_up) = (certificate.replaced(), host.disturbed.hung_up());
    let acceptor = TlsAcceptor::from(certificate.config());
    tokio::select! {
        () = serve(stream, peer, acceptor, host) => {}
        () = hung_up => tracing::debug!(%peer, "hung up"),
        () = replaced => tracing::debug!(%peer, "ended with the certificate it was made under"),
    }
}

async fn serve(stream: TcpStream, peer: SocketAddr, acceptor: TlsAcceptor, host: Arc<Host>) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "could not switch delays off");
    }
    match tokio::time::timeout(HANDSHAKE_TIMEOUT, acceptor.accept(stream)).await {
        Ok(Ok(stream)) => {
            let ended = Connection::new(stream, host).run().await;
            tracing::debug!(%peer, %ended, "connection ended");
        }
        Ok(Err(error)) => tracing::debug!(%peer, %error, "no TLS"),
        Err(_) => tracing::debug!(%peer, "no TLS in time"),
    }
}
