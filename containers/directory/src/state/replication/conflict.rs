//! Names that two entries got on two controllers at a time.

use super::Stamp;
use crate::state::Domain;
use crate::state::entry::{Entry, EntryId};
use crate::state::schema::Attr;
use crate::state::time::FileTime;

/// What no two entries may have alike.
const UNIQUE: [Attr; 3] = [Attr::Name, Attr::SamAccountName, Attr::UserPrincipalName];
/// What stands between the name that an entry lost and its objectGUID: a line feed, which no client may write, and `CNF:`.
const CONFLICT: &str = "\nCNF:";

impl Domain {
    /// Sees to it that an entry from a partner can stand as it is. Another entry with one of its unique names gives way if its stamp
    /// is the lesser one; otherwise the entry itself does, and which of its attributes did is returned. `birth` is the stamp of an
    /// entry that has no number yet.
    pub(super) fn make_room(
        &mut self,
        own: Option<EntryId>,
        birth: Stamp,
        entry: &mut Entry,
        now: FileTime,
    ) -> Vec<Attr> {
        let mut amended = Vec::new();
        for unit in UNIQUE {
            let Some(holder) = self.holder(entry, unit).filter(|holder| Some(*holder) != own) else {
                continue;
            };
            let mine = own.map_or(birth, |id| self.stamp_of(id, unit));
            if self.rank(holder, unit) < (mine, entry.guid) {
                self.give_way(holder, unit, now);
            } else {
                amend(entry, unit);
                amended.push(unit);
            }
        }
        amended
    }

    fn rank(&self, holder: EntryId, unit: Attr) -> (Stamp, uuid::Uuid) {
        let guid = self.tree.get(holder).map(|entry| entry.guid).unwrap_or_default();
        (self.stamp_of(holder, unit), guid)
    }

    /// Who has a unique name of an entry here.
    fn holder(&self, entry: &Entry, unit: Attr) -> Option<EntryId> {
        let text = entry.attributes.text(unit);
        match unit {
            Attr::SamAccountName => self.tree.by_sam(text?),
            Attr::UserPrincipalName => self.tree.by_upn(text?),
            _ => self.tree.child(entry.parent?, &entry.rdn()),
        }
    }

    fn give_way(&mut self, holder: EntryId, unit: Attr, now: FileTime) {
        if let Some(mut entry) = self.tree.get(holder).cloned() {
            amend(&mut entry, unit);
            self.tree.replace(holder, entry);
            self.stamp(holder, now);
            self.spread(holder, &[unit], now);
        }
    }
}

/// Takes a name from an entry that lost it.
fn amend(entry: &mut Entry, unit: Attr) {
    match unit {
        Attr::Name => {
            let plain = entry.name.split(CONFLICT).next().unwrap_or_default();
            entry.name = format!("{plain}{CONFLICT}{}", entry.guid).into();
        }
        Attr::SamAccountName => {
            let spare: Vec<String> = entry.rid.iter().map(|rid| format!("$DUPLICATE-{rid:x}")).collect();
            entry.attributes.set(unit, &spare);
        }
        unit => entry.attributes.set::<&str>(unit, &[]),
    }
}
