//! Whether a goal can still hold: what was measured so far, against the best that may still come.
//!
//! A goal is given up only when nothing that could follow would let it hold, so that ending the load then changes no verdict.
//! Nothing here reads a clock or a file.

use std::collections::BTreeMap;

use scenario::{Executor, Person, Persona, Plan};
use vocabulary::{Goal, GoalOf, Measure, OutcomeClass, Percentile, StageTimes};

use crate::arrival::arrivals;
use crate::attempt::ATTEMPTS_MAX;
use crate::clock::micros;

/// The goals of a run and how much is known against each.
#[derive(Debug)]
pub(crate) struct Watch {
    goals: Vec<Watched>,
    /// Operations that there may be at most, by persona; none where the system's own pace decides.
    most: Option<BTreeMap<Persona, Most>>,
    /// Begin and planned end of the measure phase, on the run's axis, once it has begun.
    span: Option<(u64, u64)>,
}

/// How many operations the arrivals of a persona may come to, those that have ended counted exactly.
#[derive(Debug, Clone, Copy, Default)]
struct Most {
    /// Of the measure phase.
    measured: u64,
    /// Not ended yet, the warm-up's among them.
    open: u64,
}

/// An operation, or an arrival that was dropped, with what goals ask of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Came<'a> {
    pub persona: Persona,
    pub attempt: u32,
    /// Whether another attempt of the same arrival follows.
    pub more: bool,
    /// Whether it was intended in the measure phase.
    pub measured: bool,
    pub class: OutcomeClass,
    /// On the run's axis.
    pub finished_us: u64,
    pub response_us: u64,
    pub service_us: u64,
    pub stages: Option<&'a StageTimes>,
}

/// One goal.
#[derive(Debug)]
struct Watched {
    name: String,
    goal: Goal,
    limit: f64,
    /// The only persona it is about; none where it is about everyone.
    persona: Option<Persona>,
    /// Operations that speak against it; of a rate, those that count for it.
    counted: u64,
    /// Operations that say nothing of it, since they lack what it measures.
    silent: u64,
}

/// What one operation says of a goal.
enum Says {
    Against,
    Nothing,
    Fine,
}

impl Watch {
    /// Of a plan that asks for it.
    pub fn of(plan: &Plan, people: &[Person]) -> Option<Self> {
        if !plan.abort_on_breach {
            return None;
        }
        let goals = plan.goals.iter().filter_map(|goal| watched(&goal.goal, goal.limit));
        let closed = matches!(plan.load.executor, Executor::Closed { .. });
        Some(Self {
            goals: goals.collect(),
            most: (!closed).then(|| most(plan, people)),
            span: None,
        })
    }

    /// The measure phase begins here and is to end there, on the run's axis.
    pub fn measure(&mut self, from_us: u64, until_us: u64) {
        self.span = Some((from_us, until_us));
    }

    /// Takes what came.
    pub fn take(&mut self, came: &Came<'_>) {
        self.count_down(came);
        for watched in &mut self.goals {
            watched.take(came, self.span);
        }
    }

    /// The names of the goals that cannot hold any more.
    pub fn broken(&self) -> Vec<String> {
        let lost = self.goals.iter().filter(|watched| self.is_lost(watched));
        lost.map(|watched| watched.name.clone()).collect()
    }

    /// An attempt that has ended is one that can no longer come, and the last of an arrival takes with it those that it could have made.
    fn count_down(&mut self, came: &Came<'_>) {
        let Some(most) = self.most.as_mut().and_then(|most| most.get_mut(&came.persona)) else {
            return;
        };
        let left_out = if came.more {
            0
        } else {
            u64::from(attempts_of(came.persona).saturating_sub(came.attempt))
        };
        most.open = most.open.saturating_sub(1 + left_out);
        if came.measured {
            most.measured = most.measured.saturating_sub(left_out);
        }
    }

    fn is_lost(&self, watched: &Watched) -> bool {
        if watched.goal.is_least() {
            return self.is_too_slow(watched);
        }
        let most = self.measured_most(watched.persona);
        let most = most.map(|most| most.saturating_sub(watched.silent));
        watched.is_over(most)
    }

    /// Operations of the measure phase that there may be at most.
    fn measured_most(&self, persona: Option<Persona>) -> Option<u64> {
        let most = self.most.as_ref()?;
        Some(match persona {
            Some(persona) => most.get(&persona).map_or(0, |most| most.measured),
            None => most.values().map(|most| most.measured).sum(),
        })
    }

    /// Whether a rate stays below its limit though all that is still open ended well before the measure phase does.
    fn is_too_slow(&self, watched: &Watched) -> bool {
        let (Some((from_us, until_us)), Some(most)) = (self.span, &self.most) else {
            return false;
        };
        let open: u64 = most.values().map(|most| most.open).sum();
        let seconds = until_us.saturating_sub(from_us) as f64 / 1e6;
        ((watched.counted + open) as f64) < watched.limit * seconds
    }
}

impl Watched {
    fn take(&mut self, came: &Came<'_>, span: Option<(u64, u64)>) {
        if self.goal.is_least() {
            let within = span.is_some_and(|(from_us, until_us)| (from_us..until_us).contains(&came.finished_us));
            self.counted += u64::from(within && self.is_achieved(came.class));
            return;
        }
        if !came.measured || self.persona.is_some_and(|persona| persona != came.persona) {
            return;
        }
        match self.says(came) {
            Says::Against => self.counted += 1,
            Says::Nothing => self.silent += 1,
            Says::Fine => {}
        }
    }

    fn is_achieved(&self, class: OutcomeClass) -> bool {
        let rejected = self.goal.what == Measure::AchievedRate && class == OutcomeClass::Rejected;
        class == OutcomeClass::Applied || rejected
    }

    fn says(&self, came: &Came<'_>) -> Says {
        let ended = !matches!(came.class, OutcomeClass::Unknown | OutcomeClass::Dropped);
        let over = |us: u64| against(us as f64 / 1e3 > self.limit);
        match self.goal.what {
            Measure::Response(_) if ended => over(came.response_us),
            Measure::Response(_) => Says::Against,
            Measure::Service(_) if ended => over(came.service_us),
            Measure::Service(_) | Measure::AchievedRate | Measure::AppliedRate | Measure::Growth(_) => Says::Nothing,
            Measure::Stage(_) => self.time_of(came).map_or(Says::Nothing, over),
            Measure::Share(class) => against(came.class == class),
        }
    }

    fn time_of(&self, came: &Came<'_>) -> Option<u64> {
        let GoalOf::Stage(name) = self.goal.of else { return None };
        came.stages?.exclusive(name, came.service_us)
    }

    /// Whether those against it are too many, of so many as there may be.
    fn is_over(&self, most: Option<u64>) -> bool {
        match (self.goal.what, most) {
            (Measure::Share(_), Some(most)) => most > 0 && self.counted as f64 / most as f64 > self.limit,
            (Measure::Share(_), None) => self.counted > 0 && self.limit <= 0.0,
            (Measure::Response(percentile) | Measure::Service(percentile) | Measure::Stage(percentile), most) => {
                let above = most.map_or(0, |most| above(percentile, most));
                (most.is_some() || percentile == Percentile::MAX) && self.counted > above
            }
            (Measure::AchievedRate | Measure::AppliedRate | Measure::Growth(_), _) => false,
        }
    }
}

fn against(is: bool) -> Says {
    if is { Says::Against } else { Says::Fine }
}

/// How many of a sample may lie above its percentile.
fn above(percentile: Percentile, count: u64) -> u64 {
    let rank = usize::try_from(count).ok().and_then(|count| percentile.rank(count));
    rank.map_or(0, |rank| count - 1 - rank as u64)
}

fn watched(name: &str, limit: f64) -> Option<Watched> {
    let goal: Goal = name.parse().ok()?;
    let persona = match &goal.of {
        GoalOf::Persona(name) => Some(Persona::ALL.into_iter().find(|persona| persona.as_str() == name)?),
        GoalOf::Everyone | GoalOf::Stage(_) => None,
    };
    Some(Watched {
        name: name.to_owned(),
        goal,
        limit,
        persona,
        counted: 0,
        silent: 0,
    })
}

/// Attempts that somebody of this persona makes at most.
fn attempts_of(persona: Persona) -> u32 {
    if persona.may_try_again() { ATTEMPTS_MAX } else { 1 }
}

fn most(plan: &Plan, people: &[Person]) -> BTreeMap<Persona, Most> {
    let warm_up_us = micros(plan.load.warm_up);
    let mut most: BTreeMap<Persona, Most> = BTreeMap::new();
    for arrival in arrivals(plan, people) {
        let attempts = u64::from(attempts_of(arrival.persona));
        let one = most.entry(arrival.persona).or_default();
        one.open += attempts;
        if arrival.at_us >= warm_up_us {
            one.measured += attempts;
        }
    }
    most
}

#[cfg(test)]
mod tests;
