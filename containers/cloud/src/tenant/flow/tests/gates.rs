//! Who is let in, and with which code somebody is not.

use super::*;
use crate::Sspr;

#[test]
fn every_gate_refuses_with_its_own_code() {
    let off = SettingsPatch {
        sspr: Some(Sspr::None),
        ..SettingsPatch::default()
    };
    let unlicensed = SettingsPatch {
        licence: Some(Licence::None),
        ..SettingsPatch::default()
    };
    let free = SettingsPatch {
        licence: Some(Licence::AzureAdFree),
        ..SettingsPatch::default()
    };
    let local = SettingsPatch {
        writeback: Some(false),
        ..SettingsPatch::default()
    };
    let none = SettingsPatch::default();
    let rows = [
        (
            off,
            ANN,
            refused(ReasonCode::SsprDisabled, Some(SsprCode::TenantSsprFlagDisabled)),
        ),
        (
            off,
            "nobody@corp.test",
            refused(ReasonCode::SsprDisabled, Some(SsprCode::TenantSsprFlagDisabled)),
        ),
        (none, "nobody@corp.test", refused(ReasonCode::UnknownUser, None)),
        (none, "", refused(ReasonCode::UnknownUser, None)),
        (
            unlicensed,
            ANN,
            refused(ReasonCode::NotLicensed, Some(SsprCode::UserNotLicensed)),
        ),
        (
            free,
            ANN,
            refused(ReasonCode::NotLicensed, Some(SsprCode::UserNotLicensed)),
        ),
        (
            none,
            "bob@corp.test",
            refused(ReasonCode::NotRegistered, Some(SsprCode::UserNotProperlyConfigured)),
        ),
        (
            local,
            ANN,
            refused(ReasonCode::WritebackDisabled, Some(SsprCode::WritebackNotEnabled)),
        ),
    ];
    for (patch, userid, outcome) in rows {
        let mut world = World::ready();
        world.set(patch);
        assert_eq!(ended(&world.identify(userid)), outcome, "{patch:?} {userid}");
    }
}

#[test]
fn each_of_the_six_licences_suffices() {
    let six = [
        Licence::AzureAdPremium1,
        Licence::AzureAdPremium2,
        Licence::EnterpriseMobilitySecurityE3,
        Licence::EnterpriseMobilitySecurityE5,
        Licence::SecureProductiveEnterpriseE3,
        Licence::SecureProductiveEnterpriseE5,
    ];
    for licence in six {
        let mut world = World::ready();
        world.set(SettingsPatch {
            licence: Some(licence),
            ..SettingsPatch::default()
        });
        let effects = world.identify(ANN);
        let [Effect::OpenSession(_), Effect::Show(Page::AskCode { mail })] = effects.as_slice() else {
            panic!("{licence:?}: {effects:?}");
        };
        assert_eq!(mail, "a***@mail.test");
    }
}

#[test]
fn nobody_can_reset_before_a_full_export_is_complete() {
    let mut world = World::bare();
    world.onboard("agent-1");
    world.export(true, false);
    assert_eq!(ended(&world.identify(ANN)), refused(ReasonCode::UnknownUser, None));
    world.export(true, true);
    assert!(matches!(
        world.identify(" ANN@Corp.Test ").as_slice(),
        [Effect::OpenSession(_), ..]
    ));
}

#[test]
fn without_an_agent_that_is_heard_of_nothing_leaves() {
    let mut world = World::bare();
    world.export(true, true);
    assert_eq!(ended(&world.identify(ANN)), down(), "nobody onboarded");
    world.onboard("agent-1");
    world.pass(3 * HEARTBEAT_S);
    assert!(
        matches!(world.identify(ANN).as_slice(), [Effect::OpenSession(_), ..]),
        "three beats are not yet missed"
    );
    world.pass(1);
    assert_eq!(ended(&world.identify(ANN)), down(), "stale");
    world.onboard("agent-2");
    world.pass(3 * HEARTBEAT_S + 1);
    assert!(!world.heartbeat("agent-1"), "replaced");
    assert_eq!(ended(&world.identify(ANN)), down());
    assert!(world.heartbeat("agent-2"));
    world.proven();
    world.pass(3 * HEARTBEAT_S + 1);
    assert_eq!(
        ended(&world.step(good_reset())),
        refused(ReasonCode::SessionInvalid, None),
        "fifteen minutes are over"
    );
}
