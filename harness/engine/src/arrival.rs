//! Arrivals: each instant of the schedule with a person and what they ask for. No clock, no async.

use std::collections::BTreeMap;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use scenario::{Person, Persona, Plan};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use vocabulary::{OpKind, Ratio, Seed};

use crate::schedule::{Fire, Fires};

/// One arrival: somebody wants something at an instant, whatever the system is doing then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Arrival {
    /// Its number, from 0.
    pub number: u64,
    /// The intended start, microseconds from the start of the load.
    pub at_us: u64,
    /// The person's number.
    pub person: u64,
    /// The person's persona.
    pub persona: Persona,
    /// What is asked.
    pub op: OpKind,
    /// The label of the new password, for an operation that writes one.
    pub writes: Option<u32>,
    /// The operation id on the wire.
    pub op_id: Uuid,
}

/// All arrivals of a plan, in the order of time. Of a closed model only the first of each user is known beforehand.
#[derive(Debug, Clone)]
pub struct Arrivals {
    fires: Fires,
    asking: Asking,
}

/// Who comes next and what for: the same sequence whenever that is.
#[derive(Debug, Clone)]
pub(crate) struct Asking {
    seed: Seed,
    dice: ChaCha8Rng,
    next: u64,
    unlocks: Ratio,
    pools: BTreeMap<OpKind, Pool>,
    labels: Vec<u32>,
}

/// People who ask for one kind of operation and whose account lets them come, in a shuffled order that begins again when it is
/// used up.
#[derive(Debug, Clone)]
struct Pool {
    people: Vec<(u64, Persona)>,
    next: usize,
}

impl Pool {
    fn of(people: &[Person], wanted: OpKind, seed: Seed) -> Self {
        let mut pool: Vec<(u64, Persona)> = people
            .iter()
            .filter(|person| person.persona.asks_for() == wanted && person.account.arrives())
            .map(|person| (person.index, person.persona))
            .collect();
        let mut dice = seed.rng();
        for last in (1..pool.len()).rev() {
            pool.swap(last, dice.random_range(0..=last));
        }
        Self { people: pool, next: 0 }
    }

    fn take(&mut self) -> Option<(u64, Persona)> {
        let person = self.people.get(self.next).copied()?;
        self.next = (self.next + 1) % self.people.len();
        Some(person)
    }
}

/// The arrivals of a plan.
#[must_use]
pub fn arrivals(plan: &Plan, people: &[Person]) -> Arrivals {
    Arrivals {
        fires: Fires::of(&plan.load, seed_of(plan)),
        asking: Asking::of(plan, people),
    }
}

/// The seed of all that is about arrivals.
pub(crate) fn seed_of(plan: &Plan) -> Seed {
    Seed::new(plan.seed).child("arrivals")
}

impl Arrivals {
    /// How many there are in all; none for a closed model, where the system's own pace decides.
    #[must_use]
    pub fn planned(&self) -> Option<u64> {
        self.fires.planned()
    }
}

impl Iterator for Arrivals {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        let fire = self.fires.next()?;
        self.asking.next(fire)
    }
}

impl Asking {
    /// From the first on.
    pub fn of(plan: &Plan, people: &[Person]) -> Self {
        let seed = seed_of(plan);
        let pool = |op: OpKind, name: &str| (op, Pool::of(people, op, seed.child(name)));
        Self {
            dice: seed.child("mix").rng(),
            next: 0,
            unlocks: plan.load.mix.map_or(Ratio::ZERO, |mix| mix.unlocks),
            pools: BTreeMap::from([
                pool(OpKind::Unlock, "unlockers"),
                pool(OpKind::Reset, "resetters"),
                pool(OpKind::Change, "changers"),
                pool(OpKind::AdminReset, "helped"),
            ]),
            labels: vec![0; people.len()],
            seed,
        }
    }

    /// The next, at an instant; nobody where nobody asks for that.
    pub fn next(&mut self, fire: Fire) -> Option<Arrival> {
        let number = self.next;
        self.next += 1;
        let wanted = fire.op.unwrap_or_else(|| self.throw());
        let (person, persona) = self.pools.get_mut(&wanted)?.take()?;
        let op = persona.asks_for();
        let label = self.labels.get_mut(usize::try_from(person).ok()?)?;
        let writes = op.writes_password().then(|| {
            *label += 1;
            *label
        });
        Some(Arrival {
            number,
            at_us: fire.at_us,
            person,
            persona,
            op,
            writes,
            op_id: self.seed.nth("op", number).uuid(),
        })
    }

    /// What is asked, by the dice.
    fn throw(&mut self) -> OpKind {
        if self.dice.random::<f64>() < self.unlocks.as_f64() {
            OpKind::Unlock
        } else {
            OpKind::Reset
        }
    }
}

/// The digest of the arrivals, golden for each shipped scenario.
#[must_use]
pub fn arrivals_sha256(arrivals: Arrivals) -> String {
    let mut hash = Sha256::new();
    for arrival in arrivals {
        let label = arrival.writes.map_or(0, u32::from);
        let line = format!(
            "{} {} {} {label} {}\n",
            arrival.at_us, arrival.person, arrival.op, arrival.op_id
        );
        hash.update(line.as_bytes());
    }
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The phases of the load as planned.
#[must_use]
pub fn planned_phases(plan: &Plan) -> Vec<history::PlannedPhase> {
    let warm_up = crate::clock::micros(plan.load.warm_up);
    let measure = crate::clock::micros(plan.load.measure);
    vec![
        history::PlannedPhase {
            phase: history::Phase::WarmUp,
            from_us: 0,
            for_us: warm_up,
        },
        history::PlannedPhase {
            phase: history::Phase::Measure,
            from_us: warm_up,
            for_us: measure,
        },
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan(seed: u64) -> Plan {
        plan_with(seed, "")
    }

    fn plan_with(seed: u64, population: &str) -> Plan {
        let text = format!(
            "schema = 1\nname = \"a\"\nwhy = \"b\"\nseed = {seed}\n[population]\npeople = 40\n{population}[load.constant_arrival_rate]\nrate = \"20/s\"\nwarm_up = \"1s\"\nmeasure = \"9s\"\n"
        );
        let scenario = scenario::parse("a.toml", &text, &[]).unwrap();
        Plan::resolve(&scenario, &scenario::Choices::default())
    }

    #[test]
    fn fire_times_are_even_and_complete() {
        let plan = plan(1);
        let all: Vec<Arrival> = arrivals(&plan, &scenario::people(&plan)).collect();
        assert_eq!(all.len(), 200);
        assert!(all.windows(2).all(|pair| pair[1].at_us - pair[0].at_us == 50_000));
        let unlocks = all.iter().filter(|arrival| arrival.op == OpKind::Unlock).count();
        assert!((30..=70).contains(&unlocks), "{unlocks}");
    }

    #[test]
    fn labels_count_up_per_person_and_ids_are_unique() {
        let plan = plan(1);
        let all: Vec<Arrival> = arrivals(&plan, &scenario::people(&plan)).collect();
        let mut ids: Vec<Uuid> = all.iter().map(|arrival| arrival.op_id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), all.len());
        for person in 0..40 {
            let labels: Vec<u32> = all
                .iter()
                .filter(|arrival| arrival.person == person)
                .filter_map(|arrival| arrival.writes)
                .collect();
            let expected: Vec<u32> = (1..).take(labels.len()).collect();
            assert_eq!(labels, expected);
        }
    }

    #[test]
    fn the_seed_decides() {
        let digest = |seed| {
            let plan = plan(seed);
            arrivals_sha256(arrivals(&plan, &scenario::people(&plan)))
        };
        assert_eq!(digest(1), digest(1));
        assert_ne!(digest(1), digest(2));
    }

    #[test]
    fn who_cannot_be_served_stays_at_home_and_all_others_come() {
        let accounts =
            "accounts = { disabled = \"1/8\", smartcard = \"1/8\", must_change = \"1/8\", never_expires = \"1/10\" }\n";
        let plan = plan_with(1, accounts);
        let people = scenario::people(&plan);
        let mut came = vec![false; people.len()];
        for arrival in arrivals(&plan, &people) {
            came[usize::try_from(arrival.person).unwrap()] = true;
        }
        for (person, came) in people.iter().zip(came) {
            assert_eq!(came, person.account.arrives(), "{person:?}");
        }
        let at_home = people.iter().filter(|person| !person.account.arrives()).count();
        assert_eq!(at_home, 10);
    }
}
