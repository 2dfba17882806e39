//! The JSON Schema of the scenario file, generated from the types.

use serde_json::Value;

use crate::written::Scenario;

/// The schema as a value.
#[must_use]
pub fn schema_json() -> Value {
    schemars::schema_for!(Scenario).to_value()
}

/// The schema as the text of `scenarios/schema.json`.
#[must_use]
pub fn schema_text() -> String {
    let mut text = format!("{:#}", schema_json());
    text.push('\n');
    text
}
