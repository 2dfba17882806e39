//! What a person becomes in the directory, by the state of the account.

use scenario::{Choices, Plan, people};

use super::*;

fn plan() -> Plan {
    let text = "schema = 1\nname = \"a\"\nwhy = \"b\"\nseed = 1\n[population]\npeople = 400\n\
                accounts = { disabled = \"1/20\", expired = \"1/20\", must_change = \"1/20\", never_expires = \"1/20\", smartcard = \"1/20\", protected = \"1/20\", outside_scope = \"1/20\" }\n\
                [load.constant_arrival_rate]\nrate = \"5/s\"\nmeasure = \"2s\"\n\
                [[world.forests]]\nunits = [\"Sales\", \"R&D (Zürich)\"]\n[[world.forests]]\ndomain = \"lab.example\"\n";
    Plan::resolve(&scenario::parse("a.toml", text, &[]).unwrap(), &Choices::default())
}

fn told(account: AccountState) -> Vec<BulkPerson> {
    let plan = plan();
    let some: Vec<Person> = people(&plan)
        .into_iter()
        .filter(|person| person.account == account && person.forest == 0)
        .collect();
    assert!(!some.is_empty(), "{account:?}");
    bulk(&some, &Vault::new(1), &plan.world.forests[0]).collect()
}

fn value<'a>(person: &'a BulkPerson, name: &str) -> Option<&'a str> {
    let mut found = person.attributes.iter().filter(|(known, _)| *known == name);
    let value = found.next().map(|(_, value)| value.as_str());
    assert_eq!(found.next(), None, "{name} is given once");
    value
}

#[test]
fn each_state_is_its_attributes_and_no_other() {
    for (account, control, more) in [
        (AccountState::Usual, "512", None),
        (AccountState::Disabled, "514", None),
        (
            AccountState::Expired,
            "512",
            Some(("accountExpires", "132223104000000000")),
        ),
        (AccountState::MustChange, "512", Some(("pwdLastSet", "0"))),
        (AccountState::NeverExpires, "66048", None),
        (AccountState::Smartcard, "262656", None),
        (AccountState::Protected, "512", Some(("adminCount", "1"))),
        (AccountState::OutsideScope, "512", None),
    ] {
        for person in told(account) {
            assert_eq!(value(&person, "userAccountControl"), Some(control), "{account:?}");
            for name in ["accountExpires", "pwdLastSet", "adminCount"] {
                let expected = more.filter(|(known, _)| *known == name).map(|(_, value)| value);
                assert_eq!(value(&person, name), expected, "{account:?}");
            }
            assert_eq!(person.password.expose().len(), 20);
        }
    }
}

#[test]
fn people_live_in_their_unit_and_outside_scope_elsewhere() {
    for person in told(AccountState::Usual) {
        let home = [
            "OU=Sales,OU=People,DC=corp,DC=test",
            "OU=R&D (Zürich),OU=People,DC=corp,DC=test",
        ];
        assert!(home.iter().any(|home| person.dn.ends_with(home)), "{}", person.dn);
    }
    for person in told(AccountState::OutsideScope) {
        assert!(person.dn.ends_with(",OU=Elsewhere,DC=corp,DC=test"), "{}", person.dn);
    }
    let plan = plan();
    let foreign = people(&plan)
        .into_iter()
        .find(|person| person.forest == 1 && person.account == AccountState::Usual);
    let dn = person_dn(&foreign.unwrap(), &plan.world.forests[1]);
    assert!(dn.ends_with(",OU=People,DC=lab,DC=example"), "{dn}");
}
