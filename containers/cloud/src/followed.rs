//! Operations that somebody looks for: under way, or ended with where their time went. Bounded.

use std::collections::{BTreeMap, VecDeque};

use uuid::Uuid;
use vocabulary::StageTimes;

/// Operations that are remembered; older ones go first.
const FOLLOWED_MAX: usize = 20_000;

#[derive(Debug, Default)]
pub(crate) struct Followed {
    /// In a tree: a hash table through which so many come and go doubles at some instant, though it never holds more.
    stages: BTreeMap<Uuid, Option<StageTimes>>,
    order: VecDeque<Uuid>,
}

impl Followed {
    pub(crate) fn begin(&mut self, operation: Uuid) {
        if self.stages.insert(operation, None).is_none() {
            self.order.push_back(operation);
        }
        if self.order.len() > FOLLOWED_MAX
            && let Some(oldest) = self.order.pop_front()
        {
            self.stages.remove(&oldest);
        }
    }

    pub(crate) fn end(&mut self, operation: Uuid, stages: StageTimes) {
        if let Some(slot) = self.stages.get_mut(&operation) {
            *slot = Some(stages);
        }
    }

    pub(crate) fn get(&self, operation: Uuid) -> Option<Option<StageTimes>> {
        self.stages.get(&operation).cloned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_operation_is_under_way_then_ended_and_at_last_forgotten() {
        let mut followed = Followed::default();
        let first = Uuid::from_u128(0);
        assert_eq!(followed.get(first), None);
        followed.begin(first);
        assert_eq!(followed.get(first), Some(None));
        followed.end(first, StageTimes::new());
        assert_eq!(followed.get(first), Some(Some(StageTimes::new())));
        for number in 1..=FOLLOWED_MAX as u128 {
            followed.begin(Uuid::from_u128(number));
        }
        assert_eq!(followed.get(first), None);
        followed.end(first, StageTimes::new());
        assert_eq!(followed.get(first), None, "what is forgotten stays so");
    }
}
