//! What became of each persona's operations.

use std::collections::HashMap;

use history::OpCounts;
use vocabulary::{Outcome, OutcomeClass};

/// What became of one persona's operations.
#[derive(Debug, Clone, Default)]
pub(crate) struct PersonaCounts {
    /// By outcome.
    pub counts: OpCounts,
    /// How they ended, other than applied.
    pub endings: HashMap<Outcome, u64>,
}

impl PersonaCounts {
    /// Counts one, with how it ended if it was begun and not applied.
    pub(super) fn add(&mut self, class: OutcomeClass, ending: Option<&Outcome>) {
        self.counts.add(class);
        let Some(ending) = ending else { return };
        if let Some(count) = self.endings.get_mut(ending) {
            *count += 1;
        } else {
            self.endings.insert(ending.clone(), 1);
        }
    }
}
