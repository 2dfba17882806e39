//! What a laboratory does to a controller that runs.

use super::*;
use crate::{Delegation, Disturbance, Right};

const LEASE: Duration = Duration::from_secs(600);
const SERVICE: &str = "CN=svc,CN=Users,DC=corp,DC=test";

#[tokio::test]
async fn a_read_only_or_full_controller_refuses_writes_and_answers_reads() {
    let world = World::new(ServiceTimes::default()).await;
    let mut admin = world.admin().await;
    let rows = [
        (Disturbance::ReadOnly, LdapResultCode::Referral, "0000202B"),
        (Disturbance::Full, LdapResultCode::OperationsError, "000020D9"),
    ];
    for (what, code, head) in rows {
        world.handle.disturb(what, LEASE);
        let refused = admin.reset(ANN, SECOND, Vec::new()).await;
        assert_eq!(refused.code, code);
        assert!(refused.message.starts_with(head), "{}", refused.message);
        assert_eq!(admin.key_version(ANN).await, "1");
        assert_eq!(world.handle.touched(what), 1);
        assert_eq!(world.handle.calm(what), 1);
    }
    assert_eq!(admin.reset(ANN, SECOND, Vec::new()).await.code, LdapResultCode::Success);
}

#[tokio::test]
async fn a_lease_that_is_over_disturbs_nobody() {
    let world = World::new(ServiceTimes::default()).await;
    world.handle.disturb(Disturbance::ReadOnly, Duration::ZERO);
    let mut admin = world.admin().await;
    assert_eq!(admin.reset(ANN, SECOND, Vec::new()).await.code, LdapResultCode::Success);
    assert_eq!(world.handle.calm(Disturbance::ReadOnly), 0);
}

#[tokio::test]
async fn rights_that_are_withdrawn_come_back() {
    let folder = TempDir::new().unwrap();
    let delegation = Delegation {
        principal: SERVICE.to_owned(),
        ous: vec!["CN=Users,DC=corp,DC=test".to_owned()],
        rights: vec![Right::ResetPassword],
    };
    let config = DirectoryConfig {
        delegations: vec![delegation],
        ..config(&folder)
    };
    let handle = start(config, SystemClock::shared()).await.unwrap();
    let world = World { handle, folder };
    let mut admin = world.admin().await;
    admin.add_person(ANN, "ann").await;
    admin.add_person(SERVICE, "svc").await;
    let mut service = world.client().await;
    assert_eq!(service.bind(SERVICE, FIRST).await.code, LdapResultCode::Success);
    world.handle.disturb(Disturbance::RightsWithdrawn, LEASE);
    let denied = service.reset(ANN, SECOND, Vec::new()).await;
    assert_eq!(denied.code, LdapResultCode::InsufficentAccessRights);
    assert_eq!(admin.reset(ANN, SECOND, Vec::new()).await.code, LdapResultCode::Success);
    assert_eq!(world.handle.calm(Disturbance::RightsWithdrawn), 1);
    assert_eq!(
        service.reset(ANN, "Third-Pass-3", Vec::new()).await.code,
        LdapResultCode::Success
    );
}

#[tokio::test]
async fn a_controller_that_hangs_up_ends_every_connection_and_takes_new_ones() {
    let world = World::new(ServiceTimes::default()).await;
    let mut before = world.admin().await;
    world.handle.hang_up();
    assert!(before.receive().await.is_none());
    world.admin().await;
}

#[tokio::test(start_paused = true)]
async fn a_slow_controller_takes_its_time_for_everything() {
    let host = bare_host(ServiceTimes::default(), 1);
    let mut client = piped(&host);
    let slow = Disturbance::Slow(Duration::from_secs(2));
    host.disturb(slow, LEASE);
    let begun = crate::clock::now();
    assert_eq!(
        client.bind(ADMINISTRATOR, "Admin-Pass-1").await.code,
        LdapResultCode::Success
    );
    assert_eq!(
        client.reset(ANN, SECOND, Vec::new()).await.code,
        LdapResultCode::Success
    );
    assert_eq!(client.key_version(ANN).await, "2");
    assert_eq!(begun.elapsed(), Duration::from_secs(6));
    assert_eq!(host.calm(slow), 3);
}
