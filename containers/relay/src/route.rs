//! From a request to the gesture that it is.

use std::sync::Arc;

use http::{Method, Request, Response, StatusCode};
use hyper::body::Incoming;

use crate::body::{Body, known};
use crate::broker::Kind;
use crate::refusal::Refusal;
use crate::shared::{Peer, Relay};
use crate::{connect, control, lab, query, sender, websocket};

/// Below this path are the WebSocket gestures.
const SOCKETS: &str = "/$hc/";

/// Readiness; no entity of that name can be sent to with GET.
const HEALTH: &str = "/healthz";

/// Answers one request, whatever it is.
pub(crate) async fn serve(relay: Arc<Relay>, peer: Peer, request: Request<Incoming>) -> Response<Body> {
    let path = request.uri().path().replace("%24", "$");
    let (refused, path) = match path.strip_prefix(SOCKETS) {
        Some(entity) => (socket(&relay, &peer, request, entity).await, entity),
        None if lab::is_for(&path) && relay.is_lab(request.headers()) => (Ok(lab::serve(&relay, request).await), "lab"),
        None if path == HEALTH && request.method() == Method::GET => (Ok(health(&relay, &request)), HEALTH),
        None => (sender::serve(&relay, &peer, request).await, path.as_str()),
    };
    refused.unwrap_or_else(|refusal| refusal.into_response(&relay, path))
}

async fn socket(
    relay: &Arc<Relay>,
    peer: &Peer,
    request: Request<Incoming>,
    path: &str,
) -> Result<Response<Body>, Refusal> {
    let key =
        websocket::accept_key(&request).ok_or_else(|| Refusal::malformed("The request is no WebSocket upgrade"))?;
    let action = query::value(request.uri().query().unwrap_or_default(), query::ACTION);
    match action.map(|action| action.to_ascii_lowercase()).as_deref() {
        Some("listen") => control::listen(relay, peer, request, path, &key),
        Some("connect") | None => connect::connect(relay, peer, request, path, &key).await,
        Some("accept") => connect::dialled(relay, peer, request, Kind::Connect, &key),
        Some("request") => connect::dialled(relay, peer, request, Kind::Request, &key),
        Some(_) => Err(Refusal::new(
            StatusCode::NOT_FOUND,
            "ProcessingRequestFailed",
            "The action is unknown",
        )),
    }
}

/// 200 for everyone; figures for the laboratory.
fn health(relay: &Relay, request: &Request<Incoming>) -> Response<Body> {
    if !relay.is_lab(request.headers()) {
        return Response::new(known(""));
    }
    let (listeners, in_flight) = {
        let broker = relay.broker();
        (broker.listeners(), broker.in_flight())
    };
    Response::new(known(
        serde_json::json!({ "listeners": listeners, "in_flight": in_flight }).to_string(),
    ))
}
