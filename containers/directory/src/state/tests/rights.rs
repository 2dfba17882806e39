use super::*;

const DENIED: (LdapResultCode, &str) = (LdapResultCode::InsufficentAccessRights, "00000005");
const DENIED_ATTRIBUTE: (LdapResultCode, &str) = (LdapResultCode::InsufficentAccessRights, "00002098");

fn lab_with(rights: &[Right]) -> (Lab, Session) {
    let mut config = config();
    config.delegations = vec![delegation(rights)];
    let mut lab = Lab::with(&config);
    let service = lab.session(SERVICE, FIRST);
    (lab, service)
}

fn expect(outcome: (i64, String), (code, hex): (LdapResultCode, &'static str)) {
    assert_eq!((outcome.0, outcome.1), refused(code, hex));
}

#[test]
fn a_delegation_grants_what_it_names() {
    let mut lab = Lab::new();
    let service = lab.session(SERVICE, FIRST);
    let writeback = vec![reset(SECOND), replace("lockoutTime", "0"), replace("pwdLastSet", "-1")];
    assert_eq!(lab.modify(service, ANN, writeback), granted());
    assert!(lab.bind(ANN, SECOND).is_ok());
    expect(
        lab.modify(service, ANN, vec![replace("displayName", "x")]),
        DENIED_ATTRIBUTE,
    );
    let mixed = vec![reset(THIRD), replace("mail", "x")];
    expect(lab.modify(service, ANN, mixed), DENIED_ATTRIBUTE);
    assert_eq!(lab.number(ANN, "msDS-KeyVersionNumber"), 2);
}

#[test]
fn each_right_that_is_missing_is_missed() {
    let (mut lab, service) = lab_with(&[]);
    expect(lab.modify(service, ANN, vec![reset(SECOND)]), DENIED);
    expect(
        lab.modify(service, ANN, vec![replace("lockoutTime", "0")]),
        DENIED_ATTRIBUTE,
    );
    expect(
        lab.modify(service, ANN, vec![replace("pwdLastSet", "0")]),
        DENIED_ATTRIBUTE,
    );
    let no_change = (LdapResultCode::ConstraintViolation, "00000005");
    expect(lab.modify(service, ANN, change(FIRST, SECOND)), no_change);
    let (mut lab, service) = lab_with(&[Right::ChangePassword]);
    assert_eq!(lab.modify(service, ANN, change(FIRST, SECOND)), granted());
}

#[test]
fn without_unexpire_a_reset_leaves_the_password_expired() {
    let (mut lab, service) = lab_with(&[Right::ResetPassword, Right::WritePwdLastSet]);
    assert_eq!(lab.modify(service, ANN, vec![reset(SECOND)]), granted());
    assert_eq!(lab.number(ANN, "pwdLastSet"), 0);
    assert_eq!(lab.bind(ANN, SECOND), Err("773".to_owned()));
    expect(
        lab.modify(service, ANN, vec![replace("pwdLastSet", "-1")]),
        DENIED_ATTRIBUTE,
    );
}

#[test]
fn a_delegation_ends_at_its_units_and_at_users() {
    let mut lab = Lab::new();
    let outside = "CN=Eve,CN=Users,DC=corp,DC=test";
    lab.person(outside, "eve", FIRST);
    let unit = format!("OU=Deep,{PEOPLE}");
    lab.add(&unit, &[("objectClass", "organizationalUnit")]);
    let inside = format!("CN=Deep One,{unit}");
    lab.person(&inside, "deep", FIRST);
    let service = lab.session(SERVICE, FIRST);
    assert_eq!(lab.modify(service, &inside, vec![reset(SECOND)]), granted());
    for dn in [outside, ADMINISTRATOR, SERVICE] {
        expect(lab.modify(service, dn, vec![reset(SECOND)]), DENIED);
        expect(
            lab.modify(service, dn, vec![replace("lockoutTime", "0")]),
            DENIED_ATTRIBUTE,
        );
    }
    expect(
        lab.modify(service, PEOPLE, vec![replace("description", "x")]),
        DENIED_ATTRIBUTE,
    );
}

#[test]
fn an_ordinary_user_changes_the_own_password_and_nobody_elses() {
    let mut lab = Lab::new();
    let bob = "CN=Bob,OU=People,DC=corp,DC=test";
    lab.person(bob, "bob", FIRST);
    let session = lab.session(bob, FIRST);
    assert_eq!(lab.modify(session, bob, change(FIRST, SECOND)), granted());
    let other = (LdapResultCode::ConstraintViolation, "00000005");
    expect(lab.modify(session, ANN, change(FIRST, SECOND)), other);
    expect(lab.modify(session, ANN, vec![reset(SECOND)]), DENIED);
    expect(lab.modify(session, bob, vec![reset(THIRD)]), DENIED);
    let add_only = vec![write(LdapModifyType::Add, "unicodePwd", &[&wire(THIRD)])];
    expect(lab.modify(session, bob, add_only), DENIED);
    expect(lab.modify(session, bob, vec![replace("mail", "x")]), DENIED_ATTRIBUTE);
    let admin = lab.admin;
    lab.admin = session;
    expect(lab.add_person("CN=X,OU=People,DC=corp,DC=test", "x", &[]), DENIED);
    expect(verdict(lab.domain.delete(&session, ANN, false)), DENIED);
    assert_eq!(lab.value(ANN, "sAMAccountName"), "alee", "everybody reads");
    lab.admin = admin;
}

#[test]
fn everybody_writes_their_own_personal_information_and_nobody_elses() {
    let mut lab = Lab::new();
    let bob = "CN=Bob,OU=People,DC=corp,DC=test";
    lab.person(bob, "bob", FIRST);
    let session = lab.session(bob, FIRST);
    for name in ["telephoneNumber", "info", "streetAddress", "wWWHomePage"] {
        assert_eq!(lab.modify(session, bob, vec![replace(name, "x")]), granted(), "{name}");
        assert_eq!(lab.value(bob, name), "x");
        expect(lab.modify(session, ANN, vec![replace(name, "x")]), DENIED_ATTRIBUTE);
    }
    for name in ["description", "displayName", "title", "co", "lockoutTime"] {
        expect(lab.modify(session, bob, vec![replace(name, "0")]), DENIED_ATTRIBUTE);
    }
}

#[test]
fn anonymous_writes_nothing() {
    let mut lab = Lab::new();
    let nobody = Session::default();
    let first = (LdapResultCode::OperationsError, "000004DC");
    expect(lab.modify(nobody, ANN, vec![reset(SECOND)]), first.clone());
    expect(verdict(lab.domain.delete(&nobody, ANN, false)), first);
}

#[test]
fn a_delegation_follows_its_name_and_dies_with_its_holder() {
    let mut lab = Lab::new();
    let service = lab.session(SERVICE, FIRST);
    let admin = lab.admin;
    lab.domain.delete(&admin, SERVICE, false).unwrap();
    let gone = (LdapResultCode::OperationsError, "000004DC");
    expect(lab.modify(service, ANN, vec![reset(SECOND)]), gone);
    lab.person(SERVICE, "svc-writeback", FIRST);
    let service = lab.session(SERVICE, FIRST);
    assert_eq!(lab.modify(service, ANN, vec![reset(SECOND)]), granted());
}
