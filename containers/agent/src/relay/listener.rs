//! One listener: holds the control channel of one relay, for ever.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use protocol::connection::ConnectionString;
use protocol::hybrid::{RenewToken, ToRelay};
use rustls::ClientConfig;
use tokio::sync::{Notify, mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error as WsError, Message};
use uuid::Uuid;
use vocabulary::{EventId, NameTable, SharedClock};

use super::control::{Control, Effect, Exchange, response_text};
use super::ladder::Ladder;
use super::rendezvous;
use super::socket::{self, Socket};
use crate::AgentError;
use crate::clock;
use crate::event::EventLog;
use crate::writeback::service::{Incoming, Reply};
use crate::writeback::worker::{Desk, Outgoing, ReplyTo};

/// Rendezvous that one listener holds at once; the relay times out what comes on top.
const RENDEZVOUS_MAX: usize = 32;

/// How long one write to the relay may take before the channel counts as dead.
const WRITE_TIMEOUT: Duration = Duration::from_secs(10);

/// The listener's times.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Times {
    /// How long a token lives.
    pub(crate) token: Duration,
    /// When it is renewed: before it ends.
    pub(crate) renew: Duration,
    /// How often the relay is pinged. A ping after which nothing was heard until the next one ends the channel: the relay
    /// has no listener as long as this one does not know that its connection is dead.
    pub(crate) ping: Duration,
}

impl Default for Times {
    fn default() -> Self {
        let minutes = |count: u64| Duration::from_secs(count * 60);
        Self {
            token: minutes(60),
            renew: minutes(50),
            ping: Duration::from_secs(10),
        }
    }
}

/// How a listener stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Link {
    /// Not connected; the last reason, if there was an attempt.
    Down(Option<String>),
    /// The relay refused the listener for good: a wrong token or an unknown path.
    Refused(String),
    /// Listening.
    Up,
}

/// What the tasks of one listener share.
pub(crate) struct Shared {
    /// The relay's connection string, which an onboarding may replace.
    pub(crate) connection: watch::Receiver<ConnectionString>,
    /// Rung when the relay takes the string no longer.
    pub(crate) refused: Arc<Notify>,
    pub(crate) names: NameTable,
    pub(crate) tls: Arc<ClientConfig>,
    pub(crate) clock: SharedClock,
    pub(crate) desk: Arc<Desk>,
    pub(crate) log: Arc<EventLog>,
    pub(crate) times: Times,
    pub(crate) id: Uuid,
}

impl Shared {
    /// Takes a request to the desk, or refuses it at once when the house is full.
    pub(super) async fn take(&self, exchange: Exchange, channel: mpsc::Sender<Outgoing>) {
        let Exchange {
            id,
            method,
            headers,
            body,
        } = exchange;
        let incoming = Incoming {
            method,
            headers,
            body,
            received: self.clock.monotonic(),
        };
        let reply_to = ReplyTo {
            request_id: id.clone(),
            channel: channel.clone(),
        };
        if !self.desk.submit(incoming, reply_to) {
            self.refuse(id, 503, EventId::UNKNOWN_ERROR, &channel).await;
        }
    }

    /// Answers what never reaches the desk.
    async fn refuse(&self, request_id: String, status: u16, event: EventId, channel: &mpsc::Sender<Outgoing>) {
        let reply = Reply::event(status, event);
        let refusal = Outgoing {
            request_id,
            reply,
            place: None,
        };
        if channel.send(refusal).await.is_err() {
            tracing::debug!(host = self.host(), "a refusal found its connection gone");
        }
    }

    fn token(&self) -> String {
        self.connection
            .borrow()
            .token((self.clock.unix() + self.times.token).as_secs())
    }

    fn url(&self) -> String {
        let connection = self.connection.borrow();
        let ConnectionString { host, port, path, .. } = &*connection;
        let port = if *port == 443 {
            String::new()
        } else {
            format!(":{port}")
        };
        format!("wss://{host}{port}/$hc/{path}?sb-hc-action=listen&sb-hc-id={}", self.id)
    }

    fn host(&self) -> String {
        self.connection.borrow().host.clone()
    }

    fn ended(&self, why: &(impl ToString + ?Sized)) -> AgentError {
        AgentError::Channel {
            host: self.host(),
            why: why.to_string(),
        }
    }
}

/// Listens for ever; `link` tells how it stands.
pub(crate) async fn run(shared: Arc<Shared>, link: watch::Sender<Link>) {
    let mut ladder = Ladder::default();
    let mut connection = shared.connection.clone();
    loop {
        let again = ladder.climbing();
        let wait = ladder.next();
        if again {
            let text = format!("Details: reconnecting to {} in {wait:?}", shared.host());
            shared.log.service(EventId::SERVICE_BUS_WARNING, &text);
        }
        tokio::select! {
            () = clock::sleep(wait) => {}
            // With another string it is another matter.
            Ok(()) = connection.changed() => ladder = Ladder::default(),
        }
        let error = match session(&shared, &mut ladder, &link).await {
            Ok(()) => continue,
            Err(error) => error,
        };
        tracing::warn!(%error, "the listener is down");
        shared
            .log
            .service(EventId::LISTENER_ERROR, &format!("Details: {error}"));
        let fallen = fallen(&error);
        if is_stale(&error) {
            shared.refused.notify_one();
        }
        link.send_replace(fallen);
    }
}

/// Whether the relay knows the path and takes the key no longer: another one may have been given out.
fn is_stale(error: &AgentError) -> bool {
    matches!(
        error,
        AgentError::Dial {
            status: Some(401 | 403),
            ..
        }
    )
}

fn fallen(error: &AgentError) -> Link {
    match error {
        AgentError::Dial {
            status: Some(401 | 403 | 404),
            ..
        }
        | AgentError::Name(_)
        | AgentError::NotALab(_) => Link::Refused(error.to_string()),
        _ => Link::Down(Some(error.to_string())),
    }
}

/// One connection from the dial to its end.
async fn session(shared: &Arc<Shared>, ladder: &mut Ladder, link: &watch::Sender<Link>) -> Result<(), AgentError> {
    let socket = socket::dial(&shared.url(), Some(&shared.token()), &shared.names, &shared.tls).await?;
    ladder.connected();
    link.send_replace(Link::Up);
    let (sink, stream) = socket.split();
    let (sender, replies) = mpsc::channel(64);
    let seen = AtomicU64::new(millis(shared.clock.monotonic()));
    tokio::select! {
        read = read(shared, stream, &sender, &seen) => read,
        write = write(shared, sink, replies, &seen) => write,
    }
}

async fn read(
    shared: &Arc<Shared>,
    mut stream: SplitStream<Socket>,
    sender: &mpsc::Sender<Outgoing>,
    seen: &AtomicU64,
) -> Result<(), AgentError> {
    let mut control = Control::default();
    let mut visits = JoinSet::new();
    loop {
        let message = tokio::select! {
            message = stream.next() => message,
            Some(_) = visits.join_next() => continue,
        };
        let message = message.ok_or_else(|| shared.ended("the connection was closed"))?;
        let message = message.map_err(|error| shared.ended(&error))?;
        seen.store(millis(shared.clock.monotonic()), Ordering::Relaxed);
        let effect = match message {
            Message::Text(text) => control.on_text(&text),
            Message::Binary(body) => control.on_binary(body),
            Message::Close(frame) => return Err(shared.ended(&close_text(frame.as_ref()))),
            _ => Ok(None),
        };
        match effect.map_err(|why| shared.ended(why))? {
            Some(Effect::Serve(exchange)) => shared.take(exchange, sender.clone()).await,
            Some(Effect::TooLarge(id)) => shared.refuse(id, 413, EventId::INPUT_VALIDATION_ERROR, sender).await,
            Some(effect) => visit(shared, &mut visits, effect),
            None => {}
        }
    }
}

fn visit(shared: &Arc<Shared>, visits: &mut JoinSet<()>, effect: Effect) {
    if visits.len() >= RENDEZVOUS_MAX {
        tracing::warn!("too many rendezvous at once; one is left to time out");
        return;
    }
    let shared = Arc::clone(shared);
    match effect {
        Effect::Dial(address) => drop(visits.spawn(async move { rendezvous::serve(&shared, &address).await })),
        Effect::Reject(address) => drop(visits.spawn(async move { rendezvous::reject(&shared, &address).await })),
        Effect::Serve(_) | Effect::TooLarge(_) => {}
    }
}

/// The one writer of a channel: a response and its body are never parted.
async fn write(
    shared: &Shared,
    mut sink: SplitSink<Socket, Message>,
    mut replies: mpsc::Receiver<Outgoing>,
    seen: &AtomicU64,
) -> Result<(), AgentError> {
    let mut ping = clock::ticker(shared.times.ping);
    let mut renew = clock::ticker(shared.times.renew);
    let mut pinged = None;
    loop {
        tokio::select! {
            reply = replies.recv() => match reply {
                Some(Outgoing { request_id, reply, place }) => {
                    let messages = messages(request_id, reply).map_err(|error| shared.ended(&error))?;
                    send(shared, &mut sink, messages).await?;
                    drop(place);
                }
                None => return Ok(()),
            },
            _ = ping.tick() => {
                check_life(shared, seen, pinged)?;
                pinged = Some(millis(shared.clock.monotonic()));
                send(shared, &mut sink, vec![Message::Ping(bytes::Bytes::new())]).await?;
            }
            _ = renew.tick() => {
                let text = serde_json::to_string(&ToRelay::RenewToken(RenewToken { token: shared.token() }));
                send(shared, &mut sink, vec![Message::text(text.map_err(|error| shared.ended(&error))?)]).await?;
            }
        }
    }
}

/// A response and the body that belongs to it.
pub(super) fn messages(request_id: String, reply: Reply) -> Result<Vec<Message>, serde_json::Error> {
    let mut messages = vec![Message::text(response_text(request_id, &reply)?)];
    if !reply.body.is_empty() {
        messages.push(Message::Binary(reply.body));
    }
    Ok(messages)
}

async fn send(
    shared: &Shared,
    sink: &mut SplitSink<Socket, Message>,
    messages: Vec<Message>,
) -> Result<(), AgentError> {
    let sending = async {
        for message in messages {
            sink.feed(message).await?;
        }
        sink.flush().await
    };
    let sent: Result<(), WsError> = timeout(WRITE_TIMEOUT, sending)
        .await
        .map_err(|_| shared.ended("the relay takes nothing any more"))?;
    sent.map_err(|error| shared.ended(&error))
}

/// A half-open connection sends nothing, not even a pong to the last ping.
fn check_life(shared: &Shared, seen: &AtomicU64, pinged: Option<u64>) -> Result<(), AgentError> {
    let seen = seen.load(Ordering::Relaxed);
    if pinged.is_some_and(|pinged| seen < pinged) {
        let silent = millis(shared.clock.monotonic()).saturating_sub(seen);
        return Err(shared.ended(&format!("no sign of life for {silent} ms")));
    }
    Ok(())
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

fn close_text(frame: Option<&CloseFrame>) -> String {
    match frame {
        Some(frame) => format!("the relay closed it: {} {}", frame.code, frame.reason),
        None => "the relay closed it".to_owned(),
    }
}

#[cfg(test)]
#[path = "listener_tests.rs"]
mod tests;
