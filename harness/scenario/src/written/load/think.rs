//! How long a user of a closed model thinks.

use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// From the end of an operation to the begin of the next: exactly one distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ThinkTime {
    /// Always the same; `"0s"` for users who never rest.
    Constant(
        #[serde(with = "vocabulary::duration_text")]
        #[schemars(with = "String", extend("format" = "duration"))]
        Duration,
    ),
    /// Anything between two bounds, each as likely.
    Uniform(Between),
    /// Exponentially distributed: mostly short, sometimes long.
    Exponential(Around),
}

/// Two bounds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Between {
    /// At least.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub min: Duration,
    /// At most.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub max: Duration,
}

/// A mean.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Around {
    /// In the mean.
    #[serde(with = "vocabulary::duration_text")]
    #[schemars(with = "String", extend("format" = "duration"))]
    pub mean: Duration,
}
