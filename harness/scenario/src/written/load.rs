//! What people do, and how often, as written.

mod draw;
mod keys;
mod level;
mod think;

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vocabulary::{Rate, Ratio};

pub use draw::Draw;
pub(crate) use keys::Common;
use keys::executor;
pub use level::Level;
pub use think::ThinkTime;

use crate::timeline::Timeline;

/// What people do, and how often: exactly one executor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WrittenLoad {
    /// Open model: arrivals at a constant rate that do not wait for the system.
    ConstantArrivalRate(ConstantArrivalRate),
    /// Open model: arrivals at random, whose rate is constant in the mean.
    PoissonArrivalRate(PoissonArrivalRate),
    /// Open model: the rate goes from target to target in straight lines.
    RampingArrivalRate(RampingArrivalRate),
    /// Open model: one rate after another, each for a while.
    StagedArrivalRate(StagedArrivalRate),
    /// Open model: a rise to a peak, and a tail that halves again and again.
    SpikeArrivalRate(SpikeArrivalRate),
    /// Open model: a recorded timeline, once more.
    Replay(Replay),
    /// Closed model: users who wait for their answer, think, and begin again.
    Closed(Closed),
}

executor! {
    /// Open model at a constant rate.
    ConstantArrivalRate {
        /// Arrivals per time.
        #[schemars(with = "String", extend("format" = "rate"))]
        rate: Rate,
    }
    with warm_up, measure, start_within, request_timeout, in_flight_max, queue_max, unlocks, draw
}

executor! {
    /// Open model of people who know nothing of one another: gaps are exponentially distributed.
    PoissonArrivalRate {
        /// Arrivals per time, in the mean.
        #[schemars(with = "String", extend("format" = "rate"))]
        rate: Rate,
    }
    with warm_up, measure, start_within, request_timeout, in_flight_max, queue_max, unlocks, draw
}

executor! {
    /// Open model whose rate goes from target to target in straight lines. The stages are what is measured.
    RampingArrivalRate {
        /// The rate at which it begins, and that of the warm-up.
        #[schemars(with = "String", extend("format" = "rate_or_zero"))]
        start_rate: Level,
        /// Where the rate goes, in order.
        #[schemars(length(min = 1, max = 1000))]
        stages: Vec<Ramp>,
    }
    with warm_up, start_within, request_timeout, in_flight_max, queue_max, unlocks, draw
}

executor! {
    /// Open model with one rate after another. The stages are what is measured; the warm-up has the rate of the first.
    StagedArrivalRate {
        /// The stages, in order.
        #[schemars(length(min = 1, max = 1000))]
        stages: Vec<Step>,
    }
    with warm_up, start_within, request_timeout, in_flight_max, queue_max, unlocks, draw
}

executor! {
    /// Open model of a rush: calm, a rise to a peak, and a tail in which what is above the calm halves again and again.
    SpikeArrivalRate {
        /// The rate of the warm-up, before the rise, and that which the tail goes down to.
        #[schemars(with = "String", extend("format" = "rate_or_zero"))]
        base_rate: Level,
        /// The rate at the peak.
        #[schemars(with = "String", extend("format" = "rate"))]
        peak_rate: Rate,
        /// Calm before the rise, measured already.
        #[serde(default, with = "vocabulary::duration_text")]
        #[schemars(with = "String", extend("format" = "duration"))]
        calm: Duration,
        /// From calm to peak, in a straight line.
        #[serde(with = "vocabulary::duration_text")]
        #[schemars(with = "String", extend("format" = "duration"))]
        rise: Duration,
        /// How long the peak holds.
        #[serde(default, with = "vocabulary::duration_text")]
        #[schemars(with = "String", extend("format" = "duration"))]
        hold: Duration,
        /// In this time the tail loses half of what is above the calm.
        #[serde(with = "vocabulary::duration_text")]
        #[schemars(with = "String", extend("format" = "duration"))]
        half_life: Duration,
    }
    with warm_up, measure, start_within, request_timeout, in_flight_max, queue_max, unlocks, draw
}

executor! {
    /// Open model that repeats a recorded timeline. Its first part is the warm-up; what comes after the end is left out.
    Replay {
        /// A CSV file with the columns `at_s` and `op`, beside the scenario.
        #[schemars(length(min = 1))]
        file: String,
        /// How many times as fast as it was recorded.
        #[serde(default = "once")]
        #[schemars(range(min = 1, max = 100_000))]
        speed: u32,
        /// What the file holds.
        #[serde(skip)]
        #[schemars(skip)]
        timeline: Timeline,
    }
    with warm_up, measure, start_within, request_timeout, in_flight_max, queue_max
}

executor! {
    /// Closed model: a user begins again a think time after the end of their last operation.
    Closed {
        /// How many, each with one operation at a time.
        #[schemars(range(min = 1, max = 20_000))]
        users: u32,
        /// From an operation's end to the begin of the next.
        think_time: ThinkTime,
    }
    with warm_up, measure, request_timeout, unlocks, draw
}

fn once() -> u32 {
    1
}

/// A straight line from the rate before to a target.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Ramp {
    /// How long it takes; without any, the rate jumps.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub duration: Duration,
    /// The rate at its end.
    #[schemars(with = "String", extend("format" = "rate_or_zero"))]
    pub target: Level,
}

/// A rate that holds for a while.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// How long.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub duration: Duration,
    /// The rate.
    #[schemars(with = "String", extend("format" = "rate_or_zero"))]
    pub rate: Level,
}

impl WrittenLoad {
    /// What every executor has, written or not.
    pub(crate) fn common(&self) -> Common {
        match self {
            Self::ConstantArrivalRate(load) => load.common(),
            Self::PoissonArrivalRate(load) => load.common(),
            Self::RampingArrivalRate(load) => Common {
                measure: load.stages.iter().map(|stage| stage.duration).sum(),
                ..load.common()
            },
            Self::StagedArrivalRate(load) => Common {
                measure: load.stages.iter().map(|stage| stage.duration).sum(),
                ..load.common()
            },
            Self::SpikeArrivalRate(load) => load.common(),
            Self::Replay(load) => load.common(),
            Self::Closed(load) => Common {
                in_flight_max: load.users,
                queue_max: load.users,
                ..load.common()
            },
        }
    }
}
