use super::*;
use crate::DirectoryError;

async fn failure(change: impl FnOnce(&mut DirectoryConfig)) -> DirectoryError {
    let folder = TempDir::new().unwrap();
    let mut config = config(&folder);
    change(&mut config);
    start(config, SystemClock::shared()).await.unwrap_err()
}

#[tokio::test]
async fn what_cannot_work_is_named() {
    let error = failure(|config| config.domain = "corp.local".to_owned()).await;
    assert!(matches!(&error, DirectoryError::NotALab { name } if name == "corp.local"));
    let error = failure(|config| config.fqdn = "login.windows.net".to_owned()).await;
    assert!(matches!(error, DirectoryError::NotALab { .. }));
    let error = failure(|config| config.key_file = "no/such/key".into()).await;
    assert!(error.to_string().contains("no/such/key"), "{error}");
    let error = failure(|config| config.certificate_file = config.admin_password_file.clone()).await;
    assert!(matches!(error, DirectoryError::Certificate(_)), "{error}");
    let error = failure(|config| {
        std::fs::write(&config.admin_password_file, "\n").unwrap();
    })
    .await;
    assert!(matches!(error, DirectoryError::EmptyPassword { .. }));
    let error = failure(|config| {
        let delegation = crate::Delegation {
            principal: "svc".to_owned(),
            ous: Vec::new(),
            rights: Vec::new(),
        };
        config.delegations.push(delegation);
    })
    .await;
    assert!(matches!(&error, DirectoryError::Delegation { name, .. } if name == "svc"));
}

#[tokio::test]
async fn an_address_in_use_is_named_and_free_again_after_the_stop() {
    let world = World::new(ServiceTimes::default()).await;
    let address = world.handle.address();
    let error = failure(|config| config.listen = address).await;
    assert!(error.to_string().contains(&address.to_string()), "{error}");
    world.handle.stop().await;
    let folder = TempDir::new().unwrap();
    let config = DirectoryConfig {
        listen: address,
        ..config(&folder)
    };
    let again = start(config, SystemClock::shared()).await.unwrap();
    assert_eq!(again.address(), address);
}

#[tokio::test]
async fn two_directories_in_one_process_know_nothing_of_each_other() {
    let (one, two) = (
        World::new(ServiceTimes::default()).await,
        World::new(ServiceTimes::default()).await,
    );
    let (mut first, mut second) = (one.admin().await, two.admin().await);
    assert_eq!(first.reset(ANN, SECOND, Vec::new()).await.code as i64, 0);
    assert_eq!(first.key_version(ANN).await, "2");
    assert_eq!(second.key_version(ANN).await, "1");
}

#[tokio::test]
async fn a_handle_that_is_dropped_ends_its_connections() {
    let world = World::new(ServiceTimes::default()).await;
    let mut client = world.admin().await;
    drop(world);
    assert!(client.receive().await.is_none());
}

#[tokio::test]
async fn a_client_that_trusts_another_certificate_gets_no_session() {
    let (one, two) = (
        World::new(ServiceTimes::default()).await,
        World::new(ServiceTimes::default()).await,
    );
    let mut roots = RootCertStore::empty();
    let other = CertificateDer::from_pem_file(two.folder.path().join("dc1.pem")).unwrap();
    roots.add(other).unwrap();
    assert!(Client::new(one.handle.address(), roots).await.is_err());
}
