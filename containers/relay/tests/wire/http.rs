//! HTTPS senders.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::SinkExt as _;
use http_body_util::Full;
use hyper::StatusCode;
use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::Message;

use crate::support::{HOST, LAB_TOKEN, Lab, Listener, exchange, lab, request, soon, token, token_for};

#[tokio::test]
async fn bodies_of_all_sizes_travel_both_ways() {
    let lab = Arc::new(lab(|_| {}).await);
    let echo = tokio::spawn(lab.listener().await.echo(Arc::clone(&lab)));
    for size in [0, 1, 65_535, 65_536, 65_537, 300_000] {
        let body: Vec<u8> = (0..size).map(|at: u32| at.to_le_bytes()[1]).collect();
        let answer = lab.post("/hc/echo", body.clone()).await;
        assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, body.len()));
        assert!(answer.body == body, "{size} bytes came back changed");
        assert_eq!(answer.headers["via"], format!("1.1 {HOST}"));
        assert!(!answer.headers.contains_key("relay-dispatched"));
    }
    echo.abort();
}

#[tokio::test]
async fn a_listener_sees_the_request_without_what_is_the_services() {
    let lab = lab(|_| {}).await;
    let mut listener = lab.listener().await;
    let asked = request("/hc/a%20b?x=1&sb-hc-id=9&&y=%2f&sb-hc-undefined")
        .header("ServiceBusAuthorization", token("send"))
        .header("Authorization", "theirs")
        .header("X-Two", "a")
        .header("X-Two", "b")
        .header("Connection", "close, x-hop")
        .header("X-Hop", "1");
    let (answer, ()) = tokio::join!(lab.send(asked, "hello"), async {
        let (request, body) = listener.request().await;
        assert_eq!(&body[..], b"hello");
        assert_eq!(request["method"], "POST");
        assert_eq!(request["requestTarget"], "/hc/a%20b?x=1&&y=%2f&sb-hc-undefined");
        let headers = json!({ "authorization": "theirs", "x-two": "a, b", "via": format!("1.1 {HOST}") });
        assert_eq!(request["requestHeaders"], headers);
        assert_eq!(request["remoteEndpoint"]["address"], "127.0.0.1");
        let response = json!({
            "statusCode": "418", "statusDescription": "Short and stout",
            "responseHeaders": { "X-Kind": "pot", "Transfer-Encoding": "chunked", "Content-Length": "3" },
        });
        listener.respond(&request, response, "tea").await;
    });
    assert_eq!(
        (answer.status.as_u16(), answer.reason.as_str()),
        (418, "Short and stout")
    );
    assert_eq!(
        (&answer.headers["x-kind"], &answer.headers["content-length"]),
        (&"pot".parse().unwrap(), &"3".parse().unwrap())
    );
    assert_eq!(&answer.body[..], b"tea");
}

#[tokio::test]
async fn tokens_are_checked_and_refusals_say_why() {
    let lab = lab(|_| {}).await;
    let with = |value: String| request("/hc/x").header("ServiceBusAuthorization", value);
    let cases = [
        (request("/hc/x"), 401, "the token is missing"),
        (with("nonsense".to_owned()), 401, "malformed"),
        (
            with(token_for("send", "another key", 60)),
            401,
            "token has an invalid signature",
        ),
        (with(token_for("send", "key of send", -10)), 401, "expired"),
        (with(token("listen")), 403, "does not carry the required claims"),
        (
            request("/nothing/here").header("ServiceBusAuthorization", token("send")),
            404,
            "Endpoint does not exist",
        ),
        (
            with(token("send")),
            502,
            "There are no listeners connected for the endpoint",
        ),
    ];
    for (request, status, text) in cases {
        let answer = lab.send(request, "").await;
        assert_eq!(answer.status.as_u16(), status, "{answer:?}");
        assert!(
            answer.reason.contains(text) && answer.reason.contains(" TrackingId:"),
            "{answer:?}"
        );
        assert!(
            answer.reason.contains(&format!("SystemTracker:sb://{HOST}/")),
            "{answer:?}"
        );
        let body: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert!(answer.reason.contains(body["error"]["trackingId"].as_str().unwrap()));
        assert_eq!(answer.headers["relay-dispatched"], "false");
        assert!(!answer.headers.contains_key("via"));
    }
}

#[tokio::test]
async fn the_token_travels_three_ways_and_an_open_entity_needs_none() {
    let lab = Arc::new(lab(|_| {}).await);
    tokio::spawn(lab.listener().await.echo(Arc::clone(&lab)));
    let in_query = token("send").replace('%', "%25").replace(' ', "+").replace('&', "%26");
    let ways = [
        request(&format!("/hc?sb-hc-token={in_query}")),
        request("/hc").header("ServiceBusAuthorization", token("send")),
        request("/hc").header("Authorization", token("send")),
    ];
    for way in ways {
        assert_eq!(lab.send(way, "x").await.status, StatusCode::OK);
    }
    let open = lab.send(request("/open"), "x").await;
    assert_eq!(
        open.status,
        StatusCode::BAD_GATEWAY,
        "anonymous, but nobody listens: {open:?}"
    );
}

#[tokio::test]
async fn a_listener_may_answer_by_rendezvous() {
    let lab = lab(|_| {}).await;
    let mut listener = lab.listener().await;
    let long = vec![5; 200_000];
    let (answer, ()) = tokio::join!(lab.post("/hc", "q"), async {
        let (request, _) = listener.request().await;
        let address = request["address"].as_str().unwrap().to_owned();
        let mut rendezvous = Listener(lab.dial_address(&address).await.unwrap());
        rendezvous
            .respond(&request, json!({ "statusCode": 201 }), long.clone())
            .await;
        assert!(lab.dial_address(&address).await.is_err(), "the address is good once");
        rendezvous.0.close(None).await.unwrap();
    });
    assert_eq!((answer.status, answer.body.len()), (StatusCode::CREATED, long.len()));
}

#[tokio::test]
async fn a_rendezvous_that_breaks_off_aborts_the_sender() {
    let lab = lab(|_| {}).await;
    let mut listener = lab.listener().await;
    let mut sender = lab.http().await;
    let asked = request("/hc")
        .header("ServiceBusAuthorization", token("send"))
        .body(Full::new(Bytes::new()))
        .unwrap();
    let (answer, ()) = tokio::join!(exchange(&mut sender, asked), async {
        let (request, _) = listener.request().await;
        let mut rendezvous = Listener(lab.dial_address(request["address"].as_str().unwrap()).await.unwrap());
        rendezvous
            .say(json!({ "response": { "requestId": request["id"], "statusCode": 200, "body": true } }))
            .await;
    });
    assert!(answer.is_err(), "{answer:?}");
}

#[tokio::test]
async fn a_listener_that_is_lost_fails_its_request_at_once() {
    let lab = lab(|_| {}).await;
    let mut listener = lab.listener().await;
    let (answer, ()) = tokio::join!(lab.post("/hc", "q"), async {
        listener.request().await;
        drop(listener);
    });
    assert_eq!(
        (answer.status, &answer.headers["relay-dispatched"]),
        (StatusCode::BAD_GATEWAY, &"true".parse().unwrap())
    );
    assert!(answer.reason.contains("The listener was lost"), "{answer:?}");
    assert_eq!(lab.relay.listeners(), 0);
}

#[tokio::test]
async fn silence_is_a_504_and_the_late_answer_harms_nobody() {
    let lab = lab(|_| {}).await;
    let mut listener = lab.listener().await;
    let (answer, request) = tokio::join!(lab.post("/hc", "q"), async {
        let (request, _) = listener.request().await;
        lab.later(Duration::from_secs(60));
        request
    });
    assert_eq!(answer.status, StatusCode::GATEWAY_TIMEOUT);
    assert_eq!(answer.headers["relay-dispatched"], "true");
    listener.respond(&request, json!({}), "late").await;
    let (answer, ()) = tokio::join!(lab.post("/hc", "again"), async {
        let (request, _) = listener.request().await;
        listener.respond(&request, json!({}), "in time").await;
    });
    assert_eq!(&answer.body[..], b"in time");
}

#[tokio::test]
async fn stage_times_are_for_the_laboratory_alone() {
    let lab = lab(|_| {}).await;
    let mut listener = lab.listener().await;
    let timing = json!({ "statusCode": 200, "responseHeaders": { "Server-Timing": "write;dur=3.0" } });
    for (given, expected) in [(LAB_TOKEN, true), ("another", false)] {
        let asked = request("/hc")
            .header("Authorization", token("send"))
            .header("lab-token", given);
        let (answer, ()) = tokio::join!(lab.send(asked, ""), async {
            let (request, _) = listener.request().await;
            listener.respond(&request, timing.clone(), "").await;
        });
        let value = answer.headers["server-timing"].to_str().unwrap();
        assert_eq!(value.starts_with("write;dur=3.0, relay;dur="), expected, "{value}");
        assert_eq!(value == "write;dur=3.0", !expected, "{value}");
    }
}

#[tokio::test]
async fn health_says_figures_to_the_laboratory() {
    let lab = lab(|_| {}).await;
    let _listener = lab.listener().await;
    let get = |token: &str| {
        hyper::Request::get("/healthz")
            .header("host", HOST)
            .header("lab-token", token)
    };
    let answer = lab.send(get("wrong"), "").await;
    assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 0));
    let answer = lab.send(get(LAB_TOKEN), "").await;
    let figures: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(figures, json!({ "listeners": 1, "in_flight": 0 }));
}

#[tokio::test]
async fn many_requests_share_one_channel_and_no_pair_is_torn() {
    let lab = Arc::new(lab(|_| {}).await);
    tokio::spawn(lab.listener().await.echo(Arc::clone(&lab)));
    let senders = (0..8).map(|sender| tokio::spawn(send_some(Arc::clone(&lab), sender)));
    for sender in senders.collect::<Vec<_>>() {
        soon(sender).await.unwrap();
    }
}

async fn send_some(lab: Arc<Lab>, sender: usize) {
    let mut connection = lab.http().await;
    for round in 0..40 {
        let body = format!("{sender} {round}").repeat(1 + round * 20);
        let asked = request("/hc").header("ServiceBusAuthorization", token("send"));
        let asked = asked.body(Full::new(body.clone().into())).unwrap();
        let answer = exchange(&mut connection, asked).await.unwrap();
        assert_eq!(answer.body, body);
    }
}

#[tokio::test]
async fn in_flight_requests_are_bounded_and_a_sender_that_leaves_frees_its_place() {
    let lab = lab(|config| config.in_flight_max = 1).await;
    let mut listener = lab.listener().await;
    let mut leaving = lab.http().await;
    let asked = request("/hc")
        .header("ServiceBusAuthorization", token("send"))
        .body(Full::new(Bytes::new()))
        .unwrap();
    let first = tokio::spawn(async move { leaving.send_request(asked).await });
    let (left, _) = listener.request().await;
    let refused = lab.post("/hc", "").await;
    assert_eq!(
        (refused.status, &refused.headers["relay-dispatched"]),
        (StatusCode::SERVICE_UNAVAILABLE, &"false".parse().unwrap())
    );
    first.abort();
    let served = async {
        let (request, _) = listener.request().await;
        assert_ne!(request["id"], left["id"]);
        listener.respond(&request, json!({}), "ok").await;
        listener.0.send(Message::Binary(Bytes::new())).await.unwrap();
    };
    let retried = async {
        loop {
            let answer = lab.post("/hc", "").await;
            if answer.status == StatusCode::OK {
                return;
            }
        }
    };
    soon(async { tokio::join!(served, retried) }).await;
}

#[tokio::test]
async fn long_headers_and_bodies_of_unknown_length_go_by_rendezvous() {
    let lab = Arc::new(lab(|_| {}).await);
    tokio::spawn(lab.listener().await.echo(Arc::clone(&lab)));
    let asked = request("/hc")
        .header("Authorization", token("send"))
        .header("x-long", "y".repeat(40_000));
    assert_eq!(lab.send(asked, "body").await.body, "body");
    let mut tls = lab.dial().await;
    let head = format!(
        "POST /hc HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\
         Authorization: {}\r\n\r\n",
        token("send")
    );
    let chunk = format!("4e20\r\n{}\r\n", "z".repeat(20_000));
    tls.write_all(format!("{head}{}0\r\n\r\n", chunk.repeat(5)).as_bytes())
        .await
        .unwrap();
    let mut answer = Vec::new();
    // The relay may close without the TLS goodbye.
    let _ = soon(tls.read_to_end(&mut answer)).await;
    let echoed = answer.iter().filter(|byte| **byte == b'z').count();
    assert!(answer.starts_with(b"HTTP/1.1 200 ") && echoed == 100_000, "{echoed}");
}

#[tokio::test]
async fn a_long_request_fails_when_its_listener_never_reads_it() {
    let lab = lab(|config| config.request_timeout = Duration::from_millis(200)).await;
    let mut listener = lab.listener().await;
    let long = vec![1; 20_000_000];
    let (answer, _dialled) = tokio::join!(lab.post("/hc", long), async {
        let pointer = listener.json().await["request"].take();
        assert_eq!(pointer.as_object().unwrap().len(), 1, "the address alone: {pointer}");
        lab.dial_address(pointer["address"].as_str().unwrap()).await.unwrap()
    });
    assert_eq!(
        (answer.status, &answer.headers["relay-dispatched"]),
        (StatusCode::GATEWAY_TIMEOUT, &"true".parse().unwrap())
    );
}
