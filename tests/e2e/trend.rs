//! The trend over many run folders: the page, the answer, and what is done with folders that are no runs.

use std::fs;
use std::path::Path;

use history::{GoalResult, Mark, RunFolder};
use serde_json::Value;
use tempfile::TempDir;

use crate::page::measured;
use crate::support::{Finished, Job, Stopwatch, require, root, scratch};

const DAY_MS: u64 = 86_400_000;
/// The 2026-10-01, 03:00 UTC.
const FIRST_MS: u64 = 1_790_823_600_000;

/// A folder with so many made-up runs below `nightly`: their response time is 100 ms until the run `step`, and 120 ms from then on.
fn made_up(count: usize, step: usize) -> TempDir {
    let home = tempfile::tempdir_in(scratch()).unwrap();
    let sample = RunFolder::open(&root().join("tests/fixtures/run-v1")).unwrap();
    let (manifest, verdict) = (sample.manifest().unwrap(), sample.verdict().unwrap());
    for day in 0..count {
        let folder = RunFolder::create(&home.path().join(format!("nightly/{:04}", day + 1))).unwrap();
        let mut manifest = manifest.clone();
        manifest.started_unix_ms = FIRST_MS + day as u64 * DAY_MS;
        manifest.run = format!("run-{:04}", day + 1);
        if day >= step {
            manifest.versions.insert("wblab".to_owned(), "0.2.0".to_owned());
        }
        let mut verdict = verdict.clone();
        let wobble = ((day * 7919) % 13) as f64 / 13.0 - 6.0 / 13.0;
        let level = if day >= step { 120.0 } else { 100.0 };
        let goal = |goal: &str, limit: f64, measured: f64| GoalResult {
            goal: goal.to_owned(),
            limit,
            measured: Some(measured),
            verdict: Mark::Pass,
        };
        verdict.goals = vec![
            goal("response_time_p99_max", 150.0, level * (1.0 + 0.06 * wobble)),
            goal("unknown_ratio_max", 0.01, 0.0),
            goal("achieved_rate_min", 10.0, 15.0 + wobble * 0.1),
            goal("stage.write.p99_max", 2000.0, level / 3.0 * (1.0 + 0.05 * wobble)),
        ];
        folder.write_manifest(&manifest).unwrap();
        folder.write_verdict(&verdict).unwrap();
    }
    home
}

fn trend(home: &Path, more: &[&str]) -> Finished {
    Job::new(&["trend", home.to_str().unwrap()]).with(more).finish()
}

#[test]
fn the_run_that_brought_a_step_is_named_on_every_face_and_a_broken_folder_is_listed() {
    let home = made_up(31, 24);
    let broken = home.path().join("nightly/broken");
    fs::create_dir(&broken).unwrap();
    fs::write(broken.join("manifest.json"), "{ torn").unwrap();
    let foreign = home.path().join("somebody/else");
    fs::create_dir_all(&foreign).unwrap();
    fs::write(foreign.join("manifest.json"), r#"{"name": "a web page"}"#).unwrap();
    let unjudged = home.path().join("nightly/0001");
    fs::remove_file(unjudged.join("verdict.json")).unwrap();
    let faces = |name: &str| home.path().join(name).to_str().unwrap().to_owned();
    let finished = trend(
        home.path(),
        &["--junit", &faces("trend.xml"), "--summary", &faces("trend.md")],
    )
    .expect_code(1, "two goals became worse and have stayed so");
    let page = fs::read_to_string(home.path().join("trend.html")).unwrap();
    let summary = fs::read_to_string(home.path().join("trend.md")).unwrap();
    for face in [&finished.stdout, &page, &summary] {
        for told in [
            "2 goals became worse",
            "worse since run-0025",
            "ms to 120 ms, +",
            "left out",
            "nightly/broken",
        ] {
            assert!(face.to_lowercase().contains(&told.to_lowercase()), "{told}: {face}");
        }
    }
    for told in [
        "version of wblab: 0.1.0 → 0.2.0",
        "it was never judged",
        "somebody/else",
        "does not read",
    ] {
        assert!(finished.stdout.contains(told), "{told}: {}", finished.stdout);
        assert!(page.contains(told), "{told}");
    }
    let junit = fs::read_to_string(home.path().join("trend.xml")).unwrap();
    let report = crate::support::junit(&junit);
    assert_eq!((report.tests, report.failures), (4, 2), "{junit}");
}

#[test]
fn the_answer_as_json_holds_every_value_and_every_change() {
    let home = made_up(31, 24);
    let page = home.path().join("elsewhere.html");
    let finished = trend(
        home.path(),
        &["--json", "--since", "6", "--out", page.to_str().unwrap()],
    )
    .expect_code(0, "seven runs ago is not among the newest six");
    assert!(page.is_file() && !home.path().join("trend.html").exists());
    let told: Value = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(told["verdict"], "pass");
    let goal = &told["groups"][0]["goals"][0];
    assert_eq!(goal["points"].as_array().map(Vec::len), Some(31));
    let change = &goal["changes"][0];
    assert_eq!(
        (&change["name"], &change["new"]),
        (&Value::from("run-0025"), &Value::from(false))
    );
    assert_eq!(change["runs_since"], 7);
}

#[test]
fn too_few_runs_are_inconclusive_and_a_folder_that_is_not_there_is_named() {
    let home = made_up(3, 9);
    let finished = trend(home.path(), &[]).expect_code(2, "three runs tell nothing");
    assert!(finished.stdout.contains("too few"), "{}", finished.stdout);
    let missing = home.path().join("nowhere");
    let finished = trend(&missing, &[]).expect_code(74, "there is nothing to read");
    assert!(finished.stderr.contains("nowhere"), "{}", finished.stderr);
    let empty = tempfile::tempdir_in(scratch()).unwrap();
    trend(empty.path(), &[]).expect_code(2, "no run tells nothing");
    trend(empty.path(), &["--since", "0"]).expect_code(64, "some runs must be new");
}

#[test]
fn the_page_reads_well_of_three_runs_and_of_a_thousand() {
    if !require("chromium") {
        return;
    }
    for count in [3, 31, 1000] {
        let home = made_up(count, count * 4 / 5);
        let watch = Stopwatch::start();
        trend(home.path(), &[]);
        let took = watch.elapsed();
        assert!(took.as_secs() < 20, "{count} runs took {took:?}");
        let page = fs::read_to_string(home.path().join("trend.html")).unwrap();
        assert!(
            page.contains("default-src 'none'") && !page.contains("<script"),
            "a strict policy"
        );
        assert!(page.len() < 3 << 20, "{} bytes of {count} runs", page.len());
        for (dark, width) in [(false, 1280), (true, 390)] {
            let found = measured(&[(page.as_str(), width)], dark).remove(0);
            let place = format!("{count} runs, dark {dark}, {width} px: {found}");
            for wrong in ["errors", "violations", "overlaps", "clipped", "faint"] {
                assert_eq!(found[wrong], Value::Array(Vec::new()), "{place}");
            }
            assert_eq!(found["wide"], false, "{place}");
            assert_eq!(
                found["charts"].as_object().map(serde_json::Map::len),
                Some(4),
                "{place}"
            );
        }
    }
}
