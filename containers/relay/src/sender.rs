//! The HTTPS sender: one request in, one listener's response out.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http::header::HeaderName;
use http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use protocol::hybrid::{self, BODY_MAX, HEADERS_MAX, RemoteEndpoint, ToListener};
use protocol::lab::{OPERATION_ID, SERVER_TIMING};
use tokio::time::timeout;
use vocabulary::{Stage, StageTimes};

use crate::Right;
use crate::body::{Body, known};
use crate::broker::{Choice, Key, Kind};
use crate::headers;
use crate::meeting::{Meeting, serve_rendezvous};
use crate::namespace::EntityId;
use crate::query;
use crate::refusal::{Refusal, set_reason};
use crate::shared::{Dial, Peer, Relay, Reply, hop_id};
use crate::waiting::{Errand, choice};

/// What a sender asked, without its body.
pub(crate) struct Asked {
    key: Key,
    entity: EntityId,
    choice: Choice,
    address: String,
    target: String,
    method: String,
    headers: BTreeMap<String, String>,
    endpoint: RemoteEndpoint,
    lab: bool,
    received: Duration,
}

/// A sender's body: whole, or begun and longer than the control channel allows.
pub(crate) enum Upload {
    Short(Bytes),
    Long { begun: Bytes, rest: Incoming },
}

impl Upload {
    pub(crate) fn is_empty(&self) -> bool {
        matches!(self, Self::Short(body) if body.is_empty())
    }
}

/// Serves one request.
///
/// # Errors
/// [`Refusal`]: what the relay answers itself.
pub(crate) async fn serve(
    relay: &Arc<Relay>,
    peer: &Peer,
    request: Request<Incoming>,
) -> Result<Response<Body>, Refusal> {
    let asked = Asked::read(relay, peer, &request)?;
    let collected = timeout(relay.limits.request_timeout, collect(request.into_body())).await;
    let upload = collected.map_err(|_| too_slow())??;
    let text = asked.message(!upload.is_empty())?;
    let fits = text.len() <= BODY_MAX && headers::size(&asked.headers) <= HEADERS_MAX;
    match upload {
        Upload::Short(body) if fits => asked.on_channel(relay, text, body).await,
        upload => asked.by_rendezvous(relay, text, upload).await,
    }
}

fn too_slow() -> Refusal {
    Refusal::new(
        StatusCode::REQUEST_TIMEOUT,
        "ProcessingRequestFailed",
        "The body did not arrive in time",
    )
}

/// Reads a body as far as the control channel could carry it.
async fn collect(mut body: Incoming) -> Result<Upload, Refusal> {
    let broken = |_| Refusal::malformed("The body is broken");
    if body.size_hint().lower() > BODY_MAX as u64 {
        return Ok(Upload::Long {
            begun: Bytes::new(),
            rest: body,
        });
    }
    let mut begun = BytesMut::new();
    while let Some(frame) = body.frame().await {
        if let Ok(data) = frame.map_err(broken)?.into_data() {
            begun.extend_from_slice(&data);
        }
        if begun.len() > BODY_MAX {
            return Ok(Upload::Long {
                begun: begun.freeze(),
                rest: body,
            });
        }
    }
    Ok(Upload::Short(begun.freeze()))
}

impl Asked {
    fn read(relay: &Relay, peer: &Peer, request: &Request<Incoming>) -> Result<Self, Refusal> {
        let received = relay.now();
        let (uri, sent) = (request.uri(), request.headers());
        let (path, query) = (uri.path(), uri.query().unwrap_or_default());
        if !headers::may_pass(request.method()) {
            return Err(Refusal::malformed("The method is not relayed"));
        }
        let (entity, found) = relay.entity(path)?;
        let carried = headers::token(sent, query);
        let guarded = found.requires_client_authorization;
        if guarded {
            let token = carried.token.as_deref();
            relay
                .authorize(entity, path, token, Right::Send)
                .map_err(Refusal::denied)?;
        }
        let key = relay.mint.key();
        let asked = Self {
            key,
            entity,
            choice: choice(sent),
            address: relay.address(path, query, "request", &hop_id(key), key),
            target: query::target(path, uri.query()),
            method: request.method().to_string(),
            headers: headers::of_request(sent, guarded && carried.in_authorization, &relay.host),
            endpoint: peer.endpoint(),
            lab: relay.is_lab(sent),
            received,
        };
        tracing::debug!(event = "SenderSentHttpRequest", path, operation = asked.operation(), key = %key.0);
        Ok(asked)
    }

    /// The laboratory's own name for this operation.
    fn operation(&self) -> Option<&str> {
        self.headers.get(OPERATION_ID).filter(|_| self.lab).map(String::as_str)
    }

    fn message(&self, body: bool) -> Result<String, Refusal> {
        json(&ToListener::Request(hybrid::Request {
            address: self.address.clone(),
            id: Some(hop_id(self.key)),
            request_target: Some(self.target.clone()),
            method: Some(self.method.clone()),
            remote_endpoint: Some(self.endpoint.clone()),
            request_headers: self.headers.clone(),
            body: Some(body),
        }))
    }

    /// Only the address: the listener must dial it to get the request.
    fn pointer(&self) -> Result<String, Refusal> {
        json(&ToListener::Request(hybrid::Request {
            address: self.address.clone(),
            id: None,
            request_target: None,
            method: None,
            remote_endpoint: None,
            request_headers: BTreeMap::new(),
            body: None,
        }))
    }

    fn errand(&self, text: String, body: Option<Bytes>) -> Errand {
        let (key, entity, choice) = (self.key, self.entity, self.choice.clone());
        Errand {
            key,
            entity,
            kind: Kind::Request,
            choice,
            text,
            body,
        }
    }

    async fn on_channel(&self, relay: &Arc<Relay>, text: String, body: Bytes) -> Result<Response<Body>, Refusal> {
        let deadline = relay.now() + relay.limits.request_timeout;
        let body = Some(body).filter(|body| !body.is_empty());
        match relay.carrier.carry(self.errand(text, body)).await? {
            Reply::Answered(answer) => {
                let spent = (answer.sent_at, answer.heard_at);
                self.answer(relay, &answer.response, known(answer.body), spent)
            }
            Reply::Dialled(dial) => {
                let sent_at = dial.sent_at;
                let mut meeting = Meeting::open(dial).await?;
                let left = deadline.saturating_sub(relay.now());
                let response = meeting.response(left).await?;
                self.finish(relay, meeting, &response, sent_at)
            }
            _ => Err(Refusal::broken(
                "The listener rejected a request as if it were a connect",
            )),
        }
    }

    async fn by_rendezvous(&self, relay: &Arc<Relay>, text: String, upload: Upload) -> Result<Response<Body>, Refusal> {
        match relay.carrier.carry(self.errand(self.pointer()?, None)).await? {
            Reply::Dialled(dial) => self.exchange(relay, dial, text, upload).await,
            _ => Err(Refusal::broken("The listener answered a request that it had not seen")),
        }
    }

    async fn exchange(
        &self,
        relay: &Arc<Relay>,
        dial: Dial,
        text: String,
        upload: Upload,
    ) -> Result<Response<Body>, Refusal> {
        let sent_at = dial.sent_at;
        let mut meeting = Meeting::open(dial).await?;
        let response = meeting.exchange(&text, upload, relay.limits.request_timeout).await?;
        self.finish(relay, meeting, &response, sent_at)
    }

    fn finish(
        &self,
        relay: &Arc<Relay>,
        meeting: Meeting,
        response: &hybrid::Response,
        sent_at: Option<Duration>,
    ) -> Result<Response<Body>, Refusal> {
        let heard_at = relay.now();
        let body = serve_rendezvous(relay, meeting, response.body);
        self.answer(relay, response, body, (sent_at, heard_at))
    }

    /// The listener's response as the sender gets it.
    fn answer(
        &self,
        relay: &Relay,
        response: &hybrid::Response,
        body: Body,
        (sent_at, heard_at): (Option<Duration>, Duration),
    ) -> Result<Response<Body>, Refusal> {
        let status = StatusCode::from_u16(response.status_code).ok();
        let status = status.filter(|status| !status.is_informational());
        let status = status.ok_or_else(|| Refusal::broken("The listener's status is no final HTTP status"))?;
        let mut answer = Response::new(body);
        *answer.status_mut() = status;
        *answer.headers_mut() = headers::of_response(&response.response_headers, &relay.host);
        if let Some(phrase) = response
            .status_description
            .as_deref()
            .filter(|phrase| !phrase.is_empty())
        {
            set_reason(&mut answer, phrase);
        }
        if self.lab {
            let before = sent_at.unwrap_or(self.received).saturating_sub(self.received);
            let own = before + relay.now().saturating_sub(heard_at);
            let mut times = StageTimes::new();
            times.add(Stage::Relay, own);
            let name = HeaderName::from_static(SERVER_TIMING);
            headers::append(answer.headers_mut(), name, &times.to_server_timing());
        }
        Ok(answer)
    }
}

/// A message as JSON. Its types cannot fail to serialise, so a failure is the relay's own.
pub(crate) fn json(message: &ToListener) -> Result<String, Refusal> {
    let text = serde_json::to_string(message);
    text.map_err(|_| {
        Refusal::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "ProcessingRequestFailed",
            "Internal error",
        )
    })
}
