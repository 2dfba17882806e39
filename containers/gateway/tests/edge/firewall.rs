//! What is let through and what is refused.

use std::time::Duration;

use gateway::read_capture;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::timeout;

use crate::support::{ALLOWED, FORBIDDEN, LAB_TOKEN, lab};

#[tokio::test]
async fn an_allowed_name_reaches_the_server_behind() {
    let lab = lab(|_| {}).await;
    let mut stream = lab.dial(ALLOWED).await.unwrap();
    let sent = vec![7_u8; 300_000];
    let (mut reader, mut writer) = tokio::io::split(&mut stream);
    let mut back = vec![0; sent.len()];
    let (written, read) = tokio::join!(writer.write_all(&sent), reader.read_exact(&mut back));
    written.unwrap();
    read.unwrap();
    assert_eq!(back, sent);
    assert_eq!(lab.gateway.stats().allowed[ALLOWED], 1);
    lab.gateway.stop().await;
    let cut = timeout(Duration::from_secs(5), stream.read_u8()).await;
    assert!(cut.unwrap().is_err(), "stop cuts what is carried");
}

#[tokio::test]
async fn a_forbidden_name_gets_an_alert_and_is_counted() {
    let lab = lab(|_| {}).await;
    let error = lab.dial(FORBIDDEN).await.unwrap_err();
    assert!(error.to_string().contains("UnrecognisedName"), "{error}");
    lab.refused(FORBIDDEN, 1).await;
    assert!(lab.gateway.stats().allowed.is_empty());
}

#[tokio::test]
async fn plain_http_is_refused() {
    let lab = lab(|_| {}).await;
    let mut socket = TcpStream::connect(lab.gateway.address()).await.unwrap();
    socket
        .write_all(b"GET / HTTP/1.1\r\nHost: relay1.servicebus.wblab.test\r\n\r\n")
        .await
        .unwrap();
    let mut answer = Vec::new();
    // Closed or reset: both refuse.
    let _ = timeout(Duration::from_secs(5), socket.read_to_end(&mut answer))
        .await
        .unwrap();
    assert!(answer.is_empty());
    lab.refused("(not tls)", 1).await;
}

#[tokio::test]
async fn a_slow_client_is_cut_and_one_too_many_is_refused() {
    let lab = lab(|config| config.connections_max = 1).await;
    let mut slow = TcpStream::connect(lab.gateway.address()).await.unwrap();
    slow.write_all(&[22, 3, 1]).await.unwrap();
    let mut second = TcpStream::connect(lab.gateway.address()).await.unwrap();
    assert!(!matches!(
        timeout(Duration::from_secs(5), second.read(&mut [0; 1])).await.unwrap(),
        Ok(1..)
    ));
    lab.refused("(too many)", 1).await;
    assert!(!matches!(
        timeout(Duration::from_secs(5), slow.read(&mut [0; 1])).await.unwrap(),
        Ok(1..)
    ));
    lab.refused("(too slow)", 1).await;
    assert!(lab.dial(ALLOWED).await.is_ok(), "its place is free again");
}

#[tokio::test]
async fn a_dead_destination_is_counted() {
    let unused = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let lab = lab(|config| config.allow[0].to = unused).await;
    assert!(lab.dial(ALLOWED).await.is_err());
    assert_eq!(lab.gateway.stats().unreachable[ALLOWED], 1);
}

#[tokio::test]
async fn what_passes_and_what_is_refused_is_kept_as_it_stood_on_the_wire() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("capture");
    let lab = lab(|config| config.capture_file = Some(file.clone())).await;
    let mut stream = lab.echoing().await;
    stream.write_all(b"never in clear").await.unwrap();
    stream.read_exact(&mut [0; 14]).await.unwrap();
    let (status, _) = lab.ask("GET", "/lab/faults", "", LAB_TOKEN).await;
    assert_eq!(status, 200);
    assert!(lab.dial(FORBIDDEN).await.is_err());
    let mut plain = TcpStream::connect(lab.gateway.address()).await.unwrap();
    plain.write_all(b"simple bind: in clear").await.unwrap();
    // Closed or reset: both refuse.
    let _ = timeout(Duration::from_secs(5), plain.read(&mut [0])).await.unwrap();
    let streams = read_capture(&std::fs::read(&file).unwrap());
    let told: Vec<(u64, &str, &str)> = streams
        .iter()
        .map(|stream| (stream.connection, stream.asked.as_str(), stream.side))
        .collect();
    let expected = [
        (0, ALLOWED, "client"),
        (0, ALLOWED, "server"),
        (1, FORBIDDEN, "client"),
        (2, "(not tls)", "client"),
    ];
    assert_eq!(told, expected, "the laboratory's own calls are not kept");
    let holds = |stream: usize, text: &str| {
        streams[stream]
            .bytes
            .windows(text.len())
            .any(|part| part == text.as_bytes())
    };
    assert!(holds(0, ALLOWED) && !holds(0, "never in clear") && !holds(1, "never in clear"));
    assert!(streams[0].bytes.len() > 300 && streams[1].bytes.len() > 300);
    assert!(holds(2, FORBIDDEN));
    assert_eq!(streams[3].bytes, b"simple bind: in clear");
}
