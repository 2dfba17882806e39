//! Control channels: who is let in, who shares, who is closed and how.

use std::sync::Arc;
use std::time::Duration;

use futures_util::SinkExt as _;
use http_body_util::Full;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::support::{HOST, Lab, Listener, exchange, lab, request, soon, token, token_for};

/// The status line of an upgrade, which WebSocket clients do not show.
async fn status_line(lab: &Lab, target: &str, authorization: &str) -> String {
    let mut tls = lab.dial().await;
    let head = format!(
        "GET {target} HTTP/1.1\r\nHost: {HOST}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         ServiceBusAuthorization: {authorization}\r\n\r\n"
    );
    tls.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n") {
        answer.push(soon(tls.read_u8()).await.unwrap());
    }
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_listener_needs_a_path_and_a_token_that_allows_it() {
    let lab = lab(|_| {}).await;
    let cases = [
        (
            "/$hc/hc?sb-hc-action=listen",
            token("listen"),
            "101 Switching Protocols",
        ),
        (
            "/$hc/hc?sb-hc-action=listen",
            token_for("listen", "wrong", 60),
            "401 InvalidSignature: the token has an invalid signature. TrackingId:",
        ),
        ("/$hc/open?sb-hc-action=listen", String::new(), "401 MalformedToken"),
        (
            "/$hc/hc?sb-hc-action=listen",
            token("send"),
            "403 The token does not carry the required claims",
        ),
        (
            "/$hc/none?sb-hc-action=listen",
            token("listen"),
            "404 Endpoint does not exist: none. TrackingId:",
        ),
        (
            "/$hc/hc?sb-hc-action=dance",
            token("listen"),
            "404 The action is unknown",
        ),
        (
            "/$hc/hc",
            token("send"),
            "404 There are no listeners connected for the endpoint. TrackingId:",
        ),
    ];
    for (target, authorization, expected) in cases {
        let line = status_line(&lab, target, &authorization).await;
        assert!(line.starts_with(&format!("HTTP/1.1 {expected}")), "{target}: {line}");
    }
}

#[tokio::test]
async fn one_listener_too_many_is_refused() {
    let lab = lab(|config| config.listeners_max = 2).await;
    let (_one, two) = (lab.listener().await, lab.listener().await);
    let Err(error) = lab.try_listen("").await else {
        panic!("a third was let in")
    };
    assert!(matches!(*error, Error::Http(response) if response.status() == 503));
    drop(two);
    lab.listeners(1).await;
    assert!(lab.try_listen("").await.is_ok());
}

#[tokio::test]
async fn two_listeners_share_and_a_sender_may_choose() {
    let lab = lab(|config| config.seed = 7).await;
    let sockets = (
        lab.try_listen("&sb-hc-id=one_G1").await.unwrap(),
        lab.try_listen("&sb-hc-id=two").await.unwrap(),
    );
    for (name, socket) in [("one", sockets.0), ("two", sockets.1)] {
        let mut listener = Listener(socket);
        tokio::spawn(async move {
            loop {
                let (request, _) = listener.request().await;
                listener.respond(&request, json!({}), name).await;
            }
        });
    }
    let mut served = [0, 0];
    let mut connection = lab.http().await;
    for _ in 0..40 {
        let asked = request("/hc").header("ServiceBusAuthorization", token("send"));
        let answer = exchange(&mut connection, asked.body(Full::default()).unwrap())
            .await
            .unwrap();
        served[usize::from(&answer.body[..] == b"two")] += 1;
    }
    assert!(served[0] >= 8 && served[1] >= 8, "{served:?}");
    let choose = |header: &'static str, id: &'static str| {
        request("/hc")
            .header("ServiceBusAuthorization", token("send"))
            .header(header, id)
    };
    for _ in 0..3 {
        let answer = lab.send(choose("Microsoft-Relay-AllowedListeners", "two"), "").await;
        assert_eq!(&answer.body[..], b"two");
        let answer = lab
            .send(choose("Microsoft-Relay-DisallowedListeners", "two, x"), "")
            .await;
        assert_eq!(&answer.body[..], b"one");
    }
    let answer = lab.send(choose("Microsoft-Relay-AllowedListeners", "three"), "").await;
    assert!(
        answer.status == 404 && answer.reason.contains("None of the connected listeners meet the"),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_bad_renewal_closes_and_a_good_one_prolongs() {
    let lab = lab(|config| config.idle_timeout = Duration::from_secs(100_000)).await;
    let mut listener = lab.listener().await;
    listener.say(json!({ "renewToken": { "token": token("send") } })).await;
    assert_eq!(listener.closed().await.0, 1008);
    let minute = [("ServiceBusAuthorization", token_for("listen", "key of listen", 60))];
    let target = "/$hc/hc?sb-hc-action=listen";
    let mut expiring = Listener(lab.upgrade(target, &minute).await.unwrap());
    let mut renewed = Listener(lab.upgrade(target, &minute).await.unwrap());
    renewed.say(json!({ "renewToken": { "token": token("listen") } })).await;
    renewed.proven().await;
    // The tokens are good for a minute, the channels for five more.
    lab.later(Duration::from_secs(350));
    expiring.pinged().await;
    lab.later(Duration::from_secs(10));
    assert_eq!(expiring.closed().await, (1008, "the token has expired".to_owned()));
    let (answer, ()) = tokio::join!(lab.post("/hc", ""), async {
        let (request, _) = renewed.request().await;
        renewed.respond(&request, json!({}), "still here").await;
    });
    assert_eq!(&answer.body[..], b"still here");
}

#[tokio::test]
async fn a_key_that_is_replaced_lets_nobody_in_any_more() {
    let lab = lab(|_| {}).await;
    lab.rekey("send", "another key of send");
    while lab.post("/hc", "").await.status != 401 {}
    let listener = lab.listener().await;
    lab.rekey("listen", "another key of listen");
    assert_eq!(
        listener.closed().await,
        (1008, "the key of the token was replaced".to_owned())
    );
    let target = "/$hc/hc?sb-hc-action=listen";
    let old = [("ServiceBusAuthorization", token("listen"))];
    assert!(lab.upgrade(target, &old).await.is_err());
    let new = [(
        "ServiceBusAuthorization",
        token_for("listen", "another key of listen", 60),
    )];
    Listener(lab.upgrade(target, &new).await.unwrap()).proven().await;
}

#[tokio::test]
async fn what_is_malformed_closes_that_listener_alone() {
    let lab = Arc::new(lab(|_| {}).await);
    tokio::spawn(lab.listener().await.echo(Arc::clone(&lab)));
    let with_body = json!({ "response": { "requestId": "x", "statusCode": 200, "body": true } }).to_string();
    let cases: [(u16, Vec<Message>); 5] = [
        (1007, vec![Message::text("{ no json")]),
        (
            1007,
            vec![Message::text(r#"{"response":{"requestId":"x","statusCode":"many"}}"#)],
        ),
        (1008, vec![Message::text(with_body.clone()), Message::text(with_body)]),
        (1009, vec![Message::Binary(vec![0; 65_537].into())]),
        (1009, vec![Message::text("x".repeat(200_000))]),
    ];
    for (code, messages) in cases {
        let mut listener = lab.listener().await;
        for message in messages {
            listener.0.send(message).await.unwrap();
        }
        assert_eq!(listener.closed().await.0, code);
    }
    lab.listeners(1).await;
    assert_eq!(lab.post("/hc", "alive").await.body, "alive");
}

#[tokio::test]
async fn the_relay_pings_answers_pings_and_cuts_the_silent() {
    let lab = lab(|_| {}).await;
    let mut living = lab.listener().await;
    // Never reads, and so never answers a ping.
    let silent = lab.listener().await;
    for _ in 0..4 {
        lab.later(Duration::from_secs(61));
        living.pinged().await;
        living.proven().await;
    }
    lab.listeners(1).await;
    assert_eq!(silent.closed().await, (1008, "idle timeout".to_owned()));
    living.proven().await;
}

#[tokio::test]
async fn a_day_is_the_life_of_a_channel() {
    let lab = lab(|config| config.idle_timeout = Duration::from_secs(100_000)).await;
    let listener = lab.listener().await;
    lab.later(Duration::from_secs(86_400));
    assert_eq!(listener.closed().await, (1011, "NameRenewalFailed".to_owned()));
}

#[tokio::test]
async fn a_stopping_relay_says_so() {
    let lab = lab(|_| {}).await;
    let mut listener = lab.listener().await;
    let mut sender = lab.http().await;
    let asked = request("/hc").header("ServiceBusAuthorization", token("send"));
    let asked = asked.body(Full::default()).unwrap();
    let waiting = tokio::spawn(async move { sender.send_request(asked).await.map(|answer| answer.status()) });
    listener.request().await;
    let ((), closed) = soon(async { tokio::join!(lab.relay.stop(), listener.closed()) }).await;
    assert_eq!(closed.0, 1001);
    let answered = soon(waiting).await.unwrap();
    assert!(answered.is_err() || answered.unwrap() == 502);
}
