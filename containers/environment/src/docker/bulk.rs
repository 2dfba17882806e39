//! People as the script in a domain controller's container takes them.

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;
use zeroize::Zeroizing;

use crate::site::BulkPerson;

#[derive(Serialize)]
struct Line<'a> {
    dn: &'a str,
    attributes: BTreeMap<&'a str, &'a str>,
    password: &'a str,
}

/// One line of JSON for each person.
pub(super) fn lines(people: &[BulkPerson]) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
    let mut lines = Zeroizing::new(Vec::with_capacity(people.len() * 512));
    for person in people {
        let attributes = person
            .attributes
            .iter()
            .map(|(name, value)| (*name, value.as_str()))
            .collect();
        let line = Line {
            dn: &person.dn,
            attributes,
            password: person.password.expose(),
        };
        serde_json::to_writer(&mut *lines, &line)?;
        lines.write_all(b"\n").map_err(serde_json::Error::io)?;
    }
    Ok(lines)
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
        let bytes = lines(&people).unwrap();
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
}
