//! The schedule: a pure sequence of fire times, each with a person and what they ask for. No clock, no async.

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use scenario::{Person, Persona, Plan};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use vocabulary::{OpKind, Ratio, Seed};

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

/// All arrivals of a plan, in the order of time.
#[derive(Debug, Clone)]
pub struct Arrivals {
    seed: Seed,
    dice: ChaCha8Rng,
    interval_us: f64,
    count: u64,
    next: u64,
    unlocks: Ratio,
    unlockers: Pool,
    resetters: Pool,
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
    let seed = Seed::new(plan.seed).child("arrivals");
    let rate = plan.load.rate.as_per_second();
    let length = plan.load.warm_up + plan.load.measure;
    Arrivals {
        dice: seed.child("mix").rng(),
        interval_us: 1e6 / rate,
        count: whole(length.as_secs_f64() * rate),
        next: 0,
        unlocks: plan.load.mix.unlocks,
        unlockers: Pool::of(people, OpKind::Unlock, seed.child("unlockers")),
        resetters: Pool::of(people, OpKind::Reset, seed.child("resetters")),
        labels: vec![0; people.len()],
        seed,
    }
}

/// Rounds to the nearest whole number, from a number that is never negative.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates and lengths are checked to be positive and far below 2^53"
)]
fn whole(value: f64) -> u64 {
    value.round() as u64
}

impl Arrivals {
    /// How many there are in all.
    #[must_use]
    pub fn planned(&self) -> u64 {
        self.count
    }
}

impl Iterator for Arrivals {
    type Item = Arrival;

    #[expect(clippy::cast_precision_loss, reason = "numbers of arrivals are far below 2^53")]
    fn next(&mut self) -> Option<Arrival> {
        if self.next >= self.count {
            return None;
        }
        let number = self.next;
        self.next += 1;
        let unlock = self.dice.random::<f64>() < self.unlocks.as_f64();
        let pool = if unlock {
            &mut self.unlockers
        } else {
            &mut self.resetters
        };
        let (person, persona) = pool.take()?;
        let op = persona.asks_for();
        let label = self.labels.get_mut(usize::try_from(person).ok()?)?;
        let writes = op.writes_password().then(|| {
            *label += 1;
            *label
        });
        let at_us = whole(number as f64 * self.interval_us);
        Some(Arrival {
            number,
            at_us,
            person,
            persona,
            op,
            writes,
            op_id: self.seed.nth("op", number).uuid(),
        })
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
