//! People are what the seed and the plan say, and no more.

use std::collections::BTreeSet;

use super::*;

fn plan(people: u64, seed: u64) -> Plan {
    plan_with(people, seed, "", "")
}

fn plan_with(people: u64, seed: u64, population: &str, more: &str) -> Plan {
    let text = format!(
        "schema = 1\nname = \"a\"\nwhy = \"b\"\nseed = {seed}\n[population]\npeople = {people}\n{population}[load.constant_arrival_rate]\nrate = \"5/s\"\nmeasure = \"2s\"\n{more}"
    );
    let scenario = crate::parse("a.toml", &text, &[]).unwrap();
    Plan::resolve(&scenario, &crate::Choices::default())
}

#[test]
fn the_seed_alone_decides() {
    let digest = |people, seed| people_sha256(&super::people(&plan(people, seed)));
    assert_eq!(digest(50, 1), digest(50, 1));
    assert_ne!(digest(50, 1), digest(50, 2));
    assert_ne!(digest(50, 1), digest(51, 1));
}

#[test]
fn names_are_unique_fit_and_some_are_awkward() {
    let everyone = people(&plan(500, 1));
    let sams: BTreeSet<String> = everyone.iter().map(|person| person.sam.to_lowercase()).collect();
    assert_eq!(sams.len(), 500);
    assert!(everyone.iter().all(|person| person.sam.chars().count() <= SAM_MAX));
    assert!(everyone.iter().any(|person| person.sam.chars().count() == SAM_MAX));
    for wanted in [',', '\'', '"', '\\', '*', '(', '李', '#'] {
        assert!(
            everyone.iter().any(|person| person.display_name.contains(wanted)),
            "{wanted}"
        );
    }
    let locked = everyone
        .iter()
        .filter(|person| person.persona == Persona::LockedOut)
        .count();
    assert_eq!(locked, 125);
}

const ACCOUNTS: &str = "accounts = { disabled = \"1/50\", expired = \"1/100\", must_change = \"1/25\", outside_scope = \"1/20\", protected = \"1/500\" }\n";
const FORESTS: &str = "[[world.forests]]\ndomain = \"corp.test\"\nweight = 3\nunits = [\"A\", \"B\", \"C\"]\n[[world.forests]]\ndomain = \"lab.test\"\n";

fn count(everyone: &[Person], wanted: impl Fn(&Person) -> bool) -> usize {
    everyone.iter().filter(|person| wanted(person)).count()
}

#[test]
fn states_of_accounts_have_exact_shares_and_nobody_locked_has_one() {
    let everyone = people(&plan_with(1000, 1, ACCOUNTS, ""));
    let shares = [
        (AccountState::Disabled, 20),
        (AccountState::Expired, 10),
        (AccountState::MustChange, 40),
        (AccountState::OutsideScope, 50),
        (AccountState::Protected, 2),
        (AccountState::Usual, 878),
    ];
    for (state, share) in shares {
        assert_eq!(count(&everyone, |person| person.account == state), share, "{state:?}");
    }
    let locked_oddly = |person: &Person| person.persona.starts_locked() && person.account != AccountState::Usual;
    assert_eq!(count(&everyone, locked_oddly), 0);
}

#[test]
fn forests_have_exact_shares_and_their_own_names() {
    let everyone = people(&plan_with(1000, 1, "", FORESTS));
    assert_eq!(count(&everyone, |person| person.forest == 0), 750);
    for person in &everyone {
        let domain = ["corp.test", "lab.test"][person.forest];
        assert_eq!(person.upn, format!("{}@{domain}", person.sam));
        assert_eq!(person.mail, format!("{}@mail.{domain}", person.sam));
    }
}

#[test]
fn people_are_spread_evenly_over_the_units_of_their_forest() {
    let everyone = people(&plan_with(1000, 1, "", FORESTS));
    let in_unit = |unit| count(&everyone, |person| person.forest == 0 && person.unit == unit);
    assert_eq!(
        [in_unit(Some(0)), in_unit(Some(1)), in_unit(Some(2)), in_unit(None)],
        [250, 250, 250, 0]
    );
    assert_eq!(
        count(&everyone, |person| person.forest == 1 && person.unit.is_some()),
        0
    );
    let outside = people(&plan_with(1000, 1, ACCOUNTS, FORESTS));
    let astray = |person: &Person| person.account == AccountState::OutsideScope && person.unit.is_some();
    assert_eq!(count(&outside, astray), 0);
}

#[test]
fn places_and_states_change_the_digest_and_nothing_else_of_a_person() {
    let usual = people(&plan(1000, 1));
    let units = "[[world.forests]]\nunits = [\"A\"]\n";
    let dealt = people(&plan_with(1000, 1, ACCOUNTS, units));
    assert_ne!(people_sha256(&usual), people_sha256(&dealt));
    let plain = |person: &Person| Person {
        unit: None,
        account: AccountState::Usual,
        ..person.clone()
    };
    assert_eq!(dealt.iter().map(plain).collect::<Vec<_>>(), usual);
}
