//! Sockets and TLS around the domain.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rustls::ServerConfig;
use rustls::pki_types::pem::{self, PemObject};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
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
use crate::state::Domain;
use crate::state::time::FileTime;

/// Most connections at a time (`MaxConnections` of a domain controller).
const MAX_CONNECTIONS: usize = 5000;
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// A running directory. Dropping it ends it too.
#[derive(Debug)]
pub struct DirectoryHandle {
    address: SocketAddr,
    host: Arc<Host>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

impl DirectoryHandle {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn host(&self) -> &Host {
        &self.host
    }

    /// Stops listening and ends all connections. A write either happened or did not.
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
    }
}

/// Starts a directory; it is ready when this returns.
///
/// # Errors
/// [`DirectoryError`] names the file, name or address that does not do.
pub async fn start(config: DirectoryConfig, clock: SharedClock) -> Result<DirectoryHandle, DirectoryError> {
    for name in [&config.domain, &config.fqdn] {
        if !lab_name(name) {
            return Err(DirectoryError::NotALab { name: name.clone() });
        }
    }
    let acceptor = TlsAcceptor::from(Arc::new(tls(&config)?));
    let password = read_password(&config.admin_password_file)?;
    let now = FileTime::from_unix(clock.unix());
    let domain = Domain::new(&config, &password, now)?;
    let refused = |source| DirectoryError::Listen {
        address: config.listen,
        source,
    };
    let listener = TcpListener::bind(config.listen).await.map_err(refused)?;
    let address = listener.local_addr().map_err(refused)?;
    let host = Arc::new(Host::new(
        domain,
        clock,
        config.service.clone(),
        config.concurrent_writes,
    ));
    let (stop, stopped) = oneshot::channel();
    tracing::info!(%address, domain = config.domain, "directory ready");
    let task = tokio::spawn(accept(listener, acceptor, host.clone(), stopped));
    Ok(DirectoryHandle {
        address,
        host,
        stop: Some(stop),
        task,
    })
}

fn tls(config: &DirectoryConfig) -> Result<ServerConfig, DirectoryError> {
    let wrong = |path: &Path| {
        let path = path.to_owned();
        move |error: pem::Error| pem_error(path.clone(), error)
    };
    let chain = CertificateDer::pem_file_iter(&config.certificate_file)
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .map_err(wrong(&config.certificate_file))?;
    let key = PrivateKeyDer::from_pem_file(&config.key_file).map_err(wrong(&config.key_file))?;
    let unusable = |source| DirectoryError::Tls {
        path: config.certificate_file.clone(),
        source,
    };
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(unusable)?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(unusable)
}

fn pem_error(path: PathBuf, error: pem::Error) -> DirectoryError {
    match error {
        pem::Error::Io(source) => DirectoryError::ReadFile { path, source },
        error => DirectoryError::Pem {
            path,
            why: error.to_string(),
        },
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

async fn accept(listener: TcpListener, acceptor: TlsAcceptor, host: Arc<Host>, mut stopped: oneshot::Receiver<()>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            _ = &mut stopped => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept() => match accepted {
                Ok((stream, peer)) if connections.len() < MAX_CONNECTIONS => {
                    connections.spawn(serve(stream, peer, acceptor.clone(), host.clone()));
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
