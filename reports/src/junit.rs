//! `junit.xml`: a test case for each check and each goal.

use history::{Finding, GoalResult, Manifest, Mark};
use judge::Judgement;
use quick_junit::{NonSuccessKind, Property, Report, TestCase, TestCaseStatus, TestSuite};

use crate::ReportError;
use crate::text::clean;
use crate::words;

/// The report as XML.
///
/// # Errors
/// [`ReportError::Junit`].
pub(crate) fn xml(judgement: &Judgement, manifest: &Manifest) -> Result<String, ReportError> {
    let verdict = &judgement.verdict;
    let scenario = clean(&verdict.scenario);
    let mut report = Report::new(format!("wblab {scenario}"));
    report.add_test_suite(suite(
        &scenario,
        "checks",
        verdict.findings.iter().map(|finding| check(&scenario, finding)),
        manifest,
    ));
    report.add_test_suite(suite(
        &scenario,
        "goals",
        verdict.goals.iter().map(|result| goal(&scenario, result)),
        manifest,
    ));
    report.to_string().map_err(|source| ReportError::Junit { source })
}

fn suite(scenario: &str, what: &str, cases: impl Iterator<Item = TestCase>, manifest: &Manifest) -> TestSuite {
    let mut suite = TestSuite::new(format!("{scenario}.{what}"));
    suite.add_test_cases(cases);
    let properties = [
        ("run", &manifest.run),
        ("world", &manifest.world),
        ("seed", &manifest.seed.to_string()),
        ("plan_hash", &manifest.plan_hash),
        ("reproduce", &manifest.reproduce),
    ];
    suite.add_properties(properties.map(|(name, value)| Property::new(name, clean(value))));
    suite
}

fn check(scenario: &str, finding: &Finding) -> TestCase {
    let lines: Vec<String> = finding.violations.iter().map(|violation| clean(violation)).collect();
    let status = status(finding.verdict, &clean(&finding.why), &lines.join("\n"));
    let mut case = TestCase::new(clean(&finding.check), status);
    case.set_classname(format!("{scenario}.checks"));
    case.set_assertions(usize::try_from(finding.checked).unwrap_or(usize::MAX));
    case
}

fn goal(scenario: &str, result: &GoalResult) -> TestCase {
    let mut case = TestCase::new(
        clean(&result.goal),
        status(result.verdict, &words::goal_words(result), ""),
    );
    case.set_classname(format!("{scenario}.goals"));
    case
}

/// A check that cannot tell is an error of its run, not a failure of what was tested.
pub(crate) fn status(mark: Mark, message: &str, description: &str) -> TestCaseStatus {
    let kind = match mark {
        Mark::Pass => return TestCaseStatus::success(),
        Mark::Fail => NonSuccessKind::Failure,
        Mark::Inconclusive => NonSuccessKind::Error,
    };
    let mut status = TestCaseStatus::non_success(kind);
    status.set_type(mark.as_str()).set_message(message);
    status.set_description(if description.is_empty() { message } else { description });
    status
}
