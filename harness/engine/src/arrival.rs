//! Arrivals: each instant of the schedule with a person and what they ask for. No clock, no async.

use std::collections::BTreeMap;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use scenario::{Draw, Person, Persona, Plan};
use sha2::{Digest as _, Sha256};
use uuid::Uuid;
use vocabulary::{OpKind, Ratio, Seed};

use crate::schedule::{Fire, Fires};

/// One in so many of those who change their password mistypes the old one the first time they come: once in a run, so that
/// nobody is locked by it.
const MISTYPERS: u32 = 16;

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
    /// The label of the new password that the first attempt sends, if it sends one.
    pub writes: Option<u32>,
    /// The label of what a second attempt sends, of whoever makes one.
    pub then: Option<u32>,
    /// The operation id on the wire; later attempts have ids that follow from it.
    pub op_id: Uuid,
}

impl Arrival {
    /// The label that an attempt sends, counted from 1.
    #[must_use]
    pub fn writes_at(&self, attempt: u32) -> Option<u32> {
        if attempt > 1 { self.then } else { self.writes }
    }

    /// Every label that this arrival may send.
    pub fn labels(&self) -> impl Iterator<Item = u32> + use<> {
        self.writes.into_iter().chain(self.then)
    }
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
    everyone: Option<Pool>,
    labels: Vec<u32>,
}

/// People who may come, in a shuffled order that begins again when it is used up.
#[derive(Debug, Clone)]
struct Pool {
    people: Vec<(u64, Persona)>,
    next: usize,
}

impl Pool {
    /// Of those whom the account lets come, the wanted.
    fn of(people: &[Person], wanted: impl Fn(Persona) -> bool, seed: Seed) -> Self {
        let mut pool: Vec<(u64, Persona)> = people
            .iter()
            .filter(|person| wanted(person.persona) && person.account.arrives())
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
        let pool = |op: OpKind, name: &str| {
            (
                op,
                Pool::of(people, |persona| persona.asks_for() == op, seed.child(name)),
            )
        };
        let drawn = plan.load.draw == Draw::Persona;
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
            everyone: drawn.then(|| Pool::of(people, |_| true, seed.child("everyone"))),
            labels: vec![0; people.len()],
            seed,
        }
    }

    /// The next, at an instant; nobody where nobody asks for that.
    pub fn next(&mut self, fire: Fire) -> Option<Arrival> {
        let number = self.next;
        self.next += 1;
        let (person, persona) = match (&mut self.everyone, fire.op) {
            (Some(everyone), None) => everyone.take()?,
            (_, asked) => {
                let wanted = asked.unwrap_or_else(|| self.throw());
                self.pools.get_mut(&wanted)?.take()?
            }
        };
        let (writes, then) = self.labels_of(person, persona)?;
        Some(Arrival {
            number,
            at_us: fire.at_us,
            person,
            persona,
            op: persona.asks_for(),
            writes,
            then,
            op_id: self.seed.nth("op", number).uuid(),
        })
    }

    /// What a person's first attempt writes, and what their second does: a weak password has an odd label, a reused one the
    /// label that it had.
    fn labels_of(&mut self, person: u64, persona: Persona) -> Option<(Option<u32>, Option<u32>)> {
        let label = self.labels.get_mut(usize::try_from(person).ok()?)?;
        if !persona.sends_password() {
            return Some((None, None));
        }
        let before = *label;
        *label += if persona == Persona::WeakThenGood { 2 } else { 1 };
        let new = *label;
        Some(match persona {
            Persona::WeakThenGood => (Some(new - 1), Some(new)),
            Persona::ReusedThenGood => (Some(before), Some(new)),
            Persona::ComesBackLater => (None, Some(new)),
            Persona::VoluntaryChange if before == 0 && self.mistypes(person) => (Some(new), Some(new)),
            _ => (Some(new), None),
        })
    }

    /// Whether somebody mistypes the first time they come.
    fn mistypes(&self, person: u64) -> bool {
        self.seed.nth("mistypes", person).rng().random_ratio(1, MISTYPERS)
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
        let label = arrival.writes.unwrap_or(0);
        let then = arrival.then.map_or_else(String::new, |then| format!(" then {then}"));
        let line = format!(
            "{} {} {} {label} {}{then}\n",
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
        parsed(&format!(
            "schema = 1\nname = \"a\"\nwhy = \"b\"\nseed = {seed}\n[population]\npeople = 40\n{population}[load.constant_arrival_rate]\nrate = \"20/s\"\nwarm_up = \"1s\"\nmeasure = \"9s\"\n"
        ))
    }

    fn parsed(text: &str) -> Plan {
        let scenario = scenario::parse("a.toml", text, &[]).unwrap();
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

    /// Everybody of these personas in turn, until each came five times.
    fn drawn(people: u64, personas: &str) -> Vec<Arrival> {
        let plan = parsed(&format!(
            "schema = 1\nname = \"a\"\nwhy = \"b\"\nseed = 1\n[population]\npeople = {people}\npersonas = {{ {personas} }}\n\
             [load.constant_arrival_rate]\nrate = \"{people}/s\"\nmeasure = \"5s\"\ndraw = \"persona\"\n"
        ));
        arrivals(&plan, &scenario::people(&plan)).collect()
    }

    #[test]
    fn where_people_are_drawn_their_weights_are_the_mix() {
        let all = drawn(40, "forgot = 2, locked_out = 1, helpdesk = 1");
        let count = |op| all.iter().filter(|arrival| arrival.op == op).count();
        assert_eq!(
            [OpKind::Reset, OpKind::Unlock, OpKind::AdminReset].map(count),
            [100, 50, 50]
        );
        for turn in all.chunks(40) {
            let mut people: Vec<u64> = turn.iter().map(|arrival| arrival.person).collect();
            people.sort_unstable();
            assert_eq!(
                people,
                (0..40).collect::<Vec<u64>>(),
                "everybody once before anybody twice"
            );
        }
    }

    #[test]
    fn labels_of_a_second_attempt_are_known_beforehand() {
        let labels = |persona: &str| -> Vec<(Option<u32>, Option<u32>)> {
            let all = drawn(1, &format!("{persona} = 1"));
            all.iter()
                .map(|arrival| (arrival.writes, arrival.then))
                .take(3)
                .collect()
        };
        let (one, two, three, four) = (Some(1), Some(2), Some(3), Some(4));
        assert_eq!(
            labels("weak_then_good"),
            [(one, two), (three, four), (Some(5), Some(6))]
        );
        assert_eq!(labels("reused_then_good"), [(Some(0), one), (one, two), (two, three)]);
        assert_eq!(labels("comes_back_later"), [(None, one), (None, two), (None, three)]);
        assert_eq!(labels("impostor"), [(None, None); 3]);
        assert_eq!(labels("double_clicker"), [(one, None), (two, None), (three, None)]);
    }

    #[test]
    fn some_mistype_and_nobody_twice() {
        let all = drawn(400, "voluntary_change = 1");
        let mut mistypers: Vec<u64> = all
            .iter()
            .filter(|arrival| arrival.then.is_some())
            .map(|arrival| arrival.person)
            .collect();
        assert!((10..=50).contains(&mistypers.len()), "{}", mistypers.len());
        mistypers.sort_unstable();
        assert!(mistypers.windows(2).all(|pair| pair[0] != pair[1]));
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
