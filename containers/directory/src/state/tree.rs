//! The entries, and the indexes that find them.

use std::collections::{BTreeSet, HashMap};

use uuid::Uuid;

use super::answer::Refusal;
use super::dn::{Dn, Rdn, fold};
use super::entry::{Entry, EntryId};
use super::schema::Attr;
use super::usn::UsnIndex;

/// All entries of the domain, found by place, objectGUID, RID, sAMAccountName and userPrincipalName.
#[derive(Clone)]
pub struct Tree {
    base: Dn,
    entries: Vec<Option<Entry>>,
    children: HashMap<EntryId, BTreeSet<EntryId>>,
    by_place: HashMap<(EntryId, Box<str>), EntryId>,
    by_guid: HashMap<Uuid, EntryId>,
    by_rid: HashMap<u32, EntryId>,
    by_sam: HashMap<Box<str>, EntryId>,
    by_upn: HashMap<Box<str>, EntryId>,
    pub(super) by_usn: UsnIndex,
}

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
            by_place: HashMap::new(),
            by_guid: HashMap::new(),
            by_rid: HashMap::new(),
            by_sam: HashMap::new(),
            by_upn: HashMap::new(),
            by_usn: UsnIndex::default(),
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
    pub fn children(&self, id: EntryId) -> impl Iterator<Item = EntryId> {
        self.children.get(&id).into_iter().flatten().copied()
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
            parts.push(entry.rdn.clone());
            next = self.get(parent);
        }
        parts.extend(self.base.0.iter().cloned());
        Dn(parts)
    }

    /// Walks down a name.
    #[must_use]
    pub fn find(&self, dn: &Dn) -> Found {
        let same = |(one, two): (&Rdn, &Rdn)| one.key() == two.key();
        let Some(above) = dn.0.len().checked_sub(self.base.0.len()) else {
            return Found::Elsewhere;
        };
        let (own, base) = dn.0.split_at(above);
        if !base.iter().zip(&self.base.0).all(same) {
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
        self.by_place.get(&(parent, rdn.key().into_boxed_str())).copied()
    }

    /// The entry with that objectGUID.
    #[must_use]
    pub fn by_guid(&self, guid: Uuid) -> Option<EntryId> {
        self.by_guid.get(&guid).copied()
    }

    /// The entry whose SID ends so.
    #[must_use]
    pub fn by_rid(&self, rid: u32) -> Option<EntryId> {
        self.by_rid.get(&rid).copied()
    }

    /// The entry with that sAMAccountName, whatever its case.
    #[must_use]
    pub fn by_sam(&self, name: &str) -> Option<EntryId> {
        self.by_sam.get(fold(name).as_str()).copied()
    }

    /// The entry with that userPrincipalName, whatever its case.
    #[must_use]
    pub fn by_upn(&self, name: &str) -> Option<EntryId> {
        self.by_upn.get(fold(name).as_str()).copied()
    }

    /// Whether an entry could stand as it is: no other has its place or one of its unique names.
    ///
    /// # Errors
    /// The refusal that Active Directory gives for the first conflict.
    pub fn check(&self, own: Option<EntryId>, entry: &Entry) -> Result<(), Refusal> {
        let taken = |holder: Option<EntryId>| holder.is_some() && holder != own;
        if entry.parent.is_some_and(|parent| taken(self.child(parent, &entry.rdn))) {
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
        if let Some(old) = self.entries.get_mut(id.0 as usize).and_then(Option::take) {
            self.unindex(id, &old);
        }
        self.index(id, &entry);
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
        Some(old)
    }

    fn index(&mut self, id: EntryId, entry: &Entry) {
        if let Some(parent) = entry.parent {
            self.by_place.insert((parent, entry.rdn.key().into()), id);
            self.children.entry(parent).or_default().insert(id);
        }
        self.by_guid.insert(entry.guid, id);
        if let Some(rid) = entry.rid {
            self.by_rid.insert(rid, id);
        }
        if let Some(name) = entry.attributes.text(Attr::SamAccountName) {
            self.by_sam.insert(fold(name).into(), id);
        }
        if let Some(name) = entry.attributes.text(Attr::UserPrincipalName) {
            self.by_upn.insert(fold(name).into(), id);
        }
    }

    fn unindex(&mut self, id: EntryId, entry: &Entry) {
        if let Some(parent) = entry.parent {
            self.by_place.remove(&(parent, entry.rdn.key().into()));
            if let Some(siblings) = self.children.get_mut(&parent) {
                siblings.remove(&id);
            }
        }
        self.by_guid.remove(&entry.guid);
        if let Some(rid) = entry.rid {
            self.by_rid.remove(&rid);
        }
        if let Some(name) = entry.attributes.text(Attr::SamAccountName) {
            self.by_sam.remove(fold(name).as_str());
        }
        if let Some(name) = entry.attributes.text(Attr::UserPrincipalName) {
            self.by_upn.remove(fold(name).as_str());
        }
    }
}

/// Who is a member of what, both ways.
#[derive(Clone, Default)]
pub struct Links {
    members: HashMap<EntryId, BTreeSet<EntryId>>,
    groups: HashMap<EntryId, BTreeSet<EntryId>>,
}

impl Links {
    /// The members of a group.
    pub fn members(&self, group: EntryId) -> impl Iterator<Item = EntryId> {
        self.members.get(&group).into_iter().flatten().copied()
    }

    /// The groups that an entry is a member of.
    pub fn groups(&self, member: EntryId) -> impl Iterator<Item = EntryId> {
        self.groups.get(&member).into_iter().flatten().copied()
    }

    /// Adds a member to a group.
    pub fn join(&mut self, group: EntryId, member: EntryId) {
        self.members.entry(group).or_default().insert(member);
        self.groups.entry(member).or_default().insert(group);
    }

    /// Takes a member out of a group.
    pub fn leave(&mut self, group: EntryId, member: EntryId) {
        if let Some(members) = self.members.get_mut(&group) {
            members.remove(&member);
        }
        if let Some(groups) = self.groups.get_mut(&member) {
            groups.remove(&group);
        }
    }

    /// Forgets an entry that was deleted.
    pub fn forget(&mut self, id: EntryId) {
        for member in self.members.remove(&id).unwrap_or_default() {
            self.leave(id, member);
        }
        for group in self.groups.remove(&id).unwrap_or_default() {
            self.leave(group, id);
        }
    }
}
