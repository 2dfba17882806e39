//! The listener: TLS, HTTP/1.1, and the end of both.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use certificate::ServerCertificate;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;
use store::StoreError;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::{CancellationToken, DropGuard};
use tokio_util::task::TaskTracker;
use tracing::{debug, info, warn};
use vocabulary::SharedClock;

use crate::app::{App, Doubtful};
use crate::web::Surfaces;
use crate::{CloudConfig, CloudError, CloudParts, clock};

/// Connections at once; one more is closed unheard.
const CONNECTIONS_MAX: usize = 8192;

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// The longest silence before the head of a request is complete, also between two requests. Longer than what
/// clients keep an idle connection for (90 s is common), so that they and not we end it.
const HEAD_TIMEOUT: Duration = Duration::from_secs(120);

/// Request heads above this many bytes end the connection.
const HEAD_MAX: usize = 32 * 1024;

/// Tries to open a state that is in use, a breath apart.
const OPEN_TRIES: u32 = 150;

/// How long tasks have to end after the stop.
const STOP_TIMEOUT: Duration = Duration::from_millis(900);

/// A running cloud. Dropping it ends it too.
#[derive(Debug)]
pub struct CloudHandle {
    address: SocketAddr,
    tasks: TaskTracker,
    stop: DropGuard,
}

impl CloudHandle {
    /// Where it listens.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Stops accepting and ends every connection, within a second.
    pub async fn stop(self) {
        drop(self.stop);
        if tokio::time::timeout(STOP_TIMEOUT, self.tasks.wait()).await.is_err() {
            warn!("some connections did not end in time");
        }
    }
}

/// Starts a cloud with its own parts: see [`start_with`].
///
/// # Errors
/// As [`start_with`].
pub async fn start(config: CloudConfig, clock: SharedClock) -> Result<CloudHandle, CloudError> {
    start_with(config, clock, CloudParts::default()).await
}

/// Starts the cloud; returns once the port is bound.
///
/// # Errors
/// [`CloudError`] naming the file or the address that could not be used.
pub async fn start_with(config: CloudConfig, clock: SharedClock, parts: CloudParts) -> Result<CloudHandle, CloudError> {
    let (chain, key) = (config.certificate_file.clone(), config.key_file.clone());
    let tls = Arc::new(ServerCertificate::load(chain, key, &[b"http/1.1"])?);
    let stop = CancellationToken::new();
    let tasks = TaskTracker::new();
    let listen = config.listen;
    let (app, doubtful) = app(&config, &clock, &parts, (&tasks, &stop)).await?;
    let wrong = |source| CloudError::Listen {
        address: listen,
        source,
    };
    let listener = TcpListener::bind(listen).await.map_err(wrong)?;
    let address = listener.local_addr().map_err(wrong)?;
    let server = Arc::new(Server {
        tls,
        surfaces: Surfaces::new(&app),
        stop: stop.clone(),
    });
    let (fresh, ending) = (Arc::clone(&server.tls).stay_fresh(), stop.clone());
    tasks.spawn(async move { ending.run_until_cancelled(fresh).await.unwrap_or_default() });
    tasks.spawn(accept(server, listener, tasks.clone()));
    app.settle(doubtful);
    tasks.close();
    info!(%address, "listening");
    Ok(CloudHandle {
        address,
        tasks,
        stop: stop.drop_guard(),
    })
}

/// The application. A state that is in use is tried again for a while: the cloud before may not be quite gone.
async fn app(
    config: &CloudConfig,
    clock: &SharedClock,
    parts: &CloudParts,
    (tasks, stop): (&TaskTracker, &CancellationToken),
) -> Result<(Arc<App>, Doubtful), CloudError> {
    let mut tries = 0;
    loop {
        match App::new(config.clone(), Arc::clone(clock), tasks.clone(), stop.clone(), parts) {
            Err(CloudError::State(StoreError::InUse(_))) if tries < OPEN_TRIES => {
                tries += 1;
                clock::breathe().await;
            }
            made => return made.map(|(app, doubtful)| (Arc::new(app), doubtful)),
        }
    }
}

struct Server {
    tls: Arc<ServerCertificate>,
    surfaces: Surfaces,
    stop: CancellationToken,
}

async fn accept(server: Arc<Server>, listener: TcpListener, tasks: TaskTracker) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let accepted = tokio::select! {
            () = server.stop.cancelled() => return,
            accepted = listener.accept() => accepted,
        };
        let Ok((stream, peer)) = accepted else {
            clock::breathe().await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            warn!(%peer, "too many connections");
            continue;
        };
        let server = Arc::clone(&server);
        let replaced = server.tls.replaced();
        tasks.spawn(async move {
            tokio::select! {
                () = server.stop.cancelled() => {}
                () = replaced => debug!(%peer, "ended with the certificate it was made under"),
                () = serve(&server, stream) => {}
            }
            drop(place);
        });
    }
}

async fn serve(server: &Server, stream: TcpStream) {
    // Small answers must not wait for the peer's acknowledgement of earlier ones.
    let _ = stream.set_nodelay(true);
    let stream =
        match tokio::time::timeout(HANDSHAKE_TIMEOUT, TlsAcceptor::from(server.tls.config()).accept(stream)).await {
            Ok(Ok(stream)) => stream,
            Ok(Err(error)) => return debug!(%error, "no TLS handshake"),
            Err(_) => return debug!("the TLS handshake took too long"),
        };
    let service = service_fn(|request| server.surfaces.answer(request));
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_MAX)
        .serve_connection(TokioIo::new(stream), service);
    if let Err(error) = connection.await {
        debug!(%error, "the connection ended early");
    }
}

/// All certificates of a PEM file.
pub(crate) fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, CloudError> {
    let wrong = |source| CloudError::Pem {
        path: path.to_owned(),
        source,
    };
    let read = CertificateDer::pem_file_iter(path).map_err(wrong)?;
    read.collect::<Result<_, _>>().map_err(wrong)
}
