//! `junit.xml`: a test case for each measure of each run.

use history::{Change, Compared, Comparison, Mark};

use super::words;
use crate::ReportError;
use crate::junit::{Case, Run, Suite, rendered};
use crate::text::{clean, timestamp};

/// The comparison as XML.
///
/// # Errors
/// [`ReportError::Junit`].
pub(super) fn xml(comparison: &Comparison) -> Result<String, ReportError> {
    let named = |compared: &Compared| format!("compare.{}", clean(&compared.party.name));
    let names: Vec<String> = comparison.compared.iter().map(named).collect();
    let pairs = comparison.compared.iter().zip(&names);
    let suites: Vec<Suite<'_>> = pairs
        .map(|(compared, what)| Suite {
            what,
            cases: cases(compared),
        })
        .collect();
    let parties = comparison.compared.iter().flat_map(|compared| &compared.party.runs);
    let newest = parties.map(|run| run.started_unix_ms).max();
    let run = Run {
        scenario: clean(&comparison.scenario),
        timestamp: timestamp(newest.unwrap_or_default()),
        seconds: "0".to_owned(),
        properties: vec![
            ("base", clean(&comparison.base.name)),
            ("world", clean(&comparison.world)),
        ],
        output: String::new(),
        reproduce: "wblab compare BASE RUN".to_owned(),
    };
    rendered(&run, &suites)
}

/// Only what decides, or is worse, is a case of its own mark: what explains and cannot be told breaks no build.
fn cases(compared: &Compared) -> Vec<Case> {
    let overall = Case {
        name: "comparison".to_owned(),
        mark: compared.verdict,
        why: words::headline(compared),
        lines: compared.notes.iter().map(|note| clean(note)).collect(),
    };
    let changes = compared.changes.iter().filter(|change| counts(change));
    let changes = changes.map(|change| Case {
        name: clean(&change.measure),
        mark: change.verdict,
        why: words::reason(change),
        lines: Vec::new(),
    });
    std::iter::once(overall).chain(changes).collect()
}

fn counts(change: &Change) -> bool {
    change.decides || change.verdict != Mark::Inconclusive
}
