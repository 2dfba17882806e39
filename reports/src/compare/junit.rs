//! `junit.xml`: a test case for each measure of each run.

use history::{Change, Compared, Comparison};
use quick_junit::{Property, Report, TestCase, TestSuite};

use super::words;
use crate::ReportError;
use crate::junit::status;
use crate::text::clean;

/// The comparison as XML.
///
/// # Errors
/// [`ReportError::Junit`].
pub(super) fn xml(comparison: &Comparison) -> Result<String, ReportError> {
    let scenario = clean(&comparison.scenario);
    let mut report = Report::new(format!("wblab {scenario} compared"));
    for compared in &comparison.compared {
        report.add_test_suite(suite(&scenario, comparison, compared));
    }
    report.to_string().map_err(|source| ReportError::Junit { source })
}

/// Only what decides, or is worse, is a case of its own mark: what explains and cannot be told breaks no build.
fn suite(scenario: &str, comparison: &Comparison, compared: &Compared) -> TestSuite {
    let run = clean(&compared.party.name);
    let class = format!("{scenario}.compare");
    let mut suite = TestSuite::new(format!("{class}.{run}"));
    let mut overall = TestCase::new(
        "comparison",
        status(compared.verdict, &words::headline(compared), &compared.notes.join("\n")),
    );
    overall.set_classname(class.clone());
    suite.add_test_case(overall);
    suite.add_test_cases(
        compared
            .changes
            .iter()
            .filter(|change| counts(change))
            .map(|change| case(&class, change)),
    );
    let properties = [
        ("base", &comparison.base.name),
        ("run", &compared.party.name),
        ("world", &comparison.world),
    ];
    suite.add_properties(properties.map(|(name, value)| Property::new(name, clean(value))));
    suite
}

fn counts(change: &Change) -> bool {
    change.decides || change.verdict != history::Mark::Inconclusive
}

fn case(class: &str, change: &Change) -> TestCase {
    let mut case = TestCase::new(
        clean(&change.measure),
        status(change.verdict, &words::reason(change), ""),
    );
    case.set_classname(class);
    case
}
