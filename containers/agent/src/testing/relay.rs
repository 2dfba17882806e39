//! A relay played by a test: real TLS, a real WebSocket.
#![expect(
    clippy::result_large_err,
    reason = "the callback of the WebSocket library has this shape"
)]

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::StreamExt as _;
use protocol::hybrid::{Response, ToRelay};
use rustls::ServerConfig;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response as Upgrade};
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

use super::soon;

/// The relay's name.
pub(crate) const HOST: &str = "relay1.servicebus.wblab.test";

/// The relay's side of a channel.
pub(crate) type ServerSocket = WebSocketStream<TlsStream<TcpStream>>;

/// The relay that a test plays.
pub(crate) struct Relay {
    listener: TcpListener,
    tls: TlsAcceptor,
}

impl Relay {
    /// Binds it.
    pub(crate) async fn bind(tls: Arc<ServerConfig>) -> (Self, SocketAddr) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        (
            Self {
                listener,
                tls: TlsAcceptor::from(tls),
            },
            address,
        )
    }

    /// Accepts one upgrade and gives its target and its token.
    pub(crate) async fn accept(&self) -> (ServerSocket, String, Option<String>) {
        soon(async {
            let (stream, _) = self.listener.accept().await.unwrap();
            let stream = self.tls.accept(stream).await.unwrap();
            let mut seen = (String::new(), None);
            let note = |request: &Request, upgrade: Upgrade| -> Result<Upgrade, ErrorResponse> {
                let token = request.headers().get("ServiceBusAuthorization");
                seen = (
                    request.uri().to_string(),
                    token.map(|token| token.to_str().unwrap().to_owned()),
                );
                assert_eq!(request.headers()["host"], HOST);
                Ok(upgrade)
            };
            let socket = accept_hdr_async(stream, note).await.unwrap();
            (socket, seen.0, seen.1)
        })
        .await
    }

    /// Refuses one upgrade.
    pub(crate) async fn refuse(&self, status: u16) {
        let (stream, _) = soon(self.listener.accept()).await.unwrap();
        let stream = soon(self.tls.accept(stream)).await.unwrap();
        let no = move |_: &Request, _: Upgrade| {
            let mut response = ErrorResponse::new(None);
            *response.status_mut() = status.try_into().unwrap();
            Err::<Upgrade, _>(response)
        };
        assert!(accept_hdr_async(stream, no).await.is_err());
    }
}

/// A request with a body to follow.
pub(crate) fn request(id: &str) -> Message {
    let request = serde_json::json!({"request": {
        "address": format!("wss://{HOST}/$hc/a/b?sb-hc-action=request&id={id}"), "id": id, "requestTarget": "/a/b",
        "method": "POST", "requestHeaders": {"content-type": "application/jose"}, "body": true,
    }});
    Message::text(request.to_string())
}

/// The next response and its body.
pub(crate) async fn response(socket: &mut ServerSocket) -> (Response, Bytes) {
    let text = data(socket).await.into_text().unwrap();
    let ToRelay::Response(response) = serde_json::from_str(&text).unwrap() else {
        panic!("{text}")
    };
    assert!(response.body);
    let Message::Binary(body) = data(socket).await else {
        panic!("no body follows")
    };
    (response, body)
}

/// The next message that is neither ping nor pong.
pub(crate) async fn data(socket: &mut ServerSocket) -> Message {
    loop {
        let message = soon(socket.next()).await.unwrap().unwrap();
        if message.is_text() || message.is_binary() {
            return message;
        }
    }
}
