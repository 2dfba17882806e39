//! What was let through and what was refused, per name.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// How many different names are counted apart; what comes after is counted under [`OTHERS`].
const NAMES_MAX: usize = 1_000;

/// The most characters of a name that are kept.
const NAME_LENGTH_MAX: usize = 253;

const OTHERS: &str = "(others)";

/// Counts since the start. Names that a client did not give are in brackets, such as `(not tls)`.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct GatewayStats {
    /// Connections let through, per server name.
    pub allowed: BTreeMap<String, u64>,
    /// Connections refused, per server name or reason in brackets.
    pub refused: BTreeMap<String, u64>,
    /// Connections let through whose destination did not answer, per server name; they are in `allowed` too.
    pub unreachable: BTreeMap<String, u64>,
}

/// Why a connection was refused.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    Forbidden(String),
    NoName,
    NotTls,
    TooLong,
    TooSlow,
    TooMany,
    Gone,
}

impl Refusal {
    /// The name it is counted and logged under: bounded and escaped.
    pub(crate) fn label(&self) -> String {
        match self {
            Self::Forbidden(name) => tame(name),
            Self::NoName => "(no name)".to_owned(),
            Self::NotTls => "(not tls)".to_owned(),
            Self::TooLong => "(too long)".to_owned(),
            Self::TooSlow => "(too slow)".to_owned(),
            Self::TooMany => "(too many)".to_owned(),
            Self::Gone => "(gone)".to_owned(),
        }
    }
}

/// A name that is fit for a log and for a table.
pub(crate) fn tame(name: &str) -> String {
    name.to_ascii_lowercase()
        .escape_default()
        .take(NAME_LENGTH_MAX)
        .collect()
}

/// The counters.
#[derive(Debug, Default)]
pub(crate) struct Counters(Mutex<GatewayStats>);

impl Counters {
    pub(crate) fn allowed(&self, name: &str) {
        self.change(|stats| count(&mut stats.allowed, name));
    }

    pub(crate) fn refused(&self, label: &str) {
        self.change(|stats| count(&mut stats.refused, label));
    }

    pub(crate) fn unreachable(&self, name: &str) {
        self.change(|stats| count(&mut stats.unreachable, name));
    }

    pub(crate) fn snapshot(&self) -> GatewayStats {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn change(&self, change: impl FnOnce(&mut GatewayStats)) {
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }
}

fn count(table: &mut BTreeMap<String, u64>, name: &str) {
    let known = table.contains_key(name) || table.len() < NAMES_MAX;
    let key = if known { name } else { OTHERS };
    *table.entry(key.to_owned()).or_default() += 1;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_names_stays_bounded() {
        let counters = Counters::default();
        for number in 0..2_500 {
            counters.refused(&tame(&format!("{number}.evil.test")));
        }
        let stats = counters.snapshot();
        assert_eq!(stats.refused.len(), NAMES_MAX + 1);
        assert_eq!(stats.refused.values().sum::<u64>(), 2_500);
        assert_eq!(stats.refused[OTHERS], 1_500);
    }

    #[test]
    fn names_are_escaped_and_cut() {
        assert_eq!(tame("A\n\u{1b}[1m"), "a\\n\\u{1b}[1m");
        assert_eq!(tame(&"x".repeat(1_000)).len(), NAME_LENGTH_MAX);
    }
}
