//! The people of a plan: a pure function of the seed.

use std::fmt::Write as _;

use fake::Fake as _;
use fake::faker::name::raw::{FirstName, LastName};
use fake::locales::{DE_DE, EN, FR_FR};
use rand::RngExt as _;
use sha2::{Digest as _, Sha256};
use vocabulary::Seed;

use crate::names::AWKWARD;
use crate::written::Locale;
use crate::{AccountState, Persona, Plan};

/// The longest `sAMAccountName` of a user (MS-ADA3 section 2.222).
const SAM_MAX: usize = 20;

/// One person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// Number in the population, from 0.
    pub index: u64,
    /// What kind of person this is.
    pub persona: Persona,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub surname: String,
    /// Name for people, and the `cn`; unique.
    pub display_name: String,
    /// `sAMAccountName`; at most 20 characters, unique.
    pub sam: String,
    /// `userPrincipalName`, the name to sign in with.
    pub upn: String,
    /// Address that codes go to.
    pub mail: String,
    /// The forest this person lives in, counted from 0.
    pub forest: usize,
    /// The unit below `OU=People`, as an index into the forest's; none for `OU=People` itself.
    pub unit: Option<usize>,
    /// The state of the account.
    pub account: AccountState,
}

/// Everyone in a plan.
#[must_use]
pub fn people(plan: &Plan) -> Vec<Person> {
    let seed = Seed::new(plan.seed).child("people");
    let personas = personas(plan, seed);
    let indices = 0..plan.population.people;
    indices
        .zip(personas)
        .map(|(index, persona)| person(plan, seed, index, persona))
        .collect()
}

/// The digest of everyone, golden for each shipped scenario.
#[must_use]
pub fn people_sha256(people: &[Person]) -> String {
    let mut hash = Sha256::new();
    for person in people {
        let fields = [
            person.persona.as_str(),
            &person.given_name,
            &person.surname,
            &person.display_name,
            &person.sam,
            &person.upn,
        ];
        hash.update(fields.join("\u{1f}").as_bytes());
        hash.update(b"\n");
    }
    hex(&hash.finalize())
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a String cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// Exact shares by weight, then shuffled: no persona of some weight is ever missing by bad luck.
fn personas(plan: &Plan, seed: Seed) -> Vec<Persona> {
    let weights = &plan.population.personas;
    let total: u64 = weights.values().map(|weight| u64::from(*weight)).sum::<u64>().max(1);
    let count = plan.population.people;
    let mut all = Vec::new();
    let mut passed = 0;
    for (persona, weight) in weights {
        let from = count * passed / total;
        passed += u64::from(*weight);
        let to = count * passed / total;
        all.extend((from..to).map(|_| *persona));
    }
    shuffle(&mut all, seed.child("personas"));
    all
}

/// Fisher-Yates with the seed's dice.
pub(crate) fn shuffle<T>(items: &mut [T], seed: Seed) {
    let mut dice = seed.rng();
    for last in (1..items.len()).rev() {
        items.swap(last, dice.random_range(0..=last));
    }
}

fn person(plan: &Plan, seed: Seed, index: u64, persona: Persona) -> Person {
    let mut dice = seed.nth("person", index).rng();
    let share = plan.population.awkward_names.as_f64();
    let (given_name, surname) = if dice.random::<f64>() < share {
        let (given, family) = AWKWARD[dice.random_range(0..AWKWARD.len())];
        (given.to_owned(), family.to_owned())
    } else {
        usual_name(plan.population.locale, &mut dice)
    };
    let sam = account_name(&given_name, &surname, index);
    let domain = &plan.world.forests[0].domain;
    Person {
        index,
        persona,
        display_name: format!("{given_name} {surname} {index}"),
        upn: format!("{sam}@{domain}"),
        mail: format!("{sam}@mail.{domain}"),
        given_name,
        surname,
        sam,
        forest: 0,
        unit: None,
        account: AccountState::Usual,
    }
}

fn usual_name(locale: Locale, dice: &mut impl rand::Rng) -> (String, String) {
    match locale {
        Locale::En => (FirstName(EN).fake_with_rng(dice), LastName(EN).fake_with_rng(dice)),
        Locale::De => (
            FirstName(DE_DE).fake_with_rng(dice),
            LastName(DE_DE).fake_with_rng(dice),
        ),
        Locale::Fr => (
            FirstName(FR_FR).fake_with_rng(dice),
            LastName(FR_FR).fake_with_rng(dice),
        ),
    }
}

/// `given.surname` in ASCII, cut so that the number, which makes it unique, still fits into 20 characters.
fn account_name(given: &str, surname: &str, index: u64) -> String {
    let kept = |letter: &char| letter.is_ascii_alphanumeric() || *letter == '\'' || *letter == '-';
    let plain = |name: &str| name.chars().filter(kept).collect::<String>().to_ascii_lowercase();
    let joined = format!("{}.{}", plain(given), plain(surname));
    let name = joined.trim_matches(['.', '-', '\'']);
    let name = if name.is_empty() { "person" } else { name };
    let number = format!(".{index}");
    let mut sam: String = name.chars().take(SAM_MAX - number.len()).collect();
    sam.push_str(&number);
    sam
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn plan(people: u64, seed: u64) -> Plan {
        let text = format!(
            "schema = 1\nname = \"a\"\nwhy = \"b\"\nseed = {seed}\n[population]\npeople = {people}\n[load.constant_arrival_rate]\nrate = \"5/s\"\nmeasure = \"2s\"\n"
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
}
