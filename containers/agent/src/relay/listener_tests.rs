//! The listener against a relay played by the test: real TLS, a real WebSocket.

use std::net::SocketAddr;
use std::sync::RwLock;

use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::*;
use crate::sync::SyncEngine;
use crate::testing::relay::{HOST, Relay, data, request, response};
use crate::testing::{self, FakeClock, FakeDirectory, soon};
use crate::writeback::journal::KeptJournal;
use crate::writeback::keyring::Keyring;
use crate::writeback::service::{Parts, Service};
use crate::writeback::worker::desk;

/// A listener that runs, with no worker unless the test wants one.
struct Subject {
    relay: Relay,
    link: watch::Receiver<Link>,
    tasks: JoinSet<()>,
    folder: tempfile::TempDir,
}

async fn subject(times: Times, places: usize, workers: usize) -> Subject {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let (_, tls) = testing::authority(&[HOST]);
    let (relay, address) = Relay::bind(tls.server).await;
    let folder = tempfile::tempdir().unwrap();
    let clock: SharedClock = Arc::new(vocabulary::SystemClock::new());
    let log = Arc::new(EventLog::open(&folder.path().join("log"), FakeClock::at(1)).unwrap());
    let (desk, crew) = desk(service(&log), places);
    let mut tasks = JoinSet::new();
    for _ in 0..workers {
        tasks.spawn(Arc::clone(&crew).work());
    }
    let shared = shared(address, tls.client, clock, Arc::new(desk), log, times);
    let (sender, link) = watch::channel(Link::Down(None));
    tasks.spawn(run(Arc::new(shared), sender));
    // Without a worker the crew must still live, or the desk would count as gone.
    tasks.spawn(async move {
        let _crew = crew;
        std::future::pending::<()>().await;
    });
    Subject {
        relay,
        link,
        tasks,
        folder,
    }
}

fn service(log: &Arc<EventLog>) -> Arc<Service> {
    let directory = Arc::new(FakeDirectory::default());
    Arc::new(Service::new(Parts {
        tenant: testing::TENANT,
        keys: Keyring::new(testing::keys("agent").0, testing::keys("cloud").1),
        lab_token: None,
        engine: RwLock::new(SyncEngine::default()),
        reader: Arc::clone(&directory) as _,
        writer: directory,
        journal: Arc::new(KeptJournal::in_memory(Duration::ZERO, FakeClock::at(100))),
        log: Arc::clone(log),
        clock: FakeClock::at(100),
    }))
}

fn shared(
    address: SocketAddr,
    tls: Arc<ClientConfig>,
    clock: SharedClock,
    desk: Arc<Desk>,
    log: Arc<EventLog>,
    times: Times,
) -> Shared {
    let text = format!("Endpoint=sb://{HOST}/;SharedAccessKeyName=listen;SharedAccessKey=key;EntityPath=a/b");
    let mut names = NameTable::default();
    names.insert(HOST, address);
    let connection = ConnectionString::parse(&text).unwrap();
    Shared {
        connection: watch::channel(connection).1,
        refused: Arc::default(),
        names,
        tls,
        clock,
        desk,
        log,
        times,
        id: Uuid::from_u128(5),
    }
}

fn hourly() -> Times {
    Times::default()
}

#[tokio::test]
async fn it_listens_with_its_token_and_answers_on_the_channel() {
    let mut subject = subject(hourly(), 8, 1).await;
    let (mut socket, target, token) = subject.relay.accept().await;
    assert_eq!(
        target,
        format!("/$hc/a/b?sb-hc-action=listen&sb-hc-id={}", Uuid::from_u128(5)),
    );
    let token = protocol::sas::SasToken::parse(&token.unwrap()).unwrap();
    assert!(token.covers(HOST, "/a/b") && token.verify(["key"].into_iter(), 0).is_ok());
    soon(subject.link.wait_for(|link| *link == Link::Up)).await.unwrap();
    socket.send(request("r1")).await.unwrap();
    socket.send(Message::binary(&b"not sealed"[..])).await.unwrap();
    let (answer, body) = response(&mut socket).await;
    assert_eq!((answer.request_id.as_str(), answer.status_code), ("r1", 400));
    assert_eq!(&body[..], br#"{"event":32004}"#);
}

#[tokio::test]
async fn a_full_house_answers_503() {
    let subject = subject(hourly(), 1, 0).await;
    let (mut socket, ..) = subject.relay.accept().await;
    for id in ["taken", "refused"] {
        socket.send(request(id)).await.unwrap();
        socket.send(Message::binary(&b"x"[..])).await.unwrap();
    }
    let (answer, _) = response(&mut socket).await;
    assert_eq!((answer.request_id.as_str(), answer.status_code), ("refused", 503));
}

#[tokio::test]
async fn a_pointer_is_fetched_and_answered_at_its_address() {
    let subject = subject(hourly(), 8, 1).await;
    let (mut control, ..) = subject.relay.accept().await;
    let address = format!("wss://{HOST}/$hc/a/b?sb-hc-action=request&x=1");
    control
        .send(Message::text(format!(r#"{{"request":{{"address":"{address}"}}}}"#)))
        .await
        .unwrap();
    let (mut rendezvous, target, token) = subject.relay.accept().await;
    assert_eq!((target.as_str(), token), ("/$hc/a/b?sb-hc-action=request&x=1", None));
    rendezvous.send(request("r2")).await.unwrap();
    rendezvous.send(Message::binary(&b"x"[..])).await.unwrap();
    let (answer, _) = response(&mut rendezvous).await;
    assert_eq!((answer.request_id.as_str(), answer.status_code), ("r2", 400));
    assert!(matches!(soon(rendezvous.next()).await, Some(Ok(Message::Close(_)))));
}

#[tokio::test]
async fn a_sender_of_websockets_is_turned_away() {
    let subject = subject(hourly(), 8, 0).await;
    let (mut control, ..) = subject.relay.accept().await;
    let accept = serde_json::json!({"accept": {
        "address": format!("wss://{HOST}/$hc/a/b?sb-hc-action=accept"), "id": "1", "connectHeaders": {},
        "remoteEndpoint": {"address": "127.0.0.1", "port": 1},
    }});
    control.send(Message::text(accept.to_string())).await.unwrap();
    let (_socket, target, _) = subject.relay.accept().await;
    assert!(target.contains("sb-hc-statusCode=405"), "{target}");
}

#[tokio::test]
async fn a_closed_channel_is_opened_again() {
    let mut subject = subject(hourly(), 8, 0).await;
    let (mut socket, ..) = subject.relay.accept().await;
    soon(subject.link.wait_for(|link| *link == Link::Up)).await.unwrap();
    let frame = CloseFrame {
        code: CloseCode::Error,
        reason: "NameRenewalFailed".into(),
    };
    socket.close(Some(frame)).await.unwrap();
    let down = soon(subject.link.wait_for(|link| *link != Link::Up))
        .await
        .unwrap()
        .clone();
    let Link::Down(Some(why)) = down else {
        panic!("{down:?}")
    };
    assert!(why.contains("NameRenewalFailed"), "{why}");
    let _held = subject.relay.accept().await;
    soon(subject.link.wait_for(|link| *link == Link::Up)).await.unwrap();
    let log = std::fs::read_to_string(subject.folder.path().join("log")).unwrap();
    assert!(log.contains("31034") && log.contains("32014"));
    subject.tasks.shutdown().await;
}

#[tokio::test]
async fn a_broken_message_costs_the_channel_and_no_more() {
    let subject = subject(hourly(), 8, 0).await;
    let (mut socket, ..) = subject.relay.accept().await;
    socket.send(Message::text("{")).await.unwrap();
    while let Some(Ok(_)) = soon(socket.next()).await {}
    subject.relay.accept().await;
}

#[tokio::test]
async fn a_refusal_is_told_with_its_status() {
    let mut subject = subject(hourly(), 8, 0).await;
    soon(subject.relay.refuse(401)).await;
    let link = soon(subject.link.wait_for(|link| matches!(link, Link::Refused(_))))
        .await
        .unwrap()
        .clone();
    let Link::Refused(why) = link else { panic!("{link:?}") };
    assert!(why.contains("401"), "{why}");
}

#[tokio::test]
async fn tokens_are_renewed_and_the_relay_is_pinged() {
    let millis = Duration::from_millis;
    let subject = subject(
        Times {
            token: millis(9000),
            renew: millis(20),
            ping: millis(30),
        },
        8,
        0,
    )
    .await;
    let (mut socket, ..) = subject.relay.accept().await;
    let text = data(&mut socket).await.into_text().unwrap();
    let Ok(ToRelay::RenewToken(renewed)) = serde_json::from_str(&text) else {
        panic!("not a renewal")
    };
    assert!(
        protocol::sas::SasToken::parse(&renewed.token)
            .unwrap()
            .covers(HOST, "a/b")
    );
    soon(async { while !matches!(socket.next().await, Some(Ok(Message::Ping(_)))) {} }).await;
}

#[tokio::test]
async fn a_channel_without_a_sign_of_life_is_given_up() {
    let millis = Duration::from_millis;
    let subject = subject(
        Times {
            token: millis(9000),
            renew: millis(9000),
            ping: millis(20),
        },
        8,
        0,
    )
    .await;
    // Held and never read: no pong goes back, as on a half-open connection.
    let _held = subject.relay.accept().await;
    subject.relay.accept().await;
    let log = std::fs::read_to_string(subject.folder.path().join("log")).unwrap();
    assert!(log.contains("no sign of life"), "{log}");
}

#[tokio::test]
async fn a_channel_on_which_pongs_come_back_lives() {
    let millis = Duration::from_millis;
    let subject = subject(
        Times {
            token: millis(9000),
            renew: millis(9000),
            ping: millis(200),
        },
        8,
        0,
    )
    .await;
    let (mut socket, ..) = subject.relay.accept().await;
    let mut pings = 0;
    while pings < 5 {
        // Reading answers the ping before.
        let message = soon(socket.next()).await.unwrap().unwrap();
        pings += u32::from(matches!(message, Message::Ping(_)));
    }
}

#[tokio::test]
async fn a_body_that_is_too_large_is_refused_and_the_channel_goes_on() {
    let subject = subject(hourly(), 8, 1).await;
    let (mut socket, ..) = subject.relay.accept().await;
    socket.send(request("large")).await.unwrap();
    socket.send(Message::binary(vec![b' '; 64 * 1024 + 1])).await.unwrap();
    let (answer, _) = response(&mut socket).await;
    assert_eq!((answer.request_id.as_str(), answer.status_code), ("large", 413));
    socket.send(request("next")).await.unwrap();
    socket.send(Message::binary(&b"x"[..])).await.unwrap();
    let (answer, _) = response(&mut socket).await;
    assert_eq!((answer.request_id.as_str(), answer.status_code), ("next", 400));
}
