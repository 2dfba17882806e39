//! Who the tenant knows: what the agent exported, and nobody before the first full export is complete.

use std::collections::{BTreeMap, HashMap};
use std::ops::Bound;
use std::time::Duration;

use protocol::service::{SyncExport, SyncObject};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use store::Write;
use uuid::Uuid;

use super::saved;
use crate::secret;

/// People that one tenant can hold.
const PEOPLE_MAX: usize = 1_000_000;

/// The cloud's own copy of a password: a keyed digest, never the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct CloudPassword {
    pub(crate) marker: [u8; 32],
    pub(crate) changed_unix: Duration,
}

/// A person of the tenant.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) id: Uuid,
    pub(crate) object: SyncObject,
    pub(crate) synced_unix: Duration,
    pub(crate) password: Option<CloudPassword>,
    pub(crate) exempt: Exempt,
}

/// What a person lacks that others have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Exempt {
    /// No licence that allows writeback.
    pub(crate) unlicensed: bool,
    /// Not in the group that may reset, where only one may.
    pub(crate) outside_group: bool,
}

/// People who lack something, by sign-in name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Exemptions {
    /// Who has no licence that allows writeback.
    pub unlicensed: Vec<String>,
    /// Who is not in the group that may reset.
    pub outside_group: Vec<String>,
}

/// Why a batch was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExportRefusal {
    /// A delta came before any full export.
    FullFirst,
    /// The tenant would grow above its bound.
    TooMany,
}

#[derive(Debug, Default)]
pub(crate) struct People {
    /// Ordered by id, so that pages of a listing have a place to go on from.
    by_id: BTreeMap<Uuid, Person>,
    by_upn: HashMap<String, Uuid>,
    staged: BTreeMap<Uuid, SyncObject>,
    synchronised: bool,
    writes: Vec<Write>,
}

impl People {
    /// Takes up a person of an earlier life.
    pub(super) fn take_up(&mut self, person: Person) {
        self.by_upn.entry(fold(&person.object.upn)).or_insert(person.id);
        self.by_id.insert(person.id, person);
    }

    /// An earlier life had a full export.
    pub(super) fn take_up_synchronised(&mut self) {
        self.synchronised = true;
    }

    /// Takes what is to be written out.
    pub(super) fn take_writes(&mut self) -> Vec<Write> {
        std::mem::take(&mut self.writes)
    }

    /// Takes a batch. A full cycle replaces everybody when its last batch arrives; a delta adds and renews at once.
    pub(crate) fn export(&mut self, batch: SyncExport, now_unix: Duration) -> Result<(), ExportRefusal> {
        if !batch.full && !self.synchronised {
            return Err(ExportRefusal::FullFirst);
        }
        let held = if batch.full {
            self.staged.len()
        } else {
            self.by_id.len()
        };
        if held + batch.objects.len() > PEOPLE_MAX {
            self.staged.clear();
            return Err(ExportRefusal::TooMany);
        }
        let objects = batch
            .objects
            .into_iter()
            .map(|object| (id_of(&object.source_anchor), object));
        if !batch.full {
            for (id, object) in objects {
                self.put(id, object, now_unix);
                self.writes.extend(self.by_id.get(&id).map(saved::person));
            }
            return Ok(());
        }
        self.staged.extend(objects);
        if batch.last {
            self.replace(now_unix);
        }
        Ok(())
    }

    fn replace(&mut self, now_unix: Duration) {
        let staged = std::mem::take(&mut self.staged);
        let mut before = std::mem::take(&mut self.by_id);
        self.by_upn.clear();
        for (id, object) in staged {
            let known = before.remove(&id);
            self.put(id, object, now_unix);
            if let Some(person) = self.by_id.get_mut(&id) {
                person.password = known.as_ref().and_then(|known| known.password);
                person.exempt = known.map(|known| known.exempt).unwrap_or_default();
                self.writes.push(saved::person(person));
            }
        }
        self.writes.extend(before.into_keys().map(saved::nobody));
        self.writes.push(saved::synchronised());
        self.synchronised = true;
    }

    /// Of two objects with one name the first keeps it, so that nobody takes over a person by taking their name.
    fn put(&mut self, id: Uuid, object: SyncObject, now_unix: Duration) {
        let known = self.by_id.get(&id);
        let password = known.and_then(|person| person.password);
        let exempt = known.map(|person| person.exempt).unwrap_or_default();
        let old_name = self.by_id.get(&id).map(|person| fold(&person.object.upn));
        if let Some(old) = old_name
            && self.by_upn.get(&old) == Some(&id)
        {
            self.by_upn.remove(&old);
        }
        self.by_upn.entry(fold(&object.upn)).or_insert(id);
        self.by_id.insert(
            id,
            Person {
                id,
                object,
                synced_unix: now_unix,
                password,
                exempt,
            },
        );
    }

    pub(crate) fn by_upn(&self, upn: &str) -> Option<&Person> {
        self.by_id.get(self.by_upn.get(&fold(upn))?)
    }

    pub(crate) fn by_id(&self, id: Uuid) -> Option<&Person> {
        self.by_id.get(&id)
    }

    /// Up to `count` people after an id, in the order of ids.
    pub(crate) fn page(&self, after: Option<Uuid>, count: usize) -> Vec<Person> {
        let start = after.map_or(Bound::Unbounded, Bound::Excluded);
        self.by_id
            .range((start, Bound::Unbounded))
            .take(count)
            .map(|(_, person)| person.clone())
            .collect()
    }

    pub(crate) fn objects(&self) -> Vec<SyncObject> {
        self.by_id.values().map(|person| person.object.clone()).collect()
    }

    /// Keeps the digest of a new password; `false` if the person is gone.
    pub(crate) fn set_password(&mut self, id: Uuid, password: CloudPassword) -> bool {
        let Some(person) = self.by_id.get_mut(&id) else {
            return false;
        };
        person.password = Some(password);
        self.writes.push(saved::person(person));
        true
    }

    /// Takes licences away and people out of the group; gives the first name that nobody has.
    pub(crate) fn exempt(&mut self, exemptions: &Exemptions) -> Result<(), String> {
        self.exempt_each(&exemptions.unlicensed, |exempt| exempt.unlicensed = true)?;
        self.exempt_each(&exemptions.outside_group, |exempt| exempt.outside_group = true)
    }

    fn exempt_each(&mut self, upns: &[String], lacks: fn(&mut Exempt)) -> Result<(), String> {
        for upn in upns {
            let id = self.by_upn.get(&fold(upn)).ok_or_else(|| upn.clone())?;
            let person = self.by_id.get_mut(id).ok_or_else(|| upn.clone())?;
            lacks(&mut person.exempt);
            self.writes.push(saved::person(person));
        }
        Ok(())
    }

    pub(crate) fn len(&self) -> usize {
        self.by_id.len()
    }

    pub(crate) fn synchronised(&self) -> bool {
        self.synchronised
    }
}

/// The cloud's object id of a source anchor: the same after every export.
fn id_of(anchor: &str) -> Uuid {
    secret::uuid_of(&Sha256::digest(anchor.as_bytes()).into())
}

fn fold(upn: &str) -> String {
    upn.trim().to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn object(anchor: &str, upn: &str) -> SyncObject {
        SyncObject {
            source_anchor: anchor.into(),
            upn: upn.into(),
            sam: "s".into(),
            display_name: "S".into(),
            dn: "CN=S".into(),
            domain: "corp.test".into(),
            mail: None,
            enabled: true,
        }
    }

    fn batch(full: bool, last: bool, objects: Vec<SyncObject>) -> SyncExport {
        SyncExport { full, last, objects }
    }

    const NOW: Duration = Duration::from_secs(1);

    #[test]
    fn nobody_is_known_before_the_last_batch_of_a_full_export() {
        let mut people = People::default();
        let delta = batch(false, true, vec![object("A", "a@corp.test")]);
        assert_eq!(people.export(delta, NOW), Err(ExportRefusal::FullFirst));
        people
            .export(batch(true, false, vec![object("A", "a@corp.test")]), NOW)
            .unwrap();
        assert!(people.by_upn("a@corp.test").is_none() && !people.synchronised());
        people
            .export(batch(true, true, vec![object("B", "b@corp.test")]), NOW)
            .unwrap();
        assert!(people.by_upn(" A@CORP.test").is_some() && people.len() == 2);
    }

    #[test]
    fn a_full_export_forgets_who_left_and_keeps_passwords() {
        let mut people = People::default();
        people
            .export(
                batch(true, true, vec![object("A", "a@x.test"), object("B", "b@x.test")]),
                NOW,
            )
            .unwrap();
        let id = people.by_upn("a@x.test").unwrap().id;
        let password = CloudPassword {
            marker: [1; 32],
            changed_unix: NOW,
        };
        assert!(people.set_password(id, password));
        people
            .export(batch(true, true, vec![object("A", "new@x.test")]), NOW)
            .unwrap();
        assert!(people.by_upn("a@x.test").is_none() && people.by_upn("b@x.test").is_none());
        assert_eq!(people.by_upn("new@x.test").unwrap().password, Some(password));
    }

    #[test]
    fn a_name_cannot_be_taken_over() {
        let mut people = People::default();
        people
            .export(batch(true, true, vec![object("A", "a@x.test")]), NOW)
            .unwrap();
        people
            .export(batch(false, true, vec![object("B", "a@x.test")]), NOW)
            .unwrap();
        assert_eq!(people.by_upn("a@x.test").unwrap().object.source_anchor, "A");
        assert_eq!(people.page(None, 1).len(), 1);
        assert_eq!(
            people
                .page(people.page(None, 1).first().map(|person| person.id), 9)
                .len(),
            1
        );
    }
}
