use super::replicas::Replicas;
use super::*;

const OWNER: &str = "fSMORoleOwner";

fn ask(lab: &Lab, session: &Session, name: &str) -> (i64, String) {
    let changes = [write(LdapModifyType::Add, name, &[b"1"])];
    verdict(lab.domain.role_request(session, &changes).map(drop))
}

fn holders(all: &Replicas) -> Vec<bool> {
    all.0.iter().map(|lab| lab.domain.holds_pdc()).collect()
}

fn settings(host: &str) -> String {
    format!("CN=NTDS Settings,CN={host},CN=Servers,CN=Default-First-Site-Name,CN=Sites,CN=Configuration,{BASE}")
}

#[test]
fn the_role_moves_at_once_for_two_and_later_for_the_others() {
    let mut all = Replicas::new(3);
    assert_eq!(holders(&all), [true, false, false]);
    assert_eq!(all.values(BASE, OWNER), vec![settings("DC1"); 3]);
    let now = all.0[0].now;
    let update = all.0[0].domain.hand_over("DC2", now).unwrap();
    all.0[1].domain.receive(&update, now);
    assert_eq!(holders(&all), [false, true, false]);
    assert_eq!(all.0[2].value(BASE, OWNER), settings("DC1"));
    all.settle();
    assert_eq!(all.values(BASE, OWNER), vec![settings("DC2"); 3]);
    assert_eq!(holders(&all), [false, true, false]);
}

#[test]
fn the_role_is_not_handed_over_by_who_has_it_no_more() {
    let mut all = Replicas::new(3);
    let now = all.0[0].now;
    all.0[0].domain.hand_over("DC2", now).unwrap();
    let refused = verdict(all.0[0].domain.hand_over("DC3", now).map(drop));
    assert_eq!(refused, (LdapResultCode::Busy as i64, "0000200E".to_owned()));
}

#[test]
fn only_the_administrator_asks_and_only_for_what_is_known() {
    let mut lab = Lab::new();
    let (admin, ann) = (lab.admin, lab.session(ANN, FIRST));
    assert_eq!(ask(&lab, &admin, "BecomePDC"), granted());
    let denied = refused(LdapResultCode::InsufficentAccessRights, "00002098");
    assert_eq!(ask(&lab, &ann, "becomePdc"), denied);
    assert_eq!(ask(&lab, &Session::default(), "becomePdc").0, 1);
    for sister in ["becomeRidMaster", "becomeSchemaMaster", "schemaUpdateNow"] {
        assert_eq!(ask(&lab, &admin, sister).0, LdapResultCode::UnwillingToPerform as i64);
    }
    let unknown = refused(LdapResultCode::NoSuchAttribute, "00000057");
    assert_eq!(ask(&lab, &admin, "becomeKing"), unknown);
}

#[test]
fn the_owner_leads_to_a_host() {
    let all = Replicas::new(2);
    let lab = &all.0[0];
    let object = |base: &str, filter: &str| {
        let request = request(base, LdapSearchScope::Base, filter, &[]);
        lab.domain.server_object(&lab.admin, &request)
    };
    let server = settings("dc2").split_once(',').unwrap().1.to_owned();
    let found = object(&server, "(objectClass=server)").unwrap().unwrap();
    assert_eq!(row(found.attributes)["dNSHostName"], ["dc2.corp.test"]);
    assert!(object(&settings("DC1"), "(objectClass=nTDSDSA)").unwrap().is_some());
    assert_eq!(object(&server, "(objectClass=user)"), Some(None));
    assert_eq!(object(&settings("DC9"), "(objectClass=*)"), None);
    assert_eq!(object(ANN, "(objectClass=*)"), None);
}

#[test]
fn functional_levels_are_those_of_the_configuration() {
    let old = DirectoryConfig {
        functional_level: 4,
        ..config()
    };
    let all = Replicas::with(&old, 2);
    let levels = |lab: &Lab| {
        let names = [
            "domainFunctionality",
            "forestFunctionality",
            "domainControllerFunctionality",
        ];
        let request = request("", LdapSearchScope::Base, "(objectClass=*)", &names);
        let root = row(lab.domain.root_dse(&request, lab.now).attributes);
        names.map(|name| root[name][0].clone())
    };
    assert_eq!(levels(&all.0[0]), ["4", "4", "4"]);
    assert_eq!(
        levels(&all.0[1]),
        ["4", "4", "6"],
        "a newer controller in an older domain"
    );
    assert_eq!(all.values(BASE, "msDS-Behavior-Version"), ["4", "4"]);
}

#[test]
fn the_oracle_knows_each_account_and_shows_no_secret() {
    let mut lab = Lab::new();
    lab.reset(ANN, SECOND);
    lab.bind(ANN, "wrong").unwrap_err();
    let seen = lab.domain.inspect(PEOPLE).unwrap();
    assert_eq!(seen.len(), 1);
    let ann = &seen[0];
    assert_eq!((ann.kvno, ann.bad_pwd_count, ann.uac, ann.lockout_time), (2, 1, 512, 0));
    assert_eq!(ann.pwd_last_set, lab.number(ANN, "pwdLastSet"));
    assert_eq!(i64::try_from(ann.usn).unwrap(), lab.number(ANN, "uSNChanged"));
    assert!(ann.holds(&password(SECOND)) && !ann.holds(&password(FIRST)));
    assert!(!format!("{ann:?}").contains("verifier"));
    assert_eq!(
        lab.domain.inspect(BASE).unwrap().len(),
        3,
        "Ann, the service and the administrator"
    );
    assert!(lab.domain.inspect("OU=Nobody,DC=corp,DC=test").is_err());
}
