//! When somebody begins: a pure sequence of instants for each executor. No clock, no people, no async.
//!
//! Instants count in microseconds from the begin of the load and never go back. The warm-up stands at the front, by the same rule as
//! what is measured. Nothing here depends on the mathematics library of a platform, so that one seed gives the same instants on
//! every machine.

mod closed;
mod curve;
mod even;
mod exponential;
mod poisson;
mod recorded;
mod spike;
mod stages;
#[cfg(test)]
mod tests;

use std::time::Duration;

use scenario::{Executor, Load};
use vocabulary::{OpKind, Rate, Seed};

pub(crate) use closed::Users;
use curve::Curve;
use even::Even;
use poisson::Poisson;
use recorded::Recorded;

/// One instant at which somebody begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Fire {
    /// When, in microseconds from the begin of the load.
    pub at_us: u64,
    /// What is asked, where the schedule itself says so.
    pub op: Option<OpKind>,
}

impl Fire {
    fn at(at_us: u64) -> Self {
        Self { at_us, op: None }
    }
}

/// The instants of a load, in the order of time.
#[derive(Debug, Clone)]
pub(crate) enum Fires {
    /// One interval after another.
    Even(Even),
    /// Gaps at random.
    Poisson(Poisson),
    /// Where the integral of a rate reaches the next whole number.
    Curve(Curve),
    /// Those of a recording.
    Recorded(Recorded),
    /// The first instant of each user of a closed model; the system's own pace decides all others.
    Closed(std::vec::IntoIter<u64>),
}

impl Fires {
    /// Those of a load.
    pub fn of(load: &Load, seed: Seed) -> Self {
        match &load.executor {
            Executor::ConstantArrivalRate { rate } => Self::Even(Even::of(*rate, load.length())),
            Executor::PoissonArrivalRate { rate } => {
                Self::Poisson(Poisson::of(*rate, load.length(), seed.child("gaps")))
            }
            Executor::RampingArrivalRate { start_rate, stages } => {
                Self::Curve(stages::ramps(load.warm_up, *start_rate, stages))
            }
            Executor::StagedArrivalRate { stages } => Self::Curve(stages::steps(load.warm_up, stages)),
            Executor::SpikeArrivalRate(spike) => Self::Curve(spike::spike(load.warm_up, load.measure, spike)),
            Executor::Replay { speed, timeline, .. } => {
                Self::Recorded(Recorded::of(timeline.clone(), *speed, load.length()))
            }
            Executor::Closed { users, think_time } => {
                Self::Closed(Users::of(*users, *think_time, load.length(), seed).firsts().into_iter())
            }
        }
    }

    /// Those of one step of a search, by the rule of an executor that has one rate; none for any other.
    pub fn at_rate(executor: &Executor, rate: Rate, length: Duration, seed: Seed) -> Option<Self> {
        match executor {
            Executor::ConstantArrivalRate { .. } => Some(Self::Even(Even::of(rate, length))),
            Executor::PoissonArrivalRate { .. } => Some(Self::Poisson(Poisson::of(rate, length, seed))),
            _ => None,
        }
    }

    /// How many there are in all; none for a closed model, where nobody can know.
    pub fn planned(&self) -> Option<u64> {
        match self {
            Self::Even(even) => Some(even.planned()),
            Self::Poisson(poisson) => u64::try_from(poisson.clone().count()).ok(),
            Self::Curve(curve) => Some(curve.planned()),
            Self::Recorded(recorded) => Some(recorded.planned()),
            Self::Closed(_) => None,
        }
    }
}

impl Iterator for Fires {
    type Item = Fire;

    fn next(&mut self) -> Option<Fire> {
        match self {
            Self::Even(even) => even.next().map(Fire::at),
            Self::Poisson(poisson) => poisson.next().map(Fire::at),
            Self::Curve(curve) => curve.next().map(Fire::at),
            Self::Recorded(recorded) => recorded.next(),
            Self::Closed(firsts) => firsts.next().map(Fire::at),
        }
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
