//! One page on the loopback, for whoever knows its address.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{
    ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HOST, HeaderName, REFERRER_POLICY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::Full;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::board::Board;
use super::token::Token;

/// Connections at once: a browser's few, and no flood.
const CONNECTIONS_MAX: usize = 16;

/// The largest head of a request in bytes; hyper takes no less.
const HEAD_MAX: usize = 8 * 1024;

/// How long a head may take.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a connection may last, the page's way included.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(30);

/// After a connection could not be taken.
const PAUSE: Duration = Duration::from_millis(100);

/// On every answer: nothing is kept, nothing framed, and the address goes to nobody.
const HEADERS: [(HeaderName, &str); 5] = [
    (CACHE_CONTROL, "no-store"),
    (REFERRER_POLICY, "no-referrer"),
    (X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (X_FRAME_OPTIONS, "DENY"),
    (CONTENT_SECURITY_POLICY, "frame-ancestors 'none'"),
];

/// What the server lets through, and to what.
#[derive(Debug)]
pub(super) struct Door {
    pub board: Arc<Board>,
    pub token: Token,
    pub port: u16,
}

/// Takes connections until it is dropped.
pub(super) async fn serve(listener: TcpListener, door: Arc<Door>) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            engine::clock::wait(PAUSE).await;
            continue;
        };
        let Ok(place) = Arc::clone(&places).try_acquire_owned() else {
            continue;
        };
        let door = Arc::clone(&door);
        tokio::spawn(async move {
            // A visitor that is slow or rude is of no interest to the run.
            let _ = tokio::time::timeout(CONNECTION_TIMEOUT, connection(&door, stream)).await;
            drop(place);
        });
    }
}

async fn connection(door: &Door, stream: TcpStream) -> hyper::Result<()> {
    let service = service_fn(|request| {
        let response = door.answer(&request);
        async move { Ok::<_, Infallible>(response) }
    });
    http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_MAX)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service)
        .await
}

impl Door {
    /// The page, or as little as possible.
    fn answer<B>(&self, request: &Request<B>) -> Response<Full<Bytes>> {
        if !self.is_meant(request) {
            return plain(StatusCode::FORBIDDEN, "this host name is not served here\n");
        }
        if ![Method::GET, Method::HEAD].contains(request.method()) {
            let mut refused = plain(StatusCode::METHOD_NOT_ALLOWED, "there is only a page to get\n");
            refused
                .headers_mut()
                .insert(ALLOW, HeaderValue::from_static("GET, HEAD"));
            return refused;
        }
        if request.uri().query().is_some() || !self.token.opens(request.uri().path()) {
            return plain(StatusCode::NOT_FOUND, "nothing is here\n");
        }
        response(StatusCode::OK, "text/html; charset=utf-8", self.board.look())
    }

    /// Whether the request names this very address: a page of somebody else whose name was made to point here must not
    /// read what is here (DNS rebinding).
    fn is_meant<B>(&self, request: &Request<B>) -> bool {
        let mut hosts = request.headers().get_all(HOST).iter();
        let named = match (hosts.next(), hosts.next()) {
            (Some(host), None) => host.to_str().is_ok_and(|host| self.is_own(host)),
            _ => false,
        };
        named
            && request
                .uri()
                .authority()
                .is_none_or(|authority| self.is_own(authority.as_str()))
    }

    fn is_own(&self, host: &str) -> bool {
        let own = |name: &str| host == format!("{name}:{}", self.port) || (self.port == 80 && host == name);
        own("127.0.0.1") || own("localhost")
    }
}

fn plain(status: StatusCode, text: &'static str) -> Response<Full<Bytes>> {
    response(status, "text/plain; charset=utf-8", Bytes::from_static(text.as_bytes()))
}

fn response(status: StatusCode, kind: &'static str, body: Bytes) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(body));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static(kind));
    for (name, value) in HEADERS {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    fn door() -> Door {
        let board = Arc::new(Board::new());
        board.show("<p>a page".to_owned());
        let token = Token::new().unwrap();
        Door {
            board,
            token,
            port: 4711,
        }
    }

    fn ask(door: &Door, method: Method, path: &str, hosts: &[&str]) -> StatusCode {
        let mut request = Request::builder().method(method).uri(path);
        for host in hosts {
            request = request.header(HOST, *host);
        }
        door.answer(&request.body(()).unwrap()).status()
    }

    #[tokio::test]
    async fn whoever_knows_the_address_gets_the_page_and_nothing_is_kept() {
        let door = door();
        let request = Request::builder().uri(door.token.path()).header(HOST, "127.0.0.1:4711");
        let response = door.answer(&request.body(()).unwrap());
        assert_eq!(response.status(), StatusCode::OK);
        for (name, value) in HEADERS {
            assert_eq!(response.headers()[name], value);
        }
        let body = response.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(body, "<p>a page");
    }

    #[test]
    fn nobody_else_gets_anything() {
        let door = door();
        let path = door.token.path();
        let own = ["127.0.0.1:4711"];
        let longer = format!("{path}report.html");
        let asked = format!("{path}?x=1");
        for wrong in [
            "/",
            "/0000/",
            "/report.html",
            &longer,
            &asked,
            path.trim_end_matches('/'),
        ] {
            assert_eq!(ask(&door, Method::GET, wrong, &own), StatusCode::NOT_FOUND, "{wrong}");
        }
        for method in [Method::POST, Method::PUT, Method::OPTIONS] {
            assert_eq!(ask(&door, method, &path, &own), StatusCode::METHOD_NOT_ALLOWED);
        }
        assert_eq!(ask(&door, Method::GET, &path, &["localhost:4711"]), StatusCode::OK);
        let twice = ["127.0.0.1:4711", "evil.example"];
        let hosts: [&[&str]; 6] = [
            &[],
            &["evil.example:4711"],
            &["127.0.0.1"],
            &["127.0.0.1:80"],
            &["[::1]:4711"],
            &twice,
        ];
        for hosts in hosts {
            assert_eq!(
                ask(&door, Method::GET, &path, hosts),
                StatusCode::FORBIDDEN,
                "{hosts:?}"
            );
        }
        let absolute = format!("http://evil.example:4711{path}");
        assert_eq!(ask(&door, Method::GET, &absolute, &own), StatusCode::FORBIDDEN);
    }
}
