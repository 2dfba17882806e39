use ldap3_proto::proto::LdapModifyDNRequest;

use super::*;

const AWKWARD: &str = r#"CN=O'Brien\, Zoë \"Zed\",OU=People,DC=corp,DC=test"#;

fn rename(lab: &mut Lab, dn: &str, newrdn: &str, superior: Option<&str>) -> (i64, String) {
    let request = LdapModifyDNRequest {
        dn: dn.to_owned(),
        newrdn: newrdn.to_owned(),
        deleteoldrdn: true,
        new_superior: superior.map(str::to_owned),
    };
    let admin = lab.admin;
    verdict(lab.domain.rename(&admin, &request, lab.now))
}

#[test]
fn an_awkward_name_is_one_name_in_every_spelling() {
    let mut lab = Lab::new();
    lab.person(AWKWARD, "zed", FIRST);
    assert_eq!(lab.value(AWKWARD, "distinguishedName"), AWKWARD);
    assert_eq!(lab.value(AWKWARD, "cn"), r#"O'Brien, Zoë "Zed""#);
    let spellings = [
        r#"cn="o'brien, ZOË \"zed\"",ou=people,dc=corp,dc=test"#,
        r"CN=O'Brien\2C Zo\C3\AB \22Zed\22,OU=People,DC=corp,DC=test",
    ];
    for dn in spellings {
        assert_eq!(lab.value(dn, "sAMAccountName"), "zed");
        assert!(lab.bind(dn, FIRST).is_ok());
    }
    let same = lab.add_person(spellings[0], "other", &[attribute("unicodePwd", &[&wire(FIRST)])]);
    assert_eq!(same, refused(LdapResultCode::EntryAlreadyExists, "00002071"));
}

#[test]
fn names_that_must_be_unique_are() {
    let mut lab = Lab::new();
    let pwd = attribute("unicodePwd", &[&wire(FIRST)]);
    let add = |lab: &mut Lab, cn: &str, sam: &str, more: &[LdapPartialAttribute]| {
        lab.add_person(&format!("CN={cn},{PEOPLE}"), sam, more)
    };
    let taken = refused(LdapResultCode::EntryAlreadyExists, "00000524");
    assert_eq!(add(&mut lab, "B", "ALEE", std::slice::from_ref(&pwd)), taken);
    let long = "a".repeat(21);
    let bad = refused(LdapResultCode::ConstraintViolation, "00000523");
    assert_eq!(add(&mut lab, "B", &long, std::slice::from_ref(&pwd)), bad);
    assert_eq!(add(&mut lab, "B", &long[..20], &[pwd]), granted());
    let admin = lab.admin;
    let steal = vec![replace("userPrincipalName", "Alee@Corp.Test")];
    let refusal = refused(LdapResultCode::ConstraintViolation, "000021C8");
    assert_eq!(lab.modify(admin, &format!("CN=B,{PEOPLE}"), steal), refusal);
}

#[test]
fn names_lead_somewhere_or_say_how_far() {
    let mut lab = Lab::new();
    let admin = lab.admin;
    let missing = "CN=Nobody,OU=Deep,OU=People,DC=corp,DC=test";
    let refusal = lab
        .domain
        .modify(&admin, missing, vec![reset(SECOND)], false, lab.now)
        .unwrap_err();
    assert_eq!(refusal.matched, PEOPLE);
    assert_eq!(verdict(Err(refusal)), refused(LdapResultCode::NoSuchObject, "0000208D"));
    let bad = lab.modify(admin, "not a name", vec![reset(SECOND)]);
    assert_eq!(bad, refused(LdapResultCode::InvalidDNSyntax, "0000208F"));
    let refusal = lab.domain.delete(&admin, "CN=a,DC=other,DC=test", false).unwrap_err();
    assert_eq!(refusal.referral, ["ldap://other.test/"]);
}

#[test]
fn identities_lead_to_entries_after_a_rename_too() {
    let mut lab = Lab::new();
    let guid = lab.domain.entry(lab.domain.resolve(ANN).unwrap()).unwrap().guid;
    let bytes: String = guid.to_bytes_le().iter().map(|byte| format!("{byte:02X}")).collect();
    assert_eq!(rename(&mut lab, ANN, "CN=Ann Smith", None), granted());
    for name in [format!("<GUID={guid}>"), format!("<guid={bytes}>")] {
        assert_eq!(lab.value(&name, "cn"), "Ann Smith");
        let admin = lab.admin;
        assert_eq!(lab.modify(admin, &name, vec![reset(SECOND)]), granted());
    }
    let sid = lab.domain.identity.sid_bytes(Some(1103));
    let [a, b, c] = lab.domain.identity.sid;
    let text = format!("<SID=S-1-5-21-{a}-{b}-{c}-1103>");
    assert_eq!(lab.value(&text, "cn"), "Ann Smith");
    let hex: String = sid.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(lab.value(&format!("<SID={hex}>"), "cn"), "Ann Smith");
    assert_eq!(lab.value(&format!("<SID=S-1-5-21-{a}-{b}-{c}>"), "dc"), "corp");
}

#[test]
fn identities_follow_from_the_seed_and_the_name() {
    let guid = |lab: &Lab, dn: &str| lab.domain.entry(lab.domain.resolve(dn).unwrap()).unwrap().guid;
    let (one, mut two) = (Lab::new(), Lab::new());
    assert_eq!(guid(&one, ANN), guid(&two, ANN));
    let admin = two.admin;
    two.domain.delete(&admin, ANN, false).unwrap();
    two.person(ANN, "alee", FIRST);
    assert_ne!(guid(&one, ANN), guid(&two, ANN), "another life, another identity");
    let mut other = config();
    other.guid_seed = 8;
    let other = Lab::with(&other);
    assert_ne!(guid(&one, ANN), guid(&other, ANN));
    assert_ne!(one.domain.identity.sid, other.domain.identity.sid);
}

#[test]
fn a_subtree_moves_as_a_whole_and_not_into_itself() {
    let mut lab = Lab::new();
    assert_eq!(
        rename(&mut lab, PEOPLE, "OU=Folk", Some("OU=Services,DC=corp,DC=test")),
        granted()
    );
    let moved = "CN=Ann Lee,OU=Folk,OU=Services,DC=corp,DC=test";
    assert_eq!(lab.value(moved, "sAMAccountName"), "alee");
    assert!(lab.bind(moved, FIRST).is_ok());
    let below = "OU=Folk,OU=Services,DC=corp,DC=test";
    assert_ne!(
        rename(&mut lab, "OU=Services,DC=corp,DC=test", "OU=Services", Some(below)),
        granted()
    );
    assert_eq!(
        rename(&mut lab, below, "CN=Folk", None).0,
        LdapResultCode::NamingViolation as i64
    );
    assert_eq!(
        rename(&mut lab, moved, "CN=Administrator", Some("CN=Users,DC=corp,DC=test")).0,
        68
    );
}

#[test]
fn only_leaves_are_deleted_unless_the_tree_is_meant() {
    let mut lab = Lab::new();
    let admin = lab.admin;
    let outcome = lab.domain.delete(&admin, PEOPLE, false);
    assert_eq!(
        verdict(outcome),
        refused(LdapResultCode::NotAllowedOnNonLeaf, "00002015")
    );
    assert!(lab.domain.delete(&admin, BASE, true).is_err());
    assert!(lab.domain.delete(&admin, "CN=Users,DC=corp,DC=test", true).is_err());
    lab.domain.delete(&admin, PEOPLE, true).unwrap();
    assert!(lab.find("(sAMAccountName=alee)").is_empty());
    assert_eq!(lab.bind("alee@corp.test", FIRST), Err("525".to_owned()));
}

#[test]
fn groups_and_members_are_two_ends_of_one_link() {
    let mut lab = Lab::new();
    let group = "CN=Pilot,OU=People,DC=corp,DC=test";
    lab.add(
        group,
        &[("objectClass", "group"), ("sAMAccountName", "Pilot"), ("member", ANN)],
    );
    assert_eq!(lab.value(ANN, "memberOf"), group);
    assert_eq!(lab.find(&format!("(memberOf=\"{group}\")")), [ANN]);
    let admin = lab.admin;
    let again = vec![write(LdapModifyType::Add, "member", &[ANN.as_bytes()])];
    assert_eq!(
        lab.modify(admin, group, again).0,
        LdapResultCode::EntryAlreadyExists as i64
    );
    let swap = vec![
        write(LdapModifyType::Delete, "member", &[ANN.as_bytes()]),
        write(LdapModifyType::Add, "member", &[SERVICE.as_bytes()]),
    ];
    assert_eq!(lab.modify(admin, group, swap), granted());
    assert_eq!(
        (lab.value(group, "member"), lab.value(ANN, "memberOf")),
        (SERVICE.to_owned(), String::new())
    );
    let nobody = vec![write(LdapModifyType::Replace, "member", &[])];
    assert_eq!(lab.modify(admin, group, nobody), granted());
    assert_eq!(lab.value(group, "member"), "");
    lab.set(group, "member", ANN);
    lab.domain.delete(&admin, ANN, false).unwrap();
    assert_eq!(lab.value(group, "member"), "");
}

#[test]
fn values_come_and_go_one_by_one() {
    use LdapModifyType::{Add, Delete};
    let mut lab = Lab::new();
    let admin = lab.admin;
    let mut proxy = |action, values: &[&[u8]]| lab.modify(admin, ANN, vec![write(action, "proxyAddresses", values)]).0;
    assert_eq!(proxy(Add, &[b"SMTP:a@corp.test", b"smtp:b@corp.test"]), 0);
    assert_eq!(proxy(Add, &[b"smtp:A@corp.test"]), 20);
    assert_eq!(proxy(Delete, &[b"smtp:nobody"]), 16);
    assert_eq!(proxy(Delete, &[b"smtp:a@CORP.test"]), 0);
    assert_eq!(lab.value(ANN, "proxyAddresses"), "smtp:b@corp.test");
    let two = vec![write(Add, "mail", &[b"a", b"b"])];
    assert_eq!(
        lab.modify(admin, ANN, two).0,
        LdapResultCode::ConstraintViolation as i64
    );
}

#[test]
fn what_the_directory_keeps_is_not_written() {
    let mut lab = Lab::new();
    let admin = lab.admin;
    let cases = [
        ("objectGUID", 19),
        ("uSNChanged", 19),
        ("memberOf", 53),
        ("badPwdCount", 53),
        ("msDS-KeyVersionNumber", 19),
        ("cn", 67),
        ("noSuchAttribute", 16),
        ("countryCode", 21),
    ];
    for (name, code) in cases {
        assert_eq!(lab.modify(admin, ANN, vec![replace(name, "x")]).0, code, "{name}");
    }
    lab.set(ANN, "userAccountControl", "528");
    assert_eq!(lab.number(ANN, "userAccountControl"), 512, "the lock bit is not stored");
}

#[test]
fn a_write_of_what_is_there_already_changes_nothing() {
    let mut lab = Lab::new();
    lab.set(ANN, "mail", "ann@corp.test");
    let before = lab.number(ANN, "uSNChanged");
    lab.set(ANN, "mail", "ann@corp.test");
    assert_eq!(lab.number(ANN, "uSNChanged"), before);
}
