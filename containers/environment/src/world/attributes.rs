//! Reading all attributes of everyone, those among them that the harness knows nothing of.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};

use engine::ports::Entry;
use ldap3::SearchEntry;

use super::LabWorld;
use super::reading::AGREE_WITHIN;
use crate::EnvironmentError;
use crate::clock::breathe;
use crate::ldap::guid;
use crate::names::population_bases;

/// Attributes of which every domain controller has values of its own: they do not replicate (MS-ADA1 to MS-ADA3, systemFlags with
/// FLAG_ATTR_NOT_REPLICATED), or tell when something came here.
const LOCAL: [&str; 9] = [
    "badPasswordTime",
    "badPwdCount",
    "dSCorePropagationData",
    "lastLogoff",
    "lastLogon",
    "logonCount",
    "uSNChanged",
    "uSNCreated",
    "whenChanged",
];

impl LabWorld {
    /// All attributes of everyone on every domain controller, once the controllers of each domain agree.
    pub(super) async fn agreed_attributes(
        &mut self,
        take: &mut (dyn FnMut(Entry) + Send),
    ) -> Result<(), EnvironmentError> {
        for forest in 0..self.standing()?.domains.len() {
            let until = self.clock.monotonic() + AGREE_WITHIN;
            while !self.take_all(forest, take).await? && self.clock.monotonic() < until {
                breathe().await;
            }
        }
        Ok(())
    }

    /// Gives every entry of a domain as each controller tells it, and says whether they tell the same.
    async fn take_all(&self, forest: usize, take: &mut (dyn FnMut(Entry) + Send)) -> Result<bool, EnvironmentError> {
        let standing = self.standing()?;
        let domain = standing.domain(forest)?;
        let mut told = Vec::new();
        for controller in &domain.controllers {
            let mut connection = standing.as_administrator(forest, controller).await?;
            let mut sum = 0_u64;
            let mut each = |entry: SearchEntry| {
                if let Some(entry) = entry_of(&controller.fqdn, entry) {
                    sum = sum.wrapping_add(replicated(&entry));
                    take(entry);
                }
            };
            for base in population_bases(&domain.domain) {
                connection.whole_users(&base, &mut each).await?;
            }
            told.push(sum);
        }
        Ok(told.iter().all(|sum| Some(sum) == told.first()))
    }
}

/// None for an entry that tells no objectGUID: that is an error where the metadata is read, which comes first.
fn entry_of(dc: &str, entry: SearchEntry) -> Option<Entry> {
    let user = guid(&entry)?;
    let texts = entry.attrs.into_iter().map(|(name, values)| {
        let bytes = values.into_iter().map(String::into_bytes).collect();
        (name, digest(bytes))
    });
    let binaries = entry.bin_attrs.into_iter().map(|(name, values)| (name, digest(values)));
    Some(Entry {
        dc: dc.to_owned(),
        user,
        attributes: texts.chain(binaries).collect(),
    })
}

/// Values are a set (RFC 4512 section 2.2): their order tells nothing.
fn digest(mut values: Vec<Vec<u8>>) -> u32 {
    values.sort_unstable();
    let mut hasher = DefaultHasher::new();
    values.hash(&mut hasher);
    hasher.finish() as u32
}

/// What every controller that has this entry must tell of it.
fn replicated(entry: &Entry) -> u64 {
    let mut sum = 0_u64;
    for (name, digest) in &entry.attributes {
        if !LOCAL.contains(&name.as_str()) {
            let mut hasher = DefaultHasher::new();
            (entry.user, name, digest).hash(&mut hasher);
            sum = sum.wrapping_add(hasher.finish());
        }
    }
    sum
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn entry(attributes: &[(&str, &[&[u8]])]) -> Entry {
        let (mut attrs, mut bin_attrs) = (std::collections::HashMap::new(), std::collections::HashMap::new());
        bin_attrs.insert("objectGUID".to_owned(), vec![Uuid::from_u128(1).to_bytes_le().to_vec()]);
        for (name, values) in attributes {
            let texts: Option<Vec<String>> = values
                .iter()
                .map(|value| String::from_utf8(value.to_vec()).ok())
                .collect();
            match texts {
                Some(texts) => drop(attrs.insert((*name).to_owned(), texts)),
                None => drop(bin_attrs.insert((*name).to_owned(), values.iter().map(|value| value.to_vec()).collect())),
            }
        }
        let entry = SearchEntry {
            dn: String::new(),
            attrs,
            bin_attrs,
        };
        entry_of("dc1", entry).unwrap()
    }

    #[test]
    fn values_are_told_apart_and_their_order_is_not() {
        let of = |values: &[&[u8]]| {
            let attributes = entry(&[("mail", values)]).attributes;
            let mail = attributes.into_iter().find(|(name, _)| name == "mail");
            mail.unwrap().1
        };
        assert_eq!(of(&[b"a", b"b"]), of(&[b"b", b"a"]));
        assert_ne!(of(&[b"a", b"b"]), of(&[b"ab"]));
        assert_ne!(of(&[b"a"]), of(&[b"A"]));
        assert_ne!(of(&[b"\xff"]), of(&[b"\xfe"]));
    }

    #[test]
    fn controllers_agree_on_what_replicates_alone() {
        let told = entry(&[("mail", &[b"a"]), ("logonCount", &[b"1"])]);
        assert_eq!(
            replicated(&told),
            replicated(&entry(&[("mail", &[b"a"]), ("logonCount", &[b"2"])]))
        );
        assert_ne!(
            replicated(&told),
            replicated(&entry(&[("mail", &[b"b"]), ("logonCount", &[b"1"])]))
        );
        assert_ne!(replicated(&told), replicated(&entry(&[("logonCount", &[b"1"])])));
    }
}
