//! What people do, and how often, as written.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vocabulary::{Rate, Ratio};

/// What people do, and how often: exactly one executor.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum WrittenLoad {
    /// Open model: arrivals at a constant rate that do not wait for the system.
    ConstantArrivalRate(ConstantArrivalRate),
}

/// Open model at a constant rate.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ConstantArrivalRate {
    /// Arrivals per time.
    #[schemars(with = "String", extend("format" = "rate"))]
    pub rate: Rate,
    /// How long load runs before it is measured; these operations count in every check and in no statistic.
    #[serde(default, with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub warm_up: Duration,
    /// How long load is measured.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub measure: Duration,
    /// An arrival that has not begun within this is dropped.
    #[serde(default = "ten_seconds", with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub start_within: Duration,
    /// How long one request may take before its operation is unknown.
    #[serde(default = "seventy_seconds", with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub request_timeout: Duration,
    /// Operations in flight at most: the generator's users.
    #[serde(default = "sixty_four")]
    #[schemars(range(min = 1, max = 20_000))]
    pub in_flight_max: u32,
    /// Arrivals waiting for a free user at most.
    #[serde(default = "ten_thousand")]
    #[schemars(range(min = 1, max = 1_000_000))]
    pub queue_max: u32,
    /// The share of arrivals that ask for an unlock; the rest reset.
    #[serde(default = "one_in_four")]
    #[schemars(with = "String", extend("format" = "ratio"))]
    pub unlocks: Ratio,
}

fn ten_seconds() -> Duration {
    Duration::from_secs(10)
}

fn seventy_seconds() -> Duration {
    Duration::from_secs(70)
}

fn sixty_four() -> u32 {
    64
}

fn ten_thousand() -> u32 {
    10_000
}

fn one_in_four() -> Ratio {
    Ratio::new(1, 4).unwrap_or(Ratio::ZERO)
}
