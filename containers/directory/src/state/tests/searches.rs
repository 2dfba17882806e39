use super::*;

fn people(count: usize) -> Lab {
    let mut lab = Lab::new();
    for index in 0..count {
        let dn = format!("CN=Person {index:04},{PEOPLE}");
        lab.add(
            &dn,
            &[
                ("objectClass", "user"),
                ("sn", if index % 2 == 0 { "Even" } else { "Odd" }),
            ],
        );
    }
    lab
}

fn names(rows: &[(String, Row)]) -> Vec<&str> {
    rows.iter().map(|(dn, _)| dn.as_str()).collect()
}

#[test]
fn scopes_reach_as_far_as_they_say() {
    let lab = Lab::new();
    let users = |scope, base| lab.search(base, scope, "(objectClass=*)", &["1.1"]);
    assert_eq!(names(&users(LdapSearchScope::Base, PEOPLE)), [PEOPLE]);
    assert_eq!(names(&users(LdapSearchScope::OneLevel, PEOPLE)), [ANN]);
    assert_eq!(names(&users(LdapSearchScope::Subtree, PEOPLE)), [PEOPLE, ANN]);
    assert_eq!(names(&users(LdapSearchScope::Children, PEOPLE)), [ANN]);
    assert!(users(LdapSearchScope::OneLevel, ANN).is_empty());
}

#[test]
fn an_index_answers_within_the_scope_only() {
    let lab = Lab::new();
    let by_sam = |scope, base| lab.search(base, scope, "(sAMAccountName=ALEE)", &["1.1"]).len();
    assert_eq!(by_sam(LdapSearchScope::Subtree, BASE), 1);
    assert_eq!(by_sam(LdapSearchScope::OneLevel, BASE), 0);
    assert_eq!(by_sam(LdapSearchScope::Subtree, "CN=Users,DC=corp,DC=test"), 0);
    assert_eq!(by_sam(LdapSearchScope::Base, ANN), 1);
}

#[test]
fn filters_mean_what_they_say() {
    let mut lab = Lab::new();
    lab.set(ANN, "displayName", "Ännchen Lee*");
    lab.set(ANN, "countryCode", "276");
    let found = [
        "(cn=ann LEE)",
        "(cn~=Ann Lee)",
        "(displayName=ännCHEN*)",
        "(displayName=*CHEN*lee\\2a)",
        "(countryCode>=276)",
        "(countryCode<=276)",
        "(userAccountControl:1.2.840.113556.1.4.803:=512)",
        "(userAccountControl:1.2.840.113556.1.4.804:=514)",
        "(distinguishedName=\"cn=ann lee, ou=people, dc=corp, dc=test\")",
        "(&(sAMAccountName=alee)(!(userAccountControl:1.2.840.113556.1.4.803:=2)))",
        "(|(noSuchAttribute=1)(mail=x)(userPrincipalName=alee@corp.test))",
    ];
    for filter in found {
        assert!(lab.find(filter).contains(&ANN.to_owned()), "{filter}");
    }
    let not_found = [
        "(cn=Ann)",
        "(countryCode>=277)",
        "(countryCode>=3000000000000000000000)",
        "(&(cn=Ann Lee)(noSuchAttribute=1))",
        "(!(noSuchAttribute=1))",
        "(userAccountControl:1.2.840.113556.1.4.803:=514)",
        "(msDS-KeyVersionNumber=1)",
        "(displayName=Ännchen Lee)",
    ];
    for filter in not_found {
        assert!(!lab.find(filter).contains(&ANN.to_owned()), "{filter}");
    }
    assert!(
        lab.find("(objectCategory=organizationalUnit)")
            .contains(&PEOPLE.to_owned())
    );
    assert_eq!(lab.find("(&(objectCategory=computer)(cn=DC1))").len(), 1);
}

#[test]
fn attributes_are_chosen_by_name_star_plus_or_not_at_all() {
    let lab = Lab::new();
    let all = lab.read(ANN, &[]);
    assert_eq!(all, lab.read(ANN, &["*"]));
    assert!(all.contains_key("objectGUID") && !all.contains_key("msDS-KeyVersionNumber"));
    assert!(lab.read(ANN, &["+"]).contains_key("msDS-KeyVersionNumber"));
    assert!(lab.read(ANN, &["1.1"]).is_empty());
    let named = lab.read(ANN, &["CN", "NOSUCH", "msds-keyversionnumber", "mail"]);
    assert_eq!(named.keys().collect::<Vec<_>>(), ["cn", "msDS-KeyVersionNumber"]);
    let mut types = request(ANN, LdapSearchScope::Base, "(objectClass=*)", &["cn"]);
    types.typesonly = true;
    let mut cursor = lab.domain.begin_search(&lab.admin, &types).unwrap();
    let (entries, _) = lab.domain.step(&mut cursor, 1, lab.now);
    assert!(entries[0].attributes[0].vals.is_empty());
}

#[test]
fn a_person_looks_as_in_active_directory() {
    let lab = Lab::new();
    let row = lab.read(ANN, &["*", "+"]);
    let expected = [
        ("objectClass", "top|person|organizationalPerson|user"),
        ("objectCategory", "CN=Person,CN=Schema,CN=Configuration,DC=corp,DC=test"),
        ("sAMAccountType", "805306368"),
        ("primaryGroupID", "513"),
        ("canonicalName", "corp.test/People/Ann Lee"),
        ("msDS-PrincipalName", "CORP\\alee"),
        ("userAccountControl", "512"),
        ("badPwdCount", "0"),
        ("name", "Ann Lee"),
    ];
    for (name, value) in expected {
        assert_eq!(row[name].join("|"), value, "{name}");
    }
    assert!(!row.contains_key("lockoutTime"), "absent until it is first written");
}

#[test]
fn the_head_shows_the_policy() {
    let lab = Lab::new();
    let expected = [
        ("minPwdLength", 7),
        ("pwdHistoryLength", 24),
        ("pwdProperties", 1),
        ("minPwdAge", 0),
        ("maxPwdAge", i64::MIN),
        ("lockoutThreshold", 3),
        ("lockoutDuration", -600_000_000),
        ("lockOutObservationWindow", -300_000_000),
    ];
    for (name, value) in expected {
        assert_eq!(lab.number(BASE, name), value, "{name}");
    }
    assert!(lab.value(BASE, "fSMORoleOwner").starts_with("CN=NTDS Settings,CN=DC1,"));
}

#[test]
fn pages_cover_everything_once_and_long_searches_go_in_steps() {
    let lab = people(2500);
    let filter = "(sn=Odd)";
    let mut cursor = lab
        .domain
        .begin_search(&lab.admin, &request(BASE, LdapSearchScope::Subtree, filter, &["1.1"]))
        .unwrap();
    let (mut seen, mut pages, mut steps, mut room) = (Vec::new(), 1, 0, 500);
    loop {
        let (entries, progress) = lab.domain.step(&mut cursor, room, lab.now);
        room -= entries.len();
        steps += 1;
        seen.extend(entries.into_iter().map(|entry| entry.dn));
        match progress {
            Progress::Continue => {}
            Progress::Full => (pages, room) = (pages + 1, 500),
            Progress::Limit => panic!("no limit was asked for"),
            Progress::Done => break,
        }
    }
    assert_eq!((seen.len(), pages), (1250, 3));
    assert!(steps > pages, "2500 candidates are more than one step takes");
    seen.dedup();
    assert_eq!(seen.len(), 1250);
}

#[test]
fn a_size_limit_is_told_only_when_it_cut_something_off() {
    let lab = people(3);
    let end = |limit| {
        let mut request = request(PEOPLE, LdapSearchScope::Subtree, "(sn=*)", &["1.1"]);
        request.sizelimit = limit;
        let mut cursor = lab.domain.begin_search(&lab.admin, &request).unwrap();
        let (entries, progress) = lab.domain.step(&mut cursor, 1000, lab.now);
        (entries.len(), progress)
    };
    assert_eq!(end(2), (2, Progress::Limit));
    assert_eq!(end(3), (3, Progress::Done));
    assert_eq!(end(0), (3, Progress::Done));
}

#[test]
fn the_root_speaks_for_the_controller() {
    let lab = Lab::new();
    let all = request("", LdapSearchScope::Base, "(objectClass=*)", &[]);
    let facts = row(lab.domain.root_dse(&all, lab.now).attributes);
    assert_eq!(facts["defaultNamingContext"], [BASE]);
    assert_eq!(facts["dnsHostName"], ["dc1.corp.test"]);
    let usn: i64 = facts["highestCommittedUSN"][0].parse().unwrap();
    assert!(usn >= lab.number(ANN, "uSNChanged"));
    for oid in [
        "1.2.840.113556.1.4.319",
        "1.2.840.113556.1.4.2239",
        "1.2.840.113556.1.4.2066",
    ] {
        assert!(facts["supportedControl"].contains(&oid.to_owned()), "{oid}");
    }
    let one = request("", LdapSearchScope::Base, "(objectClass=*)", &["DNSHOSTNAME"]);
    assert_eq!(lab.domain.root_dse(&one, lab.now).attributes.len(), 1);
}

#[test]
fn compare_tells_without_showing() {
    let lab = Lab::new();
    let compare = |attr: &str, value: &[u8]| lab.domain.compare(&lab.admin, ANN, attr, value, lab.now).unwrap();
    assert_eq!(compare("cn", b"ANN LEE"), LdapResultCode::CompareTrue);
    assert_eq!(compare("cn", b"Bob"), LdapResultCode::CompareFalse);
    assert_eq!(compare("unicodePwd", &wire(FIRST)), LdapResultCode::CompareFalse);
}
