//! People and groups as the script in a domain controller's container takes them, and how far it has come.

use std::collections::BTreeMap;
use std::io::Write;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::site::{BulkGroup, BulkPerson};

#[derive(Serialize)]
struct Line<'a> {
    dn: &'a str,
    attributes: BTreeMap<&'a str, &'a str>,
    password: &'a str,
}

#[derive(Serialize)]
struct GroupLine<'a> {
    group: &'a str,
    attributes: BTreeMap<&'a str, &'a str>,
    members: &'a [String],
}

fn by_name<'a>(attributes: &'a [(&'static str, String)]) -> BTreeMap<&'a str, &'a str> {
    attributes.iter().map(|(name, value)| (*name, value.as_str())).collect()
}

/// One line of JSON for each person, then one for each group.
pub(super) fn lines(people: &[BulkPerson], groups: &[BulkGroup]) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
    // Memory that grows leaves copies behind, which nobody wipes.
    let members: usize = groups
        .iter()
        .flat_map(|group| &group.members)
        .map(|dn| dn.len() + 8)
        .sum();
    let mut lines = Zeroizing::new(Vec::with_capacity(people.len() * 768 + groups.len() * 512 + members));
    for person in people {
        let line = Line {
            dn: &person.dn,
            attributes: by_name(&person.attributes),
            password: person.password.expose(),
        };
        write(&mut lines, &line)?;
    }
    for group in groups {
        let line = GroupLine {
            group: &group.dn,
            attributes: by_name(&group.attributes),
            members: &group.members,
        };
        write(&mut lines, &line)?;
    }
    Ok(lines)
}

fn write(lines: &mut Vec<u8>, line: &impl Serialize) -> Result<(), serde_json::Error> {
    serde_json::to_writer(&mut *lines, line)?;
    lines.write_all(b"\n").map_err(serde_json::Error::io)
}

/// Reads how far the script has come from what it says.
#[derive(Debug, Default)]
pub(super) struct Done {
    partial: Vec<u8>,
}

#[derive(Deserialize)]
struct DoneLine {
    done: u64,
}

impl Done {
    /// Takes the next piece of output; the newest count in it, if it ends one.
    pub(super) fn take(&mut self, piece: &[u8]) -> Option<u64> {
        self.partial.extend_from_slice(piece);
        let end = self.partial.iter().rposition(|byte| *byte == b'\n')? + 1;
        let whole: Vec<u8> = self.partial.drain(..end).collect();
        let counts = whole.split(|byte| *byte == b'\n').rev();
        counts
            .filter_map(|line| serde_json::from_slice::<DoneLine>(line).ok())
            .map(|line| line.done)
            .next()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use vocabulary::Password;

    #[test]
    fn each_person_is_one_line_whatever_their_name() {
        let person = |name: &str| BulkPerson {
            dn: format!("CN={name},OU=People,DC=corp,DC=test"),
            attributes: vec![("sn", name.to_owned())],
            password: Password::new("Quo\"te\\d-1".to_owned()),
        };
        let people = [person("O'Neil\nJunior"), person("Zoë\\, \"Z\"")];
        let bytes = lines(&people, &[]).unwrap();
        let read: Vec<serde_json::Value> = String::from_utf8(bytes.to_vec())
            .unwrap()
            .lines()
            .map(|line| serde_json::from_str(line).unwrap())
            .collect();
        assert_eq!(read.len(), 2);
        for (line, person) in read.iter().zip(&people) {
            assert_eq!(line["dn"], person.dn.as_str());
            assert_eq!(line["attributes"]["sn"], person.attributes[0].1.as_str());
            assert_eq!(line["password"], "Quo\"te\\d-1");
        }
    }

    #[test]
    fn groups_come_after_everyone() {
        let group = BulkGroup {
            dn: "CN=All,DC=corp,DC=test".to_owned(),
            attributes: vec![("sAMAccountName", "all".to_owned())],
            members: vec!["CN=A,DC=corp,DC=test".to_owned()],
        };
        let bytes = lines(&[], &[group]).unwrap();
        let line: serde_json::Value = serde_json::from_slice(&bytes).unwrap();
        assert_eq!(line["group"], "CN=All,DC=corp,DC=test");
        assert_eq!(line["members"][0], "CN=A,DC=corp,DC=test");
        assert_eq!(line["attributes"]["sAMAccountName"], "all");
    }

    #[test]
    fn counts_are_read_across_pieces_and_the_newest_counts() {
        let mut done = Done::default();
        assert_eq!(done.take(b"{\"done\":1"), None);
        assert_eq!(done.take(b"00}\n{\"done\":200}\n{\"do"), Some(200));
        assert_eq!(done.take(b"ne\":300}\nsomething else\n"), Some(300));
        assert_eq!(done.take(b"nothing\n"), None);
    }
}
