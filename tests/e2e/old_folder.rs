//! A run folder of version 1 still reads, and still means what it meant.

use std::fs;
use std::path::{Path, PathBuf};

use history::RunFolder;

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
    assert_eq!(judged.verdict, stored);
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
