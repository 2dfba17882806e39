//! Which entries are linked to which.

use std::collections::{BTreeSet, HashMap};

use super::entry::EntryId;

/// What is linked to what, both ways: groups to their members, fine-grained password policies to those they apply to.
#[derive(Clone, Default)]
pub struct Links {
    members: HashMap<EntryId, BTreeSet<EntryId>>,
    owners: HashMap<EntryId, BTreeSet<EntryId>>,
}

impl Links {
    /// The members of a group, or the subjects of a policy.
    pub fn members(&self, owner: EntryId) -> impl Iterator<Item = EntryId> {
        self.members.get(&owner).into_iter().flatten().copied()
    }

    /// The groups that an entry is a member of, and the policies that apply to it.
    pub fn owners(&self, member: EntryId) -> impl Iterator<Item = EntryId> {
        self.owners.get(&member).into_iter().flatten().copied()
    }

    /// Whether one entry is linked to another.
    #[must_use]
    pub fn joined(&self, owner: EntryId, member: EntryId) -> bool {
        self.members
            .get(&owner)
            .is_some_and(|members| members.contains(&member))
    }

    /// Adds a link.
    pub fn join(&mut self, owner: EntryId, member: EntryId) {
        self.members.entry(owner).or_default().insert(member);
        self.owners.entry(member).or_default().insert(owner);
    }

    /// Takes a link away.
    pub fn leave(&mut self, owner: EntryId, member: EntryId) {
        if let Some(members) = self.members.get_mut(&owner) {
            members.remove(&member);
        }
        if let Some(owners) = self.owners.get_mut(&member) {
            owners.remove(&owner);
        }
    }

    /// Forgets an entry that was deleted.
    pub fn forget(&mut self, id: EntryId) {
        for member in self.members.remove(&id).unwrap_or_default() {
            self.leave(id, member);
        }
        for owner in self.owners.remove(&id).unwrap_or_default() {
            self.leave(owner, id);
        }
    }
}
