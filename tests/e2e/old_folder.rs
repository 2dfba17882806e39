//! A run folder of version 1 still reads, and still means what it meant.

use std::fs;
use std::path::{Path, PathBuf};

use history::{Finding, Mark, Percentiles, RunFolder};

use crate::support::{Job, root};

fn fixture() -> PathBuf {
    root().join("tests/fixtures/run-v1")
}

fn copy(to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(fixture()).unwrap() {
        let path = entry.unwrap().path();
        fs::copy(&path, to.join(path.file_name().unwrap())).unwrap();
    }
}

#[test]
fn it_is_judged_to_the_verdict_it_had() {
    let folder = RunFolder::open(&fixture()).unwrap();
    assert_eq!(folder.manifest().unwrap().version, 1);
    let judged = judge::judge(&folder).unwrap();
    let stored = folder.verdict().unwrap();
    assert!(
        stored.ops.applied > 0 && stored.locks_proven > 0,
        "the folder has something to judge"
    );
    let mut judged = judged.verdict;
    assert!(judged.latency_by_persona.values().any(|latency| latency.count > 0));
    for (now, then) in [
        (&mut judged.response_time_ms, stored.response_time_ms),
        (&mut judged.service_time_ms, stored.service_time_ms),
    ] {
        assert_near(now, then, judged.percentile_error);
    }
    for (stage, then) in &stored.stages_ms {
        let now = judged.stages_ms.get_mut(stage).unwrap();
        for (now, then) in [(&mut now.p50, then.p50), (&mut now.p99, then.p99)] {
            assert_near_value(now, then, judged.percentile_error);
        }
    }
    // What is told since then was not stored.
    judged.latency_by_outcome.clear();
    judged.latency_by_kind.clear();
    judged.latency_by_persona.clear();
    judged.percentile_error = stored.percentile_error;
    let known = |check: &str| stored.findings.iter().any(|then| then.check == check);
    let passes = |finding: &Finding| finding.verdict == Mark::Pass;
    judged
        .findings
        .retain(|finding| known(&finding.check) || !passes(finding));
    assert_eq!(judged, stored);
}

/// Older percentiles are exact; newer ones within their stated error. Puts the older in the place of the newer.
fn assert_near(now: &mut Percentiles, then: Percentiles, error: f64) {
    let pairs = [
        (&mut now.p50, then.p50),
        (&mut now.p90, then.p90),
        (&mut now.p99, then.p99),
        (&mut now.p999, then.p999),
        (&mut now.max, then.max),
    ];
    for (now, then) in pairs {
        if let (Some(now), Some(then)) = (now, then) {
            assert_near_value(now, then, error);
        }
    }
}

fn assert_near_value(now: &mut f64, then: f64, error: f64) {
    assert!(
        (then..=then * (1.0 + error) + 0.001).contains(now),
        "{now} is not near {then}"
    );
    *now = then;
}

#[test]
fn its_report_is_drawn_from_the_folder_alone() {
    let home = tempfile::tempdir().unwrap();
    let run = home.path().join("run");
    copy(&run);
    let drawn = Job::new(&["report"])
        .with(&[run.to_str().unwrap()])
        .finish()
        .expect_code(0, "an old run that passed");
    assert!(drawn.stdout.contains("PASS"), "{}", drawn.stdout);
    for name in ["report.html", "junit.xml", "summary.md", "charts/stages.png"] {
        assert!(run.join(name).is_file(), "{name}");
    }
}
