//! Wrong parts on purpose: a judge that cannot fail proves nothing.

use history::{Finding, Mark, Verdict};

use crate::support::{Finished, Job, alone, ops};

fn judged(which: &str) -> (Finished, Verdict) {
    let finished = Job::wrong_quick(which).finish();
    let verdict = finished.verdict();
    (finished, verdict)
}

fn finding<'v>(verdict: &'v Verdict, check: &str) -> &'v Finding {
    verdict
        .findings
        .iter()
        .find(|finding| finding.check == check)
        .unwrap_or_else(|| panic!("no finding {check}"))
}

/// The run failed, these checks failed, and each names people of this run.
fn expect_failed(which: &str, finished: Finished, verdict: &Verdict, checks: &[&str]) {
    let upns: Vec<String> = finished
        .folder()
        .people()
        .unwrap()
        .into_iter()
        .map(|row| row.upn)
        .collect();
    let finished = finished.expect_code(1, &format!("{which} must be found"));
    assert_eq!(verdict.verdict, Mark::Fail, "{which}");
    for check in checks {
        let finding = finding(verdict, check);
        assert_eq!(finding.verdict, Mark::Fail, "{which}: {check}: {}", finding.why);
        for violation in &finding.violations {
            assert!(
                upns.iter().any(|upn| violation.contains(upn.as_str())),
                "{which}: {check} names nobody: {violation}"
            );
        }
        assert!(!finding.violations.is_empty(), "{which}: {check} has no violation");
        assert!(
            finished.stdout.contains(check),
            "{which}: the summary names {check}:\n{}",
            finished.stdout
        );
    }
    assert!(
        finished.stderr.contains("replay it: wblab run"),
        "a failure comes with its replay:\n{}",
        finished.stderr
    );
    finished.expect_nothing_left();
}

#[test]
fn the_wrapping_itself_is_innocent() {
    let _alone = alone();
    let (finished, verdict) = judged("none");
    let finished = finished.expect_code(0, "the wrapped program with genuine parts passes");
    assert_eq!(verdict.verdict, Mark::Pass);
    finished.expect_nothing_left();
}

#[test]
fn a_lost_write_is_found() {
    let _alone = alone();
    let (finished, verdict) = judged("loses-write");
    let lost = finding(&verdict, "no-lost-ack");
    let acknowledged = ops(&finished.folder())
        .iter()
        .filter(|op| op.outcome == vocabulary::Outcome::Applied)
        .count();
    // One in eight of all writes is lost; a person who lost two, or an unlock, is told elsewhere.
    assert!(
        (1..=acknowledged / 8).contains(&lost.violations.len()),
        "{} of {acknowledged}: {lost:?}",
        lost.violations.len()
    );
    expect_failed(
        "loses-write",
        finished,
        &verdict,
        &["acknowledged-is-durable", "no-lost-ack"],
    );
}

#[test]
fn a_write_to_the_wrong_person_is_found() {
    let _alone = alone();
    let (finished, verdict) = judged("wrong-person");
    expect_failed(
        "wrong-person",
        finished,
        &verdict,
        &["acknowledged-is-durable", "no-lost-ack", "no-double-apply"],
    );
}

#[test]
fn a_forgotten_unlock_is_found() {
    let _alone = alone();
    let (finished, verdict) = judged("forgets-unlock");
    let durable = finding(&verdict, "acknowledged-is-durable");
    assert_eq!(
        durable.verdict,
        Mark::Pass,
        "the passwords are right, and the judge says so: {}",
        durable.why
    );
    let checks = ["unlock-unlocks-and-changes-no-password", "reset-also-unlocks"];
    expect_failed("forgets-unlock", finished, &verdict, &checks);
}
