//! Changes made here, made known to the partners.

use std::sync::Arc;

use uuid::Uuid;

use super::update::{Birth, Fact, Link, Update, Value, What};
use super::{Marks, Stamp};
use crate::state::Domain;
use crate::state::draft::Draft;
use crate::state::entry::{Entry, EntryId};
use crate::state::policy::Policy;
use crate::state::schema::Attr;
use crate::state::time::FileTime;

/// What a draft changes that partners must know.
#[derive(Default)]
pub(in crate::state) struct News {
    units: Vec<Attr>,
    members: Vec<EntryId>,
}

impl Domain {
    /// What a draft will change; nothing where there are no partners. To be asked before the draft is put in place.
    pub(in crate::state) fn news_of(&self, id: EntryId, draft: &Draft) -> News {
        if !self.replica.outbox.has_partners() {
            return News::default();
        }
        let mut news = News::default();
        if let Some(old) = self.tree.get(id) {
            news.units = changed_units(old, &draft.entry);
        }
        if let Some(policy) = &draft.policy {
            news.units.extend(changed_policy(&self.policy, policy));
        }
        for (member, _) in &draft.members {
            let last = draft.members.iter().rev().find(|(id, _)| id == member);
            let changes = last.is_some_and(|(_, joins)| *joins != self.is_member(id, *member));
            if changes && !news.members.contains(member) {
                news.members.push(*member);
            }
        }
        news
    }

    /// Makes known what [`Domain::news_of`] found, now that it is in place.
    pub(in crate::state) fn spread_news(&mut self, id: EntryId, news: &News, now: FileTime) {
        self.spread(id, &news.units, now);
        for member in &news.members {
            self.spread_link(id, *member, now);
        }
    }

    /// Makes known attributes that were written just now.
    pub(in crate::state) fn spread(&mut self, id: EntryId, units: &[Attr], now: FileTime) -> Option<Arc<Update>> {
        let guid = self.guid_to_tell(id)?;
        if units.is_empty() {
            return None;
        }
        let mut facts = Vec::with_capacity(units.len());
        for unit in units {
            let Some(value) = self.value_of(id, *unit) else {
                continue;
            };
            let stamp = self.next_stamp(id, *unit, now);
            self.replica.mark(id, *unit, stamp);
            facts.push(Fact {
                unit: *unit,
                stamp,
                value,
            });
        }
        Some(self.tell(guid, What::Write(facts)))
    }

    /// Makes known that a member joined or left just now.
    pub(in crate::state) fn spread_link(&mut self, group: EntryId, member: EntryId, now: FileTime) {
        let (Some(guid), Some(entry)) = (self.guid_to_tell(group), self.tree.get(member)) else {
            return;
        };
        let joined = entry.guid;
        let version = self.link_stamp(group, member).version.saturating_add(1);
        let stamp = self.replica.stamp(version, now);
        self.replica.links.insert((group, member), stamp);
        let link = Link {
            member: joined,
            present: self.is_member(group, member),
            stamp,
        };
        self.tell(guid, What::Link(link));
    }

    /// Makes a new entry known, with its members.
    pub(in crate::state) fn spread_birth(&mut self, id: EntryId) {
        let (Some(guid), Some(entry)) = (self.guid_to_tell(id), self.tree.get(id)) else {
            return;
        };
        let Some(parent) = entry.parent.and_then(|parent| self.tree.get(parent)) else {
            return;
        };
        let stamp = self.replica.stamp(1, entry.when_created);
        let now = entry.when_created;
        let birth = Birth {
            parent: parent.guid,
            stamp,
            entry: entry.clone(),
        };
        self.replica.marks.insert(id, Marks::new(stamp));
        self.tell(guid, What::Birth(Box::new(birth)));
        for member in self.links.members(id).collect::<Vec<_>>() {
            self.spread_link(id, member, now);
        }
    }

    /// Makes known that an entry is about to be deleted.
    pub(in crate::state) fn spread_death(&mut self, id: EntryId) {
        if let Some(guid) = self.guid_to_tell(id) {
            self.forget_marks(id);
            self.replica.gone.insert(guid);
            self.tell(guid, What::Death);
        }
    }

    pub(super) fn forget_marks(&mut self, id: EntryId) {
        self.replica.marks.remove(&id);
        for member in self.links.members(id) {
            self.replica.links.remove(&(id, member));
        }
        for group in self.links.owners(id) {
            self.replica.links.remove(&(group, id));
        }
    }

    /// The objectGUID of an entry, if there is somebody to tell of it.
    fn guid_to_tell(&self, id: EntryId) -> Option<Uuid> {
        let entry = self.tree.get(id).filter(|_| self.replica.outbox.has_partners())?;
        Some(entry.guid)
    }

    fn tell(&mut self, guid: Uuid, what: What) -> Arc<Update> {
        let update = Arc::new(Update { guid, what });
        self.replica.outbox.push(update.clone());
        update
    }

    /// The stamp of a value written now. A password counts its own versions.
    fn next_stamp(&self, id: EntryId, unit: Attr, now: FileTime) -> Stamp {
        let version = if unit == Attr::UnicodePwd {
            self.key_version(id)
        } else {
            self.stamp_of(id, unit).version.saturating_add(1)
        };
        self.replica.stamp(version, now)
    }

    fn value_of(&self, id: EntryId, unit: Attr) -> Option<Value> {
        let entry = self.tree.get(id)?;
        let account = entry.account.as_deref();
        Some(match unit {
            Attr::Name => Value::Place(self.tree.get(entry.parent?)?.guid, entry.name.clone()),
            Attr::UnicodePwd => Value::Password(account?.credentials.clone()),
            Attr::UserAccountControl => Value::Number(Some(i64::from(account?.control))),
            Attr::PwdLastSet => Value::Number(Some(account?.pwd_last_set)),
            Attr::LockoutTime => Value::Number(account?.lockout_time),
            Attr::FsmoRoleOwner => Value::Text(self.replica.role_owner.clone()),
            unit if self.policy.get(unit).is_some() => Value::Number(self.policy.get(unit)),
            unit => Value::Kept(entry.attributes.get(unit).map(Into::into).collect()),
        })
    }
}

fn changed_units(old: &Entry, new: &Entry) -> Vec<Attr> {
    let mut units = Vec::new();
    if old.parent != new.parent || old.name != new.name {
        units.push(Attr::Name);
    }
    if let (Some(old), Some(new)) = (&old.account, &new.account) {
        let resets = old.key_version() != new.key_version();
        let changes = [
            (Attr::UserAccountControl, old.control != new.control),
            (Attr::UnicodePwd, resets),
            (Attr::PwdLastSet, resets || old.pwd_last_set != new.pwd_last_set),
            (Attr::LockoutTime, old.lockout_time != new.lockout_time),
        ];
        units.extend(changes.iter().filter(|(_, changed)| *changed).map(|(unit, _)| *unit));
    }
    for unit in old.attributes.present().chain(new.attributes.present()) {
        if !old.attributes.get(unit).eq(new.attributes.get(unit)) && !units.contains(&unit) {
            units.push(unit);
        }
    }
    units
}

fn changed_policy(old: &Policy, new: &Policy) -> impl Iterator<Item = Attr> {
    let changed = |unit: &Attr| old.get(*unit) != new.get(*unit);
    Attr::ALL.iter().copied().filter(changed)
}
