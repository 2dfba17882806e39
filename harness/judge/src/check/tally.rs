//! From what a check saw to its finding.

use history::{Finding, Mark};

use crate::ledger::Ledger;

/// Violations put into words; the rest is only counted.
const LISTED: usize = 100;

/// What a rule says of one person.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ruling {
    /// The law does not speak of them.
    Elsewhere,
    /// It holds for them.
    Held,
    /// It cannot be told.
    Open,
    /// It does not hold: each violation in words.
    Broken(Vec<String>),
}

impl Ruling {
    /// Broken when there is anything to say, else what holds without it.
    pub(super) fn broken_or(violations: Vec<String>, otherwise: Self) -> Self {
        if violations.is_empty() {
            otherwise
        } else {
            Self::Broken(violations)
        }
    }
}

/// What a law speaks of, for its sentences.
#[derive(Debug, Clone, Copy)]
pub(super) struct Ground {
    /// In the plural, such as "people with an acknowledged write".
    pub of: &'static str,
    /// What is missing where it cannot be told, such as "no reading after the load".
    pub open: &'static str,
}

/// Counts rulings.
#[derive(Debug, Default)]
pub(super) struct Tally {
    checked: u64,
    open: u64,
    broken: u64,
    violations: Vec<String>,
}

impl Ground {
    /// The same, for a law that counts writes by the key version number, which a directory may not keep.
    pub(super) fn counted(self, ledger: &Ledger) -> Self {
        if ledger.facts.uncounted().is_empty() {
            return self;
        }
        Self {
            open: "their directory keeps no msDS-KeyVersionNumber, so nothing counts its writes",
            ..self
        }
    }
}

impl Tally {
    /// So many looked at already.
    pub(super) fn looked_at(checked: u64) -> Self {
        Self {
            checked,
            ..Self::default()
        }
    }

    /// So many that cannot be told.
    pub(super) fn leave_open(&mut self, count: u64) {
        self.open += count;
    }

    /// One more for whom or for which it holds.
    pub(super) fn hold(&mut self) {
        self.checked += 1;
    }

    /// Counts one ruling.
    pub(super) fn count(&mut self, ruling: Ruling) {
        match ruling {
            Ruling::Elsewhere => {}
            Ruling::Held => self.checked += 1,
            Ruling::Open => self.open += 1,
            Ruling::Broken(violations) => {
                self.checked += 1;
                violations.into_iter().for_each(|violation| self.violate(|| violation));
            }
        }
    }

    /// Counts a violation of something looked at; it is put into words only while they are listed.
    pub(super) fn violate(&mut self, words: impl FnOnce() -> String) {
        self.broken += 1;
        if self.violations.len() < LISTED {
            self.violations.push(words());
        }
    }

    /// The finding: fail with a violation, inconclusive with nothing looked at or something untold, else pass.
    pub(super) fn finding(self, check: &str, ground: Ground) -> Finding {
        let verdict = match (self.broken, self.checked, self.open) {
            (1.., ..) => Mark::Fail,
            (_, 0, _) | (_, _, 1..) => Mark::Inconclusive,
            _ => Mark::Pass,
        };
        Finding {
            check: check.to_owned(),
            verdict,
            checked: self.checked,
            why: self.why(ground),
            violations: self.violations,
        }
    }

    fn why(&self, ground: Ground) -> String {
        let mut why = match (self.broken, self.checked, self.open) {
            (0, 0, 0) => format!("nothing to look at: no {}", ground.of),
            (0, 0, open) => return format!("cannot be told for any of {open} {}: {}", ground.of, ground.open),
            (0, checked, _) => format!("holds for {checked} {}", ground.of),
            (broken, checked, _) => format!("{broken} violations among {checked} {}", ground.of),
        };
        if self.broken > LISTED as u64 {
            why.push_str(&format!(", the first {LISTED} listed"));
        }
        if self.open > 0 {
            why.push_str(&format!("; {} more could not be told: {}", self.open, ground.open));
        }
        why
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GROUND: Ground = Ground {
        of: "people",
        open: "no reading",
    };

    #[test]
    fn nothing_looked_at_is_inconclusive() {
        let finding = Tally::default().finding("law", GROUND);
        assert_eq!(finding.verdict, Mark::Inconclusive);
        assert_eq!(finding.why, "nothing to look at: no people");
    }

    #[test]
    fn one_untold_person_is_inconclusive_and_one_violation_fails() {
        let mut tally = Tally::default();
        tally.count(Ruling::Held);
        tally.count(Ruling::Open);
        tally.count(Ruling::Elsewhere);
        let open = tally.finding("law", GROUND);
        assert_eq!((open.verdict, open.checked), (Mark::Inconclusive, 1));
        assert_eq!(open.why, "holds for 1 people; 1 more could not be told: no reading");

        let mut tally = Tally::default();
        tally.count(Ruling::Open);
        let untold = tally.finding("law", GROUND);
        assert_eq!((untold.verdict, untold.checked), (Mark::Inconclusive, 0));
        assert_eq!(untold.why, "cannot be told for any of 1 people: no reading");

        let mut tally = Tally::default();
        tally.count(Ruling::Open);
        for number in 0..250 {
            tally.count(Ruling::Broken(vec![format!("violation {number}")]));
        }
        let broken = tally.finding("law", GROUND);
        assert_eq!(broken.verdict, Mark::Fail);
        assert_eq!((broken.checked, broken.violations.len()), (250, 100));
        assert!(
            broken
                .why
                .starts_with("250 violations among 250 people, the first 100 listed"),
            "{}",
            broken.why
        );
    }
}
