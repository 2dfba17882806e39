use ldap3_proto::proto::LdapSearchScope as Scope;
use vocabulary::Seed;

use super::*;
use crate::connection::Ended;
use crate::wire::ber::{MAX_FRAME, encode};

/// Something within so many elements of one tag.
fn wrapped(tag: u8, depth: usize, inner: &[u8]) -> Vec<u8> {
    let mut length = inner.len();
    let mut headers = Vec::new();
    for _ in 0..depth {
        let [.., a, b, c] = u32::try_from(length).unwrap().to_be_bytes();
        headers.push([tag, 0x83, a, b, c]);
        length += 5;
    }
    let outermost_first = headers.iter().rev().flatten();
    outermost_first.chain(inner).copied().collect()
}

fn nested(depth: usize) -> Vec<u8> {
    wrapped(0x30, depth, &[])
}

/// A search whose filter is that many negations deep.
fn nested_filter(depth: usize) -> Vec<u8> {
    let filter = wrapped(0xA2, depth, &encode(0x87, b"cn"));
    let numbers = vec![10, 1, 2, 10, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0];
    let operation = [encode(4, BASE.as_bytes()), numbers, filter, encode(0x30, &[])].concat();
    encode(0x30, &[vec![2, 1, 1], encode(0x63, &operation)].concat())
}

fn poison() -> Vec<Vec<u8>> {
    vec![
        vec![0x30, 0],
        vec![0x30, 0x80, 0, 0],
        vec![0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF],
        vec![0x30, 3, 2, 9, 1],
        vec![0x30, 5, 2, 1, 1, 0x61, 0],
        vec![0x30, 5, 2, 1, 1, 0x42, 0x05],
        b"GET / HTTP/1.1\r\n\r\n".to_vec(),
        vec![0x30, 0x88, 0, 0, 0, 1, 0, 0, 0, 0],
        vec![0x30, 0x84, 0x7F, 0xFF, 0xFF, 0xFF, 2, 1, 1],
        nested(33),
        nested(100_000),
        nested_filter(100),
        nested_filter(100_000),
        encode(0x30, &vec![0; MAX_FRAME]),
    ]
}

#[tokio::test]
async fn what_is_no_request_ends_that_connection_and_no_other() {
    let world = World::new(ServiceTimes::default()).await;
    let mut innocent = world.admin().await;
    for bytes in poison() {
        let mut client = world.client().await;
        client.send_bytes(&bytes).await;
        let goodbye = client.receive().await.unwrap();
        let LdapOp::ExtendedResponse(notice) = goodbye.op else {
            panic!("{:?}", goodbye.op)
        };
        assert_eq!(goodbye.msgid, 0);
        assert_eq!(notice.res.code, LdapResultCode::ProtocolError);
        assert!(client.receive().await.is_none());
        assert_eq!(innocent.key_version(ANN).await, "1");
    }
}

#[tokio::test]
async fn half_a_message_harms_nobody_whether_it_waits_or_goes() {
    let world = World::new(ServiceTimes::default()).await;
    let mut waiting = world.client().await;
    waiting.send_bytes(&[0x30, 0x82, 0x10, 0, 2]).await;
    let mut gone = world.client().await;
    gone.send_bytes(&[0x30, 0x20, 2, 1]).await;
    drop(gone);
    let raw = TcpStream::connect(world.handle.address()).await.unwrap();
    let mut innocent = world.admin().await;
    assert_eq!(innocent.key_version(ANN).await, "1");
    drop((raw, waiting));
}

#[tokio::test]
async fn a_filter_as_deep_as_allowed_is_answered() {
    let world = World::new(ServiceTimes::default()).await;
    let mut admin = world.admin().await;
    admin.send_bytes(&nested_filter(28)).await;
    admin.last = 1;
    let answer = admin.answer().await;
    assert_eq!(result_of(&answer.end).code, LdapResultCode::Success);
}

/// A request worth breaking.
fn good_request(index: u64) -> LdapMsg {
    let op = match index % 4 {
        0 => reset(ANN, SECOND),
        1 => LdapOp::SearchRequest(search(ANN, Scope::Base, &["*", "+"])),
        2 => LdapOp::DelRequest(ANN.to_owned()),
        _ => LdapOp::BindRequest(LdapBindRequest {
            version: 3,
            dn: ANN.to_owned(),
            cred: LdapBindCred::Simple("wrong".to_owned()),
        }),
    };
    LdapMsg {
        msgid: 5,
        op,
        ctrl: Vec::new(),
    }
}

fn encoded(message: LdapMsg) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    LdapCodec::default().encode(message, &mut bytes).unwrap();
    bytes.to_vec()
}

fn bind_as_administrator() -> Vec<u8> {
    let bind = LdapBindRequest {
        version: 3,
        dn: ADMINISTRATOR.to_owned(),
        cred: LdapBindCred::Simple("Admin-Pass-1".to_owned()),
    };
    encoded(LdapMsg::new(1, LdapOp::BindRequest(bind)))
}

/// Noise, or a good request with one or two bytes changed, which reaches far deeper; every other one from somebody who may do all.
fn random_message(seed: &Seed, index: u64, bind: &[u8], good: &[Vec<u8>; 4]) -> Vec<u8> {
    let dice = seed.nth("message", index);
    let dice = dice.bytes();
    let message = if index.is_multiple_of(5) {
        dice[..usize::from(dice[0] % 32)].to_vec()
    } else {
        let mut bytes = good[usize::from(dice[30] % 4)].clone();
        for pair in dice[1..3 + 2 * usize::from(dice[0] % 2)].chunks_exact(2) {
            let at = usize::from(pair[0]) % bytes.len();
            bytes[at] ^= pair[1];
        }
        if dice[29].is_multiple_of(16) {
            bytes.truncate(usize::from(dice[28]) % bytes.len());
        }
        bytes
    };
    if dice[31].is_multiple_of(2) {
        return message;
    }
    [bind, &message].concat()
}

/// Feeds a connection of its own and tells how that ended.
async fn feed(host: &Arc<Host>, bytes: &[u8]) -> Ended {
    let (mut near, far) = duplex(1 << 16);
    near.write_all(bytes).await.unwrap();
    near.shutdown().await.unwrap();
    Connection::new(far, host.clone()).run().await
}

#[tokio::test]
async fn a_hundred_thousand_random_messages_harm_nobody() {
    let host = bare_host(ServiceTimes::default(), 1);
    let seed = Seed::new(2026);
    let bind = bind_as_administrator();
    let good = [0, 1, 2, 3].map(|index| encoded(good_request(index)));
    let mut healthy = piped(&host);
    let bound = healthy.bind(ADMINISTRATOR, "Admin-Pass-1").await;
    assert_eq!(bound.code, LdapResultCode::Success);
    let mut ends = [0; 2];
    for index in 0..100_000 {
        let ended = feed(&host, &random_message(&seed, index, &bind, &good)).await;
        ends[usize::from(matches!(ended, Ended::NotLdap(_)))] += 1;
        if index.is_multiple_of(500) {
            assert_eq!(healthy.key_version(ADMINISTRATOR).await, "1", "after {index}");
        }
    }
    assert!(ends.iter().all(|count| *count > 10_000), "both ends were met: {ends:?}");
    assert_eq!(healthy.key_version(ADMINISTRATOR).await, "1");
}
