//! From an operation's id to its record, in nine bytes for each: journals have a line for each operation.

use hashbrown::HashTable;
use uuid::Uuid;

use super::Op;

/// Places of operations by their id.
#[derive(Default)]
pub(super) struct OpIndex(HashTable<u32>);

impl OpIndex {
    /// For so many without growing.
    pub(super) fn with_room(operations: usize) -> Self {
        Self(HashTable::with_capacity(operations))
    }

    /// Notes the place of an operation; tells whether its id is new.
    pub(super) fn insert(&mut self, ops: &[Op], id: Uuid, place: u32) -> bool {
        let known = self.find(ops, id).is_some();
        self.0.insert_unique(hash(id), place, |place| {
            ops.get(*place as usize).map_or(0, |op| hash(op.id))
        });
        !known
    }

    /// The place of an operation.
    pub(super) fn find(&self, ops: &[Op], id: Uuid) -> Option<usize> {
        let same = |place: &u32| ops.get(*place as usize).is_some_and(|op| op.id == id);
        self.0.find(hash(id), same).map(|place| *place as usize)
    }
}

/// Ids are random in most of their bits; those that are counted up in a test differ in the lowest.
fn hash(id: Uuid) -> u64 {
    let (high, low) = id.as_u64_pair();
    (high ^ low.rotate_left(32)).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}
