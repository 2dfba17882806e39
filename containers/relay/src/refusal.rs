//! Answers that the relay makes itself: no `via`, a tracking id in reason phrase and body, and whether a listener
//! may have seen the request.

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Response, StatusCode};
use hyper::ext::ReasonPhrase;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::body::{Body, known};
use crate::broker::{Failure, FailureWhy, Undelivered};
use crate::namespace::Denied;
use crate::shared::Relay;

/// Says whether a listener may have seen the request; only on answers that the relay made itself.
pub(crate) const DISPATCHED: &str = "relay-dispatched";

/// Why the relay answers itself. `event` is the vendor's diagnostic event name where there is one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    pub(crate) status: StatusCode,
    pub(crate) event: &'static str,
    pub(crate) text: String,
    /// Whether a listener may have seen the request, by the relay's own account.
    pub dispatched: bool,
}

impl Refusal {
    pub(crate) fn new(status: StatusCode, event: &'static str, text: impl Into<String>) -> Self {
        Self {
            status,
            event,
            text: text.into(),
            dispatched: false,
        }
    }

    pub(crate) fn malformed(text: &str) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "ProcessingRequestFailed", text)
    }

    pub(crate) fn unknown_endpoint(path: &str) -> Self {
        let text = format!("Endpoint does not exist: {path}");
        Self::new(StatusCode::NOT_FOUND, "ProcessingRequestFailed", text)
    }

    pub(crate) fn denied(denied: Denied) -> Self {
        if denied.is_forbidden() {
            Self::new(StatusCode::FORBIDDEN, "AuthorizationFailed", denied.text())
        } else {
            Self::new(StatusCode::UNAUTHORIZED, "InvalidSasToken", denied.text())
        }
    }

    /// `nobody` is the status for an entity without listeners: 404 for a connect, 502 for a request.
    pub(crate) fn undelivered(why: Undelivered, nobody: StatusCode) -> Self {
        match why {
            Undelivered::NoListener => Self::new(
                nobody,
                "ProcessingRequestFailed",
                "There are no listeners connected for the endpoint",
            ),
            Undelivered::NoneAllowed => Self::new(
                StatusCode::NOT_FOUND,
                "ProcessingRequestFailed",
                "None of the connected listeners meet the AllowedListeners/DisallowedListeners criteria",
            ),
            Undelivered::TooMany => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "ListenerUnresponsive",
                "Too many requests are in flight",
            ),
            Undelivered::Backlogged => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "ListenerUnresponsive",
                "The connected listeners do not keep up",
            ),
        }
    }

    /// What a sender is told whose request came to nothing.
    #[must_use]
    pub fn failed(failure: Failure) -> Self {
        let (status, event, text) = match failure.why {
            FailureWhy::Lost => (
                StatusCode::BAD_GATEWAY,
                "ListenerUnregistered",
                "The listener was lost before it answered",
            ),
            FailureWhy::TimedOut => (
                StatusCode::GATEWAY_TIMEOUT,
                "ListenerAcceptingRequestTimeout",
                "The listener did not answer within the allowed timeout",
            ),
            FailureWhy::NotAccepted => (
                StatusCode::GATEWAY_TIMEOUT,
                "ListenerAcceptingConnectionTimeout",
                "None of the connected listeners accepted the connections within the allowed timeout",
            ),
        };
        Self {
            dispatched: failure.dispatched,
            ..Self::new(status, event, text)
        }
    }

    /// A rendezvous or a response that broke after a listener had the request.
    pub(crate) fn broken(text: &str) -> Self {
        Self {
            dispatched: true,
            ..Self::new(StatusCode::BAD_GATEWAY, "ListenerReturningHttpResponseFailed", text)
        }
    }

    /// The answer, with a fresh tracking id.
    pub(crate) fn into_response(self, relay: &Relay, path: &str) -> Response<Body> {
        let tracking = relay.mint.tracking_id();
        let status = self.status.as_u16();
        tracing::info!(event = self.event, status, %tracking, path, text = self.text, "refused");
        let phrase = phrase(&self.text, &tracking, relay, path);
        let error = serde_json::json!({
            "error": { "code": self.event, "message": self.text, "trackingId": tracking }
        });
        let mut response = Response::new(known(error.to_string()));
        *response.status_mut() = self.status;
        set_reason(&mut response, &phrase);
        let dispatched = if self.dispatched { "true" } else { "false" };
        response
            .headers_mut()
            .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response
            .headers_mut()
            .insert(DISPATCHED, HeaderValue::from_static(dispatched));
        response
    }
}

fn phrase(text: &str, tracking: &str, relay: &Relay, path: &str) -> String {
    let now = OffsetDateTime::UNIX_EPOCH + relay.clock.unix();
    let stamp = now.format(&Rfc3339).unwrap_or_default();
    let path = path.trim_start_matches('/');
    format!(
        "{text}. TrackingId:{tracking}, SystemTracker:sb://{}/{path}, Timestamp:{stamp}",
        relay.host
    )
}

/// Sets the reason phrase; what may not stand in one becomes `?`.
pub(crate) fn set_reason(response: &mut Response<Body>, text: &str) {
    let tame = |byte: u8| {
        if byte == b' ' || byte.is_ascii_graphic() {
            byte
        } else {
            b'?'
        }
    };
    let bytes: Vec<u8> = text.bytes().take(1_024).map(tame).collect();
    if let Ok(phrase) = ReasonPhrase::try_from(bytes) {
        response.extensions_mut().insert(phrase);
    }
}
