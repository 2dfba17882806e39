//! The WebSocket opening handshake, by hand, so that status lines and headers are ours (RFC 6455 section 4.2).

use http::header::{
    CONNECTION, HeaderValue, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION,
    UPGRADE,
};
use http::{HeaderMap, Method, Request, Response, StatusCode};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::body::{Body, known};

/// The answer to the key of an upgrade request; `None` if the request is no WebSocket upgrade.
pub(crate) fn accept_key<B>(request: &Request<B>) -> Option<String> {
    let headers = request.headers();
    let asks = request.method() == Method::GET
        && has_token(headers, CONNECTION.as_str(), "upgrade")
        && has_token(headers, UPGRADE.as_str(), "websocket")
        && has_token(headers, SEC_WEBSOCKET_VERSION.as_str(), "13");
    let key = headers.get(SEC_WEBSOCKET_KEY).filter(|_| asks)?;
    Some(derive_accept_key(key.as_bytes()))
}

/// The answer that switches protocols. Extensions are never negotiated.
pub(crate) fn switch(accept_key: &str, protocol: Option<&str>) -> Response<Body> {
    let mut response = Response::new(known(""));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    headers.insert(CONNECTION, HeaderValue::from_static("Upgrade"));
    headers.insert(UPGRADE, HeaderValue::from_static("websocket"));
    if let Ok(key) = HeaderValue::from_str(accept_key) {
        headers.insert(SEC_WEBSOCKET_ACCEPT, key);
    }
    if let Some(Ok(protocol)) = protocol.map(HeaderValue::from_str) {
        headers.insert(SEC_WEBSOCKET_PROTOCOL, protocol);
    }
    response
}

/// The sub-protocols that a handshake offers, in its order.
pub(crate) fn protocols(headers: &HeaderMap) -> Vec<String> {
    tokens(headers, SEC_WEBSOCKET_PROTOCOL.as_str())
        .map(str::to_owned)
        .collect()
}

fn has_token(headers: &HeaderMap, name: &str, wanted: &str) -> bool {
    tokens(headers, name).any(|token| token.eq_ignore_ascii_case(wanted))
}

fn tokens<'h>(headers: &'h HeaderMap, name: &str) -> impl Iterator<Item = &'h str> {
    let values = headers
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .map(str::trim)
        .filter(|token| !token.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn upgrade() -> http::request::Builder {
        Request::get("/")
            .header("connection", "keep-alive, Upgrade")
            .header("upgrade", "WebSocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-protocol", "one, two")
    }

    #[test]
    fn the_example_of_the_rfc() {
        let request = upgrade()
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
            .body(())
            .unwrap();
        let key = accept_key(&request).unwrap();
        assert_eq!(key, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        let response = switch(&key, Some("two"));
        assert_eq!(
            (response.status(), &response.headers()["sec-websocket-protocol"]),
            (StatusCode::SWITCHING_PROTOCOLS, &HeaderValue::from_static("two"))
        );
        assert_eq!(protocols(request.headers()), ["one", "two"]);
    }

    #[test]
    fn half_an_upgrade_is_none() {
        assert_eq!(accept_key(&upgrade().body(()).unwrap()), None);
        let plain = Request::get("/").header("sec-websocket-key", "k").body(()).unwrap();
        assert_eq!(accept_key(&plain), None);
    }
}
