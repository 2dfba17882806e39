//! The people of a plan: a pure function of the seed.

use std::fmt::Write as _;

use fake::Fake as _;
use fake::faker::name::raw::{FirstName, LastName};
use fake::locales::{DE_DE, EN, FR_FR};
use rand::RngExt as _;
use sha2::{Digest as _, Sha256};
use vocabulary::Seed;

use crate::deal::{Lot, lots};
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
    let indices = 0..plan.population.people;
    indices
        .zip(lots(plan, seed))
        .map(|(index, lot)| person(plan, seed, index, lot))
        .collect()
}

/// The digest of everyone, golden for each shipped scenario. Where somebody lives and the state of the account count where they
/// are not the first forest, `OU=People` itself and a usual one.
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
        for more in unusual(person) {
            hash.update(b"\x1f");
            hash.update(more.as_bytes());
        }
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

/// What of a person's place and account is not the default.
fn unusual(person: &Person) -> impl Iterator<Item = String> {
    let forest = (person.forest > 0).then(|| format!("forest {}", person.forest));
    let unit = person.unit.map(|unit| format!("unit {unit}"));
    let account = (person.account != AccountState::Usual).then(|| person.account.as_str().to_owned());
    [forest, unit, account].into_iter().flatten()
}

fn person(plan: &Plan, seed: Seed, index: u64, lot: Lot) -> Person {
    let mut dice = seed.nth("person", index).rng();
    let share = plan.population.awkward_names.as_f64();
    let (given_name, surname) = if dice.random::<f64>() < share {
        let (given, family) = AWKWARD[dice.random_range(0..AWKWARD.len())];
        (given.to_owned(), family.to_owned())
    } else {
        usual_name(plan.population.locale, &mut dice)
    };
    let sam = account_name(&given_name, &surname, index);
    let domain = &plan.world.forests[lot.forest].domain;
    Person {
        index,
        persona: lot.persona,
        display_name: format!("{given_name} {surname} {index}"),
        upn: format!("{sam}@{domain}"),
        mail: format!("{sam}@mail.{domain}"),
        given_name,
        surname,
        sam,
        forest: lot.forest,
        unit: lot.unit,
        account: lot.account,
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
mod tests;
