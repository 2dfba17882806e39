//! What other people's programs read in the files of a run: tables of operations, JUnit, OpenMetrics.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Command;

use history::{Mark, Verdict};
use serde_json::{Value, json};
use vocabulary::{OpKind, OutcomeClass};

use crate::support::{Job, fed, python, require, root, scratch, shared};

/// What a script of the fixtures answers.
fn asked(script: &str, question: &Value) -> Value {
    let mut command = Command::new(python());
    command.arg(root().join("tests/fixtures/python").join(script));
    let answer = fed(command, &question.to_string()).expect_success("the script comes to its end");
    serde_json::from_str(&answer.stdout).unwrap()
}

fn export(run: &Path, to: &Path) {
    let (run, to) = (run.to_str().unwrap(), to.to_str().unwrap());
    let finished = Job::new(&["report", run, "--operations", to]).finish();
    let finished = finished.expect_code(0, "an export is no verdict");
    assert!(finished.stdout.contains(to), "it says where: {}", finished.stdout);
}

#[test]
fn duckdb_and_pandas_read_the_operations_and_reckon_what_the_verdict_says() {
    if !require("python") {
        return;
    }
    let folder = tempfile::tempdir_in(scratch()).unwrap();
    let (csv, parquet) = (folder.path().join("ops.csv"), folder.path().join("ops.parquet"));
    export(shared().root(), &csv);
    export(shared().root(), &parquet);
    let names: Vec<_> = fs::read_dir(folder.path())
        .unwrap()
        .map(|file| file.unwrap().file_name())
        .collect();
    assert_eq!(names.len(), 2, "nothing is left beside them: {names:?}");

    let seen = asked("operations.py", &json!({ "csv": csv, "parquet": parquet }));
    let verdict = shared().verdict().unwrap();
    for reader in ["duckdb csv", "duckdb parquet", "pandas csv", "pandas parquet"] {
        reckons_the_same(reader, &seen[reader], &verdict);
    }
    let least = &seen["duckdb csv"]["least_id"];
    assert!(
        least.as_str().unwrap().len() == 36 && seen["duckdb csv"]["ids"].as_u64() > Some(50),
        "{seen}"
    );
    for reader in ["duckdb parquet", "pandas csv", "pandas parquet"] {
        assert_eq!(&seen[reader]["least_id"], least, "{reader}: the same ids");
        assert_eq!(seen[reader]["ids"], seen["duckdb csv"]["ids"], "{reader}");
    }
    let types = &seen["duckdb parquet"]["types"];
    for (column, kind) in [
        ("op_id", "UUID"),
        ("user", "UUID"),
        ("op", "VARCHAR"),
        ("outcome", "VARCHAR"),
        ("win32", "BIGINT"),
        ("intended_us", "BIGINT"),
        ("write_us", "BIGINT"),
    ] {
        assert_eq!(types[column], kind, "{column}: {types}");
    }
    assert_eq!(seen["pandas csv"]["types"]["intended_us"], "int64");
}

#[track_caller]
fn reckons_the_same(reader: &str, seen: &Value, verdict: &Verdict) {
    let place = format!("{reader}: {seen}");
    let count = |map: &str, name: &str| seen[map][name].as_u64().unwrap_or_default();
    for class in OutcomeClass::ALL {
        assert_eq!(count("outcomes", class.as_str()), verdict.ops.get(class), "{place}");
    }
    for kind in OpKind::ALL {
        let counts = verdict.ops_by_kind.of(kind);
        assert_eq!(
            count("kinds", kind.as_str()),
            counts.started() + counts.dropped,
            "{place}"
        );
    }
    assert_eq!(seen["rows"], verdict.ops.started() + verdict.ops.dropped, "{place}");
    assert!(seen["measured"].as_u64() > Some(50), "{place}");
    let service = verdict.service_time_ms;
    for (name, told_ms) in [("p50", service.p50), ("p90", service.p90), ("p99", service.p99)] {
        let exact_ms = seen["service_us"][name].as_f64().unwrap() / 1e3;
        let told_ms = told_ms.unwrap();
        let most = exact_ms * (1.0 + verdict.percentile_error) + 0.001;
        assert!(
            (exact_ms..=most).contains(&told_ms),
            "{name}: the verdict says {told_ms} ms; {place}"
        );
    }
    assert_eq!(
        seen["stages_beyond_service"], 0,
        "stages and network are the service time: {place}"
    );
}

#[test]
fn an_old_folder_and_a_torn_one_are_exported_as_far_as_they_read() {
    let folder = tempfile::tempdir_in(scratch()).unwrap();
    let run = folder.path().join("run");
    fs::create_dir(&run).unwrap();
    let old = root().join("tests/fixtures/run-v1");
    for name in ["manifest.json", "verdict.json", "history.jsonl.zst"] {
        fs::copy(old.join(name), run.join(name)).unwrap();
    }
    let rows = || {
        let csv = folder.path().join("ops.csv");
        export(&run, &csv);
        fs::read_to_string(csv).unwrap().lines().count() as u64 - 1
    };
    let verdict: Verdict = serde_json::from_slice(&fs::read(run.join("verdict.json")).unwrap()).unwrap();
    assert_eq!(
        rows(),
        verdict.ops.started() + verdict.ops.dropped,
        "every operation of the old folder"
    );
    let history = run.join("history.jsonl.zst");
    let bytes = fs::read(&history).unwrap();
    fs::write(&history, &bytes[..bytes.len() - 7]).unwrap();
    assert!(
        rows() <= verdict.ops.started() + verdict.ops.dropped,
        "what is torn off is left out"
    );
}

#[test]
fn a_file_of_another_kind_is_refused_before_anything_is_read() {
    let finished = Job::new(&["report", "tests/fixtures/run-v1", "--operations", "ops.xlsx"]).finish();
    let finished = finished.expect_code(64, "nobody writes spreadsheets");
    assert!(finished.stderr.contains(".csv or .parquet"), "{}", finished.stderr);
    let nowhere = "no-such-folder/ops.csv";
    let finished = Job::new(&["report", "tests/fixtures/run-v1", "--operations", nowhere]).finish();
    let finished = finished.expect_code(74, "a file that cannot be written");
    assert!(finished.stderr.contains(nowhere), "{}", finished.stderr);
}

fn seen() -> Value {
    let (junit, metrics) = (shared().path("junit.xml"), shared().path("metrics.txt"));
    asked("readers.py", &json!({ "junit": junit, "metrics": metrics }))
}

#[test]
fn a_junit_reader_sees_a_case_for_each_check_and_goal() {
    if !require("python") {
        return;
    }
    let (seen, verdict) = (seen(), shared().verdict().unwrap());
    let suites = seen["junit"].as_array().unwrap();
    assert_eq!(suites.len(), 2, "{seen}");
    assert_eq!(suites[0]["tests"], verdict.findings.len(), "{seen}");
    assert_eq!(suites[1]["tests"], verdict.goals.len(), "{seen}");
    for (suite, name) in suites.iter().zip(["quick.checks", "quick.goals"]) {
        assert_eq!(suite["name"], name);
        assert_eq!(suite["properties"]["reproduce"], verdict.reproduce, "{suite}");
        assert_eq!(suite["properties"]["scenario_file"], "scenarios/quick.toml", "{suite}");
        assert!(suite["time"].as_f64().unwrap() > 5.0, "the run took its time: {suite}");
        assert!(suite["output"].as_str().unwrap().starts_with("PASS: "), "{suite}");
        assert_eq!(suite["failures"], 0, "{suite}");
    }
    for finding in &verdict.findings {
        let case = &suites[0]["cases"][&finding.check];
        let expected = if finding.verdict == Mark::Pass {
            json!([])
        } else {
            json!(["error"])
        };
        assert_eq!(case["kind"], expected, "{}: {case}", finding.check);
    }
}

#[test]
fn an_openmetrics_reader_sees_the_figures_of_the_verdict() {
    if !require("python") {
        return;
    }
    let (seen, verdict) = (seen(), shared().verdict().unwrap());
    let families = seen["metrics"].as_array().unwrap();
    let samples: BTreeMap<String, f64> = families
        .iter()
        .flat_map(|family| family["samples"].as_array().unwrap())
        .map(line)
        .collect();
    let common = "scenario=quick world=embedded";
    let near = |name: &str, expected: f64| {
        let found = samples.get(name).copied();
        assert!(
            found.is_some_and(|found| (found - expected).abs() < 1e-6),
            "{name}: {found:?}, not {expected}"
        );
    };
    let applied = verdict.ops_by_kind.reset.applied as f64;
    near(
        &format!("wblab_operations_total kind=reset outcome=applied {common}"),
        applied,
    );
    let p99 = verdict.response_time_ms.p99.unwrap() / 1e3;
    near(&format!("wblab_response_time_seconds quantile=0.99 {common}"), p99);
    near(
        &format!("wblab_achieved_per_second {common}"),
        verdict.rates.achieved_per_s,
    );
    for (state, set) in [("pass", 1.0), ("inconclusive", 0.0), ("fail", 0.0)] {
        near(
            &format!("wblab_verdict scenario=quick wblab_verdict={state} world=embedded"),
            set,
        );
    }
    for family in families {
        let name = family["name"].as_str().unwrap();
        assert!(!family["help"].as_str().unwrap().is_empty(), "{name} says what it is");
        let unit = family["unit"].as_str().unwrap();
        assert!(
            unit.is_empty() || name.ends_with(unit),
            "{name} has its unit in its name"
        );
        for (label, value) in family["samples"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|sample| sample[1].as_object().unwrap())
        {
            assert!(
                !value.as_str().unwrap().contains(' '),
                "{name}: a reader that splits at spaces: {label}={value}"
            );
        }
    }
}

/// A sample as `name label=value …`, labels in the order of their names.
fn line(sample: &Value) -> (String, f64) {
    let labels = sample[1].as_object().unwrap();
    let mut labels: Vec<String> = labels
        .iter()
        .map(|(name, value)| format!("{name}={}", value.as_str().unwrap()))
        .collect();
    labels.sort();
    let name = [vec![sample[0].as_str().unwrap().to_owned()], labels]
        .concat()
        .join(" ");
    (name, sample[2].as_f64().unwrap())
}

#[test]
fn jenkins_schema_accepts_the_junit_file() {
    if !require("xmllint") {
        return;
    }
    let schema = root().join("tests/fixtures/junit/junit-10.xsd");
    let validate = |file: &Path| {
        Command::new("xmllint")
            .args(["--noout", "--nonet", "--schema"])
            .arg(&schema)
            .arg(file)
            .output()
            .unwrap()
    };
    let judged = validate(&shared().path("junit.xml"));
    assert!(judged.status.success(), "{}", String::from_utf8_lossy(&judged.stderr));
    // The schema says no to what it does not know: a validation that passes everything would prove nothing.
    let strange = scratch().join("strange-junit.xml");
    let text = fs::read_to_string(shared().path("junit.xml")).unwrap();
    fs::write(&strange, text.replacen("<testcase ", "<testcase colour=\"red\" ", 1)).unwrap();
    assert!(!validate(&strange).status.success());
}
