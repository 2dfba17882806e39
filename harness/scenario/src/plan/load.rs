//! The load of a plan.

use std::time::Duration;

use serde::Serialize;
use vocabulary::{Rate, Ratio};

use crate::timeline::Timeline;
use crate::written::{Draw, Level, Ramp, Step, ThinkTime, WrittenLoad};

/// What they do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Load {
    /// The executor, with what is its own.
    #[serde(flatten)]
    pub executor: Executor,
    /// Load before measuring.
    #[serde(with = "vocabulary::duration_text")]
    pub warm_up: Duration,
    /// Load that is measured.
    #[serde(with = "vocabulary::duration_text")]
    pub measure: Duration,
    /// An arrival that has not begun within this is dropped. In a closed model nobody is: an operation begins when its user
    /// does.
    #[serde(
        with = "vocabulary::duration_text::optional",
        skip_serializing_if = "Option::is_none"
    )]
    pub start_within: Option<Duration>,
    /// How long one request may take.
    #[serde(with = "vocabulary::duration_text")]
    pub request_timeout: Duration,
    /// Operations in flight at most.
    pub in_flight_max: u32,
    /// Arrivals waiting at most.
    pub queue_max: u32,
    /// What is drawn for each arrival.
    #[serde(skip_serializing_if = "Draw::is_operation")]
    pub draw: Draw,
    /// What the arrivals ask for; a recorded timeline says so itself, and where people are drawn their personas do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mix: Option<Mix>,
}

/// What arrivals ask for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Mix {
    /// The share of unlocks; the rest reset.
    pub unlocks: Ratio,
}

/// What decides when somebody begins.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(tag = "executor", rename_all = "snake_case")]
pub enum Executor {
    /// Open model, evenly spaced.
    ConstantArrivalRate {
        /// Arrivals per second.
        rate: Rate,
    },
    /// Open model, exponentially distributed gaps.
    PoissonArrivalRate {
        /// Arrivals per second, in the mean.
        rate: Rate,
    },
    /// Open model, straight lines from target to target.
    RampingArrivalRate {
        /// The rate of the warm-up, and at which the first line begins.
        start_rate: Level,
        /// The lines, which together are the measure phase.
        stages: Vec<Ramp>,
    },
    /// Open model, one rate after another.
    StagedArrivalRate {
        /// The stages, which together are the measure phase. The warm-up has the rate of the first.
        stages: Vec<Step>,
    },
    /// Open model, a rush.
    SpikeArrivalRate(Spike),
    /// Open model, a recorded timeline.
    Replay {
        /// Where it was read. Not what is asked, so it is left out of the digest.
        #[serde(skip)]
        file: String,
        /// How many times as fast as it was recorded.
        speed: u32,
        /// What was recorded.
        timeline: Timeline,
    },
    /// Closed model.
    Closed {
        /// Users, each with one operation at a time.
        users: u32,
        /// From an operation's end to the begin of the next.
        think_time: ThinkTime,
    },
}

/// The curve of a rush: calm, a rise to a peak, and a tail in which what is above the calm halves again and again.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Spike {
    /// The rate of the warm-up, before the rise, and that which the tail goes down to.
    pub base_rate: Level,
    /// The rate at the peak.
    pub peak_rate: Rate,
    /// Calm before the rise.
    #[serde(with = "vocabulary::duration_text")]
    pub calm: Duration,
    /// From calm to peak, in a straight line.
    #[serde(with = "vocabulary::duration_text")]
    pub rise: Duration,
    /// How long the peak holds.
    #[serde(with = "vocabulary::duration_text")]
    pub hold: Duration,
    /// In this time the tail loses half of what is above the calm.
    #[serde(with = "vocabulary::duration_text")]
    pub half_life: Duration,
}

impl Load {
    /// What a scenario's load resolves to.
    pub(crate) fn resolve(written: &WrittenLoad) -> Self {
        let common = written.common();
        let executor = Executor::resolve(written);
        Self {
            warm_up: common.warm_up,
            measure: common.measure,
            start_within: (!executor.is_closed()).then_some(common.start_within),
            request_timeout: common.request_timeout,
            in_flight_max: common.in_flight_max,
            queue_max: common.queue_max,
            draw: common.draw,
            mix: (!matches!(executor, Executor::Replay { .. }) && common.draw == Draw::Operation).then_some(Mix {
                unlocks: common.unlocks,
            }),
            executor,
        }
    }

    /// Warm-up and measure phase together.
    #[must_use]
    pub fn length(&self) -> Duration {
        self.warm_up + self.measure
    }
}

impl Executor {
    fn resolve(written: &WrittenLoad) -> Self {
        match written {
            WrittenLoad::ConstantArrivalRate(load) => Self::ConstantArrivalRate { rate: load.rate },
            WrittenLoad::PoissonArrivalRate(load) => Self::PoissonArrivalRate { rate: load.rate },
            WrittenLoad::RampingArrivalRate(load) => Self::RampingArrivalRate {
                start_rate: load.start_rate,
                stages: load.stages.clone(),
            },
            WrittenLoad::StagedArrivalRate(load) => Self::StagedArrivalRate {
                stages: load.stages.clone(),
            },
            WrittenLoad::SpikeArrivalRate(load) => Self::SpikeArrivalRate(Spike {
                base_rate: load.base_rate,
                peak_rate: load.peak_rate,
                calm: load.calm,
                rise: load.rise,
                hold: load.hold,
                half_life: load.half_life,
            }),
            WrittenLoad::Replay(load) => Self::Replay {
                file: load.file.clone(),
                speed: load.speed,
                timeline: load.timeline.clone(),
            },
            WrittenLoad::Closed(load) => Self::Closed {
                users: load.users,
                think_time: load.think_time,
            },
        }
    }

    /// The name used in files.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::ConstantArrivalRate { .. } => "constant_arrival_rate",
            Self::PoissonArrivalRate { .. } => "poisson_arrival_rate",
            Self::RampingArrivalRate { .. } => "ramping_arrival_rate",
            Self::StagedArrivalRate { .. } => "staged_arrival_rate",
            Self::SpikeArrivalRate(_) => "spike_arrival_rate",
            Self::Replay { .. } => "replay",
            Self::Closed { .. } => "closed",
        }
    }

    /// Whether it waits for the system: a user begins nothing while an operation of theirs is under way.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Closed { .. })
    }
}
