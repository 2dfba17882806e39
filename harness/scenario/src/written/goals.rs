//! What is good enough, as written.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::time::Duration;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};
use vocabulary::{Rate, Ratio};

use super::{Persona, is_default};

/// What is good enough, over the measure phase. What is absent is not judged.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Goals {
    /// Whether the load ends as soon as one of these goals can no longer hold, whatever would follow.
    #[serde(skip_serializing_if = "is_default")]
    pub abort_on_breach: bool,
    /// Median response time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_time_p50_max: Option<Within>,
    /// 90th percentile of the response time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_time_p90_max: Option<Within>,
    /// 99th percentile of the response time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_time_p99_max: Option<Within>,
    /// 99.9th percentile of the response time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_time_p999_max: Option<Within>,
    /// Longest response time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_time_max: Option<Within>,
    /// Median service time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_time_p50_max: Option<Within>,
    /// 90th percentile of the service time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_time_p90_max: Option<Within>,
    /// 99th percentile of the service time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_time_p99_max: Option<Within>,
    /// 99.9th percentile of the service time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_time_p999_max: Option<Within>,
    /// Longest service time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_time_max: Option<Within>,
    /// Share of arrivals with an unknown outcome at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "ratio"))]
    pub unknown_ratio_max: Option<Ratio>,
    /// Share of arrivals that surely failed at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "ratio"))]
    pub failed_ratio_max: Option<Ratio>,
    /// Share of arrivals that a policy or rule refused at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "ratio"))]
    pub rejected_ratio_max: Option<Ratio>,
    /// Share of arrivals that were dropped at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "ratio"))]
    pub dropped_ratio_max: Option<Ratio>,
    /// Operations applied or correctly rejected per time at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "rate"))]
    pub achieved_rate_min: Option<Rate>,
    /// Operations applied per time at least.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "rate"))]
    pub applied_rate_min: Option<Rate>,
    /// Growth of any part's memory at most, as a share of what it had: the end of the measure phase beside its beginning.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "ratio"))]
    pub memory_growth_max: Option<Ratio>,
    /// The same of the files that a part has open, sockets among them.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "ratio"))]
    pub open_files_growth_max: Option<Ratio>,
    /// The same by stage of the chain: exclusive time that it took.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "by_stage")]
    pub stages: BTreeMap<GoalStage, StageGoals>,
    /// The same by persona: of the operations of these people alone.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    #[schemars(schema_with = "by_persona")]
    pub personas: BTreeMap<Persona, PersonaGoals>,
}

/// What is good enough of one stage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StageGoals {
    /// Median time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p50_max: Option<Within>,
    /// 90th percentile of the time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p90_max: Option<Within>,
    /// 99th percentile of the time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p99_max: Option<Within>,
    /// 99.9th percentile of the time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub p999_max: Option<Within>,
    /// Longest time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<Within>,
}

/// What is good enough for the people of one persona.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PersonaGoals {
    /// Median response time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_time_p50_max: Option<Within>,
    /// 90th percentile of the response time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_time_p90_max: Option<Within>,
    /// 99th percentile of the response time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_time_p99_max: Option<Within>,
    /// 99.9th percentile of the response time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_time_p999_max: Option<Within>,
    /// Longest response time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_time_max: Option<Within>,
    /// Median service time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_time_p50_max: Option<Within>,
    /// 90th percentile of the service time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_time_p90_max: Option<Within>,
    /// 99th percentile of the service time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_time_p99_max: Option<Within>,
    /// 99.9th percentile of the service time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_time_p999_max: Option<Within>,
    /// Longest service time at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub service_time_max: Option<Within>,
    /// Share of their arrivals with an unknown outcome at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "ratio"))]
    pub unknown_ratio_max: Option<Ratio>,
    /// Share of their arrivals that surely failed at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "ratio"))]
    pub failed_ratio_max: Option<Ratio>,
    /// Share of their arrivals that a policy or rule refused at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "ratio"))]
    pub rejected_ratio_max: Option<Ratio>,
    /// Share of their arrivals that were dropped at most.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "Option<String>", extend("format" = "ratio"))]
    pub dropped_ratio_max: Option<Ratio>,
}

/// A stage of the chain, as the reports name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum GoalStage {
    /// The cloud's own work, pages and checks included.
    Cloud,
    /// The relay's own work.
    Relay,
    /// Waiting in the agent.
    Queue,
    /// Opening and sealing envelopes in the agent.
    Crypto,
    /// Finding the person.
    Locate,
    /// The directory's write, as the agent saw it.
    Write,
    /// The cloud's own store, after the on-premises success.
    Cloudstore,
    /// What no part claimed of the service time.
    Network,
}

impl GoalStage {
    /// The name of the stage.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Cloud => "cloud",
            Self::Relay => "relay",
            Self::Queue => "queue",
            Self::Crypto => "crypto",
            Self::Locate => "locate",
            Self::Write => "write",
            Self::Cloudstore => "cloudstore",
            Self::Network => "network",
        }
    }
}

/// A time that is not to be exceeded.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Within(#[serde(with = "vocabulary::duration_text")] pub Duration);

impl Within {
    /// In milliseconds, as limits are stored.
    #[must_use]
    pub fn as_millis(self) -> f64 {
        self.0.as_secs_f64() * 1000.0
    }
}

impl JsonSchema for Within {
    fn schema_name() -> Cow<'static, str> {
        "Within".into()
    }

    fn inline_schema() -> bool {
        true
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "duration" })
    }
}

fn by_stage(generator: &mut SchemaGenerator) -> Schema {
    named::<GoalStage, StageGoals>(generator)
}

fn by_persona(generator: &mut SchemaGenerator) -> Schema {
    named::<Persona, PersonaGoals>(generator)
}

/// A table whose keys are words of a closed list: the schema of a map leaves them open.
fn named<Name: JsonSchema, Value: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    let (names, values) = (generator.subschema_for::<Name>(), generator.subschema_for::<Value>());
    json_schema!({ "type": "object", "propertyNames": names, "additionalProperties": values })
}

#[cfg(test)]
mod tests {
    use vocabulary::Goal;

    use super::*;

    #[test]
    fn a_stage_of_a_goal_is_one_that_is_measured() {
        let all = [
            GoalStage::Cloud,
            GoalStage::Relay,
            GoalStage::Queue,
            GoalStage::Crypto,
            GoalStage::Locate,
            GoalStage::Write,
            GoalStage::Cloudstore,
            GoalStage::Network,
        ];
        assert!(all.map(GoalStage::as_str).into_iter().eq(Goal::stages()));
    }
}
