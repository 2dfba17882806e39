//! Message faults as a plain state machine: a request, the time and seeded dice come in; what reaches a listener, and whether its
//! sender hears of it, comes out.
//!
//! Each fault has its end beside it, so that it ends by itself whatever becomes of whoever ordered it. Faults that stand at the
//! same time act one after the other, in the order of their names.

mod kind;
mod standing;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use vocabulary::Seed;

use crate::broker::Key;
use crate::namespace::EntityId;
pub use kind::{FaultOrder, FaultState, MessageFault, REPLAYED_WITHIN};
use standing::Standing;

/// How many faults are remembered at once, ended ones among them.
const FAULTS_MAX: usize = 256;

/// A message for a listener, whether or not anybody waits for what comes of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Parcel {
    pub(crate) key: Key,
    pub(crate) entity: EntityId,
    pub(crate) text: String,
    pub(crate) body: Option<Bytes>,
}

/// What a sender hears.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hearing {
    /// The response.
    Heard,
    /// Nothing, until its time is over.
    Lost,
    /// At once that its time is over.
    Unanswered,
}

/// What becomes of a request.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Treated {
    /// What goes to a listener now, in this order.
    pub(crate) parcels: Vec<Parcel>,
    pub(crate) hearing: Hearing,
}

/// All faults.
pub(crate) struct Faults {
    seed: Seed,
    standing: BTreeMap<String, Standing>,
}

impl Faults {
    pub(crate) fn new(seed: Seed) -> Self {
        Self {
            seed,
            standing: BTreeMap::new(),
        }
    }

    /// Sets a fault, in the place of one of the same name, whose messages are let go; nothing when there is no room.
    pub(crate) fn put(&mut self, id: &str, order: FaultOrder, now: Duration) -> Option<Vec<Parcel>> {
        if self.standing.len() >= FAULTS_MAX && !self.standing.contains_key(id) {
            return None;
        }
        let fresh = Standing::new(order, self.seed.child(id).rng(), now);
        let replaced = self.standing.insert(id.to_owned(), fresh);
        Some(replaced.map(Standing::let_go).unwrap_or_default())
    }

    /// Ends a fault; gives how it stood and the messages that it kept back.
    pub(crate) fn remove(&mut self, id: &str, now: Duration) -> Option<(FaultState, Vec<Parcel>)> {
        let fault = self.standing.remove(id)?;
        Some((fault.state(id, now), fault.let_go()))
    }

    /// How every fault stands.
    pub(crate) fn list(&self, now: Duration) -> Vec<FaultState> {
        self.standing.iter().map(|(id, fault)| fault.state(id, now)).collect()
    }

    /// Whether any fault acts, or still keeps something back.
    pub(crate) fn any(&self, now: Duration) -> bool {
        self.standing.values().any(|fault| fault.acts(now) || fault.keeps())
    }

    /// What becomes of a request that has come.
    pub(crate) fn request(&mut self, parcel: Parcel, now: Duration) -> Treated {
        let mut treated = Treated {
            parcels: vec![parcel],
            hearing: Hearing::Heard,
        };
        for fault in self.standing.values_mut().filter(|fault| fault.acts(now)) {
            fault.treat(&mut treated, now);
        }
        treated
    }

    /// Time has passed: what goes to a listener now.
    pub(crate) fn tick(&mut self, now: Duration) -> Vec<Parcel> {
        let faults = self.standing.values_mut();
        faults.flat_map(|fault| fault.due(now)).collect()
    }

    /// Whether the entities are as if deleted; `callers` met that, or were thrown out.
    pub(crate) fn deleted(&mut self, callers: usize, now: Duration) -> bool {
        let mut deleted = false;
        for fault in self.standing.values_mut() {
            deleted |= fault.deletes(callers, now);
        }
        deleted
    }
}
