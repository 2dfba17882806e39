//! Shares dealt exactly, then shuffled: nothing of some weight is ever missing by bad luck.

use std::collections::BTreeMap;

use rand::RngExt as _;
use vocabulary::{Ratio, Seed};

use crate::{AccountState, Persona, Plan};

/// What is decided about a person before they have a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Lot {
    pub persona: Persona,
    pub forest: usize,
    pub unit: Option<usize>,
    pub account: AccountState,
}

/// Everyone's lot, in the order of the people.
pub(crate) fn lots(plan: &Plan, seed: Seed) -> Vec<Lot> {
    let count = plan.population.people;
    let personas = dealt(&plan.population.personas, count, seed.child("personas"));
    let weights: Vec<(usize, u32)> = plan
        .world
        .forests
        .iter()
        .map(|forest| forest.weight)
        .enumerate()
        .collect();
    let forests = shares(&weights, count, seed.child("forests"));
    let mut lots: Vec<Lot> = personas
        .into_iter()
        .zip(forests)
        .map(|(persona, forest)| Lot {
            persona,
            forest,
            unit: None,
            account: AccountState::Usual,
        })
        .collect();
    give_accounts(&mut lots, plan, seed.child("accounts"));
    give_units(&mut lots, plan, seed.child("units"));
    lots
}

/// Accounts that are not usual ones go to people whose persona leaves the account alone: a lock can be proven on a usual one
/// alone, and who is disabled later must be found enabled first.
fn give_accounts(lots: &mut [Lot], plan: &Plan, seed: Seed) {
    let wanted = accounts(&plan.population.accounts, plan.population.people);
    if wanted.is_empty() {
        return;
    }
    let mut free: Vec<usize> = (0..lots.len())
        .filter(|index| !lots[*index].persona.has_usual_account())
        .collect();
    shuffle(&mut free, seed);
    let states = wanted
        .into_iter()
        .flat_map(|(state, count)| (0..count).map(move |_| state));
    for (index, state) in free.into_iter().zip(states) {
        lots[index].account = state;
    }
}

/// Spread evenly over the units of each forest. Who is out of scope lives in none of them.
fn give_units(lots: &mut [Lot], plan: &Plan, seed: Seed) {
    for (number, forest) in (0_u64..).zip(&plan.world.forests) {
        let home = usize::try_from(number).unwrap_or(usize::MAX);
        let in_scope = |lot: &Lot| lot.forest == home && lot.account != AccountState::OutsideScope;
        let even: Vec<(usize, u32)> = (0..forest.units.len()).map(|unit| (unit, 1)).collect();
        if even.is_empty() {
            continue;
        }
        let here = lots.iter().filter(|lot| in_scope(lot)).count() as u64;
        let units = shares(&even, here, seed.nth("forest", number));
        for (lot, unit) in lots.iter_mut().filter(|lot| in_scope(lot)).zip(units) {
            lot.unit = Some(unit);
        }
    }
}

/// How many accounts are in each state that is not the usual one.
pub(crate) fn accounts(written: &BTreeMap<AccountState, Ratio>, people: u64) -> Vec<(AccountState, u64)> {
    written
        .iter()
        .filter(|(state, _)| **state != AccountState::Usual)
        .map(|(state, share)| (*state, share.of(people)))
        .collect()
}

/// How many people each persona has.
pub(crate) fn persona_counts(weights: &BTreeMap<Persona, u32>, people: u64) -> Vec<(Persona, u64)> {
    let all: Vec<u32> = weights.values().copied().collect();
    weights.keys().copied().zip(counts(&all, people)).collect()
}

fn dealt<T: Copy>(weights: &BTreeMap<T, u32>, count: u64, seed: Seed) -> Vec<T> {
    let weights: Vec<(T, u32)> = weights.iter().map(|(item, weight)| (*item, *weight)).collect();
    shares(&weights, count, seed)
}

/// Exact shares by weight, then shuffled.
fn shares<T: Copy>(weights: &[(T, u32)], count: u64, seed: Seed) -> Vec<T> {
    let all: Vec<u32> = weights.iter().map(|(_, weight)| *weight).collect();
    let mut items: Vec<T> = weights
        .iter()
        .zip(counts(&all, count))
        .flat_map(|((item, _), count)| (0..count).map(|_| *item))
        .collect();
    shuffle(&mut items, seed);
    items
}

/// How much of `count` each weight takes; together they are all of it unless every weight is 0.
fn counts(weights: &[u32], count: u64) -> Vec<u64> {
    let total: u64 = weights.iter().map(|weight| u64::from(*weight)).sum::<u64>().max(1);
    let mut passed = 0;
    let mut share = |weight: &u32| {
        let from = count * passed / total;
        passed += u64::from(*weight);
        count * passed / total - from
    };
    weights.iter().map(&mut share).collect()
}

/// Fisher-Yates with the seed's dice.
pub(crate) fn shuffle<T>(items: &mut [T], seed: Seed) {
    let mut dice = seed.rng();
    for last in (1..items.len()).rev() {
        items.swap(last, dice.random_range(0..=last));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_whatever_the_weights() {
        assert_eq!(counts(&[1, 1, 1], 10), [3, 3, 4]);
        assert_eq!(counts(&[0, 5], 7), [0, 7]);
        assert_eq!(counts(&[0, 0], 7), [0, 0]);
        for people in 0..50 {
            assert_eq!(counts(&[3, 1, 7, 2], people).iter().sum::<u64>(), people);
        }
    }
}
