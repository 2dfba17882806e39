//! The groups of each forest and who is in them: a pure function of the seed.

use rand::RngExt as _;
use sha2::{Digest as _, Sha256};
use vocabulary::Seed;

use crate::deal::shuffle;
use crate::names::{AWKWARD_DEPARTMENTS, DEPARTMENTS};
use crate::people::hex;
use crate::{Person, Plan};

/// The weight of the first group; the n-th weighs this over n, in whole numbers, so that every machine agrees.
const FIRST_WEIGHT: u64 = 1 << 32;
/// One group in so many has an awkward name.
const AWKWARD_EVERY: u32 = 8;

/// A group of a forest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Its `cn`, unique in its forest whatever the case.
    pub name: String,
    /// Its `sAMAccountName`, unique in its forest; no group that every domain has is called so.
    pub sam: String,
    /// The fine-grained policy that applies to its members, as an index into the world's; none for an ordinary group.
    pub policy: Option<usize>,
    /// Its members by their number in the population, ascending.
    pub members: Vec<u64>,
}

/// The groups of each forest, in the order of the plan's forests; see [`groups_of`].
#[must_use]
pub fn memberships(plan: &Plan, people: &[Person]) -> Vec<Vec<Group>> {
    let forests = 0..plan.world.forests.len();
    forests.map(|forest| groups_of(plan, forest, people)).collect()
}

/// The groups of one forest, counted from 0: first one for each fine-grained policy, then the ordinary ones.
///
/// A policy's group holds exactly the policy's share of those who live in the forest, rounded down. Of the ordinary groups each
/// person is in as many as the plan says, where the n-th is chosen with a weight of 1/n (Zipf's law); a choice that is already
/// made gives way to the next group. Without people the same groups come back empty. People of other forests are passed over.
#[must_use]
pub fn groups_of(plan: &Plan, forest: usize, people: &[Person]) -> Vec<Group> {
    let seed = Seed::new(plan.seed).child("groups").nth("forest", forest as u64);
    let here: Vec<u64> = people
        .iter()
        .filter(|person| person.forest == forest)
        .map(|person| person.index)
        .collect();
    let mut groups = policy_groups(plan, &here, seed);
    groups.extend(ordinary_groups(plan, &here, seed));
    groups
}

/// The digest of all groups and their members.
#[must_use]
pub fn memberships_sha256(forests: &[Vec<Group>]) -> String {
    let mut hash = Sha256::new();
    for (number, groups) in forests.iter().enumerate() {
        for group in groups {
            hash.update(format!("{number}\u{1f}{}\u{1f}{}", group.name, group.sam));
            for member in &group.members {
                hash.update(format!(" {member}"));
            }
            hash.update(b"\n");
        }
    }
    hex(&hash.finalize())
}

fn policy_groups(plan: &Plan, here: &[u64], seed: Seed) -> Vec<Group> {
    let policies = plan.world.fine_grained_policies.iter().enumerate();
    policies
        .map(|(index, policy)| {
            let mut members = here.to_vec();
            shuffle(&mut members, seed.child("policy").child(&policy.name));
            let share = policy.applies_to.of(here.len() as u64);
            members.truncate(usize::try_from(share).unwrap_or(usize::MAX));
            members.sort_unstable();
            Group {
                name: policy.name.clone(),
                sam: format!("policy-{}", policy.name),
                policy: Some(index),
                members,
            }
        })
        .collect()
}

fn ordinary_groups(plan: &Plan, here: &[u64], seed: Seed) -> Vec<Group> {
    let Some(written) = &plan.population.groups else {
        return Vec::new();
    };
    let mut groups: Vec<Group> = (1..=written.count)
        .map(|number| Group {
            name: name(number, seed),
            sam: format!("group-{number:03}"),
            policy: None,
            members: Vec::new(),
        })
        .collect();
    let weights = Zipf::over(written.count);
    for person in here {
        let mut dice = seed.nth("person", *person).rng();
        for chosen in weights.choose(written.memberships_per_person, &mut dice) {
            groups[chosen].members.push(*person);
        }
    }
    groups
}

fn name(number: u32, seed: Seed) -> String {
    let mut dice = seed.nth("name", number.into()).rng();
    let words: &[&str] = if dice.random_range(0..AWKWARD_EVERY) == 0 {
        &AWKWARD_DEPARTMENTS
    } else {
        &DEPARTMENTS
    };
    format!("Group {number:03} {}", words[dice.random_range(0..words.len())])
}

/// Zipf's law over the groups: the sum of all weights up to and with each.
struct Zipf(Vec<u64>);

impl Zipf {
    fn over(count: u32) -> Self {
        let sums = (1..=u64::from(count)).scan(0, |sum, number| {
            *sum += FIRST_WEIGHT / number;
            Some(*sum)
        });
        Self(sums.collect())
    }

    /// Different groups, as many as wanted or as there are.
    fn choose(&self, wanted: u32, dice: &mut impl rand::Rng) -> Vec<usize> {
        let count = self.0.len();
        let all = self.0.last().copied().unwrap_or(0);
        let wanted = usize::try_from(wanted).unwrap_or(usize::MAX).min(count);
        let mut chosen = Vec::with_capacity(wanted);
        while chosen.len() < wanted {
            let at = dice.random_range(0..all);
            let mut group = self.0.partition_point(|sum| *sum <= at);
            while chosen.contains(&group) {
                group = (group + 1) % count;
            }
            chosen.push(group);
        }
        chosen
    }
}

#[cfg(test)]
mod tests;
