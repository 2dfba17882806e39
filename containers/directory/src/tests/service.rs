//! Service times, with the clock stopped: it goes on only when everybody waits for it.

use ldap3_proto::proto::{LdapAddRequest, LdapCompareRequest, LdapModifyDNRequest};
use tokio::time::Instant;

use super::*;
use crate::clock::now;

const BOB: &str = "CN=Bob,CN=Users,DC=corp,DC=test";

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

fn times() -> ServiceTimes {
    ServiceTimes {
        reset: seconds(1),
        unlock: seconds(2),
        search: seconds(3),
        bind: seconds(4),
        add: seconds(5),
    }
}

fn add_bob() -> LdapOp {
    LdapOp::AddRequest(LdapAddRequest {
        dn: BOB.to_owned(),
        attributes: vec![attribute("objectClass", b"user")],
    })
}

fn rename_bob() -> LdapOp {
    LdapOp::ModifyDNRequest(LdapModifyDNRequest {
        dn: BOB.to_owned(),
        newrdn: "CN=Rob".to_owned(),
        deleteoldrdn: true,
        new_superior: None,
    })
}

fn unlock() -> LdapOp {
    LdapOp::ModifyRequest(LdapModifyRequest {
        dn: ANN.to_owned(),
        changes: vec![LdapModify {
            operation: LdapModifyType::Replace,
            modification: attribute("lockoutTime", b"0"),
        }],
    })
}

fn compare() -> LdapOp {
    LdapOp::CompareRequest(LdapCompareRequest {
        dn: ANN.to_owned(),
        atype: "cn".to_owned(),
        val: b"Ann".to_vec(),
    })
}

async fn bound(host: &Arc<Host>) -> Client<DuplexStream> {
    let mut client = piped(host);
    client.bind(ADMINISTRATOR, "Admin-Pass-1").await;
    client
}

#[tokio::test(start_paused = true)]
async fn every_operation_takes_its_own_time() {
    let host = bare_host(times(), 1);
    let mut client = piped(&host);
    let began = now();
    client.bind(ADMINISTRATOR, "Admin-Pass-1").await;
    assert_eq!(began.elapsed(), seconds(4), "a bind");
    let read = |base| LdapOp::SearchRequest(search(base, LdapSearchScope::Base, &["cn"]));
    let operations = [
        ("a reset", reset(ANN, SECOND), 1),
        ("an unlock", unlock(), 2),
        ("a search", read(ANN), 3),
        ("a look at the root", read(""), 3),
        ("a comparison", compare(), 3),
        ("an add", add_bob(), 5),
        ("a rename", rename_bob(), 5),
        (
            "a delete",
            LdapOp::DelRequest("CN=Rob,CN=Users,DC=corp,DC=test".to_owned()),
            5,
        ),
        ("a reset of nobody", reset(BOB, SECOND), 1),
    ];
    for (what, operation, expected) in operations {
        let began = now();
        let answer = client.ask(operation, Vec::new()).await;
        assert_eq!(began.elapsed(), seconds(expected), "{what}");
        let fine = [LdapResultCode::Success, LdapResultCode::CompareTrue];
        assert_eq!(
            fine.contains(&result_of(&answer.end).code),
            what != "a reset of nobody",
            "{what}"
        );
    }
    let began = now();
    client.bind(ANN, "wrong").await;
    assert_eq!(began.elapsed(), seconds(4), "a bind that fails");
}

/// When each of some resets that were sent together was answered.
async fn answered(writes: u32, resets: usize) -> Vec<u64> {
    let host = bare_host(times(), writes);
    let mut clients = Vec::new();
    for _ in 0..resets {
        clients.push(bound(&host).await);
    }
    let began: Instant = now();
    let waiting = clients.into_iter().map(|mut client| {
        tokio::spawn(async move {
            let result = client.reset(ANN, SECOND, Vec::new()).await;
            assert_eq!(result.code, LdapResultCode::Success);
            began.elapsed().as_secs()
        })
    });
    let mut ends = Vec::new();
    for waiting in waiting.collect::<Vec<_>>() {
        ends.push(waiting.await.unwrap());
    }
    ends.sort_unstable();
    ends
}

#[tokio::test(start_paused = true)]
async fn as_many_writes_run_at_once_as_may() {
    assert_eq!(answered(1, 3).await, [1, 2, 3]);
    assert_eq!(answered(2, 5).await, [1, 1, 2, 2, 3]);
    assert_eq!(answered(8, 5).await, [1; 5]);
    assert_eq!(
        answered(0, 2).await,
        [1, 2],
        "none at all would be a directory that never writes"
    );
}

#[tokio::test(start_paused = true)]
async fn writes_keep_neither_binds_nor_searches_waiting() {
    let host = bare_host(times(), 1);
    let (mut writer, mut reader) = (bound(&host).await, bound(&host).await);
    writer.send(add_bob(), Vec::new()).await;
    let began = now();
    assert_eq!(reader.key_version(ANN).await, "1");
    assert_eq!(began.elapsed(), seconds(3));
    assert_eq!(result_of(&writer.answer().await.end).code, LdapResultCode::Success);
    assert_eq!(began.elapsed(), seconds(5));
}

#[tokio::test(start_paused = true)]
async fn an_answer_does_not_wait_for_the_next_request_to_be_done() {
    let host = bare_host(times(), 1);
    let mut client = bound(&host).await;
    let began = now();
    let read = LdapOp::SearchRequest(search(ANN, LdapSearchScope::Base, &["cn"]));
    client.send(read, Vec::new()).await;
    client.send(add_bob(), Vec::new()).await;
    client.receive().await.unwrap();
    client.receive().await.unwrap();
    assert_eq!(began.elapsed(), seconds(3));
    client.receive().await.unwrap();
    assert_eq!(began.elapsed(), seconds(8));
}
