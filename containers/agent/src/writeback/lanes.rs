//! One lane per person: two operations for one person never run at once, and they run in the order they came.

use std::collections::{HashMap, VecDeque};

/// Who is being worked on, and what waits behind.
#[derive(Debug)]
pub(crate) struct Lanes<T>(HashMap<String, VecDeque<T>>);

impl<T> Default for Lanes<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T> Lanes<T> {
    /// Enters a lane: gives the item back when the lane was free and is now the caller's; else it waits.
    pub(crate) fn enter(&mut self, person: &str, item: T) -> Option<T> {
        if let Some(waiting) = self.0.get_mut(person) {
            waiting.push_back(item);
            return None;
        }
        self.0.insert(person.to_owned(), VecDeque::new());
        Some(item)
    }

    /// Leaves a lane: gives the next item, which is the caller's to work on, or closes the lane.
    pub(crate) fn leave(&mut self, person: &str) -> Option<T> {
        let next = self.0.get_mut(person).and_then(VecDeque::pop_front);
        if next.is_none() {
            self.0.remove(person);
        }
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_at_a_time_and_in_order() {
        let mut lanes = Lanes::default();
        assert_eq!(lanes.enter("a", 1), Some(1));
        assert_eq!(lanes.enter("a", 2), None);
        assert_eq!(lanes.enter("b", 3), Some(3));
        assert_eq!(lanes.enter("a", 4), None);
        assert_eq!(lanes.leave("a"), Some(2));
        assert_eq!(lanes.leave("a"), Some(4));
        assert_eq!(lanes.leave("a"), None);
        assert_eq!(lanes.leave("b"), None);
        assert!(lanes.0.is_empty(), "a free lane costs nothing");
        assert_eq!(lanes.enter("a", 5), Some(5));
    }
}
