//! Values that carry their unit and cannot be built out of range.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A value that could not be read.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum UnitError {
    /// Not a duration.
    #[error("`{0}` is not a duration: write a number and a unit, such as \"250ms\", \"30s\", \"5min\", \"2h\"")]
    Duration(String),
    /// Not a rate.
    #[error("`{0}` is not a rate: write a positive number and a unit, such as \"20/s\", \"90/min\", \"500/h\"")]
    Rate(String),
    /// Not a ratio.
    #[error("`{0}` is not a ratio between 0 and 1: write a fraction, such as \"1/4\" or \"0/1\"")]
    Ratio(String),
    /// Not a percentile.
    #[error("`{0}` is not a percentile: write p and a number above 0 and up to 100, such as \"p99\" or \"p99.9\"")]
    Percentile(String),
}

const DURATION_UNITS: [(&str, u64); 5] = [
    ("ms", 1_000),
    ("us", 1),
    ("min", 60_000_000),
    ("h", 3_600_000_000),
    ("s", 1_000_000),
];

/// Reads `"250ms"`, `"30s"`, `"5min"`, `"2h"`, `"50us"`.
///
/// # Errors
/// [`UnitError::Duration`] when the number or the unit is missing or the value overflows.
pub fn parse_duration(text: &str) -> Result<Duration, UnitError> {
    let wrong = || UnitError::Duration(text.to_owned());
    let trimmed = text.trim();
    let (unit, micros) = DURATION_UNITS
        .into_iter()
        .find(|(unit, _)| trimmed.ends_with(unit))
        .ok_or_else(wrong)?;
    let number = trimmed[..trimmed.len() - unit.len()].trim_end().replace('_', "");
    let value: u64 = number.parse().map_err(|_| wrong())?;
    value.checked_mul(micros).map(Duration::from_micros).ok_or_else(wrong)
}

/// Writes a duration with the largest unit that keeps it whole.
#[must_use]
pub fn format_duration(duration: Duration) -> String {
    let micros = duration.as_micros();
    for (unit, scale) in [
        ("h", 3_600_000_000),
        ("min", 60_000_000),
        ("s", 1_000_000),
        ("ms", 1_000),
    ] {
        if micros >= scale && micros.is_multiple_of(scale) {
            return format!("{}{unit}", micros / scale);
        }
    }
    if micros == 0 {
        "0s".to_owned()
    } else {
        format!("{micros}us")
    }
}

/// Arrivals per second; above zero and finite.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Rate(f64);

impl Rate {
    /// A rate per second; `None` unless it is finite and above zero.
    #[must_use]
    pub fn per_second(value: f64) -> Option<Self> {
        (value.is_finite() && value > 0.0).then_some(Self(value))
    }

    /// A whole number each second, one at least.
    #[must_use]
    pub fn each_second(count: u32) -> Self {
        Self(f64::from(count.max(1)))
    }

    /// The rate per second.
    #[must_use]
    pub fn as_per_second(self) -> f64 {
        self.0
    }
}

impl FromStr for Rate {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError::Rate(text.to_owned());
        let (number, unit) = text.split_once('/').ok_or_else(wrong)?;
        let value: f64 = number.trim().replace('_', "").parse().map_err(|_| wrong())?;
        let seconds = match unit.trim() {
            "s" => 1.0,
            "min" => 60.0,
            "h" => 3600.0,
            _ => return Err(wrong()),
        };
        Self::per_second(value / seconds).ok_or_else(wrong)
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/s", self.0)
    }
}

/// A share between 0 and 1, as a fraction of whole numbers, so that it is exact.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ratio {
    numerator: u64,
    denominator: u64,
}

impl Ratio {
    /// Nothing of it.
    pub const ZERO: Self = Self {
        numerator: 0,
        denominator: 1,
    };

    /// All of it.
    pub const ONE: Self = Self {
        numerator: 1,
        denominator: 1,
    };

    /// A fraction; `None` unless it lies between 0 and 1.
    #[must_use]
    pub fn new(numerator: u64, denominator: u64) -> Option<Self> {
        (denominator > 0 && numerator <= denominator).then_some(Self { numerator, denominator })
    }

    /// The whole number of `count` that this share takes, rounded down.
    #[must_use]
    pub fn of(self, count: u64) -> u64 {
        let share = u128::from(count) * u128::from(self.numerator) / u128::from(self.denominator);
        u64::try_from(share).unwrap_or(u64::MAX)
    }

    /// The share as a number.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }
}

impl FromStr for Ratio {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError::Ratio(text.to_owned());
        let (above, below) = text.split_once('/').ok_or_else(wrong)?;
        let read = |part: &str| part.trim().replace('_', "").parse().map_err(|_| wrong());
        Self::new(read(above)?, read(below)?).ok_or_else(wrong)
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.numerator, self.denominator)
    }
}

/// A percentile above 0 and up to 100, kept in thousandths of a per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Percentile(u32);

impl Percentile {
    /// The median.
    pub const P50: Self = Self(50_000);
    /// The 90th.
    pub const P90: Self = Self(90_000);
    /// The 95th.
    pub const P95: Self = Self(95_000);
    /// The 99th.
    pub const P99: Self = Self(99_000);
    /// The 99.9th.
    pub const P999: Self = Self(99_900);
    /// The largest value.
    pub const MAX: Self = Self(100_000);

    /// The index of this percentile in a sorted sample of `count` values: nearest rank, so a value that was seen.
    #[must_use]
    pub fn rank(self, count: usize) -> Option<usize> {
        let count = u128::try_from(count).ok()?;
        let rank = (u128::from(self.0) * count).div_ceil(100_000);
        usize::try_from(rank).ok()?.checked_sub(1)
    }

    /// The percentile as a share of 1.
    #[must_use]
    pub fn as_share(self) -> f64 {
        f64::from(self.0) / 100_000.0
    }
}

impl FromStr for Percentile {
    type Err = UnitError;

    fn from_str(text: &str) -> Result<Self, UnitError> {
        let wrong = || UnitError::Percentile(text.to_owned());
        let number = text.trim().strip_prefix('p').ok_or_else(wrong)?;
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        let digits = fraction.len();
        if digits > 3 || !(whole.to_owned() + fraction).bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(wrong());
        }
        let thousandths: u32 = format!("{whole}{fraction:0<3}").parse().map_err(|_| wrong())?;
        (1..=100_000)
            .contains(&thousandths)
            .then_some(Self(thousandths))
            .ok_or_else(wrong)
    }
}

impl fmt::Display for Percentile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = format!("{}.{:03}", self.0 / 1000, self.0 % 1000);
        write!(f, "p{}", text.trim_end_matches('0').trim_end_matches('.'))
    }
}

macro_rules! string_form {
    ($($name:ident),*) => {$(
        impl TryFrom<String> for $name {
            type Error = UnitError;
            fn try_from(text: String) -> Result<Self, UnitError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(value: $name) -> Self {
                value.to_string()
            }
        }
    )*};
}

string_form!(Rate, Ratio, Percentile);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_need_their_unit() {
        assert_eq!(parse_duration("250ms"), Ok(Duration::from_millis(250)));
        assert_eq!(parse_duration("5min"), Ok(Duration::from_secs(300)));
        assert_eq!(parse_duration("1_000 s"), Ok(Duration::from_secs(1000)));
        for wrong in ["", "5", "s", "-1s", "1.5s", "5 m", "99999999999999999h"] {
            assert!(parse_duration(wrong).is_err(), "{wrong}");
        }
        assert_eq!(format_duration(Duration::from_millis(90_000)), "90s");
        assert_eq!(format_duration(Duration::from_micros(1_500)), "1500us");
    }

    #[test]
    fn rates_and_ratios_stay_in_range() {
        assert_eq!("90/min".parse::<Rate>().map(Rate::as_per_second), Ok(1.5));
        for wrong in ["0/s", "-1/s", "inf/s", "5", "5/d"] {
            assert!(wrong.parse::<Rate>().is_err(), "{wrong}");
        }
        assert_eq!("1/4".parse::<Ratio>().map(|ratio| ratio.of(10)), Ok(2));
        for wrong in ["5/4", "1/0", "0.5", "-1/2"] {
            assert!(wrong.parse::<Ratio>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn percentiles_are_nearest_ranks() {
        assert_eq!("p99.9".parse(), Ok(Percentile::P999));
        assert_eq!(Percentile::P999.to_string(), "p99.9");
        assert_eq!(Percentile::P50.rank(4), Some(1));
        assert_eq!(Percentile::MAX.rank(4), Some(3));
        assert_eq!(Percentile::P99.rank(0), None);
        for wrong in ["p0", "99", "p101", "p99.99999", "p"] {
            assert!(wrong.parse::<Percentile>().is_err(), "{wrong}");
        }
    }
}
