//! Indexes that hold no keys: only numbers of entries by the hash of a key. Whoever looks something up compares the entries found
//! with what was asked for.

use std::hash::{BuildHasher, Hash, RandomState};

use hashbrown::HashTable;

use super::entry::EntryId;

/// Eight bytes for an entry: half a hash, which is enough to grow without looking at the entries again, and the number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Slot {
    hash: u32,
    id: EntryId,
}

impl Slot {
    /// The table takes its seven tag bits from the top and its place from the bottom.
    fn spread(&self) -> u64 {
        spread(self.hash)
    }
}

fn spread(hash: u32) -> u64 {
    u64::from(hash).wrapping_mul(0x9E37_79B9_7F4A_7C15).rotate_left(32)
}

/// Entries by the hash of one of their keys.
#[derive(Clone, Default)]
pub struct Index(HashTable<Slot>);

/// What hashes keys, with dice of its own: whoever chooses names cannot choose collisions.
#[derive(Clone, Default)]
pub struct Keys(RandomState);

impl Keys {
    /// The hash of a key.
    #[must_use]
    pub fn hash(&self, key: impl Hash) -> u32 {
        // The upper half is as good as the lower.
        (self.0.hash_one(key) >> 32) as u32
    }
}

impl Index {
    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds an entry.
    pub fn insert(&mut self, hash: u32, id: EntryId) {
        self.0.insert_unique(spread(hash), Slot { hash, id }, Slot::spread);
    }

    /// Takes an entry out.
    pub fn remove(&mut self, hash: u32, id: EntryId) {
        let own = Slot { hash, id };
        if let Ok(found) = self.0.find_entry(spread(hash), |slot| *slot == own) {
            found.remove();
        }
    }

    /// The entry with that hash that a test takes.
    pub fn find(&self, hash: u32, test: impl Fn(EntryId) -> bool) -> Option<EntryId> {
        let found = self.0.find(spread(hash), |slot| slot.hash == hash && test(slot.id));
        found.map(|slot| slot.id)
    }

    /// All entries with that hash.
    pub fn all(&self, hash: u32) -> impl Iterator<Item = EntryId> {
        let slots = self.0.iter_hash(spread(hash));
        slots.filter(move |slot| slot.hash == hash).map(|slot| slot.id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_and_go_and_collisions_are_told_apart() {
        let mut index = Index::default();
        for number in 0..10_000 {
            index.insert(number % 5000, EntryId(number));
        }
        assert_eq!(index.find(7, |id| id.0 > 100), Some(EntryId(5007)));
        assert_eq!(index.all(7).count(), 2);
        index.remove(7, EntryId(7));
        assert_eq!(index.all(7).collect::<Vec<_>>(), [EntryId(5007)]);
        assert_eq!(index.find(7, |id| id.0 == 7), None);
        assert_eq!(index.find(5000, |_| true), None);
    }

    #[test]
    fn keys_hash_alike_within_one_domain() {
        let keys = Keys::default();
        assert_eq!(keys.hash("ann"), keys.hash("ann"));
        assert_ne!(keys.hash("ann"), keys.hash("bob"));
    }
}
