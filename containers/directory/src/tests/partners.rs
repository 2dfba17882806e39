//! Two and three domain controllers of one domain, over the wire.

use super::*;
use crate::{DirectoryError, Dormant, JoinConfig, LockoutConfig, join, wake};

const DELAY: Duration = Duration::from_secs(2);
const SOON: Duration = Duration::from_millis(5);

/// One running controller and the certificate to trust it by.
struct Controller {
    handle: DirectoryHandle,
    folder: TempDir,
}

fn fqdn(number: u32) -> String {
    format!("dc{number}.corp.test")
}

impl Controller {
    async fn first(delay: Duration) -> Self {
        let folder = TempDir::new().unwrap();
        let config = DirectoryConfig {
            replication_delay: delay,
            lockout: LockoutConfig {
                threshold: 3,
                ..LockoutConfig::default()
            },
            ..config(&folder)
        };
        let handle = start(config, SystemClock::shared()).await.unwrap();
        let first = Self { handle, folder };
        first.admin().await.add_person(ANN, "ann").await;
        first
    }

    async fn join(&self, number: u32, delay: Duration) -> Self {
        let folder = TempDir::new().unwrap();
        let config = joining(&folder, number, delay);
        let handle = join(config, &self.handle, SystemClock::shared()).await.unwrap();
        Self { handle, folder }
    }

    async fn client(&self) -> Client {
        let chain = CertificateDer::pem_file_iter(self.folder.path().join("dc1.pem")).unwrap();
        let mut roots = RootCertStore::empty();
        for certificate in chain {
            roots.add(certificate.unwrap()).unwrap();
        }
        let fqdn = self.handle.fqdn();
        Client::of(fqdn, self.handle.address(), roots).await.unwrap()
    }

    async fn admin(&self) -> Client {
        let mut client = self.client().await;
        assert_eq!(client.bind(ADMINISTRATOR, "Admin-Pass-1").await.code as i64, 0);
        client
    }
}

fn joining(folder: &TempDir, number: u32, delay: Duration) -> DirectoryConfig {
    DirectoryConfig {
        join: Some(JoinConfig {
            fqdn: FQDN.to_owned(),
            address: "127.0.0.1".parse().unwrap(),
        }),
        replication_delay: delay,
        ..config_of(folder, &fqdn(number))
    }
}

/// Waits until nothing is on its way from these controllers.
async fn settled(all: &[&Controller]) {
    let waiting = async {
        while all.iter().any(|one| one.handle.pending() > 0) {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waiting).await.unwrap();
}

fn become_pdc() -> LdapOp {
    rootdse("becomePdc")
}

fn rootdse(name: &str) -> LdapOp {
    let change = LdapModify {
        operation: LdapModifyType::Add,
        modification: attribute(name, b"1"),
    };
    LdapOp::ModifyRequest(LdapModifyRequest {
        dn: String::new(),
        changes: vec![change],
    })
}

async fn ask(client: &mut Client, op: LdapOp) -> LdapResult {
    result_of(&client.ask(op, Vec::new()).await.end).clone()
}

#[tokio::test]
async fn a_reset_binds_elsewhere_after_the_delay_and_not_before() {
    let clock = SystemClock::shared();
    let one = Controller::first(DELAY).await;
    let two = one.join(2, SOON).await;
    let (mut admin, mut ann, mut reader) = (one.admin().await, two.client().await, two.admin().await);
    let written = clock.monotonic();
    assert_eq!(admin.reset(ANN, SECOND, Vec::new()).await.code, LdapResultCode::Success);
    let pending = one.handle.pending();
    // The delay is long enough for these three, whatever the machine: what comes too late for them proves nothing.
    let seen = [ann.bind(ANN, SECOND).await.code, ann.bind(ANN, FIRST).await.code];
    if clock.monotonic() - written < DELAY {
        assert_eq!(seen, [LdapResultCode::InvalidCredentials, LdapResultCode::Success]);
        assert_eq!(pending, 1);
    }
    while reader.key_version(ANN).await != "2" {
        assert!(clock.monotonic() - written < PATIENCE);
    }
    assert!(clock.monotonic() - written >= DELAY);
    assert_eq!(one.handle.pending(), 0);
    assert_eq!(ann.bind(ANN, SECOND).await.code, LdapResultCode::Success);
    let refused = ann.bind(ANN, FIRST).await;
    assert!(refused.message.contains("data 52e"), "{}", refused.message);
}

#[tokio::test]
async fn what_is_kept_back_arrives_when_replication_goes_on() {
    let one = Controller::first(SOON).await;
    let two = one.join(2, SOON).await;
    let (mut admin, mut reader) = (one.admin().await, two.admin().await);
    let pause = crate::Disturbance::ReplicationPaused;
    one.handle.disturb(pause, Duration::from_secs(600));
    assert_eq!(admin.reset(ANN, SECOND, Vec::new()).await.code, LdapResultCode::Success);
    assert!(tokio::time::timeout(10 * SOON, settled(&[&one])).await.is_err());
    assert_eq!((one.handle.pending(), reader.key_version(ANN).await.as_str()), (1, "1"));
    assert_eq!(one.handle.calm(pause), 1);
    settled(&[&one]).await;
    assert_eq!(reader.key_version(ANN).await, "2");
}

#[tokio::test]
async fn a_lock_replicates_and_the_count_does_not() {
    let one = Controller::first(SOON).await;
    let two = one.join(2, SOON).await;
    let (mut ann, mut reader) = (one.client().await, two.admin().await);
    for _ in 0..3 {
        ann.bind(ANN, "wrong").await;
    }
    settled(&[&one]).await;
    let row = reader.read(ANN, &["lockoutTime", "badPwdCount"]).await;
    assert_eq!(row["badPwdCount"], "0");
    assert_ne!(row["lockoutTime"], "0");
    let refused = two.client().await.bind(ANN, FIRST).await;
    assert!(refused.message.contains("data 775"), "{}", refused.message);
    let seen = two.handle.inspect(BASE).unwrap();
    let ann = seen.iter().find(|account| account.lockout_time != 0).unwrap();
    assert!(ann.holds(&Password::new(FIRST.to_owned())) && ann.bad_pwd_count == 0);
}

#[tokio::test]
async fn the_role_moves_and_the_root_leads_to_it() {
    let one = Controller::first(SOON).await;
    let (two, three) = (one.join(2, SOON).await, one.join(3, SOON).await);
    let mut admin = two.admin().await;
    assert_eq!(ask(&mut admin, become_pdc()).await.code, LdapResultCode::Success);
    assert!(two.handle.holds_pdc() && !one.handle.holds_pdc());
    settled(&[&one, &two]).await;
    assert!(!three.handle.holds_pdc());
    let head = three.admin().await.read(BASE, &["fSMORoleOwner"]).await;
    let (_, server) = head["fSMORoleOwner"].split_once(',').unwrap();
    let found = three.admin().await.read(server, &["dNSHostName"]).await;
    assert_eq!(found["dNSHostName"], "dc2.corp.test");
    assert_eq!(
        ask(&mut admin, become_pdc()).await.code,
        LdapResultCode::Success,
        "it is here already"
    );
    let mut ann = three.client().await;
    ann.bind(ANN, FIRST).await;
    assert_eq!(
        ask(&mut ann, become_pdc()).await.code,
        LdapResultCode::InsufficentAccessRights
    );
    let sister = ask(&mut admin, rootdse("becomeRidMaster")).await;
    assert_eq!(sister.code, LdapResultCode::UnwillingToPerform);
}

#[tokio::test]
async fn a_role_whose_holder_has_stopped_stays_where_it_is() {
    let one = Controller::first(SOON).await;
    let (two, three) = (one.join(2, SOON).await, one.join(3, SOON).await);
    settled(&[&one]).await;
    one.handle.stop().await;
    let mut admin = two.admin().await;
    let refused = ask(&mut admin, become_pdc()).await;
    assert_eq!(refused.code, LdapResultCode::Unavailable);
    assert!(refused.message.starts_with("000020AF: SvcErr"), "{}", refused.message);
    assert!(!two.handle.holds_pdc());
    admin.reset(ANN, SECOND, Vec::new()).await;
    settled(&[&two]).await;
    let ann = three.client().await.bind(ANN, SECOND).await;
    assert_eq!(ann.code, LdapResultCode::Success, "its partners go on");
}

#[tokio::test]
async fn who_stopped_misses_everything_and_joins_anew_with_a_fresh_copy() {
    let one = Controller::first(SOON).await;
    let two = one.join(2, PATIENCE).await;
    let mut ann = two.client().await;
    for _ in 0..3 {
        ann.bind(ANN, "wrong").await;
    }
    assert!(two.handle.pending() > 0);
    two.handle.stop().await;
    let mut admin = one.admin().await;
    assert_eq!(
        admin.read(ANN, &["lockoutTime"]).await.len(),
        0,
        "that lock was never told"
    );
    admin.reset(ANN, SECOND, Vec::new()).await;
    assert_eq!(one.handle.pending(), 0);
    let again = one.join(2, SOON).await;
    assert_eq!(
        again.client().await.bind(ANN, SECOND).await.code,
        LdapResultCode::Success
    );
    again.admin().await.reset(ANN, FIRST, Vec::new()).await;
    settled(&[&again]).await;
    assert_eq!(admin.key_version(ANN).await, "3");
}

#[tokio::test]
async fn who_crashed_has_what_it_acknowledged_and_gets_what_it_missed() {
    let one = Controller::first(SOON).await;
    let two = one.join(2, SOON).await;
    let acknowledged = two.admin().await.reset(ANN, SECOND, Vec::new()).await;
    assert_eq!(acknowledged.code, LdapResultCode::Success);
    settled(&[&two]).await;
    let Controller { handle, folder } = two;
    let listen = handle.address();
    let dormant = handle.crash();
    assert_eq!(
        one.admin().await.reset(ANN, FIRST, Vec::new()).await.code,
        LdapResultCode::Success
    );
    assert_eq!(one.handle.pending(), 1, "what it misses is kept for it");
    let config = DirectoryConfig {
        listen,
        ..joining(&folder, 2, SOON)
    };
    let handle = woken(dormant, &config).await;
    let two = Controller { handle, folder };
    settled(&[&one]).await;
    assert_eq!(two.admin().await.key_version(ANN).await, "3");
    assert_eq!(two.client().await.bind(ANN, FIRST).await.code, LdapResultCode::Success);
}

#[tokio::test]
async fn who_ended_in_good_order_tells_later_what_it_had_not_told() {
    let one = Controller::first(SOON).await;
    let two = one.join(2, PATIENCE).await;
    two.admin().await.reset(ANN, SECOND, Vec::new()).await;
    let Controller { handle, folder } = two;
    let listen = handle.address();
    let dormant = handle.halt().await;
    assert!(TcpStream::connect(listen).await.is_err(), "nobody listens");
    let config = DirectoryConfig {
        listen,
        ..joining(&folder, 2, SOON)
    };
    let handle = woken(dormant, &config).await;
    assert_eq!(handle.pending(), 1);
    let two = Controller { handle, folder };
    assert_eq!(two.client().await.bind(ANN, SECOND).await.code, LdapResultCode::Success);
}

/// Wakes a controller where it was; its port may take a moment to be free.
async fn woken(dormant: Dormant, config: &DirectoryConfig) -> DirectoryHandle {
    let mut dormant = dormant;
    let waking = async {
        loop {
            match wake(dormant, config).await {
                Ok(handle) => return handle,
                Err((again, _)) => dormant = again,
            }
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(PATIENCE, waking).await.unwrap()
}

#[tokio::test]
async fn who_cannot_join_is_told_why() {
    let one = Controller::first(SOON).await;
    let refused = |change: fn(&mut DirectoryConfig)| {
        let handle = &one.handle;
        async move {
            let folder = TempDir::new().unwrap();
            let mut config = joining(&folder, 2, SOON);
            change(&mut config);
            join(config, handle, SystemClock::shared())
                .await
                .unwrap_err()
                .to_string()
        }
    };
    let other = refused(|config| config.join.as_mut().unwrap().fqdn = fqdn(7)).await;
    assert!(
        other.contains("dc1.corp.test") && other.contains("joins `dc7.corp.test`"),
        "{other}"
    );
    let none = refused(|config| config.join = None).await;
    assert!(none.contains("names no controller"), "{none}");
    let domain = refused(|config| config.domain = "other.test".to_owned()).await;
    assert!(domain.contains("of `other.test`, not of `corp.test`"), "{domain}");
    let taken = refused(|config| config.fqdn = fqdn(1)).await;
    assert!(taken.contains("there is a controller `DC1` already"), "{taken}");
    let folder = TempDir::new().unwrap();
    let alone = start(joining(&folder, 2, SOON), SystemClock::shared())
        .await
        .unwrap_err();
    assert!(matches!(alone, DirectoryError::JoinInProcess { .. }));
    let mut all = Vec::new();
    for number in 2..=8 {
        all.push(one.join(number, SOON).await);
    }
    let ninth = join(joining(&folder, 9, SOON), &one.handle, SystemClock::shared()).await;
    assert!(ninth.unwrap_err().to_string().contains("at most 8"));
}
