//! The HTTP client that all users share: for each server its connections, the lab's names, and the run's authority alone.
//!
//! Hyper without a browser's comforts, on purpose: what a request costs here is taken from what the generator can ask for
//! (ADR 1).

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use engine::clock::RunClock;
use engine::pipe::Hello;
use http::header::{AUTHORIZATION, CONTENT_TYPE, HOST, USER_AGENT};
use http::{HeaderMap, HeaderName, HeaderValue, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper_util::rt::TokioIo;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use url::{Url, form_urlencoded};

use crate::LoadError;

/// How the generator names itself.
const AGENT: HeaderValue = HeaderValue::from_static(concat!("wblab-load/", env!("CARGO_PKG_VERSION")));
/// A connection that was idle for longer is not used again, as browsers have it.
const IDLE_MAX_US: u64 = 90_000_000;

type Body = Full<Bytes>;

/// A server, and the connections to it that are free.
pub(crate) struct Server {
    address: SocketAddr,
    /// For HTTPS.
    tls: Option<(TlsConnector, ServerName<'static>)>,
    host: HeaderValue,
    /// What all paths begin with.
    base: String,
    /// The one used last comes last.
    free: Mutex<Vec<Free>>,
    clock: RunClock,
    /// How long a request may take, its answer's body included.
    timeout: Duration,
}

/// A connection that nobody uses.
struct Free {
    connection: SendRequest<Body>,
    since_us: u64,
}

/// A request that is to be made.
pub(crate) struct Ask {
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Bytes,
    /// Something of it cannot be said in HTTP.
    unsayable: bool,
}

/// An answer, as far as it came.
pub(crate) struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: Result<Bytes, Unanswered>,
}

/// Why there is no answer, or no whole one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unanswered {
    /// Nothing was sent.
    NotSent,
    /// None came in time.
    Timeout,
    /// The connection was lost, or what came on it is not HTTP.
    Lost,
}

impl Server {
    /// The server of a URL, whose path is the beginning of all paths there.
    pub fn new(url: &str, hello: &Hello, clock: &RunClock) -> Result<Self, LoadError> {
        let unusable = || LoadError::Address(url.to_owned());
        let parsed = Url::parse(url).map_err(|_| unusable())?;
        let host = parsed.host_str().ok_or_else(unusable)?;
        let port = parsed.port_or_known_default().ok_or_else(unusable)?;
        let named = hello.names.resolve(host).map(|found| found.ip());
        let ip = named.or_else(|| host.parse().ok()).ok_or_else(unusable)?;
        let tls = match parsed.scheme() {
            "https" => {
                let name = ServerName::try_from(host.to_owned()).map_err(|_| unusable())?;
                Some((trusting(&hello.ca_pem)?, name))
            }
            _ => None,
        };
        let shown = parsed
            .port()
            .map_or_else(|| host.to_owned(), |port| format!("{host}:{port}"));
        Ok(Self {
            address: SocketAddr::new(ip, port),
            tls,
            host: HeaderValue::try_from(shown).map_err(|_| unusable())?,
            base: parsed.path().trim_end_matches('/').to_owned(),
            free: Mutex::default(),
            clock: clock.clone(),
            timeout: Duration::from_micros(hello.request_timeout_us),
        })
    }

    /// Makes a request and reads its answer to the end.
    pub async fn send(&self, ask: Ask) -> Result<Answer, Unanswered> {
        let mut begun = None;
        let exchange = async {
            let (mut connection, answer) = self.exchange(ask.request(self)?).await?;
            let (head, body) = answer.into_parts();
            begun = Some((head.status, head.headers));
            let body = body.collect().await.map_err(|_| Unanswered::Lost)?;
            // Only after a whole answer another can follow on the same connection.
            if connection.ready().await.is_ok() {
                self.put_back(connection);
            }
            Ok(body.to_bytes())
        };
        let exchanged = tokio::time::timeout(self.timeout, exchange).await;
        match (begun, exchanged.unwrap_or(Err(Unanswered::Timeout))) {
            (Some((status, headers)), body) => Ok(Answer { status, headers, body }),
            (None, Err(why)) => Err(why),
            (None, Ok(_)) => Err(Unanswered::Lost),
        }
    }

    /// Sends a request on a free connection, or on a new one; one that turns out to be closed before anything was sent is replaced.
    async fn exchange(
        &self,
        mut request: Request<Body>,
    ) -> Result<(SendRequest<Body>, Response<Incoming>), Unanswered> {
        loop {
            let (mut connection, is_new) = match self.take_free() {
                Some(connection) => (connection, false),
                None => (self.connect().await?, true),
            };
            match connection.try_send_request(request).await {
                Ok(answer) => return Ok((connection, answer)),
                Err(mut error) => match error.take_message() {
                    None => return Err(Unanswered::Lost),
                    Some(_) if is_new => return Err(Unanswered::NotSent),
                    Some(unsent) => request = unsent,
                },
            }
        }
    }

    fn take_free(&self) -> Option<SendRequest<Body>> {
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        while let Some(Free { connection, since_us }) = free.pop() {
            if self.clock.at_us() > since_us + IDLE_MAX_US {
                // Those before it were free for longer still.
                free.clear();
            } else if connection.is_ready() {
                return Some(connection);
            }
        }
        None
    }

    fn put_back(&self, connection: SendRequest<Body>) {
        let since_us = self.clock.at_us();
        let mut free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        free.push(Free { connection, since_us });
    }

    async fn connect(&self) -> Result<SendRequest<Body>, Unanswered> {
        let failed = |_| Unanswered::NotSent;
        let stream = TcpStream::connect(self.address).await.map_err(failed)?;
        stream.set_nodelay(true).map_err(failed)?;
        match &self.tls {
            None => speak(stream).await,
            Some((tls, name)) => speak(tls.connect(name.clone(), stream).await.map_err(failed)?).await,
        }
    }
}

/// HTTP/1.1 on a connection, which lives until it is closed or nobody has it any more.
async fn speak(stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static) -> Result<SendRequest<Body>, Unanswered> {
    let spoken = handshake(TokioIo::new(stream)).await;
    let (connection, living) = spoken.map_err(|_| Unanswered::NotSent)?;
    // How it ended is told to whoever waits for an answer on it.
    tokio::spawn(async { drop(living.await) });
    Ok(connection)
}

/// Trusts certificates of one authority alone.
fn trusting(authority: &str) -> Result<TlsConnector, LoadError> {
    let mut roots = RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(authority.as_bytes()) {
        let certificate = certificate.map_err(|error| LoadError::Authority(error.to_string()))?;
        roots.add(certificate)?;
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    Ok(Arc::new(config.with_root_certificates(roots).with_no_client_auth()).into())
}

impl Answer {
    /// The body as JSON; none where it did not come or does not read.
    pub fn json<T: DeserializeOwned>(&self) -> Option<T> {
        serde_json::from_slice(self.body.as_ref().ok()?).ok()
    }
}

impl Ask {
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path.into())
    }

    pub fn post(path: impl Into<String>) -> Self {
        Self::new(Method::POST, path.into())
    }

    fn new(method: Method, path: String) -> Self {
        Self {
            method,
            path,
            headers: HeaderMap::new(),
            body: Bytes::new(),
            unsayable: false,
        }
    }

    pub fn header(mut self, name: impl TryInto<HeaderName>, value: &str) -> Self {
        match (name.try_into(), HeaderValue::from_str(value)) {
            (Ok(name), Ok(value)) => drop(self.headers.append(name, value)),
            _ => self.unsayable = true,
        }
        self
    }

    /// With a bearer token (RFC 6750).
    pub fn bearer(self, token: &str) -> Self {
        self.header(AUTHORIZATION, &format!("Bearer {token}"))
    }

    /// The fields of a form, as a browser sends them.
    pub fn form(self, fields: &[(&str, &str)]) -> Self {
        self.body("application/x-www-form-urlencoded", encoded(fields).into())
    }

    /// A value as JSON.
    pub fn json(self, value: &impl Serialize) -> Self {
        let body = serde_json::to_vec(value).unwrap_or_default();
        self.body("application/json", body.into())
    }

    fn body(mut self, kind: &'static str, body: Bytes) -> Self {
        self.headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
        self.body = body;
        self
    }

    fn request(self, server: &Server) -> Result<Request<Body>, Unanswered> {
        let path = if server.base.is_empty() {
            self.path
        } else {
            server.base.clone() + &self.path
        };
        let uri = Uri::try_from(path).ok().filter(|_| !self.unsayable);
        let mut request = Request::new(Full::new(self.body));
        *request.method_mut() = self.method;
        *request.uri_mut() = uri.ok_or(Unanswered::NotSent)?;
        let headers = request.headers_mut();
        *headers = self.headers;
        headers.insert(HOST, server.host.clone());
        headers.insert(USER_AGENT, AGENT);
        Ok(request)
    }
}

/// Fields as a form's body or a URL's query has them (WHATWG URL, `application/x-www-form-urlencoded`).
pub(crate) fn encoded(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(fields)
        .finish()
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use engine::ports::Flow;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpListener;
    use tokio::task::JoinHandle;
    use vocabulary::{Clock, NameTable, SharedClock, SystemClock};

    use super::*;

    const WHOLE: &[u8] = b"HTTP/1.1 200 OK\r\nx-told: yes\r\ncontent-length: 3\r\n\r\nyes";
    const HALF: &[u8] = b"HTTP/1.1 200 OK\r\nx-told: yes\r\ncontent-length: 30\r\n\r\nyes";

    fn hello(portal: &str, address: SocketAddr, timeout: Duration) -> Hello {
        let mut names = NameTable::default();
        names.insert("portal.test", address);
        Hello {
            at_us: 0,
            unix_us: 0,
            flow: Flow::Count,
            portal_url: portal.to_owned(),
            graph_url: String::new(),
            token_url: String::new(),
            helpdesk_upn: String::new(),
            helpdesk_password: String::new(),
            names,
            ca_pem: String::new(),
            lab_token: String::new(),
            seed: 1,
            users: 1,
            queue_max: 1,
            start_within_us: 0,
            request_timeout_us: u64::try_from(timeout.as_micros()).unwrap(),
        }
    }

    /// The portal's side: for each connection what each request on it is answered by; then it is closed. Gives what was asked.
    async fn portal(connections: &'static [&'static [&'static [u8]]]) -> (Server, JoinHandle<Vec<String>>) {
        portal_at(SystemClock::shared(), connections).await
    }

    async fn portal_at(
        clock: SharedClock,
        connections: &'static [&'static [&'static [u8]]],
    ) -> (Server, JoinHandle<Vec<String>>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(async move {
            let mut asked = Vec::new();
            for answers in connections {
                let (mut stream, _) = listener.accept().await.unwrap();
                for answer in *answers {
                    let mut request = vec![0; 4096];
                    let read = stream.read(&mut request).await.unwrap();
                    asked.push(String::from_utf8(request[..read].to_vec()).unwrap());
                    stream.write_all(answer).await.unwrap();
                }
            }
            asked
        });
        let url = format!("http://portal.test:{}/base/", address.port());
        let hello = hello(&url, address, Duration::from_secs(20));
        (
            Server::new(&url, &hello, &RunClock::starting_now(clock)).unwrap(),
            serving,
        )
    }

    /// A clock that stands at so many seconds.
    #[derive(Debug, Default)]
    struct Standing(AtomicU64);

    impl Clock for Standing {
        fn monotonic(&self) -> Duration {
            Duration::from_secs(self.0.load(Ordering::Relaxed))
        }

        fn unix(&self) -> Duration {
            self.monotonic()
        }
    }

    #[tokio::test]
    async fn a_form_goes_out_as_a_browser_sends_it() {
        let (server, asked) = portal(&[&[WHOLE]]).await;
        let ask = Ask::post("/identify")
            .header("lab-token", "t")
            .form(&[("userid", "a b@c.test"), ("x", "1&2")]);
        let answer = server.send(ask).await.unwrap();
        assert_eq!(
            (answer.status, answer.headers["x-told"].to_str().unwrap()),
            (StatusCode::OK, "yes")
        );
        assert_eq!(answer.body.unwrap(), "yes");
        let asked = asked.await.unwrap().remove(0).to_ascii_lowercase();
        for part in [
            "post /base/identify http/1.1\r\n",
            &format!("host: portal.test:{}\r\n", server.address.port()),
            "lab-token: t\r\n",
            "content-type: application/x-www-form-urlencoded\r\n",
            "content-length: 27\r\n",
            "\r\n\r\nuserid=a+b%40c.test&x=1%262",
        ] {
            assert!(asked.contains(part), "{part} in {asked}");
        }
    }

    #[tokio::test]
    async fn a_connection_is_used_again_until_its_server_closes_it() {
        let (server, asked) = portal(&[&[WHOLE, WHOLE], &[WHOLE]]).await;
        for _ in 0..2 {
            assert!(server.send(Ask::get("/")).await.unwrap().body.is_ok());
        }
        let closed = || {
            server
                .free
                .lock()
                .unwrap()
                .iter()
                .all(|free| free.connection.is_closed())
        };
        while !closed() {
            tokio::task::yield_now().await;
        }
        assert!(server.send(Ask::get("/")).await.unwrap().body.is_ok());
        assert_eq!(asked.await.unwrap().len(), 3, "all on two connections");
    }

    #[tokio::test]
    async fn a_connection_that_was_idle_for_long_is_closed_and_not_used_again() {
        let clock = Arc::new(Standing::default());
        let (server, asked) = portal_at(clock.clone(), &[&[WHOLE, WHOLE, b""], &[WHOLE]]).await;
        for seconds in [0, 90, 181] {
            clock.0.store(seconds, Ordering::Relaxed);
            assert!(server.send(Ask::get("/")).await.unwrap().body.is_ok());
        }
        let asked = asked.await.unwrap();
        assert_eq!(asked.len(), 4);
        assert_eq!(asked[2], "", "the first connection was closed after its second request");
    }

    #[tokio::test]
    async fn what_was_sent_and_not_answered_is_lost_and_a_part_of_an_answer_counts() {
        let (server, asked) = portal(&[&[b""], &[HALF]]).await;
        assert_eq!(server.send(Ask::get("/")).await.err(), Some(Unanswered::Lost));
        let answer = server.send(Ask::get("/")).await.unwrap();
        assert_eq!(
            (&answer.headers["x-told"], answer.body),
            (&HeaderValue::from_static("yes"), Err(Unanswered::Lost))
        );
        assert!(server.free.lock().unwrap().is_empty(), "nothing can follow on either");
        assert_eq!(asked.await.unwrap().len(), 2, "nothing is asked again");
    }

    #[tokio::test]
    async fn who_is_not_there_was_sent_nothing_and_who_is_silent_is_waited_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let clock = RunClock::starting_now(SystemClock::shared());
        let (url, timeout) = (format!("http://{address}"), Duration::from_millis(30));
        let server = Server::new(&url, &hello(&url, address, timeout), &clock).unwrap();
        assert_eq!(server.send(Ask::get("/")).await.err(), Some(Unanswered::Timeout));
        assert!(server.free.lock().unwrap().is_empty());
        drop(listener);
        assert_eq!(server.send(Ask::get("/")).await.err(), Some(Unanswered::NotSent));
        let unreadable = Ask::get("/").header("not a header", "");
        assert_eq!(server.send(unreadable).await.err(), Some(Unanswered::NotSent));
    }

    #[test]
    fn a_url_must_lead_into_the_lab() {
        let clock = RunClock::starting_now(SystemClock::shared());
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        for url in [
            "",
            "portal.test",
            "https://login.elsewhere.test/",
            "mailto:a@portal.test",
        ] {
            let refused = Server::new(url, &hello(url, address, Duration::ZERO), &clock)
                .err()
                .unwrap();
            assert!(refused.to_string().starts_with(url), "{refused}");
        }
    }
}
