use std::time::Duration;

use super::*;

fn weak_reset() -> (i64, String) {
    refused(LdapResultCode::UnwillingToPerform, "0000052D")
}

fn weak_change() -> (i64, String) {
    refused(LdapResultCode::ConstraintViolation, "0000052D")
}

fn kvno(lab: &Lab) -> i64 {
    lab.number(ANN, "msDS-KeyVersionNumber")
}

fn change_as_ann(lab: &mut Lab, proof: &str, new: &str) -> (i64, String) {
    let ann = lab.session(ANN, proof);
    lab.modify(ann, ANN, change(proof, new))
}

#[test]
fn the_key_version_counts_every_applied_write_and_no_other() {
    let mut lab = Lab::new();
    assert_eq!(kvno(&lab), 1, "created with a password");
    lab.reset(ANN, SECOND);
    lab.reset(ANN, SECOND);
    assert_eq!(kvno(&lab), 3, "the same password counts too");
    assert_eq!(change_as_ann(&mut lab, SECOND, THIRD), granted());
    assert_eq!(kvno(&lab), 4);
    let admin = lab.admin;
    assert_ne!(lab.modify(admin, ANN, vec![reset("short")]), granted());
    lab.set(ANN, "lockoutTime", "0");
    lab.set(ANN, "displayName", "Ann");
    assert_eq!(kvno(&lab), 4);
    lab.add("CN=New,OU=People,DC=corp,DC=test", &[("objectClass", "user")]);
    assert_eq!(
        lab.value("CN=New,OU=People,DC=corp,DC=test", "msDS-KeyVersionNumber"),
        ""
    );
}

#[test]
fn every_applied_write_moves_the_usn_and_the_time() {
    let mut lab = Lab::new();
    let before = lab.number(ANN, "uSNChanged");
    lab.wait(5);
    lab.reset(ANN, SECOND);
    assert!(lab.number(ANN, "uSNChanged") > before);
    assert_eq!(lab.number(ANN, "pwdLastSet"), lab.now.0);
    assert_eq!(lab.value(ANN, "whenChanged"), lab.now.generalized());
    assert_eq!(lab.number(ANN, "uSNCreated"), before);
}

#[test]
fn a_reset_obeys_length_and_complexity_but_not_history() {
    let mut lab = Lab::new();
    let admin = lab.admin;
    let too_long = "aA1-".repeat(65);
    let weak = [
        "aA1-aA",
        "alllowercase",
        "lower1234567",
        "Xalee-2026!",
        "XALEE-2026!",
        &too_long,
    ];
    for clear in weak {
        assert_eq!(lab.modify(admin, ANN, vec![reset(clear)]), weak_reset(), "{clear}");
    }
    lab.reset(ANN, FIRST);
    lab.reset(ANN, "пароль-Ж1");
    assert!(lab.bind(ANN, "пароль-Ж1").is_ok());
}

#[test]
fn parts_of_the_display_name_are_refused_from_three_letters_on() {
    let mut lab = Lab::new();
    lab.set(ANN, "displayName", "Ng, Annabel-Lee");
    let admin = lab.admin;
    assert_eq!(lab.modify(admin, ANN, vec![reset("my-LEE-2026")]), weak_reset());
    lab.reset(ANN, "Long-ng-2026");
}

#[test]
fn policy_hints_make_a_reset_obey_history_and_age() {
    let mut config = config();
    config.policy.min_age = Duration::from_secs(10);
    config.policy.history = 2;
    let mut lab = Lab::with(&config);
    let admin = lab.admin;
    let hinted = |lab: &mut Lab, new: &str| verdict(lab.domain.modify(&admin, ANN, vec![reset(new)], true, lab.now));
    assert_eq!(hinted(&mut lab, SECOND), weak_reset(), "too young");
    lab.wait(10);
    assert_eq!(hinted(&mut lab, FIRST), weak_reset(), "the current one");
    assert_eq!(hinted(&mut lab, SECOND), granted());
    lab.wait(10);
    assert_eq!(hinted(&mut lab, FIRST), weak_reset(), "the one before");
    assert_eq!(hinted(&mut lab, THIRD), granted());
    lab.wait(10);
    assert_eq!(
        hinted(&mut lab, FIRST),
        granted(),
        "two back is out of a history of two"
    );
}

#[test]
fn a_change_proves_the_old_password_and_obeys_the_whole_policy() {
    let mut config = config();
    config.policy.min_age = Duration::from_secs(10);
    let mut lab = Lab::with(&config);
    assert_eq!(change_as_ann(&mut lab, FIRST, SECOND), weak_change(), "too young");
    lab.wait(10);
    assert_eq!(change_as_ann(&mut lab, FIRST, FIRST), weak_change());
    assert_eq!(change_as_ann(&mut lab, FIRST, "short"), weak_change());
    assert_eq!(change_as_ann(&mut lab, FIRST, SECOND), granted());
    lab.wait(10);
    assert_eq!(change_as_ann(&mut lab, SECOND, FIRST), weak_change(), "in the history");
    assert_eq!(lab.number(ANN, "badPwdCount"), 0);
}

#[test]
fn a_wrong_old_password_counts_and_locks() {
    let mut lab = Lab::new();
    let ann = lab.session(ANN, FIRST);
    let wrong = refused(LdapResultCode::ConstraintViolation, "00000056");
    for count in 1..=3 {
        assert_eq!(lab.modify(ann, ANN, change("Wrong-Old-1", SECOND)), wrong);
        assert_eq!(lab.number(ANN, "badPwdCount"), count);
    }
    let locked = refused(LdapResultCode::ConstraintViolation, "00000775");
    assert_eq!(lab.modify(ann, ANN, change(FIRST, SECOND)), locked);
    assert_eq!(kvno(&lab), 1);
}

#[test]
fn the_two_previous_passwords_prove_nothing_and_are_not_counted() {
    let mut lab = Lab::new();
    lab.reset(ANN, SECOND);
    lab.reset(ANN, THIRD);
    let ann = lab.session(ANN, THIRD);
    let wrong = refused(LdapResultCode::ConstraintViolation, "00000056");
    for old in [FIRST, SECOND] {
        assert_eq!(lab.modify(ann, ANN, change(old, "Fourth-Password-4")), wrong);
    }
    assert_eq!(lab.number(ANN, "badPwdCount"), 0);
}

#[test]
fn malformed_password_writes_are_refused_each_in_its_way() {
    use LdapModifyType::{Add, Delete, Replace};
    let (one, two) = (wire(FIRST), wire(SECOND));
    let (one, two) = (one.as_slice(), two.as_slice());
    let pwd = |action, values: &[&[u8]]| write(action, "unicodePwd", values);
    let unwilling = LdapResultCode::UnwillingToPerform;
    let broken = LdapResultCode::ConstraintViolation;
    let cases = [
        (vec![pwd(Replace, &[b"plain"])], unwilling.clone(), "0000001F"),
        (vec![pwd(Replace, &[])], unwilling.clone(), "00002077"),
        (vec![pwd(Replace, &[one, two])], broken.clone(), "00002081"),
        (vec![pwd(Add, &[one])], unwilling.clone(), "00002077"),
        (vec![pwd(Delete, &[one])], broken.clone(), "00002081"),
        (vec![pwd(Delete, &[])], unwilling.clone(), "00002077"),
        (vec![pwd(Delete, &[]), pwd(Add, &[two])], broken.clone(), "00002081"),
        (vec![pwd(Delete, &[one]), pwd(Add, &[two, one])], broken, "00002081"),
        (
            vec![pwd(Replace, &[one]), pwd(Add, &[two])],
            unwilling.clone(),
            "00002077",
        ),
        (vec![pwd(Delete, &[b"old"]), pwd(Add, &[two])], unwilling, "0000001F"),
    ];
    let mut lab = Lab::new();
    let admin = lab.admin;
    for (changes, code, hex) in cases {
        let shape = format!("{changes:?}");
        assert_eq!(lab.modify(admin, ANN, changes), refused(code, hex), "{shape}");
    }
    assert_eq!(kvno(&lab), 1);
    let reversed = change(FIRST, SECOND).into_iter().rev().collect();
    assert_eq!(
        lab.modify(admin, ANN, reversed),
        granted(),
        "add may come before delete"
    );
}

#[test]
fn a_unit_has_no_password_to_reset() {
    let mut lab = Lab::new();
    let admin = lab.admin;
    let outcome = lab.modify(admin, PEOPLE, vec![reset(SECOND)]);
    assert_eq!(outcome.0, LdapResultCode::ObjectClassViolation as i64);
}

#[test]
fn pwd_last_set_takes_only_zero_and_minus_one() {
    let mut lab = Lab::new();
    lab.wait(9);
    lab.set(ANN, "pwdLastSet", "0");
    assert_eq!(lab.number(ANN, "pwdLastSet"), 0);
    lab.set(ANN, "pwdLastSet", "-1");
    assert_eq!(lab.number(ANN, "pwdLastSet"), lab.now.0);
    let admin = lab.admin;
    let outcome = lab.modify(admin, ANN, vec![replace("pwdLastSet", "5")]);
    assert_eq!(outcome.0, LdapResultCode::Other as i64);
    let forced = vec![replace("pwdLastSet", "0"), reset(SECOND)];
    assert_eq!(lab.modify(admin, ANN, forced), granted());
    assert_eq!(lab.bind(ANN, SECOND), Err("773".to_owned()));
}

#[test]
fn an_enabled_account_needs_a_password() {
    let mut lab = Lab::new();
    let dn = "CN=Bob,OU=People,DC=corp,DC=test";
    assert_eq!(lab.add_person(dn, "bob", &[]), weak_reset());
    let weak = attribute("unicodePwd", &[&wire("weak")]);
    assert_eq!(lab.add_person(dn, "bob", &[weak]), weak_reset());
    lab.add(dn, &[("objectClass", "user"), ("sAMAccountName", "bob")]);
    assert_eq!(lab.number(dn, "userAccountControl"), 546);
    let admin = lab.admin;
    let enable = vec![replace("userAccountControl", "512")];
    assert_eq!(lab.modify(admin, dn, enable.clone()), weak_reset());
    lab.reset(dn, FIRST);
    assert_eq!(lab.modify(admin, dn, enable), granted());
    assert!(lab.bind(dn, FIRST).is_ok());
}

#[test]
fn the_password_is_never_read() {
    let lab = Lab::new();
    assert!(!lab.read(ANN, &["unicodePwd", "*", "+"]).contains_key("unicodePwd"));
    assert!(lab.find("(unicodePwd=*)").is_empty());
}
