//! A rate that may be nothing.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use vocabulary::{Rate, UnitError};

/// Arrivals per second, or none: where a curve begins or ends, and pauses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Level(Option<Rate>);

impl Level {
    /// The rate per second; 0 for none.
    #[must_use]
    pub fn as_per_second(self) -> f64 {
        self.0.map_or(0.0, Rate::as_per_second)
    }
}

impl From<Rate> for Level {
    fn from(rate: Rate) -> Self {
        Self(Some(rate))
    }
}

impl FromStr for Level {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let none = matches!(
            text.split_once('/').map(|(number, unit)| (number.trim(), unit.trim())),
            Some(("0", "s" | "min" | "h"))
        );
        if none {
            return Ok(Self(None));
        }
        text.parse().map(|rate| Self(Some(rate)))
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(rate) => rate.fmt(f),
            None => f.write_str("0/s"),
        }
    }
}

impl TryFrom<String> for Level {
    type Error = UnitError;

    fn try_from(text: String) -> Result<Self, UnitError> {
        text.parse()
    }
}

impl From<Level> for String {
    fn from(level: Level) -> Self {
        level.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_a_level_and_less_is_not() {
        for (text, per_second, told) in [("0/s", 0.0, "0/s"), ("0 / min", 0.0, "0/s"), ("90/min", 1.5, "1.5/s")] {
            let level: Level = text.parse().unwrap();
            assert_eq!((level.as_per_second(), level.to_string().as_str()), (per_second, told));
        }
        for wrong in ["0", "0/d", "-1/s", "none"] {
            assert!(wrong.parse::<Level>().is_err(), "{wrong}");
        }
    }
}
