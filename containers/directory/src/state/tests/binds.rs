use std::time::Duration;

use super::*;

fn err(data: &str) -> Result<Session, String> {
    Err(data.to_owned())
}

#[test]
fn a_person_binds_by_every_name_and_in_any_case() {
    let mut lab = Lab::new();
    let names = [
        ANN,
        "cn=ANN lee, ou=people, dc=CORP, dc=test",
        "alee@corp.test",
        "ALEE@CORP.TEST",
        "CORP\\alee",
        "corp.test\\ALee",
    ];
    for name in names {
        let session = lab.session(name, FIRST);
        assert_eq!(lab.domain.whoami(&session), "u:CORP\\alee", "{name}");
    }
    let guid = lab.domain.entry(lab.domain.resolve(ANN).unwrap()).unwrap().guid;
    assert!(lab.bind(&format!("<GUID={guid}>"), FIRST).is_ok());
    assert!(lab.bind(&format!("{{{guid}}}"), FIRST).is_ok());
    assert_eq!(lab.bind("{nonsense}", FIRST), err("525"));
}

#[test]
fn a_wrong_bind_says_why_as_active_directory_does() {
    let mut lab = Lab::new();
    assert_eq!(lab.bind("nobody@corp.test", FIRST), err("525"));
    assert_eq!(lab.bind("OTHER\\alee", FIRST), err("525"));
    assert_eq!(lab.bind(ANN, "wrong"), err("52e"));
    assert_eq!(lab.bind(ANN, ""), err("52e"));
    assert_eq!(lab.bind(PEOPLE, FIRST), err("52e"), "a unit has no password");
    assert_eq!(lab.bind("", ""), Ok(Session::default()));
    let refusal = lab
        .domain
        .bind(&mut Session::default(), ANN, &password("x"), lab.now)
        .unwrap_err();
    assert_eq!(
        refusal.text,
        "80090308: LdapErr: DSID-0C0903A9, comment: AcceptSecurityContext error, data 52e, v4563"
    );
}

#[test]
fn the_state_of_an_account_is_told_only_to_who_knows_the_password() {
    let past = "132223104000000000";
    let states = [
        ("userAccountControl", "514", "533"),
        ("accountExpires", past, "701"),
        ("pwdLastSet", "0", "773"),
        ("userWorkstations", "PC1,PC2", "531"),
    ];
    for (name, value, data) in states {
        let mut lab = Lab::new();
        lab.set(ANN, name, value);
        assert_eq!(lab.bind(ANN, FIRST), err(data), "{name}");
        assert_eq!(lab.bind(ANN, "wrong"), err("52e"), "{name}");
    }
}

#[test]
fn a_glance_takes_only_binds_that_change_nothing() {
    let mut lab = Lab::new();
    let glance = |lab: &Lab, clear: &str| lab.domain.bind_at_a_glance(ANN, &password(clear), lab.now);
    let bound = lab.session(ANN, FIRST);
    assert_eq!(glance(&lab, FIRST), Some(bound));
    assert_eq!(glance(&lab, "wrong"), None);
    assert_eq!(glance(&lab, ""), None);
    assert_eq!(lab.domain.bind_at_a_glance("nobody", &password(FIRST), lab.now), None);
    assert_eq!(lab.bind(ANN, "wrong"), err("52e"));
    assert_eq!(glance(&lab, FIRST), None, "there is a count to be cleared");
    lab.session(ANN, FIRST);
    assert_eq!(glance(&lab, FIRST), Some(bound));
    for (name, value) in [("userAccountControl", "514"), ("pwdLastSet", "0"), ("lockoutTime", "1")] {
        let mut lab = Lab::new();
        lab.set(ANN, name, value);
        assert_eq!(glance(&lab, FIRST), None, "{name}");
    }
}

#[test]
fn logon_hours_are_kept() {
    let mut lab = Lab::new();
    let hour = lab.now.hour_of_week();
    let mut hours = [0xFF_u8; 21];
    hours[hour / 8] &= !(1 << (hour % 8));
    let admin = lab.admin;
    let change = write(LdapModifyType::Replace, "logonHours", &[&hours]);
    assert_eq!(lab.modify(admin, ANN, vec![change]), granted());
    assert_eq!(lab.bind(ANN, FIRST), err("530"));
    lab.wait(3600);
    assert!(lab.bind(ANN, FIRST).is_ok());
}

#[test]
fn a_password_expires_with_the_policy_and_not_when_it_never_does() {
    let mut config = config();
    config.policy.max_age = Some(Duration::from_secs(100));
    let mut lab = Lab::with(&config);
    assert!(lab.bind(ANN, FIRST).is_ok());
    lab.wait(100);
    assert_eq!(lab.bind(ANN, FIRST), err("532"));
    assert_eq!(lab.number(ANN, "msDS-User-Account-Control-Computed"), 0x80_0000);
    lab.set(ANN, "userAccountControl", "66048");
    assert!(lab.bind(ANN, FIRST).is_ok());
    assert_eq!(lab.number(ANN, "msDS-User-Account-Control-Computed"), 0);
}

#[test]
fn the_old_password_binds_only_within_its_grace_and_is_never_counted() {
    let mut config = config();
    config.old_password_allowed = Duration::from_secs(60);
    let mut lab = Lab::with(&config);
    lab.reset(ANN, SECOND);
    assert!(lab.bind(ANN, FIRST).is_ok());
    lab.wait(60);
    assert_eq!(lab.bind(ANN, FIRST), err("52e"));
    lab.reset(ANN, THIRD);
    assert_eq!(lab.bind(ANN, FIRST), err("52e"), "the one before the last has no grace");
    assert_eq!(lab.number(ANN, "badPwdCount"), 0);
    lab.reset(ANN, "Fourth-Password-4");
    assert_eq!(lab.bind(ANN, FIRST), err("52e"));
    assert_eq!(lab.number(ANN, "badPwdCount"), 1, "three back is a stranger");
}

#[test]
fn without_a_grace_the_old_password_is_worth_nothing() {
    let mut lab = Lab::new();
    lab.reset(ANN, SECOND);
    assert_eq!(lab.bind(ANN, FIRST), err("52e"));
    assert!(lab.bind(ANN, SECOND).is_ok());
}

#[test]
fn a_failed_bind_leaves_nobody_on_the_connection() {
    let mut lab = Lab::new();
    let mut session = lab.session(ANN, FIRST);
    let wrong = password("wrong");
    assert!(lab.domain.bind(&mut session, ANN, &wrong, lab.now).is_err());
    assert_eq!(session, Session::default());
    let request = request(BASE, LdapSearchScope::Base, "(objectClass=*)", &[]);
    let refusal = lab.domain.begin_search(&session, &request).err().unwrap();
    assert_eq!(
        verdict(Err(refusal)),
        refused(LdapResultCode::OperationsError, "000004DC")
    );
}
