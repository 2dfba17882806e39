//! Message faults on the wire: each bites, says so, ends with its lease, and shows senders what the vendor's service would.

use std::sync::Arc;
use std::time::Duration;

use futures_util::StreamExt as _;
use hyper::{Request, StatusCode};
use serde_json::{Value, json};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::support::{Answer, HOST, LAB_TOKEN, Lab, Listener, lab, soon};

impl Lab {
    async fn ask(&self, method: &str, path: &str, body: &str, token: &str) -> Answer {
        let request = Request::builder().method(method).uri(path);
        let request = request.header("host", HOST).header("lab-token", token);
        self.send(request, body.to_owned()).await
    }

    /// Sets the fault `f`.
    async fn fault(&self, what: Value, lease: &str) {
        let order = json!({ "what": what, "lease": lease }).to_string();
        let answer = self.ask("PUT", "/lab/faults/f", &order, LAB_TOKEN).await;
        assert_eq!(answer.status, StatusCode::NO_CONTENT, "{answer:?}");
    }

    /// The messages that the fault has touched, and how long it still acts.
    async fn touched(&self) -> (u64, u64) {
        let answer = self.ask("GET", "/lab/faults", "", LAB_TOKEN).await;
        let told: Value = serde_json::from_slice(&answer.body).unwrap();
        let number = |name: &str| told[0][name].as_u64().unwrap();
        (number("messages"), number("left_ms"))
    }

    /// How many requests wait for an answer.
    async fn in_flight(&self) -> u64 {
        let answer = self.ask("GET", "/healthz", "", LAB_TOKEN).await;
        serde_json::from_slice::<Value>(&answer.body).unwrap()["in_flight"]
            .as_u64()
            .unwrap()
    }

    async fn end(&self) -> Value {
        let answer = self.ask("DELETE", "/lab/faults/f", "", LAB_TOKEN).await;
        serde_json::from_slice(&answer.body).unwrap()
    }
}

/// A body that a listener answers with "done".
async fn serve(listener: &mut Listener) -> Vec<u8> {
    let (request, body) = listener.request().await;
    listener.respond(&request, json!({}), "done").await;
    body.to_vec()
}

async fn silent(listener: &mut Listener) -> bool {
    timeout(Duration::from_millis(150), listener.json()).await.is_err()
}

fn impatient() -> impl FnOnce(&mut relay::RelayConfig) {
    |config| config.request_timeout = Duration::from_millis(400)
}

#[tokio::test]
async fn the_interface_is_the_laboratorys_alone_and_strict() {
    let lab = lab(|_| {}).await;
    for (method, path) in [
        ("GET", "/lab/faults"),
        ("PUT", "/lab/faults/f"),
        ("DELETE", "/lab/faults/f"),
    ] {
        let answer = lab.ask(method, path, "", "a guess").await;
        assert!(
            answer.status == 404 && answer.reason.contains("Endpoint does not exist"),
            "{answer:?}"
        );
    }
    for (body, status) in [
        ("{}", 400),
        (r#"{"what":{"lose_requests":{"share":"2/1"}},"lease":"1s"}"#, 400),
        (r#"{"what":"unanswered","lease":"1s","x":1}"#, 400),
        (r#"{"what":"unanswered","lease":"1s"}"#, 204),
    ] {
        let answer = lab.ask("PUT", "/lab/faults/f", body, LAB_TOKEN).await;
        assert_eq!(answer.status.as_u16(), status, "{body}");
    }
    assert_eq!(lab.end().await["order"]["what"], "unanswered");
    assert_eq!(lab.ask("DELETE", "/lab/faults/f", "", LAB_TOKEN).await.status, 404);
}

#[tokio::test]
async fn a_lost_request_is_a_504_that_may_have_been_seen() {
    let lab = lab(impatient()).await;
    let mut listener = lab.listener().await;
    lab.fault(json!({ "lose_requests": { "share": "1/1" } }), "1min").await;
    let answer = lab.post("/hc", "x").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.headers["relay-dispatched"]),
        (504, &"true".parse().unwrap())
    );
    assert!(silent(&mut listener).await);
    assert_eq!(lab.end().await["messages"], 1);
    let (answer, body) = tokio::join!(lab.post("/hc", "y"), serve(&mut listener));
    assert_eq!((answer.status.as_u16(), &body[..]), (200, &b"y"[..]));
}

#[tokio::test]
async fn a_lost_response_is_a_504_although_the_listener_has_answered() {
    let lab = lab(impatient()).await;
    let mut listener = lab.listener().await;
    lab.fault(json!({ "lose_responses": { "share": "1/1" } }), "1min").await;
    let (answer, body) = tokio::join!(lab.post("/hc", "x"), serve(&mut listener));
    assert_eq!((answer.status.as_u16(), &body[..]), (504, &b"x"[..]));
    assert_eq!(answer.headers["relay-dispatched"], "true");
    assert_eq!(lab.touched().await.0, 1);
}

#[tokio::test]
async fn an_unanswered_sender_gets_its_504_while_the_listener_works() {
    let lab = lab(|_| {}).await;
    let mut listener = lab.listener().await;
    lab.fault(json!("unanswered"), "1min").await;
    let answer = soon(lab.post("/hc", "x")).await;
    assert_eq!(
        (answer.status.as_u16(), &answer.headers["relay-dispatched"]),
        (504, &"true".parse().unwrap())
    );
    assert_eq!(serve(&mut listener).await, b"x", "it had the request all the same");
    listener.proven().await;
    assert_eq!(lab.touched().await.0, 1);
}

#[tokio::test]
async fn a_request_comes_several_times_and_its_sender_gets_one_answer() {
    let lab = lab(|_| {}).await;
    let mut listener = lab.listener().await;
    lab.fault(json!({ "duplicate_requests": { "copies": 5, "share": "1/1" } }), "1min")
        .await;
    let (answer, ids) = tokio::join!(lab.post("/hc", "x"), async {
        let mut ids = Vec::new();
        for _ in 0..5 {
            let (request, body) = listener.request().await;
            assert_eq!(&body[..], b"x");
            ids.push(request["id"].clone());
            listener
                .respond(&request, json!({}), format!("answer {}", ids.len()))
                .await;
        }
        ids
    });
    assert_eq!((answer.status.as_u16(), &answer.body[..]), (200, &b"answer 1"[..]));
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert!(silent(&mut listener).await, "and no more");
    assert_eq!(lab.touched().await.0, 4);
}

#[tokio::test]
async fn a_held_request_comes_after_its_sender_has_given_up() {
    let lab = lab(impatient()).await;
    let mut listener = lab.listener().await;
    lab.fault(json!({ "hold_requests": { "by": "800ms" } }), "1min").await;
    let answer = lab.post("/hc", "x").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.headers["relay-dispatched"]),
        (504, &"true".parse().unwrap())
    );
    assert_eq!(serve(&mut listener).await, b"x");
    assert_eq!(lab.touched().await.0, 1);
}

#[tokio::test]
async fn a_held_request_is_let_go_when_the_lease_ends() {
    let lab = lab(|_| {}).await;
    let mut listener = lab.listener().await;
    lab.fault(json!({ "hold_requests": { "by": "10min" } }), "300ms").await;
    let (answer, body) = tokio::join!(lab.post("/hc", "x"), serve(&mut listener));
    assert_eq!((answer.status.as_u16(), &body[..]), (200, &b"x"[..]));
    assert_eq!(lab.touched().await, (1, 0));
}

#[tokio::test]
async fn two_requests_change_places() {
    let lab = lab(|_| {}).await;
    let mut listener = lab.listener().await;
    lab.fault(json!("reorder_requests"), "1min").await;
    let second = async {
        while lab.in_flight().await == 0 {}
        lab.post("/hc", "second").await
    };
    let (first, second, seen) = tokio::join!(lab.post("/hc", "first"), second, async {
        [serve(&mut listener).await, serve(&mut listener).await]
    });
    assert!(first.status == 200 && second.status == 200);
    assert_eq!(seen, [b"second".to_vec(), b"first".to_vec()]);
    assert_eq!(lab.touched().await.0, 2);
    let (alone, _) = tokio::join!(lab.post("/hc", "alone"), serve(&mut listener));
    assert_eq!(alone.status, 200, "one alone does not wait for ever");
}

#[tokio::test]
async fn two_requests_exchange_their_bodies() {
    let lab = lab(|_| {}).await;
    let mut listener = lab.listener().await;
    lab.fault(json!("swap_requests"), "1min").await;
    let echo = async {
        for _ in 0..2 {
            let (request, body) = listener.request().await;
            listener.respond(&request, json!({}), body).await;
        }
    };
    let (one, other, ()) = tokio::join!(lab.post("/hc", "one"), lab.post("/hc", "other"), echo);
    assert_eq!((&one.body[..], &other.body[..]), (&b"other"[..], &b"one"[..]));
    assert_eq!(lab.touched().await.0, 2);
}

#[tokio::test]
async fn bodies_are_changed_on_the_way() {
    let lab = lab(|_| {}).await;
    let mut listener = lab.listener().await;
    lab.fault(json!("corrupt_requests"), "1min").await;
    let (_, body) = tokio::join!(lab.post("/hc", "abc"), serve(&mut listener));
    assert!(body.len() == 3 && body != b"abc", "{body:?}");
    assert_eq!(lab.touched().await.0, 1);
    lab.fault(json!("oversize_requests"), "1min").await;
    let (_, body) = tokio::join!(lab.post("/hc", "abc"), serve(&mut listener));
    assert!(body.len() == 65_537 && body.starts_with(b"abc"));
    assert_eq!(lab.touched().await.0, 1);
}

#[tokio::test]
async fn a_request_is_replayed_with_its_own_id() {
    let lab = lab(|_| {}).await;
    let mut listener = lab.listener().await;
    lab.fault(json!("replay_requests"), "1min").await;
    let (answer, first) = tokio::join!(lab.post("/hc", "x"), async {
        let (request, body) = listener.request().await;
        listener.respond(&request, json!({}), "done").await;
        (request, body)
    });
    assert_eq!(answer.status, 200);
    let again = listener.request().await;
    assert_eq!(again, first);
    listener.respond(&again.0, json!({}), "again").await;
    listener.proven().await;
    assert_eq!(lab.touched().await.0, 1);
}

#[tokio::test]
async fn a_deleted_entity_throws_its_listeners_out_and_comes_back() {
    let lab = Arc::new(lab(|_| {}).await);
    let listener = lab.listener().await;
    lab.fault(json!("delete_listener"), "700ms").await;
    assert_eq!(listener.closed().await, (1001, "the entity was deleted".to_owned()));
    let refused = lab.try_listen("").await.unwrap_err();
    assert!(matches!(*refused, Error::Http(response) if response.status() == 404));
    let answer = lab.post("/hc", "x").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.headers["relay-dispatched"]),
        (404, &"false".parse().unwrap())
    );
    assert_eq!(lab.touched().await.0, 3);
    while lab.touched().await.1 > 0 {}
    let mut listener = lab.listener().await;
    let (answer, _) = tokio::join!(lab.post("/hc", "x"), serve(&mut listener));
    assert_eq!(answer.status, 200);
}

#[tokio::test]
async fn what_nobody_was_given_comes_out_of_no_fault() {
    let lab = lab(|_| {}).await;
    lab.fault(json!({ "hold_requests": { "by": "200ms" } }), "1min").await;
    let answer = lab.post("/hc", "x").await;
    assert_eq!(
        (answer.status.as_u16(), &answer.headers["relay-dispatched"]),
        (502, &"false".parse().unwrap())
    );
    assert_eq!(lab.touched().await.0, 0);
    let mut listener = lab.listener().await;
    let next = timeout(Duration::from_millis(400), listener.0.next()).await;
    assert!(!matches!(next, Ok(Some(Ok(Message::Text(_))))), "{next:?}");
}
