//! From an operation's id to its record, in nine bytes for each: journals have a line for each operation. From a person's id to
//! their number.

use std::hash::BuildHasher as _;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use rustc_hash::{FxBuildHasher, FxHashMap};
use uuid::Uuid;

use super::Op;

/// How many places ahead are looked at: journals are in the order of the answers but for what was in flight together.
const NEAR: usize = 4;

/// Places of operations by their id.
#[derive(Default)]
pub(super) struct OpIndex(HashTable<u32>);

impl OpIndex {
    /// For so many without growing.
    pub(super) fn with_room(operations: usize) -> Self {
        Self(HashTable::with_capacity(operations))
    }

    /// Notes the place of an operation; tells whether its id is new. Of one id the first place is kept.
    pub(super) fn insert(&mut self, ops: &[Op], id: Uuid, place: u32) -> bool {
        let at = |place: &u32| ops.get(*place as usize);
        let same = |place: &u32| at(place).is_some_and(|op| op.id == id);
        let rehash = |place: &u32| at(place).map_or(0, |op| hash(op.id));
        match self.0.entry(hash(id), same, rehash) {
            Entry::Occupied(_) => false,
            Entry::Vacant(slot) => {
                slot.insert(place);
                true
            }
        }
    }

    /// The place of an operation.
    pub(super) fn find(&self, ops: &[Op], id: Uuid) -> Option<usize> {
        let same = |place: &u32| ops.get(*place as usize).is_some_and(|op| op.id == id);
        self.0.find(hash(id), same).map(|place| *place as usize)
    }

    /// The same for somebody who asks in about the order of the operations: the places from `next` on are looked at first, and
    /// `next` is moved behind the one that is found.
    pub(super) fn find_from(&self, ops: &[Op], id: Uuid, next: &mut usize) -> Option<usize> {
        let ahead = ops.get(*next..).unwrap_or_default();
        let near = ahead.iter().take(NEAR).position(|op| op.id == id);
        let place = near.map(|steps| *next + steps).or_else(|| self.find(ops, id))?;
        *next = place + 1;
        Some(place)
    }
}

fn hash(id: Uuid) -> u64 {
    FxBuildHasher.hash_one(id)
}

/// The number of each person, by objectGUID, which the directory chose. It is asked with every line.
pub(super) type Known = FxHashMap<Uuid, u32>;
