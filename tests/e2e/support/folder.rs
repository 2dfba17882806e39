//! What a run folder holds, read for a test.

use history::{Event, OpEvent, Phase, RunFolder};
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

/// The phases that a history enters, in order, and whether its end is torn.
pub fn phases(folder: &RunFolder) -> (Vec<Phase>, bool) {
    let mut events = folder.events().unwrap();
    let mut entered = Vec::new();
    for event in events.by_ref() {
        if let Event::Phase(phase) = event.unwrap() {
            entered.push(phase.enter);
        }
    }
    (entered, events.torn().is_some())
}
