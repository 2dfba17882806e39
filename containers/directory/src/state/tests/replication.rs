use super::replicas::Replicas;
use super::*;

const BOB: &str = "CN=Bob,OU=People,DC=corp,DC=test";
const STAFF: &str = "CN=Staff,OU=People,DC=corp,DC=test";

fn passwords(all: &mut Replicas, clear: &str) -> Vec<bool> {
    all.0.iter_mut().map(|lab| lab.bind(ANN, clear).is_ok()).collect()
}

#[test]
fn a_domain_alone_keeps_no_books() {
    let mut lab = Lab::new();
    lab.reset(ANN, SECOND);
    lab.bind(ANN, "wrong").unwrap_err();
    assert!(!lab.domain.has_news());
    assert_eq!((lab.domain.pending(), lab.domain.next_due()), (0, None));
}

#[test]
fn a_copy_is_the_same_domain_by_another_name() {
    let mut all = Replicas::new(1);
    all.0[0].reset(ANN, SECOND);
    all.join(0);
    all.assert_equal();
    let (one, two) = (&all.0[0], &all.0[1]);
    let account = "CN=DC2,OU=Domain Controllers,DC=corp,DC=test";
    assert_eq!(one.value(account, "dNSHostName"), "dc2.corp.test");
    assert_eq!(one.value(BASE, "objectSid"), two.value(BASE, "objectSid"));
    assert_eq!((one.domain.host_name(), two.domain.host_name()), ("DC1", "DC2"));
    assert_ne!(one.domain.invocation(), two.domain.invocation());
    let usn = two.number(ANN, "uSNChanged");
    assert!(usn > 0 && usn != one.number(ANN, "uSNChanged"));
}

#[test]
fn counters_of_bad_passwords_stay_where_they_are_and_a_lock_travels() {
    let mut all = Replicas::new(2);
    all.0[0].bind(ANN, "wrong").unwrap_err();
    let third = all.join(0);
    assert_eq!(all.0[third].number(ANN, "badPwdCount"), 0);
    all.0[0].bind(ANN, "wrong").unwrap_err();
    all.settle();
    assert_eq!(all.values(ANN, "badPwdCount"), ["2", "0", "0"]);
    let before = all.0[1].number(ANN, "uSNChanged");
    all.0[0].bind(ANN, "wrong").unwrap_err();
    assert!(all.0[1].bind(ANN, FIRST).is_ok(), "the lock is not there yet");
    all.settle();
    assert_eq!(all.0[1].bind(ANN, FIRST), Err("775".to_owned()));
    assert_eq!(all.values(ANN, "badPwdCount"), ["3", "0", "0"]);
    assert!(all.0[1].number(ANN, "uSNChanged") > before);
    all.0[1].set(ANN, "lockoutTime", "0");
    all.settle();
    assert!(all.0[0].bind(ANN, FIRST).is_ok());
    all.assert_equal();
}

#[test]
fn a_reset_is_known_elsewhere_when_it_arrives() {
    let mut all = Replicas::new(2);
    all.wait(5);
    all.0[0].reset(ANN, SECOND);
    assert_eq!(passwords(&mut all, SECOND), [true, false]);
    assert_eq!(passwords(&mut all, FIRST), [false, true]);
    all.settle();
    assert_eq!(passwords(&mut all, SECOND), [true, true]);
    assert_eq!(all.values(ANN, "msDS-KeyVersionNumber"), ["2", "2"]);
    assert_eq!(all.0[1].bind(ANN, FIRST), Err("52e".to_owned()));
    let own = all.0[1].number(ANN, "pwdLastSet");
    assert_eq!(own, all.0[0].number(ANN, "pwdLastSet"));
}

#[test]
fn the_higher_version_wins_however_old_it_is() {
    let mut all = Replicas::new(2);
    all.0[0].reset(ANN, SECOND);
    all.0[0].reset(ANN, THIRD);
    all.wait(60);
    all.0[1].reset(ANN, FIRST);
    all.settle();
    assert_eq!(passwords(&mut all, THIRD), [true, true]);
    assert_eq!(all.values(ANN, "msDS-KeyVersionNumber"), ["3", "3"]);
    all.assert_equal();
}

#[test]
fn of_equal_versions_the_later_wins_and_one_key_version_remains() {
    let mut all = Replicas::new(2);
    all.0[1].reset(ANN, SECOND);
    all.wait(1);
    all.0[0].reset(ANN, THIRD);
    all.settle();
    assert_eq!(passwords(&mut all, THIRD), [true, true]);
    assert_eq!(all.values(ANN, "msDS-KeyVersionNumber"), ["2", "2"]);
    all.assert_equal();
}

#[test]
fn in_one_second_the_invocation_decides() {
    let mut all = Replicas::new(2);
    all.0[0].reset(ANN, SECOND);
    all.0[1].now = all.0[1].now.plus(Duration::from_millis(1));
    all.0[1].reset(ANN, THIRD);
    let first = all.0[0].domain.invocation() > all.0[1].domain.invocation();
    all.settle();
    assert_eq!(passwords(&mut all, if first { SECOND } else { THIRD }), [true, true]);
    all.assert_equal();
}

#[test]
fn attributes_written_on_two_controllers_are_both_kept() {
    let mut all = Replicas::new(2);
    all.0[0].set(ANN, "department", "Sales");
    all.wait(1);
    all.0[1].set(ANN, "title", "Director");
    all.0[1].set(ANN, "userAccountControl", "66048");
    all.settle();
    assert_eq!(all.values(ANN, "department"), ["Sales", "Sales"]);
    assert_eq!(all.values(ANN, "title"), ["Director", "Director"]);
    assert_eq!(all.values(ANN, "userAccountControl"), ["66048", "66048"]);
}

#[test]
fn a_policy_of_the_head_travels() {
    let mut all = Replicas::new(2);
    all.0[0].set(BASE, "minPwdLength", "20");
    let (admin, reset) = (all.0[1].admin, vec![reset(SECOND)]);
    assert_eq!(all.0[1].modify(admin, ANN, reset.clone()), granted());
    all.settle();
    let refused = all.0[1].modify(admin, ANN, reset);
    assert_eq!(refused.1, "0000052D");
    all.assert_equal();
}

#[test]
fn members_join_and_leave_everywhere() {
    let mut all = Replicas::new(2);
    all.0[0].add(
        STAFF,
        &[("objectClass", "group"), ("sAMAccountName", "staff"), ("member", ANN)],
    );
    all.settle();
    assert_eq!(all.values(STAFF, "member"), [ANN, ANN]);
    let one = |operation| vec![write(operation, "member", &[ANN.as_bytes()])];
    let admin = all.0[1].admin;
    assert_eq!(all.0[1].modify(admin, STAFF, one(LdapModifyType::Delete)), granted());
    all.0[1].person(BOB, "bob", FIRST);
    all.0[1].set(STAFF, "member", BOB);
    all.settle();
    assert_eq!(all.values(STAFF, "member"), [BOB, BOB]);
    assert_eq!(all.values(BOB, "memberOf"), [STAFF, STAFF]);
    all.assert_equal();
}

#[test]
fn two_adds_of_one_name_leave_the_later_with_it() {
    let mut all = Replicas::new(2);
    all.0[0].person(BOB, "bob", FIRST);
    all.wait(1);
    all.0[1].person(BOB, "bob", SECOND);
    let later = all.0[1].value(BOB, "objectGUID");
    all.settle();
    all.assert_equal();
    assert_eq!(all.values(BOB, "objectGUID"), [later.clone(), later]);
    let lost = all.0[0].find("(sAMAccountName=$DUPLICATE-*)");
    assert_eq!(lost.len(), 1);
    assert!(lost[0].starts_with("CN=Bob\\0ACNF:"), "{lost:?}");
    assert!(all.0[0].bind("bob@corp.test", SECOND).is_ok());
    assert!(
        all.0[0].bind(&lost[0], FIRST).is_ok(),
        "the loser still has its password"
    );
}

#[test]
fn a_rid_is_given_out_once() {
    let mut all = Replicas::new(3);
    for at in 0..3 {
        all.0[at].person(&format!("CN=New{at},{PEOPLE}"), &format!("new{at}"), FIRST);
    }
    all.settle();
    all.assert_equal();
    let sids: std::collections::BTreeSet<_> = (0..3)
        .map(|at| all.0[0].value(&format!("CN=New{at},{PEOPLE}"), "objectSid"))
        .collect();
    assert_eq!(sids.len(), 3);
}

#[test]
fn what_is_added_below_the_deleted_is_lost_and_found() {
    let mut all = Replicas::new(3);
    all.0[0].add(&format!("OU=Short,{BASE}"), &[("objectClass", "organizationalUnit")]);
    all.settle();
    let admin = all.0[0].admin;
    all.0[0]
        .domain
        .delete(&admin, &format!("OU=Short,{BASE}"), false)
        .unwrap();
    all.0[1].person(&format!("CN=Bob,OU=Short,{BASE}"), "bob", FIRST);
    all.deliver(1, 2, usize::MAX);
    all.settle();
    all.assert_equal();
    assert_eq!(
        all.0[2].find("(sAMAccountName=bob)"),
        [format!("CN=Bob,CN=LostAndFound,{BASE}")]
    );
}

#[test]
fn a_change_that_overtakes_its_entry_waits_for_it() {
    let mut all = Replicas::new(3);
    all.0[0].add(STAFF, &[("objectClass", "group"), ("sAMAccountName", "staff")]);
    all.0[0].person(BOB, "bob", FIRST);
    all.deliver(0, 1, usize::MAX);
    all.wait(1);
    all.0[1].reset(BOB, SECOND);
    all.0[1].set(STAFF, "member", BOB);
    all.deliver(1, 2, usize::MAX);
    assert_eq!(all.0[2].find("(sAMAccountName=bob)"), [""; 0]);
    all.settle();
    all.assert_equal();
    assert!(all.0[2].bind(BOB, SECOND).is_ok());
    assert_eq!(all.0[2].value(STAFF, "member"), BOB);
}

#[test]
fn moves_that_cross_end_in_one_tree() {
    let mut all = Replicas::new(2);
    let unit = |name: &str| format!("OU={name},{BASE}");
    for name in ["One", "Two"] {
        all.0[0].add(&unit(name), &[("objectClass", "organizationalUnit")]);
    }
    all.settle();
    for (at, from, below) in [(0, "One", "Two"), (1, "Two", "One")] {
        let request = ldap3_proto::proto::LdapModifyDNRequest {
            dn: unit(from),
            newrdn: format!("OU={from}"),
            deleteoldrdn: true,
            new_superior: Some(unit(below)),
        };
        let lab = &mut all.0[at];
        lab.domain.rename(&lab.admin, &request, lab.now).unwrap();
    }
    all.settle();
    all.assert_equal();
    assert_eq!(all.0[0].find("(ou=One)").len() + all.0[0].find("(ou=Two)").len(), 2);
}

#[test]
fn who_joins_late_gets_what_was_on_its_way() {
    let mut all = Replicas::new(2);
    all.0[1].reset(ANN, SECOND);
    let third = all.join(0);
    assert_eq!(passwords(&mut all, SECOND), [false, true, false]);
    all.settle();
    all.assert_equal();
    assert!(all.0[third].bind(ANN, SECOND).is_ok());
}

#[test]
fn who_left_is_owed_nothing_and_the_last_one_forgets() {
    let mut all = Replicas::new(2);
    all.0[0].reset(ANN, SECOND);
    all.0[0].domain.seal(Duration::ZERO);
    assert!(all.0[0].domain.pending() > 0);
    let gone = all.0.remove(1).domain.invocation();
    all.0[0].domain.drop_partner(gone);
    assert_eq!(all.0[0].domain.pending(), 0);
    all.0[0].reset(ANN, THIRD);
    assert!(!all.0[0].domain.has_news());
}

#[test]
fn polling_by_usn_finds_what_changed_and_nothing_else() {
    let mut all = Replicas::new(2);
    let lab = &mut all.0[1];
    let root = request("", LdapSearchScope::Base, "(objectClass=*)", &["highestCommittedUSN"]);
    let highest = row(lab.domain.root_dse(&root, lab.now).attributes);
    let next: u64 = highest["highestCommittedUSN"][0].parse::<u64>().unwrap() + 1;
    let poll = format!("(&(objectClass=user)(uSNChanged>={next}))");
    assert_eq!(lab.find(&poll), [""; 0]);
    all.0[0].reset(ANN, SECOND);
    all.0[0].set(PEOPLE, "description", "not a user");
    all.settle();
    assert_eq!(all.0[1].find(&poll), [ANN]);
    for round in 0..300 {
        all.0[1].set(ANN, "title", &round.to_string());
    }
    assert_eq!(all.0[1].find(&poll), [ANN], "once, however often it changed");
    assert_eq!(
        all.0[1].find("(uSNChanged>=0)").len(),
        all.0[1].find("(objectClass=*)").len()
    );
}

#[test]
fn a_fine_grained_policy_rules_everywhere_it_has_reached() {
    let mut all = Replicas::new(2);
    let dn = "CN=Long,CN=Password Settings Container,CN=System,DC=corp,DC=test";
    let never = i64::MIN.to_string();
    all.0[0].add(
        dn,
        &[
            ("objectClass", "msDS-PasswordSettings"),
            ("msDS-PasswordSettingsPrecedence", "1"),
            ("msDS-PasswordReversibleEncryptionEnabled", "FALSE"),
            ("msDS-PasswordHistoryLength", "0"),
            ("msDS-PasswordComplexityEnabled", "FALSE"),
            ("msDS-MinimumPasswordLength", "30"),
            ("msDS-MinimumPasswordAge", "0"),
            ("msDS-MaximumPasswordAge", &never),
            ("msDS-LockoutThreshold", "0"),
            ("msDS-LockoutObservationWindow", "-300000000"),
            ("msDS-LockoutDuration", "-300000000"),
            ("msDS-PSOAppliesTo", ANN),
        ],
    );
    let (admin, reset) = (all.0[1].admin, vec![reset(SECOND)]);
    assert_eq!(all.0[1].modify(admin, ANN, reset.clone()), granted());
    all.settle();
    assert_eq!(all.0[1].modify(admin, ANN, reset.clone()).1, "0000052D");
    assert_eq!(all.values(ANN, "msDS-ResultantPSO"), [dn, dn]);
    all.0[1].set(dn, "msDS-MinimumPasswordLength", "3");
    all.settle();
    let admin = all.0[0].admin;
    assert_eq!(all.0[0].modify(admin, ANN, reset), granted());
    all.settle();
    all.assert_equal();
}

#[test]
fn a_primary_group_changes_places_everywhere() {
    let mut all = Replicas::new(2);
    all.0[0].add(
        STAFF,
        &[("objectClass", "group"), ("sAMAccountName", "staff"), ("member", ANN)],
    );
    let rid = all.0[0].value(STAFF, "primaryGroupToken");
    all.0[0].set(ANN, "primaryGroupID", &rid);
    all.settle();
    assert_eq!(all.values(ANN, "primaryGroupID"), [rid.clone(), rid]);
    assert_eq!(all.values(STAFF, "member"), ["", ""]);
    all.assert_equal();
    all.0[1].set(ANN, "primaryGroupID", "513");
    all.settle();
    assert_eq!(all.values(STAFF, "member"), [ANN, ANN]);
    all.assert_equal();
}

#[test]
fn who_is_loaded_in_bulk_travels_too() {
    let mut all = Replicas::new(2);
    let lab = &mut all.0[0];
    let attributes = [
        ("sAMAccountName", "bob".to_owned()),
        ("userAccountControl", "512".to_owned()),
    ];
    lab.domain
        .load(BOB, attributes.to_vec(), &password(SECOND), lab.now)
        .unwrap();
    all.settle();
    assert!(all.0[1].bind(BOB, SECOND).is_ok());
    all.assert_equal();
}
