//! Which domain controllers hold the same people.

use super::Person;

/// Domain controllers that tell of the same people are of one domain; those of another forest never are.
#[derive(Debug, Default)]
pub(crate) struct Domains {
    /// For each domain controller, the one that stands for its domain.
    first: Vec<usize>,
    /// For each domain controller, how many of its domain told metadata of anyone; 0 where it told of nobody.
    size: Vec<usize>,
}

impl Domains {
    /// Those of everyone's readings.
    pub(super) fn of(people: &[Person], dcs: usize) -> Self {
        let mut first: Vec<usize> = (0..dcs).collect();
        let mut told = vec![false; dcs];
        for person in people {
            for reading in &person.readings {
                told[reading.dc] = true;
                join(&mut first, person.readings[0].dc, reading.dc);
            }
        }
        for dc in 0..dcs {
            first[dc] = root(&first, dc);
        }
        let mut counts = vec![0; dcs];
        (0..dcs).filter(|dc| told[*dc]).for_each(|dc| counts[first[dc]] += 1);
        let size = (0..dcs).map(|dc| if told[dc] { counts[first[dc]] } else { 0 });
        Self {
            size: size.collect(),
            first,
        }
    }

    /// How many domain controllers hold the people of this one, itself included.
    pub(crate) fn size(&self, dc: usize) -> usize {
        self.size.get(dc).copied().unwrap_or(0)
    }

    /// The domain controller that stands for the domain of this one.
    pub(crate) fn first(&self, dc: usize) -> usize {
        self.first.get(dc).copied().unwrap_or(dc)
    }

    /// Whether both hold the same people.
    pub(crate) fn same(&self, one: usize, other: usize) -> bool {
        self.first.get(one) == self.first.get(other)
    }

    /// Whether any domain has more than one domain controller.
    pub(crate) fn replicated(&self) -> bool {
        self.size.iter().any(|size| *size > 1)
    }
}

fn root(first: &[usize], mut dc: usize) -> usize {
    while first[dc] != dc {
        dc = first[dc];
    }
    dc
}

fn join(first: &mut [usize], one: usize, other: usize) {
    let (one, other) = (root(first, one), root(first, other));
    first[one.max(other)] = one.min(other);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::Reading;

    fn read_on(dcs: &[usize]) -> Person {
        Person {
            readings: dcs.iter().map(|dc| Reading::of(*dc)).collect(),
            ..Person::of(uuid::Uuid::nil())
        }
    }

    #[test]
    fn people_tie_their_domain_controllers_together_and_no_others() {
        let people = [read_on(&[0, 2]), read_on(&[1]), read_on(&[4, 2]), read_on(&[])];
        let domains = Domains::of(&people, 5);
        assert_eq!([0, 1, 2, 3, 4].map(|dc| domains.size(dc)), [3, 1, 3, 0, 3]);
        assert!(domains.same(0, 4) && !domains.same(0, 1) && domains.replicated());
        assert!(!Domains::of(&people[1..2], 5).replicated());
    }
}
