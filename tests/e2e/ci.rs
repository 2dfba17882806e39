//! What a job needs: annotations and a summary, an action and example workflows that hold, an image.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use history::Mark;
use serde_json::Value;

use crate::support::{Finished, Job, alone, fed, python, require, root, scratch, shared, wblab};

/// Files with the schema that their service has for them, as `check-jsonschema` knows it.
const WORKFLOWS: [(&str, &str); 3] = [
    ("action.yml", "vendor.github-actions"),
    ("docs/ci/github-nightly.yml", "vendor.github-workflows"),
    ("docs/ci/gitlab-nightly.yml", "vendor.gitlab-ci"),
];

/// A copy of the small run that passed, to judge again.
fn copied(to: &Path) {
    fs::create_dir(to).unwrap();
    for name in ["manifest.json", "people.csv", "history.jsonl.zst", "samples.jsonl"] {
        fs::copy(shared().path(name), to.join(name)).unwrap();
    }
}

/// A manifest whose goals nothing can meet.
fn spoil(run: &Path) {
    let path = run.join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
    manifest["goals"][0]["limit"] = 0.000_001.into();
    fs::write(&path, manifest.to_string()).unwrap();
}

#[test]
fn within_actions_a_verdict_is_annotated_and_summarised() {
    let folder = tempfile::tempdir_in(scratch()).unwrap();
    let (run, summary) = (folder.path().join("run"), folder.path().join("step-summary.md"));
    copied(&run);
    spoil(&run);
    fs::write(&summary, "# before\n").unwrap();
    let report = |arguments: &[&str]| {
        let job = Job::new(&["report", run.to_str().unwrap()]).with(arguments);
        let job = job
            .env("GITHUB_ACTIONS", "true")
            .env("GITHUB_STEP_SUMMARY", summary.to_str().unwrap());
        job.finish().expect_code(1, "a goal is not met")
    };
    let told = report(&["--json"]);
    let verdict: history::Verdict = serde_json::from_str(&told.stdout).expect("the verdict alone");
    assert_eq!(verdict.verdict, Mark::Fail);
    let commands: Vec<&str> = told.stderr.lines().filter(|line| line.starts_with("::")).collect();
    assert!(
        commands[0].starts_with("::error title=quick%3A FAIL,file=scenarios/quick.toml::"),
        "{commands:?}"
    );
    assert!(
        commands[1].contains("title=goal ") && commands[1].contains("measured"),
        "{commands:?}"
    );
    let page = fs::read_to_string(&summary).unwrap();
    assert!(page.starts_with("# before\n# ❌ FAIL: quick"), "{page}");
    assert!(
        page.contains("## Goals") && page.contains("## Where the time went"),
        "{page}"
    );
    report(&[]);
    let twice = fs::read_to_string(&summary).unwrap();
    assert_eq!(
        twice.matches("FAIL: quick").count(),
        2,
        "a step that judges twice tells twice"
    );
}

#[test]
fn outside_of_actions_nothing_is_annotated() {
    let folder = tempfile::tempdir_in(scratch()).unwrap();
    let run = folder.path().join("run");
    copied(&run);
    let job = Job::new(&["report", run.to_str().unwrap()])
        .env("GITHUB_ACTIONS", "")
        .env("GITHUB_STEP_SUMMARY", "");
    let told = job.finish().expect_code(0, "a run that passed still passes");
    assert!(!told.stderr.contains("::"), "{}", told.stderr);
    let job = Job::new(&["report", run.to_str().unwrap()]).env("GITHUB_STEP_SUMMARY", "/no-such-folder/summary.md");
    let told = job
        .finish()
        .expect_code(0, "a page that cannot be written changes no verdict");
    assert!(told.stderr.contains("/no-such-folder/summary.md"), "{}", told.stderr);
}

#[test]
fn the_workflows_hold_to_their_schemas() {
    if !require("python") {
        return;
    }
    let check = |file: &Path, schema: &str| -> Output {
        let mut command = Command::new(python().with_file_name("check-jsonschema"));
        command.args(["--builtin-schema", schema]).arg(file).output().unwrap()
    };
    for (file, schema) in WORKFLOWS {
        let checked = check(&root().join(file), schema);
        assert!(
            checked.status.success(),
            "{file}: {}",
            String::from_utf8_lossy(&checked.stdout)
        );
    }
    let strange = scratch().join("strange-action.yml");
    let text = fs::read_to_string(root().join("action.yml")).unwrap();
    fs::write(&strange, text.replace("using: composite", "using: magic")).unwrap();
    assert!(
        !check(&strange, WORKFLOWS[0].1).status.success(),
        "a schema refuses what it does not know"
    );
}

/// Every shell script of the workflows, with its file.
fn scripts() -> Vec<(String, String)> {
    let files = WORKFLOWS.map(|(file, _)| root().join(file).to_str().unwrap().to_owned());
    let mut command = Command::new(python());
    command.arg(root().join("tests/fixtures/python/workflows.py"));
    let answer = fed(command, &Value::from(files.to_vec()).to_string()).expect_success("the files are YAML");
    let found: std::collections::BTreeMap<String, Vec<String>> = serde_json::from_str(&answer.stdout).unwrap();
    let all = found.into_iter();
    all.flat_map(|(file, scripts)| scripts.into_iter().map(move |script| (file.clone(), script)))
        .collect()
}

/// The arguments of each call of the program in a script; what a shell would fill in stands for itself.
fn calls(script: &str) -> Vec<Vec<String>> {
    let mut calls = Vec::new();
    for line in script.lines() {
        for program in ["\"$wblab\" ", "./target/release/wblab "] {
            for (at, _) in line.match_indices(program) {
                let rest = &line[at + program.len()..];
                let rest = rest.split([';', '|', '&']).next().unwrap();
                let words = rest.split_whitespace().filter(|word| !word.contains("[@]"));
                calls.push(
                    words
                        .map(|word| word.trim_matches('"').replace("$OPERATIONS", "csv"))
                        .collect(),
                );
            }
        }
    }
    calls
}

#[test]
fn every_command_of_the_workflows_is_one_that_the_program_knows() {
    if !require("python") {
        return;
    }
    let mut known = 0;
    for (file, script) in scripts() {
        let mut shell = Command::new("bash");
        shell.args(["-n", "-s"]);
        fed(shell, &script).expect_success(&format!("{file}: a script that bash reads:\n{script}"));
        assert!(
            !script.contains("${{"),
            "{file}: what comes from outside comes through the environment:\n{script}"
        );
        for call in calls(&script) {
            // Arguments before it are read and checked; then nothing is done but telling what they mean.
            let asked = wblab().args(&call).arg("--help").output().unwrap();
            assert!(
                asked.status.success(),
                "{file}: wblab {call:?}: {}",
                String::from_utf8_lossy(&asked.stderr)
            );
            known += 1;
        }
    }
    assert!(known >= 5, "{known} calls were found");
    let strange = wblab()
        .args(["run", "x.toml", "--no-such-flag", "--help"])
        .output()
        .unwrap();
    assert!(!strange.status.success(), "a flag that is not known is told even so");
}

/// The script of the action's step with that id, as the runner gives it to a shell.
fn step(id: &str) -> String {
    let text = fs::read_to_string(root().join("action.yml")).unwrap();
    let (_, rest) = text.split_once(&format!("      id: {id}\n")).unwrap();
    let (_, rest) = rest.split_once("run: |\n").unwrap();
    let lines = rest
        .lines()
        .take_while(|line| line.starts_with("        ") || line.is_empty());
    lines
        .map(|line| line.trim_start_matches("        "))
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn the_action_s_own_script_runs_a_scenario_and_tells_the_runner() {
    let _alone = alone();
    let temp = tempfile::tempdir_in(scratch()).unwrap();
    let output = temp.path().join("output");
    let program = wblab().get_program().to_owned();
    let sets = [
        "population.people=120",
        "load.constant_arrival_rate.warm_up=1s",
        "load.constant_arrival_rate.measure=3s",
    ];
    let more = sets.map(|set| format!("--set {set}")).join(" ");
    let ran = Command::new("bash")
        .args(["--noprofile", "--norc", "-e", "-o", "pipefail", "-c", &step("run")])
        .current_dir(root())
        .env("PROGRAM", program)
        .env("SCENARIO", "scenarios/quick.toml")
        .env("ARGUMENTS", format!("--seed 3 --set world.message_lifetime=2s {more}"))
        .env("OPERATIONS", "csv")
        .env("RUNNER_TEMP", temp.path())
        .env("GITHUB_OUTPUT", &output)
        .env("GITHUB_ACTIONS", "true")
        .env_remove("GITHUB_STEP_SUMMARY")
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&ran.stderr);
    assert!(ran.status.success(), "{said}");
    let told = fs::read_to_string(&output).unwrap();
    let of = |name: &str| {
        let line = told.lines().find_map(|line| line.strip_prefix(&format!("{name}=")));
        line.unwrap_or_else(|| panic!("no {name} in {told}")).to_owned()
    };
    let (code, verdict) = (of("code"), of("verdict"));
    assert!(
        ["0 pass", "2 inconclusive"].contains(&format!("{code} {verdict}").as_str()),
        "{told}\n{said}"
    );
    let folder = of("folder");
    for name in [
        "verdict.json",
        "report.html",
        "junit.xml",
        "metrics.txt",
        "operations.csv",
    ] {
        assert!(Path::new(&folder).join(name).is_file(), "{name} in {folder}");
    }
    assert!(
        said.lines().any(|line| line.starts_with("::")),
        "the runner gets its annotations:\n{said}"
    );
}

/// Removes an image with all that was made on the way to it.
struct Image(String);

impl Image {
    fn docker(&self, arguments: &[&str]) -> Output {
        Command::new("docker").args(arguments).output().unwrap()
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        self.docker(&["image", "rm", "--force", &self.0]);
        self.docker(&["image", "prune", "--force", "--filter", "label=wblab.test=image"]);
    }
}

/// The context of a build whose first stage has the program already: here no registry gives a compiler.
fn context(folder: &Path) {
    let dockerfile = fs::read_to_string(root().join("Dockerfile")).unwrap();
    let (_, runtime) = dockerfile.split_once("\nFROM ${RUNTIME} AS runtime\n").unwrap();
    let built = "ARG RUNTIME\nFROM ${RUNTIME} AS build\nLABEL wblab.test=image\nCOPY wblab /out/wblab\n\
                 COPY ca-certificates.crt /etc/ssl/certs/ca-certificates.crt\n";
    fs::write(
        folder.join("Dockerfile"),
        format!("{built}\nFROM ${{RUNTIME}} AS runtime\n{runtime}"),
    )
    .unwrap();
    fs::copy(wblab().get_program(), folder.join("wblab")).unwrap();
    fs::copy("/etc/ssl/certs/ca-certificates.crt", folder.join("ca-certificates.crt")).unwrap();
    for name in ["LICENSE", "LICENSE-APACHE", "LICENSE-MIT", "NOTICE"] {
        fs::copy(root().join(name), folder.join(name)).unwrap();
    }
    fs::create_dir(folder.join("scenarios")).unwrap();
    fs::copy(root().join("scenarios/quick.toml"), folder.join("scenarios/quick.toml")).unwrap();
}

const BASE: &str = "localhost/wblab-base:trixie";

/// The base of all images; where none is there yet, the first docker world makes it.
fn base(image: &Image) {
    if image.docker(&["image", "inspect", BASE]).status.success() {
        return;
    }
    let sets = ["population.people=40", "load.constant_arrival_rate.measure=3s"];
    let made: Finished = Job::new(&["run", "scenarios/samba-smoke.toml"])
        .sets(&sets)
        .into_out()
        .finish();
    assert!(
        image.docker(&["image", "inspect", BASE]).status.success(),
        "{}",
        made.stderr
    );
}

#[test]
fn the_image_runs_a_scenario_without_network_rights_or_root() {
    if !require("docker") {
        return;
    }
    let _alone = alone();
    let image = Image(format!("localhost/wblab-tried:{}", std::process::id()));
    base(&image);
    let folder = tempfile::tempdir_in(scratch()).unwrap();
    context(folder.path());
    let built = image.docker(&[
        "build",
        "--quiet",
        "--build-arg",
        &format!("RUNTIME={BASE}"),
        "--label",
        "wblab.test=image",
        "--tag",
        &image.0,
        folder.path().to_str().unwrap(),
    ]);
    assert!(built.status.success(), "{}", String::from_utf8_lossy(&built.stderr));
    let confined = [
        "run",
        "--rm",
        "--network",
        "none",
        "--cap-drop",
        "ALL",
        "--security-opt",
        "no-new-privileges",
    ];
    let run = |arguments: &[&str]| image.docker(&[&confined[..], &[image.0.as_str()], arguments].concat());
    let version = run(&["--version"]);
    assert!(
        String::from_utf8_lossy(&version.stdout).starts_with("wblab 0."),
        "{version:?}"
    );
    let who = image.docker(&[&confined[..], &["--entrypoint", "id", &image.0, "-u"]].concat());
    assert_eq!(
        String::from_utf8_lossy(&who.stdout).trim(),
        "65532",
        "it is not root: {who:?}"
    );
    let sets = [
        "population.people=80",
        "load.constant_arrival_rate.measure=3s",
        "load.constant_arrival_rate.warm_up=1s",
    ];
    let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
    let ran = run(&[
        &[
            "run",
            "scenarios/quick.toml",
            "--json",
            "--set",
            "world.message_lifetime=2s",
        ][..],
        &sets,
    ]
    .concat());
    let (code, said) = (ran.status.code(), String::from_utf8_lossy(&ran.stderr));
    assert!([Some(0), Some(2)].contains(&code), "{code:?}: {said}");
    let verdict: history::Verdict = serde_json::from_slice(&ran.stdout).expect("the verdict alone");
    assert!(verdict.ops.applied > 0 && verdict.verdict != Mark::Fail, "{said}");
}
