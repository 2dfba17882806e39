//! What stands besides people: complete, in order, and in its own domain.

use std::collections::BTreeSet;

use scenario::{Choices, people};

use super::*;

fn plan() -> Plan {
    let text = "schema = 1\nname = \"a\"\nwhy = \"b\"\nseed = 1\n[population]\npeople = 400\n\
                accounts = { protected = \"1/20\", outside_scope = \"1/20\" }\n\
                groups = { count = 40, memberships_per_person = 3 }\n\
                [load.constant_arrival_rate]\nrate = \"5/s\"\nmeasure = \"2s\"\n\
                [world.lockout]\nduration = \"0s\"\nwindow = \"90s\"\n\
                [[world.forests]]\nunits = [\"Sales\", \"Works\"]\n[[world.forests]]\ndomain = \"lab.example\"\n\
                [[world.fine_grained_policies]]\nname = \"Admins\"\nprecedence = 7\napplies_to = \"1/8\"\nmin_length = 15\nmin_age = \"1h\"\n";
    Plan::resolve(&scenario::parse("a.toml", text, &[]).unwrap(), &Choices::default())
}

fn settled(forest: usize) -> Vec<NewEntry> {
    settlement(&plan(), forest, &Password::new("Secret-of-the-agent-1".to_owned()))
}

fn value(entry: &NewEntry, name: &str) -> String {
    let mut found = entry.attributes.iter().filter(|(known, _)| *known == name);
    let value = found.next().map(|(_, value)| String::from_utf8(value.clone()).unwrap());
    assert!(found.next().is_none(), "{name} is given once");
    value.unwrap_or_default()
}

#[test]
fn what_is_named_comes_before_what_names_it() {
    let dns: Vec<String> = settled(0).into_iter().map(|entry| entry.dn).collect();
    assert_eq!(
        dns,
        [
            "OU=People,DC=corp,DC=test",
            "OU=Services,DC=corp,DC=test",
            "OU=Elsewhere,DC=corp,DC=test",
            "OU=Groups,DC=corp,DC=test",
            "CN=svc-writeback,OU=Services,DC=corp,DC=test",
            "OU=Sales,OU=People,DC=corp,DC=test",
            "OU=Works,OU=People,DC=corp,DC=test",
            "CN=Admins,OU=Groups,DC=corp,DC=test",
            "CN=Admins,CN=Password Settings Container,CN=System,DC=corp,DC=test",
        ]
    );
    let other = settled(1);
    assert_eq!(other.len(), 7, "no units there");
    assert!(other.iter().all(|entry| entry.dn.ends_with(",DC=lab,DC=example")));
}

#[test]
fn a_policy_has_all_that_its_class_must_have() {
    let settled = settled(0);
    let policy = settled.last().unwrap();
    for (name, expected) in [
        ("objectClass", "msDS-PasswordSettings"),
        ("msDS-PasswordSettingsPrecedence", "7"),
        ("msDS-PasswordReversibleEncryptionEnabled", "FALSE"),
        ("msDS-PasswordHistoryLength", "24"),
        ("msDS-PasswordComplexityEnabled", "TRUE"),
        ("msDS-MinimumPasswordLength", "15"),
        ("msDS-MinimumPasswordAge", "-36000000000"),
        ("msDS-MaximumPasswordAge", "-9223372036854775808"),
        ("msDS-LockoutThreshold", "5"),
        ("msDS-LockoutObservationWindow", "-900000000"),
        ("msDS-LockoutDuration", "-9223372036854775808"),
        ("msDS-PSOAppliesTo", "CN=Admins,OU=Groups,DC=corp,DC=test"),
    ] {
        assert_eq!(value(policy, name), expected, "{name}");
    }
    assert_eq!(policy.attributes.len(), 12);
}

#[test]
fn groups_hold_the_people_of_their_forest_and_the_protected_ones_are_admins() {
    let plan = plan();
    let everyone = people(&plan);
    for (forest, base) in [(0, "DC=corp,DC=test"), (1, "DC=lab,DC=example")] {
        let own: Vec<Person> = everyone
            .iter()
            .filter(|person| person.forest == forest)
            .cloned()
            .collect();
        let groups = bulk_groups(&plan, forest, &own);
        assert_eq!(groups.len(), 42, "the policy's, forty, and the protected one");
        assert_eq!(groups[0].len(), own.len() / 8);
        let memberships: usize = groups[1..41].iter().map(BulkGroup::len).sum();
        assert_eq!(memberships, own.len() * 3);
        let dns: BTreeSet<String> = own
            .iter()
            .map(|person| person_dn(person, &plan.world.forests[forest]))
            .collect();
        for group in &groups {
            assert!(group.dn.ends_with(base), "{}", group.dn);
            assert_eq!(group.members().count(), group.len());
            assert!(group.members().all(|member| dns.contains(&member)));
        }
        let admins = groups.last().unwrap();
        assert_eq!(admins.dn, format!("CN=Domain Admins,CN=Users,{base}"));
        let protected = own
            .iter()
            .filter(|person| person.account == AccountState::Protected)
            .count();
        assert!(admins.built_in && admins.len() == protected && protected > 0);
    }
}
