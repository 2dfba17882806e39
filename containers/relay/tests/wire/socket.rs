//! WebSocket senders: connect, accept, reject, and the bridge between.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::support::{Lab, Listener, Socket, lab, soon, token};

async fn connect(lab: &Lab, target: &str) -> Result<Socket, Box<Error>> {
    lab.upgrade(target, &[("ServiceBusAuthorization", token("send"))]).await
}

/// A sender's socket and the listener's, bridged.
async fn bridged(lab: &Lab) -> (Socket, Socket) {
    let mut listener = lab.listener().await;
    let (sender, accepted) = tokio::join!(connect(lab, "/$hc/hc?sb-hc-action=connect"), async {
        let accept = listener.json().await["accept"].take();
        lab.dial_address(accept["address"].as_str().unwrap()).await
    });
    (sender.unwrap(), accepted.unwrap())
}

async fn next(socket: &mut Socket) -> Message {
    soon(socket.next()).await.unwrap().unwrap()
}

fn status(result: Result<Socket, Box<Error>>) -> u16 {
    match result.map_err(|error| *error) {
        Err(Error::Http(response)) => response.status().as_u16(),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn an_accept_tells_all_and_its_address_is_good_once() {
    let lab = lab(|_| {}).await;
    let mut listener = lab.listener().await;
    let headers = [
        ("ServiceBusAuthorization", token("send")),
        ("Sec-WebSocket-Protocol", "one, two".to_owned()),
    ];
    let target = "/$hc/hc/suffix?app=1&statusCode=400&sb-hc-id=end-to-end";
    let (sender, ()) = tokio::join!(lab.upgrade(target, &headers), async {
        let accept: Value = listener.json().await["accept"].take();
        assert_eq!(accept["id"], "end-to-end");
        assert_eq!(accept["remoteEndpoint"]["address"], "127.0.0.1");
        let told = &accept["connectHeaders"];
        assert!(
            told["Sec-WebSocket-Key"].is_string() && told["Host"].is_string(),
            "{told}"
        );
        assert_eq!(
            (&told["Sec-WebSocket-Version"], &told["Sec-WebSocket-Protocol"]),
            (&"13".into(), &"one, two".into())
        );
        assert!(
            !told.to_string().contains("SharedAccessSignature"),
            "the token is the service's"
        );
        let address = accept["address"].as_str().unwrap();
        assert!(address.contains("/$hc/hc/suffix?app=1&statusCode=400&sb-hc-action=accept&sb-hc-id=end%2Dto%2Dend"));
        let target = &address[address.find("/$hc").unwrap()..];
        let two = [("Sec-WebSocket-Protocol", "two".to_owned())];
        assert!(lab.upgrade(target, &two).await.is_ok());
        assert_eq!(status(lab.dial_address(address).await), 403);
        let changed = address.replace("sb-hc-key=", "sb-hc-key=0");
        assert_eq!(status(lab.dial_address(&changed).await), 403);
    });
    assert!(sender.is_ok(), "the client itself checks that `two` was offered");
}

#[tokio::test]
async fn messages_pass_whole_and_typed_and_the_close_is_the_peers_own() {
    let lab = lab(|_| {}).await;
    let (mut sender, mut listener) = bridged(&lab).await;
    let long = Bytes::from(vec![3; 1_000_000]);
    for message in [
        Message::text("grüße"),
        Message::Binary(Bytes::new()),
        Message::Binary(long),
    ] {
        let (sent, came) = tokio::join!(sender.send(message.clone()), next(&mut listener));
        sent.unwrap();
        assert!(came == message);
        let (sent, came) = tokio::join!(listener.send(came), next(&mut sender));
        sent.unwrap();
        assert!(came == message);
    }
    let close = CloseFrame {
        code: CloseCode::Library(4_321),
        reason: "enough".into(),
    };
    sender.send(Message::Close(Some(close.clone()))).await.unwrap();
    assert_eq!(next(&mut listener).await, Message::Close(Some(close.clone())));
    let (back, end) = tokio::join!(next(&mut sender), soon(listener.next()));
    assert_eq!(
        back,
        Message::Close(Some(close)),
        "the listener's own answer, not the relay's"
    );
    assert!(end.is_none());
    assert!(soon(sender.next()).await.is_none());
}

#[tokio::test]
async fn after_its_close_a_sender_still_hears_the_listener() {
    let lab = lab(|_| {}).await;
    let (mut sender, mut listener) = bridged(&lab).await;
    sender.send(Message::Close(None)).await.unwrap();
    // Written straight to the socket: the client library would not speak after it has heard a Close.
    let masked = [0x82, 0x81, 0, 0, 0, 0, b'x', 0x88, 0x82, 0, 0, 0, 0, 0x03, 0xe8];
    assert_eq!(raw_close(&mut listener).await, [0x88, 0x00]);
    listener.get_mut().write_all(&masked).await.unwrap();
    listener.get_mut().flush().await.unwrap();
    assert_eq!(next(&mut sender).await, Message::Binary("x".into()));
    assert!(matches!(next(&mut sender).await, Message::Close(Some(frame)) if frame.code == CloseCode::Normal));
}

/// Reads an empty Close without answering it.
async fn raw_close(socket: &mut Socket) -> [u8; 2] {
    let mut frame = [0; 2];
    soon(tokio::io::AsyncReadExt::read_exact(socket.get_mut(), &mut frame))
        .await
        .unwrap();
    frame
}

#[tokio::test]
async fn an_abort_is_no_normal_close() {
    let lab = lab(|_| {}).await;
    let (sender, mut listener) = bridged(&lab).await;
    drop(sender);
    let end = soon(listener.next()).await;
    assert!(!matches!(end, Some(Ok(Message::Close(_)))), "{end:?}");
    let (mut sender, listener) = bridged(&lab).await;
    drop(listener);
    let end = soon(sender.next()).await;
    assert!(!matches!(end, Some(Ok(Message::Close(_)))), "{end:?}");
}

#[tokio::test]
async fn a_listener_that_does_not_read_stalls_the_sender() {
    let lab = lab(|_| {}).await;
    let (mut sender, mut listener) = bridged(&lab).await;
    let chunk = Bytes::from(vec![1; 1 << 20]);
    let mut sent = 0;
    while let Ok(result) =
        tokio::time::timeout(Duration::from_millis(300), sender.send(Message::Binary(chunk.clone()))).await
    {
        result.unwrap();
        sent += 1;
        assert!(sent < 64, "nothing stalls the sender");
    }
    let sending = async { while sender.send(Message::Binary(Bytes::new())).await.is_err() {} };
    let reading = async {
        for _ in 0..sent {
            assert!(next(&mut listener).await.into_data() == chunk);
        }
    };
    soon(async { tokio::join!(sending, reading) }).await;
}

#[tokio::test]
async fn a_rejection_is_gone_for_the_listener_and_told_to_the_sender() {
    let lab = lab(|_| {}).await;
    let mut listener = lab.listener().await;
    let appended = [
        "&sb-hc-statusCode=404&sb-hc-statusDescription=No%20such%20room",
        "&statusCode=404&statusDescription=No",
    ];
    for words in appended {
        let (sender, gone) = tokio::join!(connect(&lab, "/$hc/hc?sb-hc-action=connect"), async {
            let accept = listener.json().await["accept"].take();
            lab.dial_address(&format!("{}{words}", accept["address"].as_str().unwrap()))
                .await
        });
        assert_eq!(status(gone), 410);
        let Err(error) = sender else {
            panic!("the sender was let in")
        };
        let Error::Http(response) = *error else {
            panic!("{error:?}")
        };
        assert_eq!(response.status(), 404);
        assert!(String::from_utf8_lossy(response.body().as_deref().unwrap_or_default()).starts_with("No"));
    }
}

#[tokio::test]
async fn a_connect_that_nobody_accepts_ends() {
    let lab = lab(|_| {}).await;
    assert_eq!(status(connect(&lab, "/$hc/hc").await), 404);
    let mut listener = lab.listener().await;
    let (sender, accept) = tokio::join!(connect(&lab, "/$hc/hc"), async {
        let accept = listener.json().await;
        lab.later(Duration::from_secs(30));
        accept
    });
    assert_eq!(status(sender), 504);
    assert_eq!(
        status(lab.dial_address(accept["accept"]["address"].as_str().unwrap()).await),
        403
    );
    let (sender, ()) = tokio::join!(connect(&lab, "/$hc/hc"), async {
        listener.json().await;
        drop::<Listener>(listener);
    });
    assert_eq!(status(sender), 502);
}
