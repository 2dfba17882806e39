//! The laboratory's interface: faults are set, listed and ended, behind the lab token. To everybody else it does not exist.
//!
//! It is a TLS server of its own on a port of the loopback; the gateway carries its callers there like any others.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use ::aws_lc_rs::constant_time::verify_slices_are_equal;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::{TokioIo, TokioTimer};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use serde::Serialize;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;
use vocabulary::Password;
use vocabulary::lab::LAB_TOKEN;

use crate::GatewayError;
use crate::clock::breathe;
use crate::config::LabConfig;
use crate::faults::FaultOrder;
use crate::line::Board;
use crate::stats::Counters;

/// Below this path are the faults.
const FAULTS: &str = "/lab/faults";
const STATS: &str = "/lab/stats";

/// The most bytes of an order.
const ORDER_MAX: usize = 16 * 1024;

const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// The interface, ready to serve.
pub(crate) struct Lab {
    listener: TcpListener,
    tls: TlsAcceptor,
    desk: Arc<Desk>,
}

/// What it stands on.
struct Desk {
    token: Password,
    board: Arc<Board>,
    counters: Arc<Counters>,
}

type Answer = Response<Full<Bytes>>;

impl Lab {
    /// Reads its files and listens.
    ///
    /// # Errors
    /// [`GatewayError`] when a file cannot be read or no port is free.
    pub(crate) async fn open(
        config: &LabConfig,
        board: Arc<Board>,
        counters: Arc<Counters>,
    ) -> Result<Self, GatewayError> {
        let token = std::fs::read_to_string(&config.token_file).map_err(|source| GatewayError::File {
            path: config.token_file.clone(),
            source,
        })?;
        let tls = tls_config(&config.certificate_file, &config.key_file)?;
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let listener = TcpListener::bind(address).await;
        Ok(Self {
            listener: listener.map_err(|source| GatewayError::Listen { address, source })?,
            tls: TlsAcceptor::from(Arc::new(tls)),
            desk: Arc::new(Desk {
                token: Password::new(token.trim_end_matches(['\r', '\n']).to_owned()),
                board,
                counters,
            }),
        })
    }

    /// Where it listens.
    ///
    /// # Errors
    /// [`GatewayError::Listen`] when the system does not say.
    pub(crate) fn address(&self) -> Result<SocketAddr, GatewayError> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
        let told = self.listener.local_addr();
        told.map_err(|source| GatewayError::Listen { address, source })
    }

    /// Serves one caller after the other; there is only one laboratory.
    pub(crate) async fn serve(self) {
        loop {
            match self.listener.accept().await {
                Ok((socket, _)) => {
                    tokio::spawn(connection(self.tls.clone(), Arc::clone(&self.desk), socket));
                }
                Err(error) => {
                    tracing::warn!(%error, "the laboratory's interface could not accept");
                    breathe().await;
                }
            }
        }
    }
}

fn tls_config(certificate: &Path, key: &Path) -> Result<ServerConfig, GatewayError> {
    let pem = |path: &Path| {
        let path = path.to_owned();
        move |source| GatewayError::Pem { path, source }
    };
    let chain = CertificateDer::pem_file_iter(certificate).and_then(Iterator::collect::<Result<Vec<_>, _>>);
    let chain = chain.map_err(pem(certificate))?;
    let key = PrivateKeyDer::from_pem_file(key).map_err(pem(key))?;
    let tls = |source| GatewayError::Tls {
        path: certificate.to_owned(),
        source,
    };
    let builder = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(tls)?;
    builder.with_no_client_auth().with_single_cert(chain, key).map_err(tls)
}

async fn connection(tls: TlsAcceptor, desk: Arc<Desk>, socket: TcpStream) {
    let Ok(Ok(stream)) = timeout(HANDSHAKE_TIMEOUT, tls.accept(socket)).await else {
        return;
    };
    let service = service_fn(move |request| {
        let desk = Arc::clone(&desk);
        async move { Ok::<_, Infallible>(desk.answer(request).await) }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection of the laboratory broke");
    }
}

impl Desk {
    async fn answer(&self, request: Request<Incoming>) -> Answer {
        if !self.is_lab(&request) {
            return status(StatusCode::NOT_FOUND);
        }
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let id = path.strip_prefix(FAULTS).and_then(|rest| rest.strip_prefix('/'));
        match (method, id) {
            (Method::GET, None) if path == FAULTS => json(&self.board.list()),
            (Method::GET, None) if path == STATS => json(&self.counters.snapshot()),
            (Method::PUT, Some(id)) if readable(id) => self.put(id, request.into_body()).await,
            (Method::DELETE, Some(id)) => match self.board.remove(id) {
                Some(state) => json(&state),
                None => status(StatusCode::NOT_FOUND),
            },
            _ => status(StatusCode::NOT_FOUND),
        }
    }

    fn is_lab(&self, request: &Request<Incoming>) -> bool {
        let given = request.headers().get(LAB_TOKEN).map(HeaderValue::as_bytes);
        given.is_some_and(|given| verify_slices_are_equal(self.token.expose().as_bytes(), given).is_ok())
    }

    async fn put(&self, id: &str, body: Incoming) -> Answer {
        let Ok(body) = Limited::new(body, ORDER_MAX).collect().await else {
            return status(StatusCode::PAYLOAD_TOO_LARGE);
        };
        match serde_json::from_slice::<FaultOrder>(&body.to_bytes()) {
            Ok(order) if self.board.put(id, order.clone()) => {
                tracing::info!(id, ?order, "a fault begins");
                status(StatusCode::NO_CONTENT)
            }
            Ok(_) => status(StatusCode::INSUFFICIENT_STORAGE),
            Err(error) => text(StatusCode::BAD_REQUEST, error.to_string()),
        }
    }
}

/// Whether this can be a fault's name.
fn readable(id: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' || byte == b'.';
    !id.is_empty() && id.len() <= 64 && id.bytes().all(letter)
}

fn status(status: StatusCode) -> Answer {
    text(status, String::new())
}

fn text(status: StatusCode, text: String) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(text)));
    *answer.status_mut() = status;
    answer
}

fn json(value: &impl Serialize) -> Answer {
    let Ok(json) = serde_json::to_string(value) else {
        return status(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let mut answer = text(StatusCode::OK, json);
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
