//! What a run folder holds, read for a test.

use std::collections::BTreeMap;

use history::{Event, Metadata, Observation, OpEvent, Phase, RunFolder};
use uuid::Uuid;
use vocabulary::OpKind;

/// Everything that began in a run.
pub fn ops(folder: &RunFolder) -> Vec<OpEvent> {
    let events = folder.events().unwrap().map(Result::unwrap);
    let op = |event| match event {
        Event::Op(op) => Some(op),
        _ => None,
    };
    events.filter_map(op).collect()
}

/// Resets and unlocks apart.
pub fn resets_and_unlocks(folder: &RunFolder) -> (Vec<OpEvent>, Vec<OpEvent>) {
    ops(folder).into_iter().partition(|op| op.op == OpKind::Reset)
}

/// A person's metadata before the first operation and after the last.
#[derive(Debug, Clone, Copy, Default)]
pub struct Proof {
    pub before: Option<Metadata>,
    pub after: Option<Metadata>,
}

/// Everyone's metadata, by objectGUID.
pub fn proofs(folder: &RunFolder) -> BTreeMap<Uuid, Proof> {
    let mut proofs: BTreeMap<Uuid, Proof> = BTreeMap::new();
    for event in folder.events().unwrap().map(Result::unwrap) {
        let Event::Observe(seen) = event else { continue };
        let Some(user) = seen.user else { continue };
        match seen.observation {
            Observation::Baseline(metadata) => proofs.entry(user).or_default().before = Some(metadata),
            Observation::Probe(metadata) => proofs.entry(user).or_default().after = Some(metadata),
            _ => {}
        }
    }
    proofs
}

/// The phases that a history enters, in order, and whether its end is torn.
pub fn phases(folder: &RunFolder) -> (Vec<Phase>, bool) {
    let mut events = folder.events().unwrap();
    let mut entered = Vec::new();
    for event in events.by_ref() {
        if let Event::Phase(phase) = event.unwrap() {
            entered.push(phase.enter);
        }
    }
    (entered, events.torn())
}
