//! Awkward accounts: what binds, resets and the computed attributes say of each.

use super::*;

/// A file time in the past, and the one that means never.
const PAST: &str = "132223104000000000";
const NEVER: &str = "9223372036854775807";

fn computed(lab: &Lab) -> i64 {
    lab.number(ANN, "msDS-User-Account-Control-Computed")
}

/// What a bind says before and after a reset, and that the reset works.
fn bind_reset_bind(lab: &mut Lab) -> [Result<(), String>; 2] {
    let before = lab.bind(ANN, FIRST).map(|_| ());
    let service = lab.session(SERVICE, FIRST);
    assert_eq!(lab.modify(service, ANN, vec![reset(SECOND)]), granted());
    assert_eq!(lab.number(ANN, "msDS-KeyVersionNumber"), 2);
    [before, lab.bind(ANN, SECOND).map(|_| ())]
}

fn still(data: &str) -> [Result<(), String>; 2] {
    [Err(data.to_owned()), Err(data.to_owned())]
}

#[test]
fn a_disabled_account_is_reset_and_stays_disabled() {
    let mut lab = Lab::new();
    lab.set(ANN, "userAccountControl", "514");
    assert_eq!(bind_reset_bind(&mut lab), still("533"));
    assert_eq!(lab.number(ANN, "userAccountControl"), 514);
    assert_eq!(computed(&lab), 0);
}

#[test]
fn an_expired_account_is_reset_and_stays_expired() {
    let mut lab = Lab::new();
    lab.set(ANN, "accountExpires", PAST);
    assert_eq!(bind_reset_bind(&mut lab), still("701"));
    assert_eq!(computed(&lab), 0, "an account that ended is no expired password");
    for never in ["0", NEVER] {
        lab.set(ANN, "accountExpires", never);
        assert!(lab.bind(ANN, SECOND).is_ok(), "{never}");
    }
}

#[test]
fn who_must_change_may_sign_in_after_a_reset() {
    let mut lab = Lab::new();
    lab.set(ANN, "pwdLastSet", "0");
    assert_eq!(computed(&lab), 0x80_0000);
    assert_eq!(lab.number(ANN, "msDS-UserPasswordExpiryTimeComputed"), 0);
    assert_eq!(bind_reset_bind(&mut lab), [Err("773".to_owned()), Ok(())]);
    assert_eq!(computed(&lab), 0);
    assert_eq!(lab.number(ANN, "pwdLastSet"), lab.now.0);
}

#[test]
fn a_password_that_never_expires_does_not_though_one_was_asked_for() {
    let mut config = config();
    config.policy.max_age = Some(Duration::from_secs(100));
    let mut lab = Lab::with(&config);
    lab.set(SERVICE, "userAccountControl", "66048");
    lab.set(ANN, "userAccountControl", "66048");
    lab.set(ANN, "pwdLastSet", "0");
    lab.wait(1000);
    assert_eq!(computed(&lab), 0);
    assert_eq!(lab.number(ANN, "msDS-UserPasswordExpiryTimeComputed"), i64::MAX);
    assert_eq!(bind_reset_bind(&mut lab), [Ok(()), Ok(())]);
}

#[test]
fn a_smartcard_users_password_is_made_random_and_can_be_reset() {
    let mut lab = Lab::new();
    lab.set(ANN, "userAccountControl", "262656");
    assert_eq!(lab.bind(ANN, FIRST).map(|_| ()), Err("52e".to_owned()));
    assert_eq!(lab.number(ANN, "msDS-KeyVersionNumber"), 2, "the directory wrote one");
    assert_eq!(lab.number(ANN, "msDS-UserPasswordExpiryTimeComputed"), i64::MAX);
    lab.set(ANN, "userAccountControl", "262656");
    assert_eq!(lab.number(ANN, "msDS-KeyVersionNumber"), 2, "once, when the bit comes");
    lab.reset(ANN, SECOND);
    assert_eq!(lab.number(ANN, "msDS-KeyVersionNumber"), 3);
    assert!(lab.bind(ANN, SECOND).is_ok(), "a bind is no interactive logon");
    assert_eq!(computed(&lab), 0);
    let dn = format!("CN=Card,{PEOPLE}");
    let card = attribute("userAccountControl", &[b"262656"]);
    let class = attribute("objectClass", &[b"user"]);
    let admin = lab.admin;
    lab.domain.add(&admin, &dn, vec![class, card], lab.now).unwrap();
    assert_eq!(lab.number(&dn, "msDS-KeyVersionNumber"), 1);
}

#[test]
fn the_order_of_refusals_is_that_of_active_directory() {
    let mut lab = Lab::new();
    lab.set(ANN, "pwdLastSet", "0");
    assert_eq!(lab.bind(ANN, FIRST), Err("773".to_owned()));
    lab.set(ANN, "accountExpires", PAST);
    assert_eq!(lab.bind(ANN, FIRST), Err("701".to_owned()));
    lab.set(ANN, "userAccountControl", "514");
    assert_eq!(lab.bind(ANN, FIRST), Err("533".to_owned()));
    for _ in 0..3 {
        assert_eq!(lab.bind(ANN, "wrong"), Err("52e".to_owned()));
    }
    assert_eq!(lab.bind(ANN, FIRST), Err("775".to_owned()), "a lock is told first");
}
