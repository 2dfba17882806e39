//! All attributes of everyone as a search gives them, kept small: what is others after the load than before it.

use history::AttributesRecord;
use rustc_hash::FxHashMap;
use uuid::Uuid;

use crate::ports::Entry;

/// Index into [`Attributes::names`] and what tells the values from others.
type Known = (u32, u32);

/// Where somebody was read, and who: names of domain controllers are few.
type Place = (u32, Uuid);

/// Everyone's attributes at one instant.
#[derive(Default)]
pub(crate) struct Attributes {
    dcs: Names,
    names: Names,
    entries: FxHashMap<Place, Box<[Known]>>,
}

/// What became of somebody on a domain controller.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Compared {
    pub dc: String,
    pub user: Uuid,
    pub record: AttributesRecord,
}

impl Attributes {
    /// Takes an entry. One that comes again replaces what it was.
    pub fn take(&mut self, entry: Entry) {
        let place = (self.dcs.number(&entry.dc), entry.user);
        let numbered = |(name, digest): (String, u32)| (self.names.number(&name), digest);
        let mut known: Box<[Known]> = entry.attributes.into_iter().map(numbered).collect();
        known.sort_unstable();
        self.entries.insert(place, known);
    }

    /// What is others in these than it was here, of everyone who is in both: by domain controller and objectGUID.
    pub fn against(&self, after: &Self) -> Vec<Compared> {
        let both = after.entries.iter().filter_map(|((dc, user), known)| {
            let dc = after.dcs.name(*dc);
            let before = self.entries.get(&(self.dcs.known(dc)?, *user))?;
            let record = differences(&self.named(before), &after.named(known));
            Some(Compared {
                dc: dc.to_owned(),
                user: *user,
                record,
            })
        });
        let mut all: Vec<Compared> = both.collect();
        all.sort_unstable_by(|one, other| (&one.dc, one.user).cmp(&(&other.dc, other.user)));
        all
    }

    fn named(&self, known: &[Known]) -> FxHashMap<&str, u32> {
        let named = |(name, digest): &Known| (self.names.name(*name), *digest);
        known.iter().map(named).collect()
    }
}

fn differences(before: &FxHashMap<&str, u32>, after: &FxHashMap<&str, u32>) -> AttributesRecord {
    let gone = before.keys().filter(|name| !after.contains_key(*name));
    let moved = after
        .iter()
        .filter(|(name, digest)| before.get(*name) != Some(digest))
        .map(|(name, _)| name);
    let mut changed: Vec<String> = gone.clone().chain(moved).map(|name| (*name).to_owned()).collect();
    changed.sort_unstable();
    AttributesRecord {
        compared: u32::try_from(after.len() + gone.count()).unwrap_or(u32::MAX),
        changed,
    }
}

/// Names by number: each is kept once.
#[derive(Default)]
struct Names {
    numbers: FxHashMap<String, u32>,
    names: Vec<String>,
}

impl Names {
    fn number(&mut self, name: &str) -> u32 {
        self.known(name).unwrap_or_else(|| {
            let number = self.names.len() as u32;
            self.numbers.insert(name.to_owned(), number);
            self.names.push(name.to_owned());
            number
        })
    }

    fn known(&self, name: &str) -> Option<u32> {
        self.numbers.get(name).copied()
    }

    fn name(&self, number: u32) -> &str {
        self.names.get(number as usize).map_or("", String::as_str)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where, who, and what it has.
    type Written<'a> = (&'a str, u128, &'a [(&'a str, u32)]);

    fn read(entries: &[Written<'_>]) -> Attributes {
        let mut all = Attributes::default();
        for (dc, user, attributes) in entries {
            all.take(Entry {
                dc: (*dc).to_owned(),
                user: Uuid::from_u128(*user),
                attributes: attributes
                    .iter()
                    .map(|(name, digest)| ((*name).to_owned(), *digest))
                    .collect(),
            });
        }
        all
    }

    fn compared(dc: &str, user: u128, compared: u32, changed: &[&str]) -> Compared {
        Compared {
            dc: dc.to_owned(),
            user: Uuid::from_u128(user),
            record: AttributesRecord {
                compared,
                changed: changed.iter().map(|name| (*name).to_owned()).collect(),
            },
        }
    }

    #[test]
    fn what_came_went_or_became_another_is_named_for_each_domain_controller() {
        let before = read(&[
            ("dc1", 1, &[("cn", 1), ("mail", 2), ("title", 3)]),
            ("dc2", 1, &[("cn", 1)]),
            ("dc1", 2, &[("cn", 4)]),
            ("dc1", 3, &[("cn", 5)]),
        ]);
        // Names come in another order, from another domain controller first, and one entry twice.
        let after = read(&[
            ("dc2", 1, &[("cn", 1)]),
            ("dc1", 2, &[("cn", 9)]),
            ("dc1", 1, &[("pager", 7), ("title", 8), ("cn", 1)]),
            ("dc1", 2, &[("cn", 4)]),
            ("dc1", 4, &[("cn", 6)]),
        ]);
        let expected = [
            compared("dc1", 1, 4, &["mail", "pager", "title"]),
            compared("dc1", 2, 1, &[]),
            compared("dc2", 1, 1, &[]),
        ];
        assert_eq!(before.against(&after), expected);
        assert_eq!(before.against(&Attributes::default()), []);
    }
}
