//! When what is done: a plain state machine over the plan's faults.

use std::collections::BTreeSet;
use std::time::Duration;

use scenario::{Fault, FaultKind};

/// What is done to a fault.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Act {
    /// It ends. Of what falls on one instant this is first: a part that stands again can die again.
    Heal,
    /// It is made.
    Inject,
    /// It is made once more: a part that dies again and again.
    Again,
}

/// One thing to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Step {
    /// When, from the begin of the load.
    pub at: Duration,
    /// The fault, by its place in the plan.
    pub number: usize,
    /// What is done to it.
    pub act: Act,
}

/// What is still to do, and which faults are there.
#[derive(Debug)]
pub(super) struct Timeline {
    /// The last is next.
    steps: Vec<Step>,
    there: BTreeSet<usize>,
}

impl Timeline {
    pub fn of(faults: &[Fault]) -> Self {
        let mut steps: Vec<Step> = faults
            .iter()
            .enumerate()
            .flat_map(|(number, fault)| steps_of(number, fault))
            .collect();
        steps.sort_by_key(|step| std::cmp::Reverse((step.at, step.act, step.number)));
        Self {
            steps,
            there: BTreeSet::new(),
        }
    }

    /// When there is something to do next.
    pub fn next_at(&self) -> Option<Duration> {
        self.steps.last().map(|step| step.at)
    }

    /// What is to do at that instant. A fault that is not there is neither made again nor healed: then it is nothing.
    pub fn take(&mut self) -> Option<Step> {
        let step = self.steps.pop()?;
        (step.act == Act::Inject || self.there.contains(&step.number)).then_some(step)
    }

    /// A fault would not end: it is tried again at that instant.
    pub fn postpone(&mut self, number: usize, at: Duration) {
        let step = Step {
            at,
            number,
            act: Act::Heal,
        };
        let later = self.steps.partition_point(|other| other.at > at);
        self.steps.insert(later, step);
    }

    /// A fault was made and lasts.
    pub fn made(&mut self, number: usize) {
        self.there.insert(number);
    }

    /// A fault is no more.
    pub fn healed(&mut self, number: usize) {
        self.there.remove(&number);
    }

    /// Faults that are there, the last made first: what was done upon another fault is undone before it.
    pub fn there(&self) -> Vec<usize> {
        self.there.iter().rev().copied().collect()
    }

    /// Faults that were to be made and never were, in their order; after this nothing is to do.
    pub fn give_up(&mut self) -> Vec<usize> {
        let steps = std::mem::take(&mut self.steps);
        let injects = steps.iter().rev().filter(|step| step.act == Act::Inject);
        injects.map(|step| step.number).collect()
    }
}

fn steps_of(number: usize, fault: &Fault) -> Vec<Step> {
    let step = |at, act| Step { at, number, act };
    let mut steps = vec![step(fault.at, Act::Inject)];
    let lasts = fault.lasts.unwrap_or_default();
    if let FaultKind::RestartStorm(storm) = &fault.what {
        let each = lasts / storm.times.max(1);
        steps.extend((1..storm.times).map(|time| step(fault.at + each * time, Act::Again)));
    }
    if fault.what.lasts() {
        steps.push(step(fault.ends(), Act::Heal));
    }
    steps
}

#[cfg(test)]
mod tests {
    use scenario::{OfPart, PartName, RestartStorm};

    use super::*;

    fn fault(at: u64, lasts: u64, what: FaultKind) -> Fault {
        Fault {
            at: Duration::from_secs(at),
            lasts: Some(Duration::from_secs(lasts)),
            edge: None,
            what,
        }
    }

    fn kill(at: u64, lasts: u64) -> Fault {
        fault(at, lasts, FaultKind::Kill(OfPart { part: PartName::Agent }))
    }

    /// Everything that is done, when every fault can be made.
    fn all(faults: &[Fault]) -> Vec<(u64, usize, Act)> {
        let mut timeline = Timeline::of(faults);
        let mut done = Vec::new();
        while timeline.next_at().is_some() {
            let step = timeline.take().unwrap();
            match step.act {
                Act::Inject => timeline.made(step.number),
                Act::Heal => timeline.healed(step.number),
                Act::Again => {}
            }
            done.push((step.at.as_secs(), step.number, step.act));
        }
        assert!(timeline.there().is_empty() && timeline.give_up().is_empty());
        done
    }

    #[test]
    fn faults_overlap_and_each_ends_at_its_own_instant() {
        let done = all(&[kill(1, 9), kill(2, 3)]);
        let expected = [
            (1, 0, Act::Inject),
            (2, 1, Act::Inject),
            (5, 1, Act::Heal),
            (10, 0, Act::Heal),
        ];
        assert_eq!(done, expected);
    }

    #[test]
    fn what_ends_at_an_instant_ends_before_what_begins_there() {
        let done = all(&[kill(1, 4), kill(5, 1)]);
        assert_eq!(done[1..3], [(5, 0, Act::Heal), (5, 1, Act::Inject)]);
    }

    #[test]
    fn what_would_not_end_is_tried_again_in_its_turn() {
        let mut timeline = Timeline::of(&[kill(1, 1), kill(5, 1)]);
        timeline.take();
        timeline.made(0);
        assert_eq!(timeline.take().map(|step| step.act), Some(Act::Heal));
        timeline.postpone(0, Duration::from_secs(3));
        assert_eq!(timeline.next_at(), Some(Duration::from_secs(3)));
        timeline.take();
        timeline.postpone(0, Duration::from_secs(9));
        let rest: Vec<(u64, Act)> = std::iter::from_fn(|| timeline.take())
            .map(|step| (step.at.as_secs(), step.act))
            .collect();
        assert_eq!(rest, [(5, Act::Inject)], "the second fault was never made");
        assert_eq!(timeline.take().map(|step| step.number), Some(0));
    }

    #[test]
    fn a_storm_is_spread_over_its_time() {
        let storm = FaultKind::RestartStorm(RestartStorm {
            part: PartName::Agent,
            times: 3,
        });
        let expected = [
            (2, 0, Act::Inject),
            (5, 0, Act::Again),
            (8, 0, Act::Again),
            (11, 0, Act::Heal),
        ];
        assert_eq!(all(&[fault(2, 9, storm)]), expected);
    }

    #[test]
    fn what_was_not_made_is_not_healed_and_what_is_left_is_told_backwards() {
        let mut timeline = Timeline::of(&[kill(1, 9), kill(2, 2), kill(3, 9)]);
        for number in [0, 1, 2] {
            let step = timeline.take().unwrap();
            assert_eq!((step.number, step.act), (number, Act::Inject));
            if number != 1 {
                timeline.made(number);
            }
        }
        assert_eq!(timeline.next_at(), Some(Duration::from_secs(4)));
        assert_eq!(timeline.take(), None, "what was never made does not end");
        assert_eq!(timeline.next_at(), Some(Duration::from_secs(10)));
        assert_eq!(timeline.there(), [2, 0]);
        timeline.healed(2);
        assert_eq!(timeline.there(), [0]);
        let mut timeline = Timeline::of(&[kill(1, 9), kill(2, 1), kill(3, 9)]);
        timeline.take();
        assert_eq!(timeline.give_up(), [1, 2]);
        assert_eq!(timeline.next_at(), None);
    }
}
