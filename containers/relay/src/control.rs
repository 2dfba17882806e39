//! The control channel: a listener's standing WebSocket, one task for each.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::join;
use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt as _, StreamExt as _};
use http::{Request, Response, StatusCode};
use hyper::body::Incoming;
use hyper::upgrade::{OnUpgrade, Upgraded};
use hyper_util::rt::TokioIo;
use protocol::hybrid::BODY_MAX;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Role, WebSocketConfig};
use tokio_tungstenite::tungstenite::{self, Message};

use crate::Right;
use crate::body::Body;
use crate::broker::{Batch, Close, ListenerId, Outgoing};
use crate::headers::token;
use crate::inbox::{Heard, Inbox, Malformed};
use crate::namespace::EntityId;
use crate::query;
use crate::refusal::Refusal;
use crate::shared::{Answer, Mailbox, Peer, Place, Relay, Reply, carry_out, read_id};
use crate::websocket;

/// How long a channel that ends may take to say goodbye.
const LINGER: Duration = Duration::from_millis(500);

type Socket = WebSocketStream<TokioIo<Upgraded>>;

/// Lets a listener in.
///
/// # Errors
/// [`Refusal`]: unknown path, no token that allows it, or too many listeners.
pub(crate) fn listen(
    relay: &Arc<Relay>,
    peer: &Peer,
    mut request: Request<Incoming>,
    path: &str,
    accept_key: &str,
) -> Result<Response<Body>, Refusal> {
    let query = request.uri().query().unwrap_or_default();
    let (entity, _) = relay.entity(path)?;
    let carried = token(request.headers(), query);
    let expires = relay
        .authorize(entity, path, carried.token.as_deref(), Right::Listen)
        .map_err(Refusal::denied)?;
    let activity = query::value(query, query::ID).map(|id| id.split('_').next().unwrap_or_default().to_owned());
    let mailbox = Arc::new(Mailbox::default());
    let (valid_until, now) = (relay.valid_until(expires), relay.now());
    let listener = relay
        .broker()
        .join(entity, activity, Arc::clone(&mailbox), valid_until, now);
    let listener = listener.ok_or_else(too_many)?;
    let protocols = websocket::protocols(request.headers());
    let channel = Channel {
        relay: Arc::clone(relay),
        mailbox,
        listener,
        entity,
        path: path.to_owned(),
        _place: Arc::clone(&peer.place),
    };
    tracing::info!(event = "NewListenerRegistered", path, peer = %peer.address);
    relay.spawn(&relay.channels, channel.run(hyper::upgrade::on(&mut request)));
    Ok(websocket::switch(accept_key, protocols.first().map(String::as_str)))
}

fn too_many() -> Refusal {
    let text = "QuotaExceeded: the maximum number of listeners is connected already";
    Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "ProcessingRequestFailed", text)
}

struct Channel {
    relay: Arc<Relay>,
    mailbox: Arc<Mailbox>,
    listener: ListenerId,
    entity: EntityId,
    path: String,
    _place: Place,
}

impl Channel {
    async fn run(self, upgrade: OnUpgrade) {
        if let Ok(upgraded) = upgrade.await {
            let config = WebSocketConfig::default()
                .read_buffer_size(BODY_MAX)
                .max_message_size(Some(2 * BODY_MAX))
                .max_frame_size(Some(2 * BODY_MAX));
            let socket = WebSocketStream::from_raw_socket(TokioIo::new(upgraded), Role::Server, Some(config)).await;
            self.talk(socket).await;
        }
        let effects = self.relay.broker().leave(self.listener);
        carry_out(effects);
        tracing::info!(event = "ListenerUnregistered", path = self.path);
    }

    /// Reads and writes side by side, so that neither waits for the other; what ends first leaves the other a moment.
    async fn talk(&self, socket: Socket) {
        let (sink, stream) = socket.split();
        let mut reading = pin!(self.read(stream));
        let mut writing = pin!(self.write(sink));
        let _ = tokio::select! {
            () = &mut reading => timeout(LINGER, writing).await,
            () = &mut writing => timeout(LINGER, reading).await,
            () = self.mailbox.doomed.cancelled() => timeout(LINGER, join(reading, writing)).await.map(|_| ()),
        };
    }

    async fn read(&self, mut stream: SplitStream<Socket>) {
        let mut inbox = Inbox::default();
        while let Some(message) = stream.next().await {
            if let Err(close) = self.hear(message, &mut inbox) {
                tracing::info!(path = self.path, close.code, close.reason, "the control channel ends");
                return self.relay.expel(self.listener, close);
            }
        }
        self.relay.expel(self.listener, Close::GONE);
    }

    fn hear(&self, message: tungstenite::Result<Message>, inbox: &mut Inbox) -> Result<(), Close> {
        let now = self.relay.now();
        self.relay.broker().heard(self.listener, now);
        let heard = match message {
            Ok(Message::Text(text)) => inbox.text(&text),
            Ok(Message::Binary(body)) => inbox.binary(body),
            Ok(Message::Close(_)) => {
                // No more work from here on; reading on sends the echo.
                self.relay.expel(self.listener, Close::GONE);
                Ok(None)
            }
            Ok(_) => Ok(None),
            Err(error) => return Err(close_for(&error)),
        };
        match heard.map_err(Malformed::close)? {
            Some(Heard::Response(response, body)) => self.responded(response, body, now),
            Some(Heard::Renew(token)) => self.renew(&token)?,
            None => {}
        }
        Ok(())
    }

    fn responded(&self, response: protocol::hybrid::Response, body: Bytes, heard_at: Duration) {
        let key = read_id(&response.request_id);
        let settled = key.and_then(|key| self.relay.broker().responded(self.listener, key));
        let Some(settled) = settled else {
            return tracing::debug!(path = self.path, "a response that nobody waits for");
        };
        let sent_at = settled.sent_at;
        // A sender that went away this moment needs no answer.
        let _ = settled.ticket.send(Reply::Answered(Answer {
            response,
            body,
            sent_at,
            heard_at,
        }));
    }

    fn renew(&self, token: &str) -> Result<(), Close> {
        let renewed = self
            .relay
            .authorize(self.entity, &self.path, Some(token), Right::Listen);
        let expires = renewed.map_err(|denied| Close {
            code: 1008,
            reason: denied.text(),
        })?;
        let valid_until = self.relay.valid_until(expires);
        self.relay.broker().renewed(self.listener, valid_until);
        Ok(())
    }

    async fn write(&self, mut sink: SplitSink<Socket, Message>) {
        loop {
            let batch = self.relay.broker().take(self.listener, self.relay.now());
            if batch == Batch::default() {
                self.mailbox.wake.notified().await;
                continue;
            }
            let last = batch.close.is_some();
            if self.say(&mut sink, batch).await.is_err() || last {
                return;
            }
        }
    }

    /// Writes a whole batch before it flushes. Text and body of a message stay together, since only this task writes.
    async fn say(&self, sink: &mut SplitSink<Socket, Message>, batch: Batch) -> tungstenite::Result<()> {
        let mut keys = Vec::with_capacity(batch.messages.len());
        for outgoing in batch.messages {
            match outgoing {
                Outgoing::Message { key, text, body } => {
                    keys.push(key);
                    pair(sink, text, body).await?;
                }
                Outgoing::Stray { text, body } => pair(sink, text, body).await?,
                Outgoing::Ping => sink.feed(Message::Ping(Bytes::new())).await?,
            }
        }
        if let Some(Close { code, reason }) = batch.close {
            let frame = CloseFrame {
                code: code.into(),
                reason: reason.into(),
            };
            sink.feed(Message::Close(Some(frame))).await?;
        }
        sink.flush().await?;
        let now = self.relay.now();
        self.relay.broker().written(&keys, now);
        Ok(())
    }
}

async fn pair(sink: &mut SplitSink<Socket, Message>, text: String, body: Option<Bytes>) -> tungstenite::Result<()> {
    sink.feed(Message::text(text)).await?;
    match body {
        Some(body) => sink.feed(Message::Binary(body)).await,
        None => Ok(()),
    }
}

fn close_for(error: &tungstenite::Error) -> Close {
    match error {
        tungstenite::Error::Capacity(_) => Malformed::TooLong.close(),
        tungstenite::Error::Utf8(_) => Malformed::Json.close(),
        tungstenite::Error::Protocol(_) => Close {
            code: 1002,
            reason: "the frames break the protocol",
        },
        _ => Close::GONE,
    }
}
