//! WebSocket rendezvous: a sender connects, a listener accepts or rejects, frames are bridged.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::{Either, join, select};
use http::header::{CONTENT_TYPE, VIA};
use http::{HeaderValue, Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use protocol::hybrid::{Accept, ToListener};
use tokio::io::{AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::time::timeout;

use crate::Right;
use crate::body::{Body, known};
use crate::broker::{Kind, Settled};
use crate::frames::{FrameError, FrameReader, pump};
use crate::headers;
use crate::query;
use crate::refusal::{Refusal, set_reason};
use crate::sender::json;
use crate::shared::{Dial, Peer, Relay, Reply, Ticket, hop_id, read_id};
use crate::waiting::{Errand, Waiting, choice};
use crate::websocket;

/// How long the other direction may still take once one end has said its Close and is gone.
const LINGER: Duration = Duration::from_secs(1);

/// Serves a sender's connect: its upgrade is answered once a listener has accepted.
///
/// # Errors
/// [`Refusal`]: what the relay answers in place of the upgrade.
pub(crate) async fn connect(
    relay: &Arc<Relay>,
    peer: &Peer,
    mut request: Request<Incoming>,
    path: &str,
    accept_key: &str,
) -> Result<Response<Body>, Refusal> {
    let errand = invite(relay, peer, &request, path)?;
    let offered = websocket::protocols(request.headers());
    tracing::debug!(event = "NewSenderRegistering", path, key = %errand.key.0);
    match Waiting::begin(relay, errand)?.reply().await? {
        Reply::Dialled(dial) => {
            let chosen = dial
                .protocols
                .iter()
                .find(|protocol| offered.contains(protocol))
                .cloned();
            let sender = hyper::upgrade::on(&mut request);
            let place = Arc::clone(&peer.place);
            relay.spawn(&relay.tasks, async move {
                bridge(sender, dial).await;
                drop(place);
            });
            Ok(websocket::switch(accept_key, chosen.as_deref()))
        }
        Reply::Rejected { status, description } => Ok(rejected(relay, status, &description)),
        _ => Err(Refusal::broken(
            "The listener answered a connect as if it were a request",
        )),
    }
}

fn invite(relay: &Relay, peer: &Peer, request: &Request<Incoming>, path: &str) -> Result<Errand, Refusal> {
    let (sent, query) = (request.headers(), request.uri().query().unwrap_or_default());
    let (entity, found) = relay.entity(path)?;
    let carried = headers::token(sent, query);
    let guarded = found.requires_client_authorization;
    if guarded {
        relay
            .authorize(entity, path, carried.token.as_deref(), Right::Send)
            .map_err(Refusal::denied)?;
    }
    let key = relay.mint.key();
    let id = query::value(query, query::ID).unwrap_or_else(|| hop_id(key));
    let text = json(&ToListener::Accept(Accept {
        address: relay.address(path, query, "accept", &id, key),
        connect_headers: headers::of_connect(sent, guarded && carried.in_authorization),
        remote_endpoint: peer.endpoint(),
        id,
    }))?;
    Ok(Errand {
        key,
        entity,
        kind: Kind::Connect,
        choice: choice(sent),
        text,
        body: None,
    })
}

/// The sender's answer when the listener said no, with the listener's words as the reason phrase.
fn rejected(relay: &Relay, status: u16, description: &str) -> Response<Body> {
    let mut response = Response::new(known(description.to_owned()));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_REQUEST);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    headers::append(response.headers_mut(), VIA, &format!("1.1 {}", relay.host));
    set_reason(&mut response, description);
    response
}

/// Serves a listener that dials a rendezvous address, whose gesture is `kind`.
///
/// # Errors
/// [`Refusal`] 403 when the address is not good, or not good any longer.
pub(crate) fn dialled(
    relay: &Relay,
    peer: &Peer,
    mut request: Request<Incoming>,
    kind: Kind,
    accept_key: &str,
) -> Result<Response<Body>, Refusal> {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let Settled { ticket, sent_at } = claim(relay, &query, kind)?;
    if let Some((status, description)) = rejection(&query).filter(|_| kind == Kind::Connect) {
        return reject(ticket, status, description);
    }
    let protocols = websocket::protocols(request.headers());
    let response = websocket::switch(accept_key, protocols.first().map(String::as_str));
    let place = Arc::clone(&peer.place);
    let dial = Dial {
        upgrade: hyper::upgrade::on(&mut request),
        place,
        protocols,
        sent_at,
    };
    ticket.send(Reply::Dialled(dial)).map_err(|_| invalid_address())?;
    Ok(response)
}

fn claim(relay: &Relay, query: &str, kind: Kind) -> Result<Settled<Ticket>, Refusal> {
    let key = query::value(query, query::KEY).and_then(|key| read_id(&key));
    let settled = key.and_then(|key| relay.broker().claim(key, kind));
    settled.ok_or_else(invalid_address)
}

fn invalid_address() -> Refusal {
    let text = "The rendezvous address is not valid, was used, or has expired";
    Refusal::new(StatusCode::FORBIDDEN, "ListenerAcceptingConnectionFailed", text)
}

/// What a listener appended to the address to say no. Only what stands after the relay's own parameters counts: the
/// sender's parameters before them may have any name. The Node clients use the names without the prefix.
fn rejection(query: &str) -> Option<(u16, String)> {
    let (_, after) = query.split_once("sb-hc-key=")?;
    let (_, appended) = after.split_once('&')?;
    let status = query::either(appended, ["sb-hc-statusCode", "statusCode"])?;
    let description = query::either(appended, ["sb-hc-statusDescription", "statusDescription"]);
    let status = status
        .parse()
        .ok()
        .filter(|status| (300..=599).contains(status))
        .unwrap_or(400);
    Some((
        status,
        description.unwrap_or_else(|| "Rejected by user code".to_owned()),
    ))
}

fn reject(ticket: Ticket, status: u16, description: String) -> Result<Response<Body>, Refusal> {
    tracing::info!(event = "ListenerRejectedConnection", status);
    // A sender that is gone no longer needs to know.
    let _ = ticket.send(Reply::Rejected { status, description });
    Err(Refusal::new(
        StatusCode::GONE,
        "ListenerRejectedConnection",
        "The connection was rejected",
    ))
}

/// Passes frames both ways until both ends have said their Close. If one ends without, so does the other.
async fn bridge(sender: OnUpgrade, listener: Dial) {
    let (Ok(sender), Ok(accepted)) = join(sender, listener.upgrade).await else {
        return tracing::debug!("one side of a bridge never came");
    };
    tracing::debug!(event = "SenderListenerConnectionEstablished");
    let ended = cross(sender, accepted).await;
    tracing::debug!(event = "SenderConnectionClosed", ?ended);
    drop(listener.place);
}

type Reader = FrameReader<ReadHalf<TokioIo<Upgraded>>>;
type Writer = WriteHalf<TokioIo<Upgraded>>;

async fn cross(sender: Upgraded, listener: Upgraded) -> Result<(), FrameError> {
    let (from_sender, to_sender) = tokio::io::split(TokioIo::new(sender));
    let (from_listener, to_listener) = tokio::io::split(TokioIo::new(listener));
    let up = pin!(one_way(FrameReader::new(from_sender), to_listener));
    let down = pin!(one_way(FrameReader::new(from_listener), to_sender));
    let (closed, other) = select(up, down).await.factor_first();
    let (mut reader, mut writer) = closed?;
    let gone = pin!(reader.gone());
    let (_, mut other_writer) = match select(other, gone).await {
        Either::Left((closed, _)) => closed?,
        Either::Right(((), other)) => timeout(LINGER, other).await.map_err(|_| FrameError::Ended)??,
    };
    // The server ends the connection first (RFC 6455 section 7.1.1); an end that has ended already is no failure.
    let _ = join(writer.shutdown(), other_writer.shutdown()).await;
    Ok(())
}

/// One direction, until a Close has passed; its ends are needed to end the rest.
async fn one_way(mut reader: Reader, mut writer: Writer) -> Result<(Reader, Writer), FrameError> {
    pump(&mut reader, &mut writer).await?;
    Ok((reader, writer))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rejection_stands_after_the_relays_parameters() {
        let said = |query| rejection(query).map(|(status, text)| (status, text.leak() as &str));
        assert_eq!(said("statusCode=500&sb-hc-key=k"), None);
        assert_eq!(
            said("statusCode=500&sb-hc-key=k&sb-hc-statusCode=404&sb-hc-statusDescription=No%20way"),
            Some((404, "No way"))
        );
        assert_eq!(
            said("sb-hc-key=k&statusCode=401&statusDescription=no"),
            Some((401, "no"))
        );
        assert_eq!(
            said("sb-hc-key=k&sb-hc-statusCode=101"),
            Some((400, "Rejected by user code"))
        );
    }
}
