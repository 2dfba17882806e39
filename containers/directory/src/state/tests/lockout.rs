use super::*;

fn fail(lab: &mut Lab, times: usize) {
    for _ in 0..times {
        assert_eq!(lab.bind(ANN, "wrong"), Err("52e".to_owned()));
    }
}

fn computed(lab: &Lab) -> i64 {
    lab.number(ANN, "msDS-User-Account-Control-Computed")
}

#[test]
fn the_threshold_locks_whatever_the_password_and_counts_no_further() {
    let mut lab = Lab::new();
    fail(&mut lab, 3);
    assert_eq!(lab.number(ANN, "lockoutTime"), lab.now.0);
    assert_eq!(computed(&lab), 0x10);
    for clear in [FIRST, "wrong"] {
        assert_eq!(lab.bind(ANN, clear), Err("775".to_owned()));
    }
    assert_eq!(lab.number(ANN, "badPwdCount"), 3);
}

#[test]
fn a_lock_ends_by_itself_and_its_trace_goes_with_a_good_logon() {
    let mut lab = Lab::new();
    fail(&mut lab, 3);
    lab.wait(59);
    assert_eq!(lab.bind(ANN, FIRST), Err("775".to_owned()));
    lab.wait(1);
    assert_eq!(computed(&lab), 0);
    assert_ne!(lab.number(ANN, "lockoutTime"), 0);
    assert!(lab.bind(ANN, FIRST).is_ok());
    assert_eq!(lab.number(ANN, "lockoutTime"), 0);
    assert_eq!(lab.number(ANN, "badPwdCount"), 0);
}

#[test]
fn failures_far_apart_are_not_counted_together() {
    let mut lab = Lab::new();
    fail(&mut lab, 2);
    lab.wait(30);
    fail(&mut lab, 2);
    assert_eq!(lab.number(ANN, "badPwdCount"), 2);
    assert_eq!(computed(&lab), 0);
}

#[test]
fn a_write_of_zero_unlocks_once_and_keeps_the_time_of_the_failure() {
    let mut lab = Lab::new();
    fail(&mut lab, 3);
    let failed_at = lab.now.0;
    lab.wait(1);
    lab.set(ANN, "lockoutTime", "0");
    assert_eq!(lab.number(ANN, "badPwdCount"), 0);
    assert_eq!(lab.number(ANN, "badPasswordTime"), failed_at);
    let before = lab.read(ANN, &["uSNChanged", "msDS-KeyVersionNumber", "whenChanged"]);
    lab.wait(1);
    lab.set(ANN, "lockoutTime", "0");
    assert_eq!(
        lab.read(ANN, &["uSNChanged", "msDS-KeyVersionNumber", "whenChanged"]),
        before
    );
    assert!(lab.bind(ANN, FIRST).is_ok());
}

#[test]
fn a_reset_does_not_unlock() {
    let mut lab = Lab::new();
    fail(&mut lab, 3);
    lab.reset(ANN, SECOND);
    assert_eq!(lab.bind(ANN, SECOND), Err("775".to_owned()));
    assert_eq!(lab.number(ANN, "badPwdCount"), 3);
    lab.set(ANN, "lockoutTime", "0");
    assert!(lab.bind(ANN, SECOND).is_ok());
}

#[test]
fn reset_and_unlock_go_together_in_one_modify_or_not_at_all() {
    let mut lab = Lab::new();
    fail(&mut lab, 3);
    let before = lab.read(ANN, &["*", "+"]);
    let admin = lab.admin;
    let weak = vec![replace("lockoutTime", "0"), reset("short")];
    assert_eq!(
        lab.modify(admin, ANN, weak),
        refused(LdapResultCode::UnwillingToPerform, "0000052D")
    );
    assert_eq!(lab.read(ANN, &["*", "+"]), before);
    let bad_second = vec![reset(SECOND), write(LdapModifyType::Delete, "lockoutTime", &[])];
    assert_eq!(
        lab.modify(admin, ANN, bad_second),
        refused(LdapResultCode::UnwillingToPerform, "00002077")
    );
    assert_eq!(lab.read(ANN, &["*", "+"]), before);
    let both = vec![reset(SECOND), replace("lockoutTime", "0")];
    assert_eq!(lab.modify(admin, ANN, both), granted());
    assert!(lab.bind(ANN, SECOND).is_ok());
}

#[test]
fn without_a_threshold_nobody_is_locked() {
    let mut config = config();
    config.lockout.threshold = 0;
    let mut lab = Lab::with(&config);
    fail(&mut lab, 50);
    assert!(lab.bind(ANN, FIRST).is_ok());
}

#[test]
fn a_duration_of_zero_locks_until_somebody_unlocks() {
    let mut config = config();
    config.lockout.duration = Duration::ZERO;
    let mut lab = Lab::with(&config);
    fail(&mut lab, 3);
    lab.wait(1_000_000);
    assert_eq!(lab.bind(ANN, FIRST), Err("775".to_owned()));
    assert_eq!(lab.number(BASE, "lockoutDuration"), i64::MIN);
}

#[test]
fn the_administrator_is_never_locked() {
    let mut lab = Lab::new();
    for _ in 0..10 {
        assert!(lab.bind(ADMINISTRATOR, "wrong").is_err());
    }
    assert!(lab.bind(ADMINISTRATOR, "Admin-Pass-1").is_ok());
}

#[test]
fn a_policy_written_to_the_head_holds_at_once() {
    let mut lab = Lab::new();
    lab.set(BASE, "lockoutThreshold", "1");
    fail(&mut lab, 1);
    assert_eq!(lab.bind(ANN, FIRST), Err("775".to_owned()));
    let admin = lab.admin;
    assert_eq!(
        lab.modify(admin, ANN, vec![replace("lockoutThreshold", "1")]).0,
        LdapResultCode::ObjectClassViolation as i64
    );
}
