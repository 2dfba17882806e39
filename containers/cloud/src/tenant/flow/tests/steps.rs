//! From the first step to the record of the last.

use super::*;

#[test]
fn a_reset_leaves_once_and_is_stored_after_the_directory_took_it() {
    let mut world = World::ready();
    world.proven();
    let session = world.session.clone();
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
    world.session.clone_from(&session);
    let again = world.step(good_reset());
    assert!(
        matches!(again.as_slice(), [Effect::CloseSession, Effect::Await(first)] if *first == operation),
        "used up: the same form again is the same operation: {again:?}"
    );
    assert_eq!(world.tenant.ended(operation).unwrap().outcome, Outcome::Applied);
    world.session = session;
    let other = ended(&world.step_as(Some(Uuid::from_u128(8)), good_reset()));
    assert_eq!(other, refused(ReasonCode::SessionInvalid, None), "and no other one");
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
    assert!(
        matches!(second.as_slice(), [_, Effect::Await(operation)] if *operation == first.operation),
        "{second:?}"
    );
    let stranger = world.step_as(Some(first.operation), PortalEvent::Finish(Choice::Unlock));
    assert!(
        matches!(stranger.as_slice(), [_, Effect::Await(_)]),
        "without a session neither: {stranger:?}"
    );
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
