//! Which attempts of which arrivals are on record.

use std::collections::HashMap;

/// An attempt after the first: of which arrival, which one, whose, and whether it was dropped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Later {
    pub arrival: Option<u64>,
    pub attempt: u32,
    pub person: u32,
}

/// The first attempt of each arrival takes four bytes, since a run may have ten million; later ones are few.
#[derive(Debug, Default)]
pub(crate) struct Attempts {
    /// Whose each arrival is, by its number; one more than the person, 0 where no first attempt is on record.
    first: Vec<u32>,
    /// Likewise, of numbers that no plan gives.
    far: HashMap<u64, u32>,
    /// Later ones, in the order of the history.
    later: Vec<Later>,
    /// Arrivals of which a first attempt is on record more than once, with the person of the second.
    repeated: Vec<(u64, u32)>,
    /// Later ones that were begun, and that were dropped.
    pub begun_later: u64,
    pub dropped_later: u64,
}

/// Numbers of arrivals that are kept in order.
const NEAR: u64 = 1 << 26;

impl Attempts {
    /// One more on record.
    pub(super) fn add(&mut self, arrival: Option<u64>, attempt: u32, person: u32, dropped: bool) {
        if attempt > 1 {
            self.later.push(Later {
                arrival,
                attempt,
                person,
            });
            *(if dropped {
                &mut self.dropped_later
            } else {
                &mut self.begun_later
            }) += 1;
            return;
        }
        let Some(arrival) = arrival else { return };
        let before = std::mem::replace(self.slot(arrival), person.saturating_add(1));
        if before != 0 {
            self.repeated.push((arrival, person));
        }
    }

    fn slot(&mut self, arrival: u64) -> &mut u32 {
        let near = usize::try_from(arrival).ok().filter(|_| arrival < NEAR);
        let Some(place) = near else {
            return self.far.entry(arrival).or_default();
        };
        if place >= self.first.len() {
            self.first.resize(place + 1, 0);
        }
        &mut self.first[place]
    }

    /// The person of an arrival's first attempt.
    pub(crate) fn person_of(&self, arrival: u64) -> Option<u32> {
        let near = usize::try_from(arrival).ok().and_then(|place| self.first.get(place));
        near.or_else(|| self.far.get(&arrival))?.checked_sub(1)
    }

    /// Arrivals with more than one first attempt, and whose.
    pub(crate) fn repeated(&self) -> &[(u64, u32)] {
        &self.repeated
    }

    /// Later attempts, by arrival.
    pub(crate) fn later(&self) -> Vec<Later> {
        let mut later = self.later.clone();
        later.sort_unstable();
        later
    }
}
