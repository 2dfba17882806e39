//! Changes that partners made, applied here.

use std::sync::Arc;

use uuid::Uuid;

use super::Marks;
use super::update::{Birth, Fact, Link, Update, Value, What};
use crate::state::Domain;
use crate::state::dn::Rdn;
use crate::state::entry::{Entry, EntryId};
use crate::state::schema::Attr;
use crate::state::time::FileTime;
use crate::state::tree::Tree;

/// What is known of an entry that an update speaks of.
pub(super) enum Standing {
    Here(EntryId),
    /// It was deleted.
    Gone,
    /// Its own update has not come yet.
    Unknown,
}

impl Domain {
    /// Applies a partner's change, as far as it is news: a value with a lesser stamp than the one held loses, and so does every
    /// change to what was deleted. What needs an entry that has not come yet waits for it. `uSNChanged` and `whenChanged` move where
    /// something was applied; `badPwdCount` and `badPasswordTime` never do.
    ///
    /// Two entries that got one name on two controllers: the one named later (by the stamp of its name) keeps it, the other becomes
    /// `CN=name\0ACNF:<objectGUID>`. Likewise the one with the lesser stamp gives up a `sAMAccountName` (it becomes
    /// `$DUPLICATE-<rid>`) or a `userPrincipalName` (it has none afterwards, where Active Directory would keep both and bind
    /// neither). What was moved or added below an entry that a partner deleted goes to `CN=LostAndFound`.
    pub fn receive(&mut self, update: &Arc<Update>, now: FileTime) {
        match (&update.what, self.standing_of(update.guid)) {
            (_, Standing::Gone) | (What::Birth(_), Standing::Here(_)) => {}
            (What::Birth(birth), Standing::Unknown) => self.receive_birth(update, birth, now),
            (What::Write(facts), Standing::Here(id)) => self.receive_facts(id, update.guid, facts, now),
            (What::Link(link), Standing::Here(id)) => self.receive_link(id, update, link, now),
            (What::Death, Standing::Here(id)) => self.receive_death(id, update.guid, now),
            (What::Death, Standing::Unknown) => {
                self.replica.gone.insert(update.guid);
                self.resume(update.guid, now);
            }
            (_, Standing::Unknown) => self.replica.wait(update.guid, update.clone()),
        }
    }

    fn standing_of(&self, guid: Uuid) -> Standing {
        match self.tree.by_guid(guid) {
            Some(id) => Standing::Here(id),
            None if self.replica.is_gone(guid) => Standing::Gone,
            None => Standing::Unknown,
        }
    }

    /// Applies what waited for an entry.
    fn resume(&mut self, guid: Uuid, now: FileTime) {
        for update in self.replica.early.remove(&guid).unwrap_or_default() {
            self.receive(&update, now);
        }
    }

    fn receive_birth(&mut self, update: &Arc<Update>, birth: &Birth, now: FileTime) {
        let mut amended = Vec::new();
        let mut entry = birth.entry.clone();
        match self.standing_of(birth.parent) {
            Standing::Unknown => return self.replica.wait(birth.parent, update.clone()),
            Standing::Here(parent) => entry.parent = Some(parent),
            Standing::Gone => {
                entry.parent = Some(self.lost_and_found(None));
                amended.push(Attr::Name);
            }
        }
        amended.extend(self.make_room(None, birth.stamp, &mut entry, now));
        let usn = self.next_usn();
        (entry.usn_created, entry.usn_changed, entry.when_changed) = (usn, usn, now);
        let id = self.tree.insert(entry);
        self.replica.marks.insert(id, Marks::new(birth.stamp));
        self.spread(id, &amended, now);
        self.resume(update.guid, now);
    }

    fn receive_facts(&mut self, id: EntryId, guid: Uuid, facts: &[Fact], now: FileTime) {
        let Some(mut entry) = self.tree.get(id).cloned() else {
            return;
        };
        let mut amended = Vec::new();
        let mut applied = false;
        for fact in facts {
            if fact.stamp <= self.stamp_of(id, fact.unit) {
                continue;
            }
            if let Value::Place(parent, name) = &fact.value {
                match self.standing_of(*parent) {
                    Standing::Unknown => {
                        let what = What::Write(vec![fact.clone()]);
                        self.replica.wait(*parent, Arc::new(Update { guid, what }));
                        continue;
                    }
                    place => amended.extend(self.move_to(id, &mut entry, &place, name)),
                }
            } else {
                self.take(&mut entry, fact);
            }
            self.replica.mark(id, fact.unit, fact.stamp);
            applied = true;
        }
        if applied {
            self.put_received(id, entry, amended, now);
        }
    }

    /// Puts an entry with received values in place, and makes known what had to differ from them.
    pub(super) fn put_received(&mut self, id: EntryId, mut entry: Entry, mut amended: Vec<Attr>, now: FileTime) {
        for unit in self.make_room(Some(id), super::Stamp::SHARED, &mut entry, now) {
            if !amended.contains(&unit) {
                amended.push(unit);
            }
        }
        self.tree.replace(id, entry);
        self.stamp(id, now);
        self.spread(id, &amended, now);
    }

    /// Moves a draft of an entry below another, or to the lost and found where that would be below nothing or below itself.
    fn move_to(&self, id: EntryId, entry: &mut Entry, place: &Standing, name: &str) -> Option<Attr> {
        entry.name = name.into();
        match place {
            Standing::Here(parent) if !self.tree.within(*parent, id) => {
                entry.parent = Some(*parent);
                None
            }
            _ => {
                entry.parent = Some(self.lost_and_found(Some(id)));
                Some(Attr::Name)
            }
        }
    }

    fn take(&mut self, entry: &mut Entry, fact: &Fact) {
        let account = entry.account.as_deref_mut();
        match (&fact.value, fact.unit, account) {
            (Value::Password(credentials), _, Some(account)) => account.credentials.clone_from(credentials),
            (Value::Number(Some(value)), Attr::UserAccountControl, Some(account)) => {
                account.control = u32::try_from(*value).unwrap_or(account.control);
            }
            (Value::Number(Some(value)), Attr::PwdLastSet, Some(account)) => account.pwd_last_set = *value,
            (Value::Number(value), Attr::LockoutTime, Some(account)) => account.lockout_time = *value,
            (Value::Number(Some(value)), unit, None) => {
                let fits = self.policy.set(unit, *value);
                debug_assert!(fits, "a partner took this value");
            }
            (Value::Text(owner), _, None) => self.replica.role_owner.clone_from(owner),
            (Value::Kept(values), unit, _) => entry.attributes.set(unit, values),
            _ => {}
        }
    }

    fn receive_link(&mut self, group: EntryId, update: &Arc<Update>, link: &Link, now: FileTime) {
        let member = match self.standing_of(link.member) {
            Standing::Unknown => return self.replica.wait(link.member, update.clone()),
            Standing::Gone => return,
            Standing::Here(member) => member,
        };
        if link.stamp <= self.link_stamp(group, member) {
            return;
        }
        self.replica.links.insert((group, member), link.stamp);
        self.link(group, vec![(member, link.present)]);
        self.stamp(group, now);
    }

    fn receive_death(&mut self, id: EntryId, guid: Uuid, now: FileTime) {
        for child in self.tree.children(id).cloned().unwrap_or_default() {
            if let Some(mut entry) = self.tree.get(child).cloned() {
                entry.parent = Some(self.lost_and_found(Some(id)));
                self.put_received(child, entry, vec![Attr::Name], now);
            }
        }
        self.forget_marks(id);
        self.replica.gone.insert(guid);
        self.bury(id);
        self.next_usn();
        self.resume(guid, now);
    }

    /// Where an entry goes whose place is gone; the head if that lies at or below the entry that must move.
    fn lost_and_found(&self, moving: Option<EntryId>) -> EntryId {
        let rdn = Rdn {
            kind: "CN".into(),
            value: "LostAndFound".to_owned(),
        };
        self.tree
            .child(Tree::HEAD, &rdn)
            .filter(|lost| moving.is_none_or(|id| !self.tree.within(*lost, id)))
            .unwrap_or(Tree::HEAD)
    }
}
