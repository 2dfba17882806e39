//! The LDAP client against a scripted server over real TLS.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use vocabulary::{NameTable, Password, ReasonCode, UnknownWhy, Win32};

use super::*;
use crate::config::WritebackDc;
use crate::sync::AdObject;
use crate::testing::ldaps::{Act, BIND, MODIFY, SEARCH, Server, entry};
use crate::testing::{self, FakeClock, soon};
use crate::writeback::port::{Change, DirectoryReader as _, DirectoryWriter as _, Standing, Target, WriteResult};

const UNKNOWN: WriteResult = WriteResult::Unknown(UnknownWhy::DirectoryIndeterminate);

const ALIVE: Duration = Duration::from_secs(160);

/// A directory on the other side whose certificate carries `certified`; it is second 100.
async fn directory(
    certified: &str,
    timeout: Duration,
    script: impl Fn(u8, usize) -> Act + Send + Sync + 'static,
) -> (Server, Arc<Domain>, LdapDirectory) {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let (_, tls) = testing::authority(&[certified]);
    let server = Server::start(tls.server, script).await;
    let mut config = testing::config();
    config.writeback_dc = WritebackDc::Locator;
    let mut forest = config.forests[0].clone();
    let dc = forest.domain_controllers.remove(1);
    forest.domain_controllers = vec![dc.clone()];
    let mut names = NameTable::default();
    names.insert("dc2.corp.test", server.address);
    let password = Password::new("service".to_owned());
    let credentials = Arc::new(Credentials::new(&forest.bind_dn, password, None, FakeClock::at(100)));
    let controller = Controller::new(&dc, &names, tls.client, credentials, (2, timeout)).unwrap();
    let domain = Domain::new(forest, vec![controller], Rules::of(&config), FakeClock::at(100));
    let domains = HashMap::from([("corp.test".to_owned(), Arc::clone(&domain))]);
    (server, domain, LdapDirectory::new(domains))
}

async fn usual(script: impl Fn(u8, usize) -> Act + Send + Sync + 'static) -> (Server, LdapDirectory) {
    let (server, _, directory) = directory("dc2.corp.test", Duration::from_secs(10), script).await;
    (server, directory)
}

fn target() -> Target {
    let AdObject { guid, dn, domain, .. } = testing::person(1);
    Target {
        guid,
        dn,
        domain,
        upn: "person1@corp.test".to_owned(),
    }
}

fn reset() -> Change {
    Change::Reset {
        password: Password::new("New-1".to_owned()),
        unlock: true,
    }
}

async fn write(directory: &LdapDirectory, change: &Change, expires: Duration) -> WriteResult {
    soon(directory.write(&target(), change, expires)).await
}

fn reason(result: &WriteResult) -> (ReasonCode, Option<Win32>) {
    match result {
        WriteResult::Rejected(reason) | WriteResult::Failed(reason) => (reason.code, reason.win32),
        other => panic!("{other:?}"),
    }
}

fn contains(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

#[tokio::test]
async fn a_reset_is_one_modify_by_guid_on_a_connection_that_is_used_again() {
    let (server, directory) = usual(|_, _| Act::Result(0, "")).await;
    for _ in 0..3 {
        assert_eq!(write(&directory, &reset(), ALIVE).await, WriteResult::Applied);
    }
    assert_eq!((server.count(BIND), server.count(MODIFY)), (1, 3));
    let bodies = server.bodies.lock().unwrap();
    let modify = bodies.last().unwrap();
    assert!(contains(modify, format!("<GUID={}>", target().guid).as_bytes()));
    assert!(contains(modify, &Password::new("New-1".to_owned()).unicode_pwd()));
    assert!(contains(modify, b"lockoutTime"));
    assert!(contains(&bodies[0], b"CN=svc-writeback"));
}

#[tokio::test]
async fn a_refusal_is_told_by_its_hex_code() {
    let (server, directory) = usual(|tag, _| match tag {
        MODIFY => Act::Result(
            53,
            "0000052D: SvcErr: DSID-031A12D2, problem 5003 (WILL_NOT_PERFORM), data 0",
        ),
        _ => Act::Result(0, ""),
    })
    .await;
    let result = write(&directory, &reset(), ALIVE).await;
    assert_eq!(
        reason(&result),
        (ReasonCode::PasswordPolicy, Some(Win32::PASSWORD_RESTRICTION))
    );
    assert_eq!(server.count(MODIFY), 1, "an explained refusal is final");
}

#[tokio::test]
async fn a_directory_that_will_not_do_both_at_once_is_asked_step_by_step() {
    let (server, directory) = usual(|tag, nth| match (tag, nth) {
        (MODIFY, 0) => Act::Result(53, "both at once?"),
        _ => Act::Result(0, ""),
    })
    .await;
    assert_eq!(write(&directory, &reset(), ALIVE).await, WriteResult::Applied);
    assert_eq!(server.count(MODIFY), 3);
    let bodies = server.bodies.lock().unwrap();
    let steps: Vec<_> = bodies[2..].iter().map(|body| contains(body, b"lockoutTime")).collect();
    assert_eq!(steps, [false, true]);
}

#[tokio::test]
async fn a_half_made_change_is_unknown() {
    let (_server, directory) = usual(|tag, nth| match (tag, nth) {
        (MODIFY, 0) => Act::Result(53, "both at once?"),
        (MODIFY, 2) => Act::Result(50, "00000005: SecErr"),
        _ => Act::Result(0, ""),
    })
    .await;
    assert_eq!(write(&directory, &reset(), ALIVE).await, UNKNOWN);
}

#[tokio::test]
async fn a_modify_that_left_and_was_never_answered_is_unknown() {
    let (server, directory) = usual(|tag, nth| match (tag, nth) {
        (MODIFY, 0) => Act::Close,
        // A message that is an id and nothing else: it makes the library's decoder panic.
        (MODIFY, 1) => Act::Raw(vec![0x30, 0x03, 0x02, 0x01, 0x02]),
        (MODIFY, 2) => Act::Result(51, "busy"),
        _ => Act::Result(0, ""),
    })
    .await;
    for _ in 0..3 {
        assert_eq!(write(&directory, &reset(), ALIVE).await, UNKNOWN);
    }
    assert_eq!(write(&directory, &reset(), ALIVE).await, WriteResult::Applied);
    assert_eq!(
        (server.count(BIND), server.count(MODIFY)),
        (3, 4),
        "nothing was sent twice"
    );
}

#[tokio::test]
async fn a_silent_directory_is_given_up_after_the_timeout() {
    let script = |tag, _| {
        if tag == MODIFY {
            Act::Nothing
        } else {
            Act::Result(0, "")
        }
    };
    let (server, _, directory) = directory("dc2.corp.test", Duration::from_secs(1), script).await;
    assert_eq!(write(&directory, &Change::Unlock, ALIVE).await, UNKNOWN);
    assert_eq!(server.count(MODIFY), 1);
}

#[tokio::test]
async fn a_dead_message_is_not_sent() {
    let (server, directory) = usual(|_, _| Act::Result(0, "")).await;
    let result = write(&directory, &reset(), Duration::from_secs(100)).await;
    assert_eq!(reason(&result), (ReasonCode::Expired, None));
    assert_eq!((server.count(BIND), server.count(MODIFY)), (1, 0));
}

#[tokio::test]
async fn another_name_in_the_certificate_is_refused_before_the_bind() {
    let limit = Duration::from_secs(10);
    let (server, _, directory) = directory("dc1.corp.test", limit, |_, _| Act::Result(0, "")).await;
    let result = write(&directory, &reset(), ALIVE).await;
    assert_eq!(reason(&result), (ReasonCode::DirectoryUnreachable, None));
    assert!(matches!(result, WriteResult::Failed(_)));
    assert_eq!(server.count(BIND), 0);
}

#[tokio::test]
async fn a_refused_service_account_writes_nothing() {
    let text = "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 52e, v4563";
    let (server, directory) = usual(move |_, _| Act::Result(49, text)).await;
    let result = write(&directory, &reset(), ALIVE).await;
    assert_eq!(
        reason(&result),
        (ReasonCode::PermissionDenied, Some(Win32::LOGON_FAILURE))
    );
    assert_eq!(server.count(MODIFY), 0);
}

#[tokio::test]
async fn the_account_is_looked_at_by_guid() {
    let (server, directory) = usual(|tag, nth| match (tag, nth) {
        (SEARCH, 0) => Act::Page(vec![entry("CN=x", &[("userAccountControl", b"512")])], b""),
        (SEARCH, 1) => Act::Page(vec![entry("CN=x", &[("userAccountControl", b"514")])], b""),
        (SEARCH, 2) => Act::Result(32, "0000208D: NameErr"),
        (SEARCH, _) => Act::Close,
        _ => Act::Result(0, ""),
    })
    .await;
    let target = target();
    assert_eq!(soon(directory.standing(&target)).await, Standing::Enabled);
    assert_eq!(soon(directory.standing(&target)).await, Standing::Disabled);
    let Standing::Refused(missing) = soon(directory.standing(&target)).await else {
        panic!()
    };
    assert_eq!(reason(&missing).0, ReasonCode::NotFoundOnPremises);
    let Standing::Refused(lost) = soon(directory.standing(&target)).await else {
        panic!()
    };
    assert!(matches!(lost, WriteResult::Failed(_)), "a lost question wrote nothing");
    assert!(contains(server.bodies.lock().unwrap().last().unwrap(), b"<GUID="));
}

#[tokio::test]
async fn an_import_reads_every_page() {
    let person = |name: &str, guid: u8| {
        let guid = [guid; 16];
        let attributes: [(&str, &[u8]); 3] = [
            ("objectGUID", &guid),
            ("sAMAccountName", name.as_bytes()),
            ("userAccountControl", b"512"),
        ];
        entry(&format!("CN={name},OU=People,DC=corp,DC=test"), &attributes)
    };
    let script = move |tag, nth| match (tag, nth) {
        (SEARCH, 0) => Act::Page(vec![person("a", 0xf1), person("b", 0x32)], b"more"),
        (SEARCH, 1) => Act::Page(vec![person("c", 0xf3)], b""),
        _ => Act::Result(0, ""),
    };
    let (server, domain, _) = directory("dc2.corp.test", Duration::from_secs(10), script).await;
    let read = soon(domain.import()).await.unwrap();
    let names: Vec<&str> = read.iter().map(|object| object.sam.as_str()).collect();
    assert_eq!(names, ["a", "b", "c"]);
    assert_eq!(read[1].guid.to_bytes_le(), [0x32; 16]);
    assert!(contains(server.bodies.lock().unwrap().last().unwrap(), b"more"));
}

#[tokio::test]
async fn an_import_that_is_refused_or_malformed_fails() {
    let script = |tag, nth| match (tag, nth) {
        (SEARCH, 0) => Act::Result(50, "00002098: SecErr"),
        (SEARCH, _) => Act::Raw(vec![0x30, 0x03, 0x02, 0x01, 0x02]),
        _ => Act::Result(0, ""),
    };
    let (_server, domain, _) = directory("dc2.corp.test", Duration::from_secs(10), script).await;
    let failed = soon(domain.import()).await.unwrap_err();
    assert_eq!(
        failed.to_string(),
        "importing the forest corp.test: importing OU=People,DC=corp,DC=test from dc2.corp.test: result 50, 00002098: \
         SecErr"
    );
    let lost = soon(domain.import()).await.unwrap_err();
    assert!(lost.to_string().ends_with("the connection was lost"), "{lost}");
}

#[tokio::test]
async fn an_idle_connection_that_is_silent_does_not_speak_for_its_server() {
    let timeout = Duration::from_secs(3);
    let (server, domain, _) = directory("dc2.corp.test", timeout, |tag, nth| match (tag, nth) {
        (SEARCH, 1) => Act::Nothing,
        _ => Act::Result(0, ""),
    })
    .await;
    for _ in 0..2 {
        assert!(soon(domain.ask(0, "", &["dnsHostName"])).await.is_ok());
    }
    assert_eq!(
        (server.count(BIND), server.count(SEARCH)),
        (2, 3),
        "a new connection answers"
    );
}

#[tokio::test]
async fn a_new_connection_that_is_silent_does() {
    let timeout = Duration::from_secs(1);
    let (server, domain, _) = directory("dc2.corp.test", timeout, |tag, _| match tag {
        SEARCH => Act::Nothing,
        _ => Act::Result(0, ""),
    })
    .await;
    let asked = soon(domain.ask(0, "", &["dnsHostName"])).await;
    assert!(matches!(asked, Err(domain::Unheard::Silent(_))));
    assert_eq!(server.count(SEARCH), 1);
}

#[tokio::test]
async fn a_connection_that_only_searches_is_made_anew_too() {
    let (server, domain, _) = directory("dc2.corp.test", Duration::from_secs(10), |_, _| Act::Result(0, "")).await;
    for _ in 0..=connection::OPERATIONS_MAX {
        assert!(soon(domain.ask(0, "", &["dnsHostName"])).await.is_ok());
    }
    assert_eq!(server.count(BIND), 2);
}
