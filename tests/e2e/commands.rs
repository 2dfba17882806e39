//! Commands and their exit codes, and what a run leaves when it is cut short.

use std::fs;
use std::net::TcpStream;
use std::time::Duration;

use history::{Mark, Phase};
use rustix::process::Signal;
use serde_json::Value;
use vocabulary::Outcome;

use crate::support::{Finished, Job, Started, Stopwatch, alone, listening_ports, ops, phases, scratch, shared};

/// A person who presses Ctrl-C does not wait longer.
const GONE_WITHIN: Duration = Duration::from_secs(10);

fn command(arguments: &[&str]) -> Finished {
    Job::new(arguments).finish()
}

#[test]
fn three_mistakes_are_said_at_once_with_their_places() {
    let file = scratch().join("three-mistakes.toml");
    let text = "schema = 1\nname = \"bad\"\nwhy = \"three mistakes\"\n\n[world]\nkind = \"cloud\"\n\n[population]\npeople = 0\n\n\
                [load.constant_arrival_rate]\nrate = \"20\"\nmeasure = \"2s\"\n";
    fs::write(&file, text).unwrap();
    let file = file.to_str().unwrap();
    for subcommand in ["check", "plan", "run"] {
        let job = Job::new(&[subcommand, file]);
        let job = if subcommand == "run" { job.into_out() } else { job };
        let finished = job.finish().expect_code(64, "a bad scenario ends with 64");
        for place in [":6:8: ", ":9:10: ", ":12:8: "] {
            let line = format!("{file}{place}");
            assert!(
                finished.stderr.contains(&line),
                "{subcommand} says {line}\n{}",
                finished.stderr
            );
        }
        assert_eq!(
            finished.stderr.matches(file).count(),
            3,
            "three mistakes, three lines:\n{}",
            finished.stderr
        );
        assert!(!finished.out().exists(), "nothing is begun for a bad scenario");
    }
}

#[test]
fn usage_that_is_wrong_ends_with_64() {
    for arguments in [
        &["run"][..],
        &["run", "scenarios/quick.toml", "--no-such-flag"],
        &["run", "scenarios/quick.toml", "--set", "population.peeple=3"],
        &["plan", "scenarios/quick.toml", "--seed", "-1"],
        &["no-such-command"],
        &["serve", "printer", "--config", "x"],
    ] {
        let finished = command(arguments).expect_code(64, &format!("{arguments:?}"));
        assert!(!finished.stderr.is_empty(), "{arguments:?} says what is wrong");
    }
}

#[test]
fn files_that_do_not_open_end_with_74() {
    let blocked = scratch().join("a-file-not-a-folder");
    fs::write(&blocked, "").unwrap();
    let out = blocked.join("runs");
    let out = out.to_str().unwrap();
    let finished = command(&["run", "scenarios/quick.toml", "--out", out]);
    let finished = finished.expect_code(74, "an output folder that cannot be made");
    assert!(
        finished.stderr.contains("a-file-not-a-folder"),
        "it is named:\n{}",
        finished.stderr
    );
    command(&["run", "scenarios/no-such.toml"]).expect_code(74, "a scenario that is not there");
    command(&["report", out]).expect_code(74, "a run folder that is not there");
}

#[test]
fn a_docker_that_is_not_there_ends_with_75_and_says_what_to_do() {
    let _alone = alone();
    let job = Job::new(&["run", "scenarios/quick.toml", "--world", "docker"]).into_out();
    let finished = job.env("DOCKER_HOST", "unix:///nonexistent/docker.sock").finish();
    let finished = finished.expect_code(75, "a world that cannot stand up");
    assert!(
        finished.stderr.contains("--world embedded"),
        "it says what to do:\n{}",
        finished.stderr
    );
    finished.expect_nothing_left();
}

#[test]
fn commands_that_stand_nothing_up() {
    let checked = command(&["check", "scenarios/quick.toml", "scenarios/samba-smoke.toml"]);
    assert_eq!(
        checked
            .expect_code(0, "shipped scenarios are sound")
            .stdout
            .lines()
            .count(),
        2
    );
    let planned = command(&["plan", "scenarios/quick.toml"]).expect_code(0, "a plan in sentences");
    for word in ["500", "25", "400 arrivals", "plan_hash"] {
        assert!(planned.stdout.contains(word), "{word}: {}", planned.stdout);
    }
    command(&["schema", "--check"]).expect_code(0, "the committed schema is current");
    let schema = command(&["schema"]).expect_code(0, "the schema is printed").stdout;
    let schema: Value = serde_json::from_str(&schema).unwrap();
    assert_eq!(schema["type"], "object");
    for shell in ["bash", "zsh", "fish"] {
        let completions = command(&["completions", shell]).expect_code(0, shell).stdout;
        assert!(
            completions.contains("wblab") && completions.contains("report"),
            "{shell}"
        );
    }
    let doctor = command(&["doctor", "--json"]).expect_code(0, "doctor always answers");
    let findings: Value = serde_json::from_str(&doctor.stdout).unwrap();
    let names: Vec<&str> = findings
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|finding| finding["name"].as_str())
        .collect();
    for name in ["processor", "memory", "docker", "chromium"] {
        assert!(names.contains(&name), "{name} in {names:?}");
    }
    let down = command(&["down"]).expect_code(0, "down is content with nothing");
    assert!(down.stderr.contains("no world stands"), "{}", down.stderr);
}

#[test]
fn an_old_schema_is_told() {
    let old = scratch().join("old-schema.json");
    fs::write(&old, "{}\n").unwrap();
    let told = command(&["schema", "--check", old.to_str().unwrap()]).expect_code(1, "a schema that differs");
    assert!(told.stderr.contains("out of date"), "{}", told.stderr);
}

#[test]
fn a_report_is_made_again_from_the_folder_alone() {
    let copy = tempfile::tempdir_in(scratch()).unwrap();
    for name in ["manifest.json", "people.csv", "history.jsonl.zst", "samples.jsonl"] {
        fs::copy(shared().path(name), copy.path().join(name)).unwrap();
    }
    let folder = copy.path().to_str().unwrap();
    let finished = command(&["report", folder, "--json"]).expect_code(0, "a run that passed still passes");
    let again: history::Verdict = serde_json::from_str(&finished.stdout).unwrap();
    assert_eq!(again, shared().verdict().unwrap(), "the same history, the same verdict");
    for name in [
        "verdict.json",
        "report.html",
        "junit.xml",
        "summary.md",
        "charts/rates.png",
        "charts/rates.svg",
    ] {
        assert!(copy.path().join(name).is_file(), "{name} is made again");
    }
}

fn in_the_middle() -> Started {
    let sets = ["load.constant_arrival_rate.measure=60s", "population.people=2000"];
    let mut run = Job::quick().sets(&sets).start();
    run.until_it_says("measure");
    run
}

#[test]
fn ctrl_c_in_the_middle_seals_judges_and_takes_the_world_down() {
    let _alone = alone();
    let run = in_the_middle();
    let ports = listening_ports(run.pid());
    assert!(
        ports.len() >= 4,
        "cloud, relay, gateway and directory listen: {ports:?}"
    );
    let watch = Stopwatch::start();
    run.signal_group(Signal::INT);
    let finished = run.finish().expect_code(2, "a run that was cut short is inconclusive");
    assert!(watch.elapsed() < GONE_WITHIN, "it took {:?}", watch.elapsed());
    finished.expect_nothing_left();
    for port in ports {
        assert!(TcpStream::connect(port).is_err(), "something still listens on {port}");
    }
    let folder = finished.folder();
    let (entered, torn) = phases(&folder);
    assert!(!torn, "the history is sealed");
    assert_eq!(
        entered[entered.len() - 2..],
        [Phase::Interrupted, Phase::Seal],
        "{entered:?}"
    );
    let verdict = folder.verdict().unwrap();
    assert_eq!(verdict.verdict, Mark::Inconclusive);
    let manifest = folder.manifest().unwrap();
    assert_eq!(
        verdict.ops.started() + verdict.ops.dropped,
        manifest.arrivals,
        "every arrival is accounted for"
    );
    assert!(
        verdict.ops.applied > 0 && folder.path("report.html").is_file(),
        "what there is is drawn"
    );
}

#[test]
fn ctrl_c_while_the_world_stands_up_leaves_nothing() {
    let _alone = alone();
    let mut run = Job::quick().start();
    run.until_it_says("populate");
    let watch = Stopwatch::start();
    run.signal_group(Signal::INT);
    let finished = run.finish().expect_code(2, "a run that never began is inconclusive");
    assert!(watch.elapsed() < GONE_WITHIN, "it took {:?}", watch.elapsed());
    finished.expect_nothing_left();
    let (entered, torn) = phases(&finished.folder());
    assert!(
        !torn && entered.ends_with(&[Phase::Interrupted, Phase::Seal]),
        "{entered:?}"
    );
}

#[test]
fn a_kill_leaves_a_history_that_reads_and_secrets_that_the_next_start_removes() {
    let _alone = alone();
    let run = in_the_middle();
    run.signal(Signal::KILL);
    let killed = run.finish();
    assert_eq!(killed.code(), None, "a signal ended it");
    killed.expect_no_process();
    let secrets: Vec<String> = killed.left();
    assert!(
        matches!(&secrets[..], [only] if only.starts_with("wblab-")),
        "a kill leaves the folder of secrets, and nothing else: {secrets:?}"
    );

    let folder = killed.folder();
    let report = command(&["report", folder.root().to_str().unwrap()]);
    let report = report.expect_code(2, "a run that never sealed is inconclusive");
    assert!(
        report.stdout.contains("inconclusive") || report.stdout.contains("INCONCLUSIVE"),
        "{}",
        report.stdout
    );
    let (entered, _torn) = phases(&folder);
    assert_eq!(
        entered.last(),
        Some(&Phase::Measure),
        "what came before the kill is there: {entered:?}"
    );
    let applied = ops(&folder).iter().filter(|op| op.outcome == Outcome::Applied).count();
    assert!(applied > 0, "with the operations of the warm-up");

    Job::quick()
        .tmp(&killed.tmp())
        .finish()
        .expect_code(0, "the next run is none the worse");
    assert_eq!(
        killed.left(),
        Vec::<String>::new(),
        "the next start removes the secrets of the dead run"
    );
}

#[test]
fn a_second_run_of_the_same_second_has_a_folder_of_its_own() {
    let place = tempfile::tempdir_in(scratch()).unwrap();
    let out = place.path().to_str().unwrap();
    // A world that cannot stand up still leaves its folder with the manifest, which says what it was.
    for _ in 0..2 {
        let job = Job::new(&["run", "scenarios/quick.toml", "--world", "docker", "--out", out]);
        job.env("DOCKER_HOST", "unix:///nonexistent/docker.sock")
            .finish()
            .expect_code(75, "no docker there");
    }
    let runs: Vec<_> = fs::read_dir(place.path().join("quick"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    assert_eq!(runs.len(), 2, "{runs:?}");
    for run in runs {
        assert!(
            run.join("manifest.json").is_file(),
            "even a dead run says what it was: {}",
            run.display()
        );
    }
}
