//! What the probes found.

use serde::Serialize;

use super::script::Group;

/// How one probe ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Ended {
    /// As expected.
    Passed,
    /// Otherwise, and the table of known differences says why.
    Known,
    /// Otherwise, and nothing says why.
    Unexplained,
    /// It could not run here.
    Skipped,
}

/// One probe with its end.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The probe.
    pub probe: &'static str,
    /// Its group.
    pub group: Group,
    /// What it shows.
    pub shows: &'static str,
    /// Where that is documented.
    pub source: &'static str,
    /// What was expected.
    pub expected: String,
    /// What was observed.
    pub observed: String,
    /// How it ended.
    pub ended: Ended,
    /// Why it differs or was skipped.
    pub reason: &'static str,
}

/// A known difference that did not show itself.
#[derive(Debug, Clone, Serialize)]
pub struct Stale {
    /// The probe.
    pub probe: &'static str,
    /// What the table says it answers.
    pub answers: &'static str,
}

/// What all probes of a run found.
#[derive(Debug, Clone)]
pub struct Report {
    /// What kind of directory it is.
    pub directory: &'static str,
    /// Where it answered.
    pub url: String,
    /// Every probe, in the order in which they ran.
    pub outcomes: Vec<Outcome>,
    /// Rows of the table that nothing bore out.
    pub stale: Vec<Stale>,
}

/// A difference, as JSON tells it.
#[derive(Debug, Serialize)]
struct Difference<'a> {
    probe: &'a str,
    directory: &'a str,
    expected: &'a str,
    observed: &'a str,
    known: bool,
    reason: &'a str,
    shows: &'a str,
    source: &'a str,
}

/// A probe that could not run, as JSON tells it.
#[derive(Debug, Serialize)]
struct Skipped<'a> {
    probe: &'a str,
    reason: &'a str,
}

#[derive(Debug, Serialize)]
struct Sheet<'a> {
    probes: usize,
    passed: usize,
    differences: Vec<Difference<'a>>,
    directory: &'a str,
    url: &'a str,
    skipped: Vec<Skipped<'a>>,
    stale: &'a [Stale],
}

impl Report {
    /// How many probes ended so.
    #[must_use]
    pub fn count(&self, ended: Ended) -> usize {
        self.outcomes.iter().filter(|outcome| outcome.ended == ended).count()
    }

    /// Probes that ran.
    #[must_use]
    pub fn ran(&self) -> usize {
        self.outcomes.len() - self.count(Ended::Skipped)
    }

    /// The report as one JSON object: `probes`, `passed`, `differences`, and what else there is to tell.
    #[must_use]
    pub fn json(&self) -> String {
        let differs = |outcome: &&Outcome| matches!(outcome.ended, Ended::Known | Ended::Unexplained);
        let difference = |outcome| Difference::of(outcome, self.directory);
        let sheet = Sheet {
            probes: self.ran(),
            passed: self.count(Ended::Passed),
            differences: self.outcomes.iter().filter(differs).map(difference).collect(),
            directory: self.directory,
            url: &self.url,
            skipped: self.skipped().map(Skipped::of).collect(),
            stale: &self.stale,
        };
        serde_json::to_string(&sheet).unwrap_or_default()
    }

    /// Probes that could not run here.
    pub fn skipped(&self) -> impl Iterator<Item = &Outcome> {
        self.outcomes.iter().filter(|outcome| outcome.ended == Ended::Skipped)
    }
}

impl<'a> Difference<'a> {
    fn of(outcome: &'a Outcome, directory: &'a str) -> Self {
        Self {
            probe: outcome.probe,
            directory,
            expected: &outcome.expected,
            observed: &outcome.observed,
            known: outcome.ended == Ended::Known,
            reason: outcome.reason,
            shows: outcome.shows,
            source: outcome.source,
        }
    }
}

impl<'a> Skipped<'a> {
    fn of(outcome: &'a Outcome) -> Self {
        Self {
            probe: outcome.probe,
            reason: outcome.reason,
        }
    }
}
