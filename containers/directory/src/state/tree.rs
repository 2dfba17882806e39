//! The entries, and the indexes that find them.

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use super::answer::Refusal;
use super::dn::{Dn, Rdn, fold, same_text};
use super::entry::{Entry, EntryId};
use super::index::{Index, Keys};
use super::schema::{Attr, Class};
use super::settings::Settings;
use super::usn::UsnIndex;

/// All entries of the domain, found by place, objectGUID, RID, sAMAccountName, userPrincipalName and mail.
#[derive(Clone)]
pub struct Tree {
    base: Dn,
    entries: Vec<Option<Entry>>,
    children: HashMap<EntryId, BTreeSet<EntryId>>,
    by_rid: HashMap<u32, EntryId>,
    keys: Keys,
    by_place: Index,
    by_guid: Index,
    by_text: [Index; INDEXED.len()],
    pub(super) by_usn: UsnIndex,
    settings: Settings,
}

/// The attributes whose values are indexed.
const INDEXED: [Attr; 3] = [Attr::SamAccountName, Attr::UserPrincipalName, Attr::Mail];

/// Where a name leads.
pub enum Found {
    /// To an entry.
    Entry(EntryId),
    /// To nothing; this is the nearest entry above that exists.
    Missing(EntryId),
    /// Out of this domain.
    Elsewhere,
}

impl Tree {
    /// The head of the domain, which is always the first entry.
    pub const HEAD: EntryId = EntryId(0);

    /// A tree of one entry, the head.
    #[must_use]
    pub fn new(base: Dn, head: Entry) -> Self {
        let mut tree = Self {
            base,
            entries: Vec::new(),
            children: HashMap::new(),
            by_rid: HashMap::new(),
            keys: Keys::default(),
            by_place: Index::default(),
            by_guid: Index::default(),
            by_text: Default::default(),
            by_usn: UsnIndex::default(),
            settings: Settings::default(),
        };
        tree.insert(head);
        tree
    }

    /// The DN of the head.
    #[must_use]
    pub fn base(&self) -> &Dn {
        &self.base
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.by_guid.len()
    }

    /// An entry.
    #[must_use]
    pub fn get(&self, id: EntryId) -> Option<&Entry> {
        self.entries.get(id.0 as usize)?.as_ref()
    }

    /// An entry, to be changed in what no index holds.
    pub fn get_mut(&mut self, id: EntryId) -> Option<&mut Entry> {
        self.entries.get_mut(id.0 as usize)?.as_mut()
    }

    /// The entries directly below one, in the order of their creation.
    #[must_use]
    pub fn children(&self, id: EntryId) -> Option<&BTreeSet<EntryId>> {
        self.children.get(&id)
    }

    /// An entry and all below it, each after the one above it.
    #[must_use]
    pub fn below(&self, id: EntryId) -> Vec<EntryId> {
        let mut all = Vec::new();
        let mut waiting = vec![id];
        while let Some(next) = waiting.pop() {
            all.push(next);
            if let Some(children) = self.children.get(&next) {
                waiting.extend(children.iter().rev());
            }
        }
        all
    }

    /// Whether an entry is another one or below it.
    #[must_use]
    pub fn within(&self, id: EntryId, above: EntryId) -> bool {
        let mut next = Some(id);
        while let Some(current) = next {
            if current == above {
                return true;
            }
            next = self.get(current).and_then(|entry| entry.parent);
        }
        false
    }

    /// The DN of an entry.
    #[must_use]
    pub fn dn(&self, id: EntryId) -> Dn {
        let mut parts = Vec::new();
        let mut next = self.get(id);
        while let Some(entry) = next {
            let Some(parent) = entry.parent else { break };
            parts.push(entry.rdn());
            next = self.get(parent);
        }
        parts.extend(self.base.0.iter().cloned());
        Dn(parts)
    }

    /// Walks down a name.
    #[must_use]
    pub fn find(&self, dn: &Dn) -> Found {
        let Some(above) = dn.0.len().checked_sub(self.base.0.len()) else {
            return Found::Elsewhere;
        };
        let (own, base) = dn.0.split_at(above);
        if !base.iter().zip(&self.base.0).all(|(one, two)| one.is(two)) {
            return Found::Elsewhere;
        }
        let mut at = Self::HEAD;
        for rdn in own.iter().rev() {
            match self.child(at, rdn) {
                Some(child) => at = child,
                None => return Found::Missing(at),
            }
        }
        Found::Entry(at)
    }

    /// The entry below another with that name.
    #[must_use]
    pub fn child(&self, parent: EntryId, rdn: &Rdn) -> Option<EntryId> {
        let folded = fold(&rdn.value);
        let is_it = |entry: &Entry| {
            entry.parent == Some(parent)
                && entry.class.naming() == rdn.kind
                && same_text(entry.name.as_bytes(), &folded)
        };
        let hash = self.keys.hash((parent, folded.as_str()));
        self.by_place.find(hash, |id| self.get(id).is_some_and(is_it))
    }

    /// The entry with that objectGUID.
    #[must_use]
    pub fn by_guid(&self, guid: Uuid) -> Option<EntryId> {
        let is_it = |entry: &Entry| entry.guid == guid;
        let hash = self.keys.hash(guid);
        self.by_guid.find(hash, |id| self.get(id).is_some_and(is_it))
    }

    /// The entry whose SID ends so.
    #[must_use]
    pub fn by_rid(&self, rid: u32) -> Option<EntryId> {
        self.by_rid.get(&rid).copied()
    }

    /// The entry with that sAMAccountName, whatever its case.
    #[must_use]
    pub fn by_sam(&self, name: &str) -> Option<EntryId> {
        self.with_text(Attr::SamAccountName, &fold(name))?.next()
    }

    /// The entry with that userPrincipalName, whatever its case.
    #[must_use]
    pub fn by_upn(&self, name: &str) -> Option<EntryId> {
        self.with_text(Attr::UserPrincipalName, &fold(name))?.next()
    }

    /// The entries with that folded value of an attribute; none where the attribute is not indexed.
    pub fn with_text<'a>(&'a self, attr: Attr, folded: &'a str) -> Option<impl Iterator<Item = EntryId> + 'a> {
        let at = INDEXED.iter().position(|indexed| *indexed == attr)?;
        let is_it = move |entry: &Entry| {
            let value = entry.attributes.first(attr);
            value.is_some_and(|value| same_text(value, folded))
        };
        let found = self.by_text[at].all(self.keys.hash(folded));
        Some(found.filter(move |id| self.get(*id).is_some_and(is_it)))
    }

    /// The fine-grained password policies.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Says which entry fine-grained password policies stand below.
    pub fn settings_stand_in(&mut self, container: EntryId) {
        self.settings.stand_in(container);
    }

    /// Whether an entry could stand as it is: no other has its place or one of its unique names.
    ///
    /// # Errors
    /// The refusal that Active Directory gives for the first conflict.
    pub fn check(&self, own: Option<EntryId>, entry: &Entry) -> Result<(), Refusal> {
        let taken = |holder: Option<EntryId>| holder.is_some() && holder != own;
        if entry
            .parent
            .is_some_and(|parent| taken(self.child(parent, &entry.rdn())))
        {
            return Err(Refusal::exists(0x2071));
        }
        let text = |attr| entry.attributes.text(attr);
        if text(Attr::SamAccountName).is_some_and(|name| taken(self.by_sam(name))) {
            return Err(Refusal::exists(0x524));
        }
        if text(Attr::UserPrincipalName).is_some_and(|name| taken(self.by_upn(name))) {
            return Err(Refusal::constraint(0x21C8, Attr::UserPrincipalName));
        }
        Ok(())
    }

    /// Whether [`Tree::check`] has nothing to look at, since what must be unique is as it was.
    #[must_use]
    pub fn is_named_as(&self, id: EntryId, entry: &Entry) -> bool {
        self.get(id).is_some_and(|old| {
            let same = |attr| old.attributes.first(attr) == entry.attributes.first(attr);
            old.parent == entry.parent && old.name == entry.name && INDEXED.into_iter().all(same)
        })
    }

    /// Adds an entry that passed [`Tree::check`].
    pub fn insert(&mut self, entry: Entry) -> EntryId {
        let id = EntryId(u32::try_from(self.entries.len()).unwrap_or(u32::MAX));
        self.index(id, &entry);
        let usn = entry.usn_changed;
        self.entries.push(Some(entry));
        self.note_usn(usn, id);
        id
    }

    /// Puts a changed entry that passed [`Tree::check`] in the place of the old one.
    pub fn replace(&mut self, id: EntryId, entry: Entry) {
        let stays = entry.class != Class::Settings && self.is_named_as(id, &entry);
        if !stays {
            if let Some(old) = self.entries.get_mut(id.0 as usize).and_then(Option::take) {
                self.unindex(id, &old);
            }
            self.index(id, &entry);
        }
        let usn = entry.usn_changed;
        if let Some(slot) = self.entries.get_mut(id.0 as usize) {
            *slot = Some(entry);
        }
        self.note_usn(usn, id);
    }

    /// Removes an entry that has nothing below it.
    pub fn remove(&mut self, id: EntryId) -> Option<Entry> {
        let old = self.entries.get_mut(id.0 as usize).and_then(Option::take)?;
        self.unindex(id, &old);
        self.children.remove(&id);
        Some(old)
    }

    fn index(&mut self, id: EntryId, entry: &Entry) {
        if let Some(parent) = entry.parent {
            let hash = self.keys.hash((parent, fold(&entry.name).as_str()));
            self.by_place.insert(hash, id);
            self.children.entry(parent).or_default().insert(id);
        }
        self.by_guid.insert(self.keys.hash(entry.guid), id);
        if let Some(rid) = entry.rid {
            self.by_rid.insert(rid, id);
        }
        for (at, attr) in INDEXED.into_iter().enumerate() {
            if let Some(text) = entry.attributes.text(attr) {
                let hash = self.keys.hash(fold(text).as_str());
                self.by_text[at].insert(hash, id);
            }
        }
        self.settings.index(id, entry);
    }

    fn unindex(&mut self, id: EntryId, entry: &Entry) {
        if let Some(parent) = entry.parent {
            let hash = self.keys.hash((parent, fold(&entry.name).as_str()));
            self.by_place.remove(hash, id);
            if let Some(siblings) = self.children.get_mut(&parent) {
                siblings.remove(&id);
            }
        }
        self.by_guid.remove(self.keys.hash(entry.guid), id);
        if let Some(rid) = entry.rid {
            self.by_rid.remove(&rid);
        }
        for (at, attr) in INDEXED.into_iter().enumerate() {
            if let Some(text) = entry.attributes.text(attr) {
                let hash = self.keys.hash(fold(text).as_str());
                self.by_text[at].remove(hash, id);
            }
        }
        if entry.class == Class::Settings {
            self.settings.unindex(id);
        }
    }
}
