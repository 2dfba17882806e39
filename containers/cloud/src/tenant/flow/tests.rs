//! The flow without sockets: every refusal, and what surrounds a good one.

use std::sync::LazyLock;
use std::time::Duration;

use protocol::envelope::{OpeningKey, SealingKey};
use protocol::service::{Heartbeat, OnboardRequest, SyncExport, SyncObject};

use super::*;
use crate::secret::RunSecret;
use crate::tenant::{Licence, SettingsPatch, TenantSettings};

const ANN: &str = "ann@corp.test";
const SECRET: &str = "Sunny-Morning-7";
const HEARTBEAT_S: u64 = 300;

/// One key for all tests: making one takes longer than the rest together.
static KEY: LazyLock<Vec<u8>> = LazyLock::new(|| OpeningKey::generate("k").unwrap().to_pkcs8().unwrap().to_vec());

fn keys(agent: &str) -> Keys {
    let cloud = OpeningKey::from_pkcs8("cloud", &KEY).unwrap();
    Keys {
        agent: SealingKey::new(agent, &cloud.public().unwrap()).unwrap(),
        cloud,
    }
}

fn person(upn: &str, mail: Option<&str>) -> SyncObject {
    SyncObject {
        source_anchor: format!("anchor of {upn}"),
        upn: upn.into(),
        sam: "sam".into(),
        display_name: "Name".into(),
        dn: "CN=Name".into(),
        domain: "corp.test".into(),
        mail: mail.map(str::to_owned),
        enabled: true,
    }
}

struct World {
    tenant: Tenant,
    now: Now,
    session: Option<String>,
}

impl World {
    /// Nobody has onboarded, nobody is known.
    fn bare() -> Self {
        let now = Now {
            monotonic: Duration::from_secs(10),
            unix: Duration::from_secs(1_800_000_000),
        };
        let tenant = Tenant::new(TenantSettings::default(), HEARTBEAT_S, RunSecret::new(b"run"), now);
        Self {
            tenant,
            now,
            session: None,
        }
    }

    /// An agent is there, and so are Ann and Bob, who has no mail.
    fn ready() -> Self {
        let mut world = Self::bare();
        world.onboard("agent-1");
        world.export(true, true);
        world
    }

    fn onboard(&mut self, key: &str) {
        let asked = OnboardRequest {
            agent_version: "2.0.0.0".into(),
            key_id: key.into(),
            public_key: String::new(),
        };
        self.tenant.onboard(asked, keys(key), self.now);
    }

    fn export(&mut self, full: bool, last: bool) {
        let objects = vec![
            person(ANN, Some("ann.private@mail.test")),
            person("bob@corp.test", None),
        ];
        self.tenant
            .export(SyncExport { full, last, objects }, self.now)
            .unwrap();
    }

    fn heartbeat(&mut self, key: &str) -> bool {
        let heartbeat = Heartbeat {
            agent_version: "2.0.0.0".into(),
            key_id: key.into(),
            listening: 2,
            served: 0,
        };
        self.tenant.heard(&heartbeat, self.now)
    }

    fn set(&mut self, patch: SettingsPatch) {
        self.tenant.patch(patch, self.now);
    }

    fn pass(&mut self, seconds: u64) {
        self.now.monotonic += Duration::from_secs(seconds);
        self.now.unix += Duration::from_secs(seconds);
    }

    /// Takes a step as a browser would, keeping the cookie.
    fn step(&mut self, event: PortalEvent) -> Vec<Effect> {
        self.step_as(None, event)
    }

    fn step_as(&mut self, operation: Option<Uuid>, event: PortalEvent) -> Vec<Effect> {
        let session = self.session.clone();
        let effects = self.tenant.portal(session.as_deref(), operation, event, self.now);
        for effect in &effects {
            match effect {
                Effect::OpenSession(id) => self.session = Some(id.clone()),
                Effect::CloseSession => self.session = None,
                _ => {}
            }
        }
        effects
    }

    fn identify(&mut self, userid: &str) -> Vec<Effect> {
        self.step(PortalEvent::Identify { userid: userid.into() })
    }

    fn verify(&mut self, code: &str) -> Vec<Effect> {
        self.step(PortalEvent::Verify { code: code.into() })
    }

    /// Ann, up to the code in her hand.
    fn with_code(&mut self) -> String {
        self.identify(ANN);
        let effects = self.step(PortalEvent::SendCode);
        let code = effects.iter().find_map(|effect| match effect {
            Effect::SendCode(message) => Some(message.code.clone()),
            _ => None,
        });
        code.unwrap_or_else(|| panic!("no code: {effects:?}"))
    }

    /// Ann, up to the choice.
    fn proven(&mut self) {
        let code = self.with_code();
        let effects = self.verify(&code);
        assert!(
            matches!(effects.as_slice(), [Effect::Show(Page::Choose { problem: None, .. })]),
            "{effects:?}"
        );
    }
}

fn reset(password: &str, confirmed: &str) -> PortalEvent {
    let (password, confirmed) = (Password::new(password.into()), Password::new(confirmed.into()));
    PortalEvent::Finish(Choice::Reset { password, confirmed })
}

fn good_reset() -> PortalEvent {
    reset(SECRET, SECRET)
}

#[track_caller]
fn order(effects: Vec<Effect>) -> Order {
    let orders = effects.into_iter().filter_map(|effect| match effect {
        Effect::Writeback(order) => Some(order),
        _ => None,
    });
    orders.last().expect("an order")
}

/// The outcome on the page that ends the flow.
#[track_caller]
fn ended(effects: &[Effect]) -> Outcome {
    match effects {
        [Effect::CloseSession, Effect::Show(Page::End(ending))] => ending.outcome.clone(),
        other => panic!("not an ending: {other:?}"),
    }
}

fn refused(code: ReasonCode, sspr: Option<SsprCode>) -> Outcome {
    Outcome::Rejected(Reason {
        sspr,
        ..Reason::new(code)
    })
}

fn down() -> Outcome {
    Outcome::Failed(Reason::new(ReasonCode::NoListener).with_sspr(SsprCode::OnPremisesConnectivityError))
}

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

#[test]
fn a_reset_leaves_once_and_is_stored_after_the_directory_took_it() {
    let mut world = World::ready();
    world.proven();
    let operation = Uuid::from_u128(7);
    let order = order(world.step_as(Some(operation), good_reset()));
    assert_eq!(
        (order.operation, order.kind, order.upn.as_str()),
        (operation, OpKind::Reset, ANN)
    );
    assert_eq!(world.tenant.operation(operation).unwrap().result, "in_flight");
    let held = Password::new(SECRET.into());
    assert!(!world.tenant.knows_password(ANN, &held), "on-premises first");
    assert!(world.tenant.store(&order, world.now));
    let ending = world.tenant.settle(&order, Outcome::Applied, true, world.now);
    assert!(ending.in_cloud && world.tenant.knows_password(ANN, &held));
    assert!(
        !world
            .tenant
            .knows_password(ANN, &Password::new("Sunny-Morning-8".into()))
    );
    assert_eq!(world.tenant.operation(operation).unwrap().result, "applied");
    assert_eq!(
        ended(&world.step(good_reset())),
        refused(ReasonCode::SessionInvalid, None),
        "used up"
    );
}

#[test]
fn an_operation_id_that_left_before_never_leaves_again() {
    let mut world = World::ready();
    let operation = Some(Uuid::from_u128(7));
    world.proven();
    let first = order(world.step_as(operation, good_reset()));
    world.tenant.settle(&first, Outcome::Applied, true, world.now);
    world.proven();
    let second = world.step_as(operation, good_reset());
    assert_eq!(ended(&second), Outcome::Unknown(UnknownWhy::Unplaced));
    assert_eq!(world.tenant.operation(first.operation).unwrap().result, "applied");
}

#[test]
fn the_unlock_toggle_hides_and_refuses_the_unlock() {
    let mut world = World::ready();
    world.set(SettingsPatch {
        unlock_without_reset: Some(false),
        ..SettingsPatch::default()
    });
    let code = world.with_code();
    let page = world.verify(&code);
    assert!(
        matches!(page.as_slice(), [Effect::Show(Page::Choose { unlock: false, .. })]),
        "{page:?}"
    );
    let unlock = world.step(PortalEvent::Finish(Choice::Unlock));
    assert_eq!(ended(&unlock), refused(ReasonCode::UnlockDisabled, None));
    world.proven();
    assert_eq!(
        order(world.step(good_reset())).kind,
        OpKind::Reset,
        "a reset is another matter"
    );
    world.set(SettingsPatch {
        unlock_without_reset: Some(true),
        ..SettingsPatch::default()
    });
    world.proven();
    let order = order(world.step(PortalEvent::Finish(Choice::Unlock)));
    assert!(order.kind == OpKind::Unlock && order.password.is_none());
}

#[test]
fn the_gates_are_asked_again_at_the_end() {
    let mut world = World::ready();
    world.proven();
    world.set(SettingsPatch {
        writeback: Some(false),
        ..SettingsPatch::default()
    });
    let outcome = ended(&world.step(good_reset()));
    assert_eq!(
        outcome,
        refused(ReasonCode::WritebackDisabled, Some(SsprCode::WritebackNotEnabled))
    );
}

#[test]
fn steps_cannot_be_skipped() {
    let invalid = refused(ReasonCode::SessionInvalid, None);
    let mut world = World::ready();
    assert_eq!(ended(&world.step(PortalEvent::SendCode)), invalid, "no session");
    world.identify(ANN);
    assert_eq!(ended(&world.verify("000000")), invalid, "no code was sent");
    world.identify(ANN);
    assert_eq!(ended(&world.step(good_reset())), invalid, "no proof");
    world.with_code();
    assert_eq!(
        ended(&world.step(PortalEvent::Finish(Choice::Unlock))),
        invalid,
        "no proof"
    );
    world.session = Some("made up".into());
    assert_eq!(ended(&world.verify("000000")), invalid, "no such session");
}

#[test]
fn five_wrong_codes_lock_the_person_out() {
    let mut world = World::ready();
    let code = world.with_code();
    let wrong = if code == "000000" { "000001" } else { "000000" };
    for _ in 0..4 {
        assert!(matches!(
            world.verify(wrong).as_slice(),
            [Effect::Show(Page::WrongCode { .. })]
        ));
    }
    let throttled = refused(ReasonCode::Throttled, None);
    assert_eq!(ended(&world.verify(wrong)), throttled);
    assert_eq!(
        ended(&world.identify(ANN)),
        throttled,
        "a new session is no way around it"
    );
    world.pass(24 * 3600);
    world.heartbeat("agent-1");
    world.proven();
    let blocked = world
        .tenant
        .audit_page(Some("Blocked from self-service password reset"), None, 9);
    assert_eq!(blocked.len(), 1);
}

#[test]
fn a_code_is_used_in_five_minutes_and_a_new_one_replaces_it() {
    let mut world = World::ready();
    let old = world.with_code();
    world.pass(5 * 60);
    assert!(matches!(
        world.verify(&old).as_slice(),
        [Effect::Show(Page::WrongCode { .. })]
    ));
    let effects = world.step(PortalEvent::SendCode);
    let [Effect::SendCode(message), _] = effects.as_slice() else {
        panic!("{effects:?}")
    };
    let code = message.code.clone();
    assert_ne!(code, old);
    assert!(matches!(
        world.verify(&code).as_slice(),
        [Effect::Show(Page::Choose { .. })]
    ));
}

#[test]
fn a_password_that_cannot_be_meant_stays_in_the_cloud() {
    let mut world = World::ready();
    world.proven();
    let rows = [
        (reset("", ""), Problem::Empty),
        (reset("One-thing-1", "Another-thing-1"), Problem::Differs),
        (reset(&"x".repeat(257), &"x".repeat(257)), Problem::TooLong),
        (reset("a\0b", "a\0b"), Problem::Unusable),
        (reset("a\u{FFFD}b", "a\u{FFFD}b"), Problem::Unusable),
        (PortalEvent::Finish(Choice::Unclear), Problem::Unclear),
    ];
    for (event, wanted) in rows {
        let effects = world.step(event);
        let [Effect::Show(Page::Choose { problem, .. })] = effects.as_slice() else {
            panic!("{effects:?}")
        };
        assert_eq!(*problem, Some(wanted));
    }
    let longest = "ä".repeat(256);
    assert_eq!(
        order(world.step(reset(&longest, &longest))).password.unwrap().expose(),
        longest
    );
}

#[test]
fn a_good_reset_is_audited_in_the_products_order() {
    let mut world = World::ready();
    world.proven();
    let order = order(world.step(good_reset()));
    world.tenant.settle(&order, Outcome::Applied, true, world.now);
    let rows = world.tenant.audit_page(None, None, 5);
    let names: Vec<_> = rows.iter().rev().map(|row| row.activity.name()).collect();
    assert_eq!(
        names,
        [
            "Self-service password reset flow activity progress",
            "Reset user password",
            "Update StsRefreshTokenValidFrom Timestamp",
            "Reset password (self-service)",
            "Self-service password reset flow activity progress",
        ]
    );
    assert!(rows.iter().all(|row| row.success && row.correlation == order.operation));
}

#[test]
fn a_success_on_premises_alone_is_told_apart() {
    let mut world = World::ready();
    world.proven();
    let order = order(world.step(good_reset()));
    world
        .tenant
        .export(
            SyncExport {
                full: true,
                last: true,
                objects: Vec::new(),
            },
            world.now,
        )
        .unwrap();
    assert!(!world.tenant.store(&order, world.now), "the person is gone");
    let ending = world.tenant.settle(&order, Outcome::Applied, false, world.now);
    assert!(!ending.in_cloud && ending.outcome == Outcome::Applied);
    assert_eq!(
        world.tenant.audit_page(None, None, 1)[0].reason,
        "OnPremisesSuccessCloudFailure"
    );
}

#[test]
fn neither_code_nor_password_shows_in_debug_texts() {
    let mut world = World::ready();
    world.identify(ANN);
    let sent = world.step(PortalEvent::SendCode);
    let [Effect::SendCode(message), _] = sent.as_slice() else {
        panic!("{sent:?}")
    };
    let code = message.code.clone();
    assert!(!format!("{sent:?}{:?}", world.tenant).contains(&code));
    world.verify(&code);
    let effects = world.step(good_reset());
    assert!(!format!("{effects:?}{:?}", world.tenant).contains(SECRET));
}
