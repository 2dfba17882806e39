//! The laboratory's interface: message faults are set, listed and ended, behind the lab token. To everybody else these paths are
//! those of an entity that there is not.

use std::sync::Arc;

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use serde::Serialize;

use crate::body::{Body, known};
use crate::broker::Close;
use crate::faults::FaultOrder;
use crate::shared::{Relay, carry_out};

/// Below this path are the faults.
const FAULTS: &str = "/lab/faults";

/// The most bytes of an order.
const ORDER_MAX: usize = 16 * 1024;

/// Whether a path is the laboratory's.
pub(crate) fn is_for(path: &str) -> bool {
    path.strip_prefix(FAULTS)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
}

/// Answers the laboratory.
pub(crate) async fn serve(relay: &Arc<Relay>, request: Request<Incoming>) -> Response<Body> {
    let path = request.uri().path().to_owned();
    let id = path.strip_prefix(FAULTS).and_then(|rest| rest.strip_prefix('/'));
    match (request.method().clone(), id) {
        (Method::GET, None) => json(&relay.faults().list(relay.now())),
        (Method::PUT, Some(id)) if readable(id) => put(relay, id, request.into_body()).await,
        (Method::DELETE, Some(id)) => end(relay, id),
        _ => text(StatusCode::NOT_FOUND, String::new()),
    }
}

async fn put(relay: &Relay, id: &str, body: Incoming) -> Response<Body> {
    let Ok(body) = Limited::new(body, ORDER_MAX).collect().await else {
        return text(StatusCode::PAYLOAD_TOO_LARGE, String::new());
    };
    let order: FaultOrder = match serde_json::from_slice(&body.to_bytes()) {
        Ok(order) => order,
        Err(error) => return text(StatusCode::BAD_REQUEST, error.to_string()),
    };
    tracing::info!(id, ?order, "a fault begins");
    let Some(let_go) = relay.faults().put(id, order, relay.now()) else {
        return text(StatusCode::INSUFFICIENT_STORAGE, String::new());
    };
    relay.deliver(let_go);
    relay.disturbance.notify_one();
    throw_out(relay);
    text(StatusCode::NO_CONTENT, String::new())
}

/// Closes the channels of entities that are as if deleted.
fn throw_out(relay: &Relay) {
    let listeners = relay.broker().listeners();
    if relay.faults().deleted(listeners, relay.now()) {
        let effects = relay.broker().expel_all(Close::DELETED);
        carry_out(effects);
    }
}

fn end(relay: &Relay, id: &str) -> Response<Body> {
    let ended = relay.faults().remove(id, relay.now());
    let Some((state, let_go)) = ended else {
        return text(StatusCode::NOT_FOUND, String::new());
    };
    relay.deliver(let_go);
    json(&state)
}

/// Whether this can be a fault's name.
fn readable(id: &str) -> bool {
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_' || byte == b'.';
    !id.is_empty() && id.len() <= 64 && id.bytes().all(letter)
}

fn text(status: StatusCode, text: String) -> Response<Body> {
    let mut answer = Response::new(known(text));
    *answer.status_mut() = status;
    answer
}

fn json(value: &impl Serialize) -> Response<Body> {
    let Ok(json) = serde_json::to_string(value) else {
        return text(StatusCode::INTERNAL_SERVER_ERROR, String::new());
    };
    let mut answer = text(StatusCode::OK, json);
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    answer
}
