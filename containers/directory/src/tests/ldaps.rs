use ldap3_proto::proto::{LdapExtendedRequest, LdapSearchResultEntry, OID_WHOAMI};

use super::*;
use crate::wire::ber::encode;

fn entries(answer: &Answer) -> Vec<&LdapSearchResultEntry> {
    let parts = answer.parts.iter();
    parts
        .map(|part| match part {
            LdapOp::SearchResultEntry(entry) => entry,
            other => panic!("{other:?}"),
        })
        .collect()
}

fn unknown(oid: &str, value: Option<Vec<u8>>) -> LdapControl {
    LdapControl::Unknown {
        oid: oid.to_owned(),
        criticality: true,
        value,
    }
}

#[tokio::test]
async fn a_password_is_reset_and_proven_over_the_wire() {
    let world = World::new(ServiceTimes::default()).await;
    let mut admin = world.admin().await;
    assert_eq!(admin.reset(ANN, SECOND, Vec::new()).await.code, LdapResultCode::Success);
    assert_eq!(admin.key_version(ANN).await, "2");
    let mut ann = world.client().await;
    let refused = ann.bind(ANN, FIRST).await;
    assert_eq!(refused.code, LdapResultCode::InvalidCredentials);
    assert!(refused.message.contains("data 52e"), "{}", refused.message);
    assert_eq!(ann.bind("ann@corp.test", SECOND).await.code, LdapResultCode::Success);
    let denied = ann.reset(ANN, FIRST, Vec::new()).await;
    assert_eq!(denied.code, LdapResultCode::InsufficentAccessRights);
    assert!(
        denied
            .message
            .starts_with("00000005: SecErr: DSID-031A1190, problem 4003")
    );
}

#[tokio::test]
async fn who_am_i_follows_the_binds() {
    let world = World::new(ServiceTimes::default()).await;
    let mut client = world.client().await;
    let whoami = || {
        let request = LdapExtendedRequest {
            name: OID_WHOAMI.to_owned(),
            value: None,
        };
        LdapOp::ExtendedRequest(request)
    };
    for (name, clear, expected) in [
        ("", "", ""),
        (ANN, FIRST, "u:CORP\\ann"),
        (ADMINISTRATOR, "Admin-Pass-1", "u:CORP\\Administrator"),
        (ANN, "wrong", ""),
    ] {
        client.bind(name, clear).await;
        match client.ask(whoami(), Vec::new()).await.end {
            LdapOp::ExtendedResponse(response) => {
                assert_eq!(response.value, Some(expected.as_bytes().to_vec()));
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn anonymous_reads_the_root_and_nothing_else() {
    let world = World::new(ServiceTimes::default()).await;
    let mut client = world.client().await;
    let root = client.read("", &["defaultNamingContext", "supportedControl"]).await;
    assert_eq!(root["defaultNamingContext"], BASE);
    let request = search(BASE, LdapSearchScope::Subtree, &[]);
    let answer = client.ask(LdapOp::SearchRequest(request), Vec::new()).await;
    assert!(answer.parts.is_empty());
    assert_eq!(result_of(&answer.end).code, LdapResultCode::OperationsError);
}

#[tokio::test]
async fn pages_are_fetched_with_cookies_and_given_up_with_size_zero() {
    let world = World::new(ServiceTimes::default()).await;
    let mut admin = world.admin().await;
    for index in 0..7 {
        admin
            .add_person(&format!("CN=P{index},CN=Computers,{BASE}"), &format!("p{index}"))
            .await;
    }
    let request = || {
        LdapOp::SearchRequest(search(
            "CN=Computers,DC=corp,DC=test",
            LdapSearchScope::OneLevel,
            &["1.1"],
        ))
    };
    let page = |size, cookie: &[u8]| {
        vec![LdapControl::SimplePagedResults {
            size,
            cookie: cookie.to_vec(),
        }]
    };
    let cookie_of = |answer: &Answer| match answer.controls.as_slice() {
        [LdapControl::SimplePagedResults { cookie, .. }] => cookie.clone(),
        other => panic!("{other:?}"),
    };
    let (mut cookie, mut names, mut pages) = (Vec::new(), Vec::new(), 0);
    loop {
        let answer = admin.ask(request(), page(3, &cookie)).await;
        names.extend(entries(&answer).iter().map(|entry| entry.dn.clone()));
        cookie = cookie_of(&answer);
        pages += 1;
        if cookie.is_empty() {
            break;
        }
    }
    names.sort();
    names.dedup();
    assert_eq!((pages, names.len()), (3, 7));
    let first = admin.ask(request(), page(2, &[])).await;
    let given_up = admin.ask(request(), page(0, &cookie_of(&first))).await;
    assert!(given_up.parts.is_empty() && cookie_of(&given_up).is_empty());
    let stale = admin.ask(request(), page(2, &cookie_of(&first))).await;
    assert_eq!(result_of(&stale.end).code, LdapResultCode::UnwillingToPerform);
}

#[tokio::test]
async fn controls_are_obeyed_or_refused() {
    let world = World::new(ServiceTimes::default()).await;
    let mut admin = world.admin().await;
    let hints = || vec![unknown("1.2.840.113556.1.4.2239", Some(vec![0x30, 3, 2, 1, 1]))];
    let refused = admin.reset(ANN, FIRST, hints()).await;
    assert_eq!(refused.code, LdapResultCode::UnwillingToPerform);
    assert!(refused.message.starts_with("0000052D: SvcErr"), "{}", refused.message);
    assert_eq!(admin.reset(ANN, SECOND, hints()).await.code, LdapResultCode::Success);
    let stranger = admin.reset(ANN, FIRST, vec![unknown("1.2.3.4", None)]).await;
    assert_eq!(stranger.code, LdapResultCode::UnavailableCriticalExtension);
    assert_eq!(admin.key_version(ANN).await, "2");
}

#[tokio::test]
async fn an_entry_is_found_by_the_bytes_of_its_guid() {
    let world = World::new(ServiceTimes::default()).await;
    let mut admin = world.admin().await;
    let request = search(ANN, LdapSearchScope::Base, &["objectGUID"]);
    let answer = admin.ask(LdapOp::SearchRequest(request), Vec::new()).await;
    let guid = entries(&answer)[0].attributes[0].vals[0].clone();
    let texts = [
        encode(4, BASE.as_bytes()),
        encode(0xA3, &[encode(4, b"objectGUID"), encode(4, &guid)].concat()),
    ];
    let numbers = vec![10, 1, 2, 10, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0];
    let operation = [texts[0].clone(), numbers, texts[1].clone(), encode(0x30, &[])].concat();
    let message = encode(0x30, &[vec![2, 1, 99], encode(0x63, &operation)].concat());
    admin.send_bytes(&message).await;
    admin.last = 99;
    let answer = admin.answer().await;
    assert_eq!(entries(&answer)[0].dn, ANN);
}

#[tokio::test]
async fn requests_sent_in_one_go_are_answered_in_turn() {
    let world = World::new(ServiceTimes::default()).await;
    let mut admin = world.admin().await;
    let mut bytes = BytesMut::new();
    for msgid in 10..20 {
        let op = reset(ANN, if msgid % 2 == 0 { FIRST } else { SECOND });
        admin
            .codec
            .encode(
                LdapMsg {
                    msgid,
                    op,
                    ctrl: Vec::new(),
                },
                &mut bytes,
            )
            .unwrap();
    }
    admin.send_bytes(&bytes).await;
    for msgid in 10..20 {
        assert_eq!(admin.receive().await.unwrap().msgid, msgid);
    }
    assert_eq!(admin.key_version(ANN).await, "11");
}

#[tokio::test]
async fn a_slow_write_keeps_neither_readers_nor_the_end_waiting() {
    let hour = Duration::from_secs(3600);
    let world = World::new(ServiceTimes {
        reset: hour,
        ..ServiceTimes::default()
    })
    .await;
    let (mut writer, mut reader) = (world.admin().await, world.admin().await);
    writer.send(reset(ANN, SECOND), Vec::new()).await;
    assert_eq!(reader.key_version(ANN).await, "1");
    assert_eq!(reader.bind(ANN, FIRST).await.code, LdapResultCode::Success);
    let stopping = tokio::time::timeout(Duration::from_secs(10), world.handle.stop());
    stopping.await.unwrap();
    assert!(writer.receive().await.is_none() && reader.receive().await.is_none());
}

#[tokio::test]
async fn writes_take_turns() {
    let each = Duration::from_millis(40);
    let world = World::new(ServiceTimes {
        reset: each,
        ..ServiceTimes::default()
    })
    .await;
    let clock = SystemClock::shared();
    let (mut one, mut two) = (world.admin().await, world.admin().await);
    let before = clock.monotonic();
    tokio::join!(one.reset(ANN, FIRST, Vec::new()), two.reset(ANN, SECOND, Vec::new()));
    assert!(clock.monotonic() - before >= each * 2);
}

#[tokio::test]
async fn a_write_is_applied_though_its_client_hung_up() {
    let service = ServiceTimes {
        reset: Duration::from_millis(50),
        ..ServiceTimes::default()
    };
    let world = World::new(service).await;
    let (mut gone, mut reader) = (world.admin().await, world.admin().await);
    gone.send(reset(ANN, SECOND), Vec::new()).await;
    drop(gone);
    while reader.key_version(ANN).await != "2" {
        tokio::task::yield_now().await;
    }
    assert_eq!(reader.bind(ANN, SECOND).await.code, LdapResultCode::Success);
}
