//! Byte faults on real connections: each bites, says so, and ends with its lease.

use std::time::Duration;

use std::io::ErrorKind;

use serde_json::json;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::support::{ALLOWED, LAB_TOKEN, OWN, echo, hello, lab, soon, stalls};

#[tokio::test]
async fn the_interface_is_the_laboratorys_alone_and_strict() {
    let lab = lab(|_| {}).await;
    for (method, path) in [("GET", "/lab/faults"), ("PUT", "/lab/faults/f"), ("GET", "/")] {
        assert_eq!(lab.ask(method, path, "", "a guess").await.0, 404);
    }
    assert_eq!(lab.ask("PUT", "/lab/faults/f", "{}", LAB_TOKEN).await.0, 400);
    assert_eq!(lab.ask("DELETE", "/lab/faults/f", "", LAB_TOKEN).await.0, 404);
    lab.fault(json!("truncate"), "1min").await;
    let (_, told) = lab.ask("GET", "/lab/faults", "", LAB_TOKEN).await;
    assert_eq!(
        (&told[0]["id"], &told[0]["order"]["what"]),
        (&json!("f"), &json!("truncate"))
    );
    assert_eq!(lab.ask("DELETE", "/lab/faults/f", "", LAB_TOKEN).await.1["id"], "f");
    let (_, stats) = lab.ask("GET", "/lab/stats", "", LAB_TOKEN).await;
    assert_eq!(stats["allowed"], json!({}), "{OWN} is not counted");
}

#[tokio::test]
async fn without_its_interface_the_gateway_knows_no_such_name() {
    let lab = lab(|config| config.lab = None).await;
    assert!(lab.dial(OWN).await.is_err());
    lab.refused(OWN, 1).await;
}

#[tokio::test]
async fn a_partition_holds_what_is_said_and_lets_nobody_in_until_its_lease_ends() {
    let lab = lab(|_| {}).await;
    let mut stream = lab.echoing().await;
    lab.fault(json!({ "partition": { "direction": "both" } }), "700ms")
        .await;
    stream.write_all(b"held").await.unwrap();
    let mut back = [0; 4];
    assert!(stalls(stream.read_exact(&mut back)).await);
    assert!(stalls(lab.dial(ALLOWED)).await, "neither accepted nor refused");
    let (connections, bytes, left) = lab.touched().await;
    assert!(
        connections == 2 && bytes > 4 && left > 0,
        "{connections} {bytes} {left}"
    );
    soon(stream.read_exact(&mut back)).await.unwrap();
    assert_eq!(&back, b"held", "brought by retransmission once it heals");
    assert_eq!(lab.touched().await.2, 0);
    soon(lab.dial(ALLOWED)).await.unwrap();
}

#[tokio::test]
async fn a_partition_of_one_way_lets_the_other_pass() {
    let lab = lab(|_| {}).await;
    let mut stream = lab.echoing().await;
    lab.fault(json!({ "partition": { "direction": "to_client" } }), "1min")
        .await;
    stream.write_all(b"heard").await.unwrap();
    assert!(stalls(stream.read_u8()).await);
    let (_, ended) = lab.ask("DELETE", "/lab/faults/f", "", LAB_TOKEN).await;
    assert!(
        ended["bytes"].as_u64().unwrap() > 0,
        "the echo waits: the server was reached"
    );
    let mut back = [0; 5];
    soon(stream.read_exact(&mut back)).await.unwrap();
    assert_eq!(&back, b"heard");
}

#[tokio::test]
async fn what_a_partition_holds_is_lost_with_a_connection_that_is_reset() {
    for (resets, arrives) in [(false, true), (true, false)] {
        let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let to = server.local_addr().unwrap();
        let lab = lab(|config| config.allow[0].to = to).await;
        let mut client = TcpStream::connect(lab.gateway.address()).await.unwrap();
        let hello = hello(ALLOWED);
        client.write_all(&hello).await.unwrap();
        let (mut server, _) = soon(server.accept()).await.unwrap();
        soon(server.read_exact(&mut vec![0; hello.len()])).await.unwrap();
        lab.fault(json!({ "partition": { "direction": "to_server" } }), "1min")
            .await;
        client.write_all(b"late").await.unwrap();
        while lab.touched().await.1 == 0 {}
        if resets {
            client.set_zero_linger().unwrap();
        }
        drop(client);
        assert!(stalls(server.read_u8()).await, "neither bytes nor the end");
        lab.ask("DELETE", "/lab/faults/f", "", LAB_TOKEN).await;
        let mut heard = Vec::new();
        let _ = soon(server.read_to_end(&mut heard)).await;
        assert_eq!(heard == b"late", arrives, "{heard:?}");
    }
}

#[tokio::test]
async fn a_half_open_connection_says_nothing_until_the_fault_is_over_and_then_resets() {
    let lab = lab(|_| {}).await;
    let mut stream = lab.echoing().await;
    lab.fault(json!("half_open"), "600ms").await;
    while lab.touched().await.0 == 0 {}
    stream.write_all(b"into the void").await.unwrap();
    assert!(stalls(stream.read_u8()).await, "neither FIN nor RST");
    lab.echoing().await;
    lab.ended().await;
    assert!(lab.touched().await.1 > 0);
    // The first byte is answered with RST, which the next read sees.
    let _ = stream.write_all(b"anybody there?").await;
    let error = soon(stream.read_u8()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
}

#[tokio::test]
async fn an_idle_connection_is_forgotten_on_both_sides() {
    let lab = lab(|_| {}).await;
    let mut idle = lab.echoing().await;
    let mut busy = lab.echoing().await;
    lab.fault(json!({ "idle_drop": { "after": "1s" } }), "4s").await;
    while lab.touched().await.0 == 0 {
        echo(&mut busy, b"ping").await.unwrap();
    }
    idle.write_all(b"anybody there?").await.unwrap();
    assert!(stalls(idle.read_u8()).await);
    echo(&mut busy, b"still there").await.unwrap();
    assert_eq!(lab.touched().await.0, 1);
    lab.ended().await;
    // Whoever writes on it once more is told that nobody knows it.
    let told = async {
        loop {
            let _ = idle.write_all(b"now?").await;
            if let Ok(read) = tokio::time::timeout(Duration::from_millis(100), idle.read_u8()).await {
                return read;
            }
        }
    };
    assert!(soon(told).await.is_err());
    soon(lab.echoing()).await;
}

#[tokio::test]
async fn delays_and_slow_links_are_seen_by_a_client_and_end() {
    let lab = lab(|_| {}).await;
    let mut stream = lab.echoing().await;
    for what in [
        json!({ "delay": { "by": "100ms", "jitter": "10ms" } }),
        json!({ "loss": { "ratio": "1/1" } }),
        json!({ "slow_link": { "bytes_per_s": 200 } }),
    ] {
        lab.fault(what.clone(), "1min").await;
        stream.write_all(b"late").await.unwrap();
        assert!(stalls(stream.read_u8()).await, "{what}");
        let (_, ended) = lab.ask("DELETE", "/lab/faults/f", "", LAB_TOKEN).await;
        assert!(ended["bytes"].as_u64().unwrap() > 0, "{ended}");
        // What is late already stays so; a fresh connection is not.
        stream = lab.echoing().await;
    }
}

#[tokio::test]
async fn what_is_late_is_whole_and_in_order() {
    let lab = lab(|_| {}).await;
    lab.fault(json!({ "delay": { "by": "5ms", "jitter": "5ms" } }), "1min")
        .await;
    let mut stream = soon(lab.dial(ALLOWED)).await.unwrap();
    let sent: Vec<u8> = (0..400_000_u32).map(|at| at.to_le_bytes()[1]).collect();
    for part in sent.chunks(50_000) {
        soon(echo(&mut stream, part)).await.unwrap();
    }
}

#[tokio::test]
async fn a_reset_is_a_reset_and_ends_with_its_lease() {
    let lab = lab(|_| {}).await;
    let mut stream = lab.echoing().await;
    lab.fault(json!({ "reset": { "ratio": "1/1" } }), "300ms").await;
    let _ = stream.write_all(b"x").await;
    let error = soon(stream.read_u8()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::ConnectionReset);
    assert_eq!(lab.touched().await.0, 1);
    lab.ended().await;
    lab.echoing().await;
}

#[tokio::test]
async fn tls_catches_a_bit_that_flips() {
    let lab = lab(|_| {}).await;
    let mut stream = lab.echoing().await;
    lab.fault(json!({ "corrupt": { "ratio": "1/1" } }), "1min").await;
    let _ = stream.write_all(b"x").await;
    let mut back = [0; 1];
    let read = soon(stream.read(&mut back)).await;
    assert!(!matches!(read, Ok(1..)), "{read:?}");
    assert!(lab.touched().await.1 > 0);
    assert!(soon(lab.dial(ALLOWED)).await.is_err());
}

#[tokio::test]
async fn a_record_that_is_cut_is_no_end() {
    let lab = lab(|_| {}).await;
    let mut stream = lab.echoing().await;
    lab.fault(json!("truncate"), "1min").await;
    let _ = stream.write_all(&[7; 5_000]).await;
    let mut back = Vec::new();
    let read = soon(stream.read_to_end(&mut back)).await;
    assert!(read.is_err() && back.is_empty(), "{read:?}");
    assert_eq!(lab.touched().await.0, 1);
    lab.dial(ALLOWED).await.unwrap();
}

#[tokio::test]
async fn slices_are_put_together_again() {
    let lab = lab(|_| {}).await;
    lab.fault(json!({ "slice": { "bytes": 1 } }), "1min").await;
    let mut stream = soon(lab.dial(ALLOWED)).await.unwrap();
    soon(echo(&mut stream, &[9; 2_000])).await.unwrap();
    assert!(lab.touched().await.1 > 4_000);
}
