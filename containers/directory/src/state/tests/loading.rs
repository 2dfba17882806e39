use super::*;

const BOB: &str = "CN=Bob Ray,OU=People,DC=corp,DC=test";

fn attributes() -> Vec<(&'static str, String)> {
    [
        ("sAMAccountName", "bray"),
        ("userPrincipalName", "bray@corp.test"),
        ("userAccountControl", "512"),
        ("mail", "Bob.Ray@corp.test"),
        ("proxyAddresses", "SMTP:bray@corp.test"),
        ("proxyAddresses", "smtp:bob@corp.test"),
        ("pwdLastSet", "0"),
        ("accountExpires", "9223372036854775807"),
    ]
    .map(|(name, value)| (name, value.to_owned()))
    .to_vec()
}

fn add_over_ldap(lab: &mut Lab) {
    let mut all = vec![
        attribute("objectClass", &[b"user"]),
        attribute("unicodePwd", &[&wire(FIRST)]),
    ];
    for (name, value) in attributes() {
        match all
            .iter_mut()
            .find(|attribute: &&mut LdapPartialAttribute| attribute.atype == name)
        {
            Some(known) => known.vals.push(value.into_bytes()),
            None => all.push(attribute(name, &[value.as_bytes()])),
        }
    }
    let admin = lab.admin;
    lab.domain.add(&admin, BOB, all, lab.now).unwrap();
}

#[test]
fn who_is_loaded_is_as_if_added_over_ldap() {
    let (mut loaded, mut added) = (Lab::new(), Lab::new());
    loaded
        .domain
        .load(BOB, attributes(), &password(FIRST), loaded.now)
        .unwrap();
    add_over_ldap(&mut added);
    assert_eq!(loaded.read(BOB, &["*", "+"]), added.read(BOB, &["*", "+"]));
    for lab in [&mut loaded, &mut added] {
        assert_eq!(lab.bind(BOB, FIRST), Err("773".to_owned()));
        lab.reset(BOB, SECOND);
        assert!(lab.bind("bray@corp.test", SECOND).is_ok());
        assert_eq!(lab.find("(mail=bob.ray@CORP.test)"), [BOB]);
    }
    assert_eq!(loaded.read(BOB, &["*", "+"]), added.read(BOB, &["*", "+"]));
}

#[test]
fn a_loaded_password_is_not_judged_and_the_rest_is() {
    let mut lab = Lab::new();
    let mut load = |dn: &str, attributes: Vec<(&'static str, String)>, clear: &str| {
        verdict(lab.domain.load(dn, attributes, &password(clear), lab.now))
    };
    assert_eq!(load(BOB, attributes(), "x"), granted());
    assert_eq!(load(BOB, attributes(), "x").0, 68);
    let nowhere = "CN=Bob,OU=Nowhere,DC=corp,DC=test";
    assert_eq!(load(nowhere, Vec::new(), "x").0, 32);
    let unknown = vec![("noSuchAttribute", "1".to_owned())];
    assert_eq!(load("CN=Eve,OU=People,DC=corp,DC=test", unknown, "x").0, 16);
    assert!(lab.bind(BOB, "y").is_err());
}
