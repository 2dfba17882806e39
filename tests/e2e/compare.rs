//! Runs held against a base, from the command line: real ones, made-up ones, and baselines of them.

use std::fs;
use std::path::{Path, PathBuf};

use history::{
    Baseline, Comparison, Event, Judged, Manifest, Mark, OpEvent, Phase, PhaseEvent, PlannedPhase, RunFolder, Verdict,
};
use serde_json::Value;
use tempfile::TempDir;
use uuid::Uuid;
use vocabulary::{OpKind, Outcome, Stage, StageTimes};

use crate::page::measured;
use crate::support::{Finished, Job, alone, require, root, scratch};

const SECOND: u64 = 1_000_000;
/// Where the measure phase of a made-up run begins, and how long it is.
const MEASURE: (u64, u64) = (5 * SECOND, 60 * SECOND);

/// Run folders that were made up, baselines of them, and what comparisons leave.
struct Place(TempDir);

impl Place {
    fn new() -> Self {
        Self(tempfile::tempdir_in(scratch()).unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A run in which every time is stretched by a factor.
    fn run(&self, name: &str, factor: f64, bend: impl Fn(&mut Manifest)) -> PathBuf {
        let path = self.path(name);
        let folder = RunFolder::create(&path).unwrap();
        let fixture = RunFolder::open(&root().join("tests/fixtures/run-v1")).unwrap();
        let mut manifest = fixture.manifest().unwrap();
        manifest.run = name.to_owned();
        manifest.phases = vec![PlannedPhase {
            phase: Phase::Measure,
            from_us: 0,
            for_us: MEASURE.1,
        }];
        bend(&mut manifest);
        folder.write_manifest(&manifest).unwrap();
        folder
            .write_verdict(&Verdict {
                verdict: Mark::Pass,
                findings: Vec::new(),
                goals: Vec::new(),
                ..fixture.verdict().unwrap()
            })
            .unwrap();
        write_history(&folder, factor);
        path
    }

    /// A command that keeps what it makes here.
    fn command(&self, arguments: &[&str], paths: &[&Path]) -> Finished {
        let paths: Vec<&str> = paths.iter().map(|path| path.to_str().unwrap()).collect();
        let (baselines, out) = (self.path("baselines"), self.path("out"));
        let mut job = Job::new(arguments)
            .with(&paths)
            .with(&["--baselines", baselines.to_str().unwrap()]);
        if arguments[0] == "compare" {
            job = job.with(&["--out", out.to_str().unwrap()]);
        }
        job.finish()
    }

    /// The folder of the one comparison that was made.
    fn compared(&self) -> PathBuf {
        let of =
            |path: &Path| -> Vec<PathBuf> { fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path()).collect() };
        let made: Vec<PathBuf> = of(&self.path("out")).iter().flat_map(|scenario| of(scenario)).collect();
        assert_eq!(made.len(), 1, "{made:?}");
        made[0].clone()
    }
}

/// What makes a run unlike another.
type Bend = fn(&mut Manifest);

/// A hundred operations a second.
fn write_history(folder: &RunFolder, factor: f64) {
    let mut writer = folder.writer().unwrap();
    let enter = |phase, enter| {
        Event::Phase(PhaseEvent {
            seq: 0,
            at_us: 0,
            phase,
            enter,
            broke: Vec::new(),
        })
    };
    writer
        .append(enter(Phase::Provision, Phase::Measure), MEASURE.0, Phase::Provision)
        .unwrap();
    for number in 0..6000 {
        let op = operation(number, factor);
        let at_us = op.finished_us;
        writer.append(Event::Op(op), at_us, Phase::Measure).unwrap();
    }
    let end_us = MEASURE.0 + MEASURE.1;
    writer
        .append(enter(Phase::Measure, Phase::Drain), end_us, Phase::Measure)
        .unwrap();
    writer
        .append(enter(Phase::Drain, Phase::Seal), end_us + SECOND, Phase::Drain)
        .unwrap();
    writer.seal().unwrap();
}

fn operation(number: u64, factor: f64) -> OpEvent {
    let service_us = (8_000 + number * 7919 % 4000) as f64 * factor;
    let intended_us = MEASURE.0 + number * 10_000;
    let mut stages = StageTimes::new();
    stages.add(
        Stage::Write,
        std::time::Duration::from_micros((service_us * 0.7) as u64),
    );
    OpEvent {
        seq: 0,
        at_us: 0,
        phase: Phase::Measure,
        op_id: Uuid::from_u128(u128::from(number)),
        op: OpKind::Reset,
        attempt: 1,
        arrival: Some(number),
        actor: "anna@corp.test".to_owned(),
        persona: "forgot".to_owned(),
        user: Uuid::from_u128(7),
        writes: Some(1),
        proves: None,
        intended_us,
        started_us: intended_us,
        finished_us: intended_us + service_us as u64,
        expires_us: intended_us + SECOND,
        outcome: Outcome::Applied,
        stages_us: Some(stages),
    }
}

fn parsed(finished: &Finished) -> Comparison {
    assert_eq!(
        finished.stdout.lines().count(),
        1,
        "the comparison alone: {}",
        finished.stdout
    );
    serde_json::from_str(&finished.stdout).unwrap()
}

fn judged(comparison: &Comparison, measure: &str) -> Judged {
    let changes = &comparison.compared[0].changes;
    changes.iter().find(|change| change.measure == measure).unwrap().judged
}

#[test]
fn an_equal_run_passes_a_slower_one_fails_and_the_same_runs_give_the_same_bytes() {
    let place = Place::new();
    let base = place.run("base", 1.0, |_| {});
    let (equal, slow) = (place.run("equal", 1.0, |_| {}), place.run("slow", 1.07, |_| {}));
    let passed = place
        .command(&["compare"], &[&base, &equal])
        .expect_code(0, "equal runs");
    assert!(
        passed.stdout.contains("✓ PASS  equal against base"),
        "{}",
        passed.stdout
    );
    let folder = place.compared();
    let files = [
        "compare.json",
        "compare.html",
        "junit.xml",
        "summary.md",
        "charts/changes.png",
        "charts/stages.svg",
    ];
    let bytes = || files.map(|name| fs::read(folder.join(name)).unwrap());
    let first = bytes();
    place
        .command(&["compare"], &[&base, &equal])
        .expect_code(0, "once more");
    assert!(first == bytes(), "the same folders, the same bytes");
    let failed = place
        .command(&["compare", "--json"], &[&base, &slow, &equal])
        .expect_code(1, "a slower one");
    let comparison = parsed(&failed);
    assert_eq!((comparison.verdict, comparison.compared.len()), (Mark::Fail, 2));
    assert_eq!(
        (comparison.compared[0].verdict, comparison.compared[1].verdict),
        (Mark::Fail, Mark::Pass)
    );
    assert_eq!(judged(&comparison, "response_time_p50"), Judged::Worse);
    assert_eq!(judged(&comparison, "stages.write.p50"), Judged::Worse);
    assert_eq!(judged(&comparison, "stages.network.p50"), Judged::Alike);
    let asked = ["compare", "--effect", "10%", "--measure", "response_time_p50"];
    place
        .command(&asked, &[&base, &slow])
        .expect_code(0, "7 % where 10 % matter");
}

#[test]
fn unlike_runs_end_with_64_name_the_field_and_go_on_if_told() {
    let place = Place::new();
    let base = place.run("base", 1.0, |_| {});
    let bends: [(&str, &str, Bend); 4] = [
        ("scenario", "storm", |manifest| manifest.scenario = "storm".to_owned()),
        ("plan", "(seed 77)", |manifest| {
            manifest.plan_hash = "0123456789abcdef".to_owned();
            manifest.seed = 77;
        }),
        ("world", "docker", |manifest| manifest.world = "docker".to_owned()),
        ("host.cores", "512", |manifest| manifest.host.cores = 512),
    ];
    for (field, value, bend) in bends {
        let other = place.run(&format!("other-{field}"), 1.0, bend);
        let refused = place.command(&["compare"], &[&base, &other]).expect_code(64, field);
        for told in [format!("  {field}: "), value.to_owned(), format!("--despite {field}")] {
            assert!(refused.stderr.contains(&told), "{told}: {}", refused.stderr);
        }
        assert!(!place.path("out").exists(), "nothing is drawn of what is refused");
        let group = field.split('.').next().unwrap();
        let told = place.command(&["compare", "--json", "--despite", group], &[&base, &other]);
        let comparison = parsed(&told.expect_code(0, "equal times, and told to go on"));
        assert_eq!(comparison.compared[0].differences[0].field, field);
        let page = fs::read_to_string(place.compared().join("compare.html")).unwrap();
        assert!(
            page.contains(&format!("{field}: ")) && page.contains("compared despite it"),
            "the page says so"
        );
        fs::remove_dir_all(place.path("out")).unwrap();
    }
    let newer = place.run("newer", 1.0, |manifest| {
        manifest.versions.insert("wblab".to_owned(), "9.9.9".to_owned());
    });
    place
        .command(&["compare"], &[&base, &newer])
        .expect_code(0, "another version is what comparisons are for");
}

#[test]
fn a_baseline_is_kept_shown_listed_and_compared_with_as_its_runs_are() {
    let place = Place::new();
    let runs = [1.0, 1.01, 0.99].map(|factor| place.run(&format!("run-{factor}"), factor, |_| {}));
    let later = place.run("later", 1.004, |_| {});
    let paths: Vec<&Path> = runs.iter().map(PathBuf::as_path).collect();
    place
        .command(&["baseline", "set", "one"], &paths[..1])
        .expect_code(0, "one run is kept");
    let kept = place
        .command(&["baseline", "set", "main"], &paths)
        .expect_code(0, "several are kept");
    assert!(kept.stdout.contains("main: 3 runs of"), "{}", kept.stdout);
    let file = Baseline::path(&place.path("baselines"), "main");
    let bytes = fs::read(&file).unwrap();
    assert!(bytes.len() < 300 * 1024, "{} bytes", bytes.len());
    place
        .command(&["baseline", "set", "main"], &paths)
        .expect_code(0, "again");
    assert_eq!(fs::read(&file).unwrap(), bytes, "the same runs, the same bytes");
    let listed = place.command(&["baseline", "list"], &[]).expect_code(0, "all are told");
    assert_eq!(listed.stdout.lines().count(), 2, "{}", listed.stdout);
    let shown = place
        .command(&["baseline", "show", "main", "--json"], &[])
        .expect_code(0, "one is told");
    let shown: Value = serde_json::from_str(&shown.stdout).unwrap();
    let spread = shown["measures"]["response_time_p50"]["spread"].as_f64().unwrap();
    assert!((spread - 0.01).abs() < 0.002, "{shown}");

    let by_name = |name: &str| parsed(&place.command(&["compare", "--json", name], &[&later]));
    let by_folder = parsed(&place.command(&["compare", "--json"], &[&runs[0], &later]));
    assert_eq!(
        by_name("one").compared[0].changes,
        by_folder.compared[0].changes,
        "a file tells what its folder tells"
    );
    let several = by_name("main");
    let median = &several.compared[0].changes[0];
    assert_eq!(median.noise.map(|noise| noise.runs), Some(4));
    for gone in &runs {
        fs::remove_dir_all(gone).unwrap();
    }
    assert_eq!(by_name("main"), several, "the folders need not be kept");
}

#[test]
fn what_is_no_ground_for_a_baseline_is_refused_and_a_bad_file_says_what_is_wrong() {
    let place = Place::new();
    let run = place.run("run", 1.0, |_| {});
    let told = |finished: Finished, code: i32, what: &str| {
        let finished = finished.expect_code(code, what);
        assert!(finished.stderr.contains(what), "{what}: {}", finished.stderr);
    };
    told(
        place.command(&["baseline", "set", "twice"], &[&run, &run]),
        64,
        "named twice",
    );
    let other = place.run("other", 1.0, |manifest| manifest.host.cpu = "another".to_owned());
    told(
        place.command(&["baseline", "set", "mixed"], &[&run, &other]),
        64,
        "host.cpu",
    );
    told(
        place.command(&["baseline", "set", "../x"], &[&run]),
        64,
        "no name for a baseline",
    );
    let history = run.join("history.jsonl.zst");
    let whole = fs::read(&history).unwrap();
    fs::write(&history, &whole[..whole.len() - 5]).unwrap();
    told(place.command(&["baseline", "set", "torn"], &[&run]), 64, "torn");
    told(place.command(&["compare"], &[&run, &run]), 2, "");
    fs::write(&history, &whole).unwrap();
    assert!(!place.path("baselines").exists(), "nothing was kept");

    place
        .command(&["baseline", "set", "main"], &[&run])
        .expect_code(0, "a sound one");
    told(place.command(&["compare", "none"], &[&run]), 74, "there: main");
    told(place.command(&["baseline", "show", "none"], &[]), 74, "there: main");
    let file = Baseline::path(&place.path("baselines"), "main");
    let text = fs::read_to_string(&file).unwrap();
    for (from, to, what) in [
        ("\"version\": 1", "\"version\": 7", "format 7"),
        ("\"window_us\"", "\"window\"", "does not read"),
        ("\"-", "\"!-", "does not read"),
    ] {
        fs::write(&file, text.replacen(from, to, 1)).unwrap();
        told(place.command(&["compare", "main"], &[&run]), 74, what);
        told(place.command(&["baseline", "list"], &[]), 74, "main.json");
    }
    told(
        place.command(&["compare"], &[&place.path("out"), &run]),
        74,
        "no run folder",
    );
    told(
        place.command(&["compare", "--measure", "speed"], &[&run, &run]),
        64,
        "response_time_p50",
    );
    told(
        place.command(&["compare", "--effect", "3"], &[&run, &run]),
        64,
        "no percentage",
    );
}

/// A real run, long enough for its windows to say something; each write takes so much longer.
fn real(more: &str) -> Finished {
    let _alone = alone();
    let sets = [
        "load.constant_arrival_rate.rate=20/s".to_owned(),
        "load.constant_arrival_rate.measure=8s".to_owned(),
        format!("world.directory.service_time.reset={more}"),
        format!("world.directory.service_time.unlock={more}"),
    ];
    Job::quick().sets(&sets.each_ref().map(String::as_str)).finish()
}

#[test]
fn a_slower_directory_is_found_between_two_real_runs() {
    let (base, slowed) = (real("1ms"), real("30ms"));
    let place = Place::new();
    let (base, run) = (base.folder(), slowed.folder());
    let paths = [base.root(), run.root()];
    let failed = place
        .command(&["compare", "--json"], &paths)
        .expect_code(1, "30 ms for each write");
    assert_eq!(judged(&parsed(&failed), "stages.write.p50"), Judged::Worse);
    let itself = place
        .command(&["compare"], &[base.root(), base.root()])
        .expect_code(2, "a run beside itself proves nothing");
    assert!(itself.stdout.contains("compared with itself"), "{}", itself.stdout);
}

#[test]
fn the_page_reads_well_in_light_and_dark_wide_and_narrow() {
    if !require("chromium") {
        return;
    }
    let place = Place::new();
    let base = place.run("base", 1.0, |_| {});
    let slow = place.run("20261126T090000Z-seed-1", 1.07, |_| {});
    place
        .command(&["compare"], &[&base, &slow])
        .expect_code(1, "a slower one");
    let page = fs::read_to_string(place.compared().join("compare.html")).unwrap();
    for outside in ["<script", "src=\"http", "href=\"http", "@import", "url(http"] {
        assert!(!page.contains(outside), "the page holds {outside}");
    }
    for (dark, width) in [(false, 1280), (true, 1280), (false, 390), (true, 390)] {
        let found = measured(&[(page.as_str(), width)], dark).remove(0);
        let at = format!("dark {dark}, {width} px: {found}");
        assert_eq!(found["dark"], dark, "{at}");
        for list in ["errors", "violations", "overlaps", "clipped", "faint"] {
            assert_eq!(found[list], Value::Array(Vec::new()), "{list}: {at}");
        }
        assert_eq!(found["wide"], false, "{at}");
        assert_eq!(found["charts"].as_object().map(serde_json::Map::len), Some(4), "{at}");
    }
}
