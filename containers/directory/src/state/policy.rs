//! The password and lockout policy of the domain, as the attributes of its head hold it.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::schema::Attr;
use super::time::{span, ticks};
use crate::config::{LockoutConfig, PolicyConfig};

/// `pwdProperties`: complexity is asked for.
pub const COMPLEX: i64 = 1;
/// `pwdProperties`: passwords are to be kept readable, which this directory never does.
pub const STORE_CLEARTEXT: i64 = 16;
/// A span that never ends (MS-SAMR 2.2.3.1 writes it as the smallest number).
pub const NEVER: i64 = i64::MIN;

/// What the domain asks of passwords, and when it locks.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Policy {
    /// Least length in characters.
    pub min_length: usize,
    /// How many passwords may not come back, the current one included.
    pub history: usize,
    /// `pwdProperties`; bit 1 asks for complexity.
    properties: i64,
    /// Least age before a change.
    pub min_age: Duration,
    /// Greatest age; none never expires.
    pub max_age: Option<Duration>,
    /// Failures that lock; 0 never locks.
    pub threshold: u32,
    /// How long a lock holds; none until somebody unlocks.
    pub lock_for: Option<Duration>,
    /// How long failures are counted together.
    pub window: Duration,
}

impl Policy {
    /// The policy of a configuration.
    #[must_use]
    pub fn new(policy: &PolicyConfig, lockout: &LockoutConfig) -> Self {
        let size = |value: u32| usize::try_from(value).unwrap_or(usize::MAX);
        Self {
            min_length: size(policy.min_length),
            history: size(policy.history),
            properties: if policy.complexity { COMPLEX } else { 0 },
            min_age: policy.min_age,
            max_age: policy.max_age,
            threshold: lockout.threshold,
            lock_for: Some(lockout.duration).filter(|duration| !duration.is_zero()),
            window: lockout.window,
        }
    }

    /// Whether complexity is asked for.
    #[must_use]
    pub fn complex(&self) -> bool {
        self.properties & COMPLEX != 0
    }

    /// The value of a policy attribute; spans are negative numbers of 100 ns.
    #[must_use]
    pub fn get(&self, attr: Attr) -> Option<i64> {
        let number = |value: usize| i64::try_from(value).unwrap_or(i64::MAX);
        let or_never = |span: Option<Duration>| span.map_or(NEVER, |span| -ticks(span));
        Some(match attr {
            Attr::MinPwdLength => number(self.min_length),
            Attr::PwdHistoryLength => number(self.history),
            Attr::PwdProperties => self.properties,
            Attr::MinPwdAge => -ticks(self.min_age),
            Attr::MaxPwdAge => or_never(self.max_age),
            Attr::LockoutThreshold => i64::from(self.threshold),
            Attr::LockoutDuration => or_never(self.lock_for),
            Attr::LockoutWindow => -ticks(self.window),
            _ => return None,
        })
    }

    /// Writes a policy attribute; false if it is none, or the value is out of range.
    #[must_use]
    pub fn set(&mut self, attr: Attr, value: i64) -> bool {
        let fits = range(attr).is_some_and(|range| range.contains(&value));
        if fits {
            self.store(attr, value);
        }
        fits
    }

    /// Writes a policy attribute that was found to fit.
    pub fn store(&mut self, attr: Attr, value: i64) {
        let size = usize::try_from(value).unwrap_or_default();
        let ends = Some(span(value)).filter(|span| value != NEVER && !span.is_zero());
        match attr {
            Attr::MinPwdLength => self.min_length = size,
            Attr::PwdHistoryLength => self.history = size,
            Attr::PwdProperties => self.properties = value,
            Attr::LockoutThreshold => self.threshold = u32::try_from(value).unwrap_or_default(),
            Attr::MinPwdAge => self.min_age = span(value),
            Attr::MaxPwdAge => self.max_age = ends,
            Attr::LockoutDuration => self.lock_for = ends,
            Attr::LockoutWindow => self.window = span(value),
            _ => {}
        }
    }
}

/// What a policy attribute may hold; none for any other attribute.
#[must_use]
pub fn range(attr: Attr) -> Option<RangeInclusive<i64>> {
    match attr {
        Attr::MinPwdLength => Some(0..=255),
        Attr::PwdHistoryLength => Some(0..=1024),
        Attr::PwdProperties => Some(0..=63),
        Attr::LockoutThreshold => Some(0..=65_535),
        Attr::MinPwdAge | Attr::MaxPwdAge | Attr::LockoutDuration | Attr::LockoutWindow => Some(NEVER..=0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Attr; 8] = [
        Attr::MinPwdLength,
        Attr::PwdHistoryLength,
        Attr::PwdProperties,
        Attr::MinPwdAge,
        Attr::MaxPwdAge,
        Attr::LockoutThreshold,
        Attr::LockoutDuration,
        Attr::LockoutWindow,
    ];

    #[test]
    fn what_is_written_is_read() {
        let mut policy = Policy::new(&PolicyConfig::default(), &LockoutConfig::default());
        assert_eq!(policy.get(Attr::MaxPwdAge), Some(i64::MIN));
        assert_eq!(policy.get(Attr::LockoutDuration), Some(-18_000_000_000));
        for attr in ALL {
            let value = if policy.get(attr) > Some(0) || attr == Attr::LockoutThreshold {
                5
            } else {
                -600
            };
            assert!(policy.set(attr, value), "{attr:?}");
            assert_eq!(policy.get(attr), Some(value), "{attr:?}");
        }
    }

    #[test]
    fn values_out_of_range_change_nothing() {
        let mut policy = Policy::new(&PolicyConfig::default(), &LockoutConfig::default());
        let before = policy.clone();
        for (attr, value) in [
            (Attr::MinPwdLength, -1),
            (Attr::PwdHistoryLength, 1025),
            (Attr::MinPwdAge, 1),
            (Attr::Cn, 1),
        ] {
            assert!(!policy.set(attr, value), "{attr:?}");
        }
        assert_eq!(policy, before);
    }
}
