//! What is good enough, as written.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use vocabulary::{Rate, Ratio};

/// What is good enough, over the measure phase. What is absent is not judged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Goals {
    /// Median response time at most.
    #[serde(
        with = "vocabulary::duration_text::optional",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<String>", extend("format" = "duration"))]
    pub response_time_p50_max: Option<Duration>,
    /// 90th percentile of the response time at most.
    #[serde(
        with = "vocabulary::duration_text::optional",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<String>", extend("format" = "duration"))]
    pub response_time_p90_max: Option<Duration>,
    /// 99th percentile of the response time at most.
    #[serde(
        with = "vocabulary::duration_text::optional",
        skip_serializing_if = "Option::is_none"
    )]
    #[schemars(with = "Option<String>", extend("format" = "duration"))]
    pub response_time_p99_max: Option<Duration>,
    /// Share of operations with an unknown outcome at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "ratio"))]
    pub unknown_ratio_max: Option<Ratio>,
    /// Share of failed operations at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "ratio"))]
    pub failed_ratio_max: Option<Ratio>,
    /// Share of dropped arrivals at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "ratio"))]
    pub dropped_ratio_max: Option<Ratio>,
    /// Operations achieved per time at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "rate"))]
    pub achieved_rate_min: Option<Rate>,
}
