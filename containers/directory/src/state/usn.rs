//! Which entries changed last: the index behind searches for `(uSNChanged>=N)`.

use super::Domain;
use super::entry::EntryId;
use super::filter::{Comparable, Filter, Test};
use super::schema::Attr;

/// Below this many there is nothing to gain from dropping what is out of date.
const SMALL: usize = 64;

/// Every USN that an entry was given, in order: 12 bytes each. An older USN of an entry stays until half of all are old, so that a
/// change costs the same on ten entries and on a million.
#[derive(Clone, Default)]
pub struct UsnIndex {
    usns: Vec<u64>,
    ids: Vec<EntryId>,
}

impl UsnIndex {
    /// Remembers that an entry was given a USN.
    pub fn note(&mut self, usn: u64, id: EntryId) {
        if self.usns.last().is_none_or(|last| *last < usn) {
            self.usns.push(usn);
            self.ids.push(id);
        } else if let Err(at) = self.usns.binary_search(&usn) {
            self.usns.insert(at, usn);
            self.ids.insert(at, id);
        }
    }

    /// Whether so many may be out of date that dropping them pays, when `live` entries exist.
    fn is_stale(&self, live: usize) -> bool {
        self.usns.len() > SMALL.max(live * 2)
    }

    /// Drops what `current` says is out of date.
    fn keep(&mut self, current: impl Fn(u64, EntryId) -> bool) {
        let pairs = self.usns.iter().zip(&self.ids);
        let kept = pairs.filter(|(usn, id)| current(**usn, **id));
        (self.usns, self.ids) = kept.map(|(usn, id)| (*usn, *id)).unzip();
    }

    /// The entries that were given that USN or a later one, with the USN.
    fn since(&self, usn: u64) -> impl Iterator<Item = (u64, EntryId)> {
        let from = self.usns.partition_point(|known| *known < usn);
        let pairs = self.usns[from..].iter().zip(&self.ids[from..]);
        pairs.map(|(usn, id)| (*usn, *id))
    }
}

impl Filter {
    /// The least `uSNChanged` that a filter demands of every entry it finds.
    fn least_usn(&self) -> Option<u64> {
        match self {
            Self::Test(Attr::UsnChanged, Test::AtLeast(Comparable::Number(usn))) => {
                Some(u64::try_from(*usn).unwrap_or_default())
            }
            Self::And(filters) => filters.iter().filter_map(Self::least_usn).max(),
            _ => None,
        }
    }
}

impl Domain {
    /// The entries that a filter on `uSNChanged` can mean, the longest unchanged first; none where the filter demands no least USN.
    pub(super) fn changed_since(&self, filter: &Filter) -> Option<impl Iterator<Item = EntryId>> {
        let since = self.tree.by_usn.since(filter.least_usn()?);
        Some(since.filter(|(usn, id)| self.has_usn(*usn, *id)).map(|(_, id)| id))
    }

    fn has_usn(&self, usn: u64, id: EntryId) -> bool {
        self.tree.get(id).is_some_and(|entry| entry.usn_changed == usn)
    }
}

impl super::tree::Tree {
    /// Remembers the USN that an entry was given.
    pub fn note_usn(&mut self, usn: u64, id: EntryId) {
        self.by_usn.note(usn, id);
        if self.by_usn.is_stale(self.len()) {
            let mut index = std::mem::take(&mut self.by_usn);
            index.keep(|usn, id| self.get(id).is_some_and(|entry| entry.usn_changed == usn));
            self.by_usn = index;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_out_of_date_is_dropped_in_time() {
        let mut index = UsnIndex::default();
        for usn in 1..=200 {
            index.note(usn, EntryId(u32::try_from(usn % 2).unwrap()));
        }
        assert!(index.is_stale(2));
        index.keep(|usn, _| usn > 198);
        assert_eq!(
            index.since(0).collect::<Vec<_>>(),
            [(199, EntryId(1)), (200, EntryId(0))]
        );
        assert_eq!(index.since(200).count(), 1);
        assert!(!index.is_stale(2));
    }

    #[test]
    fn order_is_kept_whatever_the_order_of_notes() {
        let mut index = UsnIndex::default();
        for usn in [5, 2, 9, 2, 5] {
            index.note(usn, EntryId(0));
        }
        assert_eq!(index.since(3).map(|(usn, _)| usn).collect::<Vec<_>>(), [5, 9]);
    }
}
