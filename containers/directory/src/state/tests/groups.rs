use super::*;

const ADMINS: &str = "CN=Domain Admins,CN=Users,DC=corp,DC=test";
const ADMINISTRATORS: &str = "CN=Administrators,CN=Builtin,DC=corp,DC=test";
const DOMAIN_USERS: &str = "CN=Domain Users,CN=Users,DC=corp,DC=test";

fn join(lab: &mut Lab, group: &str, member: &str) -> (i64, String) {
    let admin = lab.admin;
    let change = write(LdapModifyType::Add, "member", &[member.as_bytes()]);
    lab.modify(admin, group, vec![change])
}

fn group(lab: &mut Lab, cn: &str, members: &[&str]) -> String {
    let dn = format!("CN={cn},{PEOPLE}");
    lab.add(&dn, &[("objectClass", "group"), ("sAMAccountName", cn)]);
    for member in members {
        assert_eq!(join(lab, &dn, member), granted());
    }
    dn
}

#[test]
fn the_groups_of_every_domain_are_there() {
    let lab = Lab::new();
    assert_eq!(lab.value(ADMINS, "adminCount"), "1");
    assert_eq!(lab.value(ADMINS, "primaryGroupToken"), "512");
    assert_eq!(lab.value(ADMINISTRATORS, "adminCount"), "1");
    assert_eq!(lab.value(ADMINISTRATORS, "sAMAccountType"), "536870912");
    assert!(lab.value(ADMINISTRATORS, "member").contains(ADMINS));
    assert_eq!(lab.value("<SID=S-1-5-32-544>", "distinguishedName"), ADMINISTRATORS);
    assert_eq!(lab.find("(objectSid=S-1-5-32-544)"), [ADMINISTRATORS]);
    let [a, b, c] = lab.domain.identity.sid;
    assert!(lab.domain.resolve(&format!("<SID=S-1-5-21-{a}-{b}-{c}-544>")).is_err());
    assert!(lab.domain.resolve("<SID=S-1-5-32-512>").is_err());
}

#[test]
fn a_group_is_global_and_for_security_unless_said_otherwise() {
    let mut lab = Lab::new();
    let dn = group(&mut lab, "Pilot", &[]);
    assert_eq!(lab.value(&dn, "groupType"), "-2147483646");
    lab.set(&dn, "groupType", "4");
    assert_eq!(lab.value(&dn, "sAMAccountType"), "536870913");
    let admin = lab.admin;
    for wrong in ["6", "1", "-2147483643"] {
        assert_eq!(
            lab.modify(admin, &dn, vec![replace("groupType", wrong)]).0,
            53,
            "{wrong}"
        );
    }
}

#[test]
fn chains_of_membership_are_followed_and_cycles_end() {
    let mut lab = Lab::new();
    let inner = group(&mut lab, "Inner", &[ANN]);
    let outer = group(&mut lab, "Outer", &[&inner]);
    assert_eq!(join(&mut lab, &inner, &outer), granted(), "a cycle");
    let chain = |attr: &str, dn: &str| format!("({attr}:1.2.840.113556.1.4.1941:=\"{dn}\")");
    let mut members = lab.find(&chain("memberOf", &outer));
    members.sort();
    assert_eq!(members, [ANN, inner.as_str(), outer.as_str()]);
    let mut holders = lab.find(&chain("member", ANN));
    holders.sort();
    assert_eq!(holders, [inner.as_str(), outer.as_str()]);
    assert!(lab.find(&chain("memberOf", "CN=Nobody,DC=corp,DC=test")).is_empty());
    lab.set(ANN, "manager", SERVICE);
    lab.set(SERVICE, "manager", ADMINISTRATOR);
    let mut below = lab.find(&chain("manager", ADMINISTRATOR));
    below.sort();
    assert_eq!(below, [ANN, SERVICE]);
}

#[test]
fn a_token_holds_every_security_group() {
    let mut lab = Lab::new();
    let inner = group(&mut lab, "Inner", &[ANN]);
    group(&mut lab, "Outer", &[&inner]);
    let list = group(&mut lab, "List", &[ANN]);
    lab.set(&list, "groupType", "2");
    let row = lab.read(ANN, &["tokenGroups"]);
    assert_eq!(row["tokenGroups"].len(), 4, "two groups, Domain Users, and Users");
    let request = request(BASE, LdapSearchScope::Subtree, "(cn=Ann Lee)", &["tokenGroups"]);
    let refusal = lab.domain.begin_search(&lab.admin, &request).err().unwrap();
    assert_eq!(refusal.code, LdapResultCode::OperationsError);
    assert!(!lab.read(ANN, &["+"]).contains_key("tokenGroups"));
}

#[test]
fn the_primary_group_changes_places_with_a_membership() {
    let mut lab = Lab::new();
    let pilot = group(&mut lab, "Pilot", &[]);
    let rid = lab.value(&pilot, "primaryGroupToken");
    let admin = lab.admin;
    let become_pilot = || vec![replace("primaryGroupID", &rid)];
    assert_eq!(lab.modify(admin, ANN, become_pilot()).0, 53, "not a member yet");
    assert_eq!(join(&mut lab, &pilot, ANN), granted());
    assert_eq!(lab.modify(admin, ANN, become_pilot()), granted());
    assert_eq!(lab.value(ANN, "primaryGroupID"), rid);
    assert_eq!(lab.value(ANN, "memberOf"), DOMAIN_USERS);
    assert_eq!(lab.value(&pilot, "member"), "");
    assert_eq!(join(&mut lab, &pilot, ANN).0, 68, "a member already");
    assert_eq!(lab.find(&format!("(primaryGroupID={rid})")), [ANN]);
    assert_eq!(lab.read(ANN, &["*"])["primaryGroupID"].len(), 1);
    lab.set(ANN, "primaryGroupID", "513");
    assert_eq!(lab.value(ANN, "memberOf"), pilot);
    assert_eq!(join(&mut lab, DOMAIN_USERS, ANN).0, 68);
}

#[test]
fn a_member_of_the_administrators_is_one_and_can_still_be_reset() {
    let mut lab = Lab::new();
    let ann = lab.session(ANN, FIRST);
    assert_ne!(lab.modify(ann, SERVICE, vec![reset(SECOND)]), granted());
    assert_eq!(join(&mut lab, ADMINS, ANN), granted());
    assert_eq!(lab.modify(ann, SERVICE, vec![reset(SECOND)]), granted());
    assert_eq!(
        lab.value(ANN, "adminCount"),
        "",
        "nobody goes round to mark the protected"
    );
    lab.set(ANN, "adminCount", "1");
    let service = lab.session(SERVICE, SECOND);
    assert_eq!(lab.modify(service, ANN, vec![reset(THIRD)]), granted());
}

#[test]
fn what_every_domain_has_is_not_deleted() {
    let mut lab = Lab::new();
    let admin = lab.admin;
    for dn in [ADMINS, ADMINISTRATORS, DOMAIN_USERS, "CN=Builtin,DC=corp,DC=test"] {
        assert!(lab.domain.delete(&admin, dn, true).is_err(), "{dn}");
    }
    let pilot = group(&mut lab, "Pilot", &[ANN]);
    lab.domain.delete(&admin, &pilot, false).unwrap();
    assert_eq!(lab.value(ANN, "memberOf"), "");
}
