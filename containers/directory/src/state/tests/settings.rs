use ldap3_proto::proto::LdapModifyDNRequest;

use super::*;

const CONTAINER: &str = "CN=Password Settings Container,CN=System,DC=corp,DC=test";
const DAY: i64 = 864_000_000_000;
const SECOND_TICKS: i64 = 10_000_000;

/// Everything a policy must say, more lenient than the domain's in all but what a test changes.
fn lenient(precedence: u32) -> BTreeMap<&'static str, String> {
    [
        ("msDS-PasswordSettingsPrecedence", precedence.to_string()),
        ("msDS-PasswordReversibleEncryptionEnabled", "FALSE".to_owned()),
        ("msDS-PasswordHistoryLength", "0".to_owned()),
        ("msDS-PasswordComplexityEnabled", "FALSE".to_owned()),
        ("msDS-MinimumPasswordLength", "0".to_owned()),
        ("msDS-MinimumPasswordAge", "0".to_owned()),
        ("msDS-MaximumPasswordAge", i64::MIN.to_string()),
        ("msDS-LockoutThreshold", "0".to_owned()),
        ("msDS-LockoutObservationWindow", (-30 * SECOND_TICKS).to_string()),
        ("msDS-LockoutDuration", (-30 * SECOND_TICKS).to_string()),
    ]
    .into()
}

fn named(cn: &str) -> String {
    format!("CN={cn},{CONTAINER}")
}

fn try_policy(lab: &mut Lab, dn: &str, values: &BTreeMap<&'static str, String>) -> (i64, String) {
    let class = std::iter::once(attribute("objectClass", &[b"top", b"msDS-PasswordSettings"]));
    let values = values.iter().map(|(name, value)| attribute(name, &[value.as_bytes()]));
    let admin = lab.admin;
    verdict(lab.domain.add(&admin, dn, class.chain(values).collect(), lab.now))
}

fn policy(lab: &mut Lab, cn: &str, precedence: u32, changes: &[(&'static str, &str)], subjects: &[&str]) {
    let mut values = lenient(precedence);
    values.extend(changes.iter().map(|(name, value)| (*name, (*value).to_owned())));
    assert_eq!(try_policy(lab, &named(cn), &values), granted());
    apply(lab, cn, subjects);
}

fn apply(lab: &mut Lab, cn: &str, subjects: &[&str]) {
    let values: Vec<&[u8]> = subjects.iter().map(|subject| subject.as_bytes()).collect();
    let change = write(LdapModifyType::Replace, "msDS-PSOAppliesTo", &values);
    let admin = lab.admin;
    assert_eq!(lab.modify(admin, &named(cn), vec![change]), granted());
}

fn group(lab: &mut Lab, cn: &str, members: &[&str]) -> String {
    let dn = format!("CN={cn},{PEOPLE}");
    lab.add(&dn, &[("objectClass", "group"), ("sAMAccountName", cn)]);
    for member in members {
        let admin = lab.admin;
        let change = write(LdapModifyType::Add, "member", &[member.as_bytes()]);
        assert_eq!(lab.modify(admin, &dn, vec![change]), granted());
    }
    dn
}

fn resultant(lab: &Lab) -> String {
    let dn = lab.value(ANN, "msDS-ResultantPSO");
    dn.split(',')
        .next()
        .unwrap_or_default()
        .trim_start_matches("CN=")
        .to_owned()
}

fn reset_as_admin(lab: &mut Lab, clear: &str) -> (i64, String) {
    let admin = lab.admin;
    lab.modify(admin, ANN, vec![reset(clear)])
}

fn weak() -> (i64, String) {
    refused(LdapResultCode::UnwillingToPerform, "0000052D")
}

#[test]
fn a_policy_says_everything_or_is_refused() {
    let mut lab = Lab::new();
    for name in lenient(1).keys() {
        let mut values = lenient(1);
        values.remove(name);
        let missing = refused(LdapResultCode::ObjectClassViolation, "0000207C");
        assert_eq!(try_policy(&mut lab, &named("P"), &values), missing, "{name}");
    }
    assert_eq!(try_policy(&mut lab, &named("P"), &lenient(1)), granted());
    let admin = lab.admin;
    let taken = write(LdapModifyType::Delete, "msDS-LockoutThreshold", &[]);
    let missing = refused(LdapResultCode::ObjectClassViolation, "0000207C");
    assert_eq!(lab.modify(admin, &named("P"), vec![taken]), missing);
    assert_eq!(lab.value(&named("P"), "objectClass"), "top|msDS-PasswordSettings");
    assert_eq!(
        lab.find("(objectCategory=msDS-PasswordSettings)"),
        [named("P")],
        "found by its class"
    );
}

#[test]
fn values_out_of_range_are_refused() {
    let constraint = refused(LdapResultCode::ConstraintViolation, "00002082");
    let syntax = refused(LdapResultCode::InvalidAttributeSyntax, "0000200B");
    let contradiction = refused(LdapResultCode::UnwillingToPerform, "000020E7");
    let day = (-DAY).to_string();
    let wrong = [
        ("msDS-PasswordSettingsPrecedence", "0", &constraint),
        ("msDS-PasswordHistoryLength", "1025", &constraint),
        ("msDS-MinimumPasswordLength", "256", &constraint),
        ("msDS-LockoutThreshold", "65536", &constraint),
        ("msDS-MinimumPasswordAge", "1", &constraint),
        ("msDS-MaximumPasswordAge", "1", &constraint),
        ("msDS-LockoutDuration", "1", &constraint),
        ("msDS-PasswordComplexityEnabled", "true", &syntax),
        ("msDS-MinimumPasswordLength", "ten", &syntax),
        ("msDS-LockoutObservationWindow", day.as_str(), &contradiction),
    ];
    let mut lab = Lab::new();
    for (name, value, refusal) in wrong {
        let mut values = lenient(1);
        values.insert(name, value.to_owned());
        assert_eq!(&try_policy(&mut lab, &named("P"), &values), refusal, "{name} {value}");
    }
    policy(&mut lab, "P", 1, &[("msDS-MaximumPasswordAge", &day)], &[]);
    let admin = lab.admin;
    let older = vec![replace("msDS-MinimumPasswordAge", &day)];
    assert_eq!(lab.modify(admin, &named("P"), older), contradiction);
    let on_a_person = vec![replace("msDS-MinimumPasswordLength", "3")];
    let outcome = lab.modify(admin, ANN, on_a_person);
    assert_eq!(outcome, refused(LdapResultCode::ObjectClassViolation, "0000207D"));
}

#[test]
fn policies_stand_in_their_container_only() {
    let mut lab = Lab::new();
    let naming = refused(LdapResultCode::NamingViolation, "00002099");
    let outside = format!("CN=P,{PEOPLE}");
    assert_eq!(try_policy(&mut lab, &outside, &lenient(1)), naming);
    let elsewhere = "CN=Other,CN=Computers,DC=corp,DC=test";
    lab.add(elsewhere, &[("objectClass", "msDS-PasswordSettingsContainer")]);
    let rogue = format!("CN=P,{elsewhere}");
    assert_eq!(try_policy(&mut lab, &rogue, &lenient(1)), granted());
    lab.set(&rogue, "msDS-PSOAppliesTo", ANN);
    assert_eq!(resultant(&lab), "", "only those of the System container count");
    let admin = lab.admin;
    let home = LdapModifyDNRequest {
        dn: rogue,
        newrdn: "CN=P".to_owned(),
        deleteoldrdn: true,
        new_superior: Some(CONTAINER.to_owned()),
    };
    assert_eq!(verdict(lab.domain.rename(&admin, &home, lab.now)), granted());
    assert_eq!(resultant(&lab), "P");
    assert!(lab.domain.delete(&admin, CONTAINER, true).is_err());
}

#[test]
fn only_the_administrator_makes_policies() {
    let mut lab = Lab::new();
    policy(&mut lab, "P", 1, &[], &[]);
    let service = lab.session(SERVICE, FIRST);
    let denied = refused(LdapResultCode::InsufficentAccessRights, "00002098");
    let writes = [replace("msDS-PSOAppliesTo", ANN), replace("msDS-LockoutThreshold", "9")];
    for change in writes {
        assert_eq!(lab.modify(service, &named("P"), vec![change]), denied);
    }
    let request = request(&named("P"), LdapSearchScope::Base, "(objectClass=*)", &["*", "+"]);
    let mut cursor = lab.domain.begin_search(&service, &request).unwrap();
    let (entries, _) = lab.domain.step(&mut cursor, 1, lab.now);
    assert_eq!(entries[0].dn, named("P"));
    assert!(entries[0].attributes.is_empty(), "seen, and not read");
}

#[test]
fn a_direct_policy_beats_a_groups_and_the_lowest_precedence_wins() {
    let mut lab = Lab::new();
    assert_eq!(resultant(&lab), "");
    let inner = group(&mut lab, "Inner", &[ANN]);
    let outer = group(&mut lab, "Outer", &[&inner]);
    policy(&mut lab, "Group", 10, &[], &[&inner]);
    assert_eq!(resultant(&lab), "Group");
    policy(&mut lab, "Nested", 5, &[], &[&outer]);
    assert_eq!(resultant(&lab), "Nested", "nested groups count");
    policy(&mut lab, "Worst", 100, &[], &[ANN]);
    assert_eq!(resultant(&lab), "Worst", "applied to the person herself");
    assert_eq!(lab.value(ANN, "msDS-PSOApplied"), named("Worst"));
    assert_eq!(lab.value(&named("Worst"), "msDS-PSOAppliesTo"), ANN);
    assert_eq!(lab.value(ANN, "memberOf"), inner, "a policy is no group");
    lab.set(&named("Group"), "msDS-PasswordSettingsPrecedence", "1");
    apply(&mut lab, "Worst", &[]);
    assert_eq!(resultant(&lab), "Group");
    let admin = lab.admin;
    lab.domain.delete(&admin, &named("Group"), false).unwrap();
    assert_eq!(resultant(&lab), "Nested");
    lab.set(&outer, "groupType", "2");
    assert_eq!(resultant(&lab), "", "a distribution list carries no policy");
}

#[test]
fn equal_precedence_is_decided_by_the_lowest_guid() {
    let mut lab = Lab::new();
    let guid = |lab: &Lab, cn: &str| {
        let id = lab.domain.resolve(&named(cn)).unwrap();
        lab.domain.entry(id).unwrap().guid.to_bytes_le()
    };
    let mut names = ["A", "B", "C", "D"];
    for cn in names {
        policy(&mut lab, cn, 7, &[], &[ANN]);
    }
    names.sort_by_key(|cn| guid(&lab, cn));
    for cn in names {
        assert_eq!(resultant(&lab), cn);
        apply(&mut lab, cn, &[]);
    }
}

#[test]
fn the_primary_group_carries_policies_and_built_in_groups_do_not() {
    let mut lab = Lab::new();
    policy(&mut lab, "All", 9, &[], &["CN=Domain Users,CN=Users,DC=corp,DC=test"]);
    assert_eq!(resultant(&lab), "All");
    policy(&mut lab, "BuiltIn", 1, &[], &["CN=Users,CN=Builtin,DC=corp,DC=test"]);
    assert_eq!(resultant(&lab), "All");
    lab.set(ANN, "userAccountControl", "4096");
    assert_eq!(resultant(&lab), "", "a workstation is ruled by the domain");
    assert_eq!(lab.value(PEOPLE, "msDS-ResultantPSO"), "");
}

#[test]
fn an_account_that_is_being_added_has_the_domains_policy() {
    let mut lab = Lab::new();
    let long = [("msDS-MinimumPasswordLength", "30")];
    policy(
        &mut lab,
        "Long",
        9,
        &long,
        &["CN=Domain Users,CN=Users,DC=corp,DC=test"],
    );
    let dn = format!("CN=New,{PEOPLE}");
    lab.person(&dn, "new", FIRST);
    let admin = lab.admin;
    assert_eq!(lab.modify(admin, &dn, vec![reset(SECOND)]), weak());
}

#[test]
fn length_and_complexity_follow_the_policy() {
    let mut lab = Lab::new();
    policy(&mut lab, "Long", 5, &[("msDS-MinimumPasswordLength", "16")], &[ANN]);
    assert_eq!(reset_as_admin(&mut lab, "fifteen letters"), weak());
    assert_eq!(
        reset_as_admin(&mut lab, "sixteen  letters"),
        granted(),
        "need not be complex"
    );
    lab.set(&named("Long"), "msDS-PasswordComplexityEnabled", "TRUE");
    assert_eq!(reset_as_admin(&mut lab, "seventeen letters"), weak());
    apply(&mut lab, "Long", &[]);
    assert_eq!(reset_as_admin(&mut lab, SECOND), granted(), "the domain's again");
    assert_eq!(reset_as_admin(&mut lab, "sixteen  letters"), weak());
}

#[test]
fn history_and_least_age_follow_the_policy_on_changes_and_hinted_resets() {
    let mut lab = Lab::new();
    let age = (-60 * SECOND_TICKS).to_string();
    let strict = [("msDS-PasswordHistoryLength", "2"), ("msDS-MinimumPasswordAge", &age)];
    policy(&mut lab, "Strict", 5, &strict, &[ANN]);
    let ann = lab.session(ANN, FIRST);
    let admin = lab.admin;
    let too_young = refused(LdapResultCode::ConstraintViolation, "0000052D");
    assert_eq!(lab.modify(ann, ANN, change(FIRST, SECOND)), too_young);
    let hinted = |lab: &mut Lab, new: &str| verdict(lab.domain.modify(&admin, ANN, vec![reset(new)], true, lab.now));
    assert_eq!(hinted(&mut lab, SECOND), weak());
    lab.wait(60);
    assert_eq!(hinted(&mut lab, FIRST), weak(), "in the history");
    assert_eq!(hinted(&mut lab, SECOND), granted());
    lab.wait(60);
    assert_eq!(lab.modify(ann, ANN, change(SECOND, FIRST)), too_young);
    lab.reset(ANN, THIRD);
    lab.wait(60);
    assert_eq!(
        hinted(&mut lab, FIRST),
        granted(),
        "two back is out of a history of two"
    );
}

#[test]
fn expiry_follows_the_policy() {
    let mut lab = Lab::new();
    let (day, set) = ((-DAY).to_string(), lab.now.0);
    assert_eq!(lab.number(ANN, "msDS-UserPasswordExpiryTimeComputed"), i64::MAX);
    policy(&mut lab, "Short", 5, &[("msDS-MaximumPasswordAge", &day)], &[ANN]);
    assert_eq!(lab.number(ANN, "msDS-UserPasswordExpiryTimeComputed"), set + DAY);
    lab.wait(86_400);
    assert_eq!(lab.number(ANN, "msDS-User-Account-Control-Computed"), 0x80_0000);
    assert_eq!(lab.bind(ANN, FIRST), Err("532".to_owned()));
    apply(&mut lab, "Short", &[]);
    assert!(lab.bind(ANN, FIRST).is_ok());
}

#[test]
fn lockout_follows_the_policy() {
    let mut lab = Lab::new();
    let (window, duration) = ((-10 * SECOND_TICKS).to_string(), (-100 * SECOND_TICKS).to_string());
    let quick = [
        ("msDS-LockoutThreshold", "2"),
        ("msDS-LockoutObservationWindow", window.as_str()),
        ("msDS-LockoutDuration", duration.as_str()),
    ];
    policy(&mut lab, "Quick", 5, &quick, &[ANN]);
    let fail = |lab: &mut Lab| assert_eq!(lab.bind(ANN, "wrong"), Err("52e".to_owned()));
    fail(&mut lab);
    lab.wait(10);
    fail(&mut lab);
    assert_eq!(lab.number(ANN, "badPwdCount"), 1, "the window of the policy");
    fail(&mut lab);
    assert_eq!(lab.number(ANN, "msDS-User-Account-Control-Computed"), 0x10);
    lab.wait(99);
    assert_eq!(lab.bind(ANN, FIRST), Err("775".to_owned()));
    let ann_locked = refused(LdapResultCode::ConstraintViolation, "00000775");
    let admin = lab.admin;
    assert_eq!(lab.modify(admin, ANN, change(FIRST, SECOND)), ann_locked);
    lab.wait(1);
    assert!(lab.bind(ANN, FIRST).is_ok());
    lab.set(&named("Quick"), "msDS-LockoutThreshold", "0");
    (0..9).for_each(|_| fail(&mut lab));
    assert!(lab.bind(ANN, FIRST).is_ok());
}
