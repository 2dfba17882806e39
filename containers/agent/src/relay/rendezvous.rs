//! A request that the relay would not put on the control channel: it is fetched, and answered, at an address of its own.

use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;

use super::control::{Control, Effect, Exchange};
use super::listener::{Shared, messages};
use super::socket::{self, Socket};
use crate::writeback::worker::Outgoing;

/// The relay gives up after 60 seconds (protocol guide); nothing here outlives that.
const LIFE: Duration = Duration::from_secs(60);

/// Fetches one request, serves it, answers there, and closes.
pub(super) async fn serve(shared: &Shared, address: &str) {
    let serving = async {
        let mut socket = socket::dial(address, None, &shared.names, &shared.tls).await.ok()?;
        let exchange = fetch(&mut socket).await?;
        let (sender, mut replies) = mpsc::channel(1);
        shared.take(exchange, sender).await;
        answer(&mut socket, replies.recv().await?).await
    };
    if !matches!(timeout(LIFE, serving).await, Ok(Some(()))) {
        tracing::warn!("a rendezvous was not completed");
    }
}

/// Turns a WebSocket sender away: this agent answers requests only. The dial is meant to fail with 410.
pub(super) async fn reject(shared: &Shared, address: &str) {
    let separator = if address.contains('?') { '&' } else { '?' };
    let address = format!("{address}{separator}sb-hc-statusCode=405&sb-hc-statusDescription=HTTP%20requests%20only");
    let _ = timeout(LIFE, socket::dial(&address, None, &shared.names, &shared.tls)).await;
}

async fn fetch(socket: &mut Socket) -> Option<Exchange> {
    let mut control = Control::default();
    loop {
        let effect = match socket.next().await?.ok()? {
            Message::Text(text) => control.on_text(&text).ok()?,
            Message::Binary(body) => control.on_binary(body).ok()?,
            Message::Close(_) => return None,
            _ => None,
        };
        match effect {
            Some(Effect::Serve(exchange)) => return Some(exchange),
            Some(_) => return None,
            None => {}
        }
    }
}

async fn answer(socket: &mut Socket, outgoing: Outgoing) -> Option<()> {
    for message in messages(outgoing.request_id, outgoing.reply).ok()? {
        socket.feed(message).await.ok()?;
    }
    socket.flush().await.ok()?;
    socket.close(None).await.ok()
}
