use ldap3_proto::proto::LdapSearchScope as Scope;
use tokio::io::{DuplexStream, duplex};
use vocabulary::{Password, Seed};

use super::*;
use crate::connection::{Connection, Ended};
use crate::host::Host;
use crate::state::Domain;
use crate::state::time::FileTime;
use crate::wire::ber::{MAX_FRAME, encode};

fn nested(depth: usize) -> Vec<u8> {
    (0..depth).fold(Vec::new(), |inner, _| encode(0x30, &inner))
}

/// A search whose filter is that many negations deep.
fn nested_filter(depth: usize) -> Vec<u8> {
    let filter = (0..depth).fold(encode(0x87, b"cn"), |inner, _| encode(0xA2, &inner));
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
        nested(33),
        nested(10_000),
        nested_filter(100),
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
        1 => LdapOp::SearchRequest(search(BASE, Scope::Subtree, &["*", "+"])),
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

fn encoded(messages: impl IntoIterator<Item = LdapMsg>) -> Vec<u8> {
    let mut bytes = BytesMut::new();
    for message in messages {
        LdapCodec::default().encode(message, &mut bytes).unwrap();
    }
    bytes.to_vec()
}

fn bind_as_administrator() -> LdapMsg {
    let bind = LdapBindRequest {
        version: 3,
        dn: ADMINISTRATOR.to_owned(),
        cred: LdapBindCred::Simple("Admin-Pass-1".to_owned()),
    };
    LdapMsg::new(1, LdapOp::BindRequest(bind))
}

/// Noise, or a good request with one or two bytes changed, which reaches far deeper; every other one from somebody who may do all.
fn random_message(seed: &Seed, index: u64) -> Vec<u8> {
    let dice = seed.nth("message", index);
    let dice = dice.bytes();
    let message = if index.is_multiple_of(5) {
        dice[..usize::from(dice[0] % 32)].to_vec()
    } else {
        let mut bytes = encoded([good_request(index)]);
        for pair in dice[1..3 + 2 * usize::from(dice[0] % 2)].chunks_exact(2) {
            let at = usize::from(pair[0]) % bytes.len();
            bytes[at] ^= pair[1];
        }
        bytes
    };
    if dice[31].is_multiple_of(2) {
        return message;
    }
    [encoded([bind_as_administrator()]), message].concat()
}

fn bare_host() -> Arc<Host> {
    let folder = TempDir::new().unwrap();
    let clock = SystemClock::shared();
    let now = FileTime::from_unix(clock.unix());
    let password = Password::new("Admin-Pass-1".to_owned());
    let config = config(&folder);
    let domain = Domain::new(&config, &password, now).unwrap();
    Host::found(domain, clock, &config)
}

async fn feed(host: &Arc<Host>, bytes: &[u8]) -> (Vec<u8>, Ended) {
    let (mut near, far): (DuplexStream, DuplexStream) = duplex(1 << 20);
    near.write_all(bytes).await.unwrap();
    near.shutdown().await.unwrap();
    let ended = Connection::new(far, host.clone()).run().await;
    let mut answer = Vec::new();
    near.read_to_end(&mut answer).await.unwrap();
    (answer, ended)
}

#[tokio::test]
async fn ten_thousand_random_messages_harm_nobody() {
    let host = bare_host();
    let seed = Seed::new(2026);
    let mut kinds = [0; 2];
    for index in 0..10_000 {
        let (_, ended) = feed(&host, &random_message(&seed, index)).await;
        kinds[usize::from(matches!(ended, Ended::NotLdap(_)))] += 1;
    }
    assert!(kinds.iter().all(|count| *count > 1000), "both ends were met: {kinds:?}");
    let read = search(ADMINISTRATOR, Scope::Base, &["msDS-KeyVersionNumber"]);
    let read = LdapMsg::new(2, LdapOp::SearchRequest(read));
    let mut codec = LdapCodec::default();
    let admin = encoded([bind_as_administrator(), read]);
    let (answer, _) = feed(&host, &admin).await;
    let mut answer = BytesMut::from(answer.as_slice());
    let bound = codec.decode(&mut answer).unwrap().unwrap();
    assert_eq!(result_of(&bound.op).code, LdapResultCode::Success);
    let LdapOp::SearchResultEntry(entry) = codec.decode(&mut answer).unwrap().unwrap().op else {
        panic!("no entry");
    };
    assert_eq!(entry.attributes[0].vals, [b"1"]);
}
