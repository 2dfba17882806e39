//! Durations as text with a unit, for `#[serde(with = "vocabulary::duration_text")]`.

use std::time::Duration;

use serde::{Deserialize as _, Deserializer, Serializer};

use crate::units::{format_duration, parse_duration};

/// Writes the duration with the largest unit that keeps it whole.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(duration: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&format_duration(*duration))
}

/// Reads `"250ms"` and its kin.
///
/// # Errors
/// Those of the deserializer, and a text that is no duration.
pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    parse_duration(&text).map_err(serde::de::Error::custom)
}

/// The same for a value that may be absent.
pub mod optional {
    use std::time::Duration;

    use serde::{Deserialize as _, Deserializer, Serializer};

    use crate::units::parse_duration;

    /// Writes the duration, or nothing.
    ///
    /// # Errors
    /// Those of the serializer.
    pub fn serialize<S: Serializer>(duration: &Option<Duration>, serializer: S) -> Result<S::Ok, S::Error> {
        match duration {
            Some(duration) => super::serialize(duration, serializer),
            None => serializer.serialize_none(),
        }
    }

    /// Reads a duration, or nothing.
    ///
    /// # Errors
    /// Those of the deserializer, and a text that is no duration.
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Duration>, D::Error> {
        let text = Option::<String>::deserialize(deserializer)?;
        text.map(|text| parse_duration(&text).map_err(serde::de::Error::custom))
            .transpose()
    }
}
