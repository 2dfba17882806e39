//! The conformance suite from outside: the command, its exit codes, and that it can fail.

use std::path::Path;

use rustix::process::Signal;
use serde_json::Value;

use crate::docker_job::expect_no_leftovers;
use crate::support::{Finished, Job, Standing, alone, eventually, require};

/// The result alone, as it was printed.
fn result(finished: &Finished) -> Value {
    assert_eq!(
        finished.stdout.lines().count(),
        1,
        "one line of JSON: {}",
        finished.stdout
    );
    serde_json::from_str(&finished.stdout).unwrap()
}

/// Nothing unexplained, nothing stale, and many probes.
#[track_caller]
fn expect_sound(finished: &Finished, directory: &str) {
    let result = result(finished);
    let differences = result["differences"].as_array().unwrap();
    for difference in differences {
        assert_eq!(difference["known"], true, "{difference}");
        assert_eq!(difference["directory"], directory, "{difference}");
        for key in ["probe", "expected", "observed", "reason"] {
            assert!(!difference[key].as_str().unwrap().is_empty(), "{key} of {difference}");
        }
    }
    let (probes, passed) = (result["probes"].as_u64().unwrap(), result["passed"].as_u64().unwrap());
    assert!(probes >= 80, "{probes} probes");
    assert_eq!(passed, probes - differences.len() as u64);
    assert_eq!(result["stale"].as_array().unwrap().len(), 0, "{}", result["stale"]);
    assert_eq!(result["skipped"].as_array().unwrap().len(), 0, "{}", result["skipped"]);
}

#[test]
fn the_embedded_directory_answers_as_it_should() {
    let finished = Job::new(&["conformance", "--json"]).finish();
    let finished = finished.expect_code(0, "the embedded directory has no unexplained difference");
    expect_sound(&finished, "embedded");
    finished.expect_nothing_left();
}

#[test]
fn a_real_samba_answers_as_it_should() {
    if !require("docker") {
        return;
    }
    let _alone = alone();
    let finished = Job::new(&["conformance", "--world", "docker", "--json"]).finish();
    let finished = finished.expect_code(0, "Samba has no unexplained difference");
    expect_sound(&finished, "samba");
    finished.expect_nothing_left();
    expect_no_leftovers(finished.pid());
}

#[test]
fn a_samba_that_is_cut_short_leaves_nothing() {
    if !require("docker") {
        return;
    }
    let _alone = alone();
    let job = Job::new(&["conformance", "--world", "docker", "--group", "resets"]).start();
    eventually(std::time::Duration::from_secs(300), "the first probes", || {
        job.said().contains("probing ldaps://").then_some(())
    });
    job.signal(Signal::INT);
    let finished = job.finish().expect_code(2, "it was cut short");
    finished.expect_nothing_left();
    expect_no_leftovers(finished.pid());
}

/// The arguments that reach the directory of a standing world.
fn reach(standing: &Standing) -> Vec<String> {
    let directory = &standing.told.directories[0];
    let path = |path: &Path| path.to_str().unwrap().to_owned();
    [
        directory.url.clone(),
        "--ca-file".to_owned(),
        path(&standing.told.ca_file),
        "--bind-dn".to_owned(),
        directory.admin_bind_dn.clone(),
        "--password-file".to_owned(),
        path(&directory.admin_password_file),
    ]
    .into()
}

#[test]
fn a_directory_by_its_url_is_probed_and_one_with_a_wrong_manner_is_found() {
    let sets = ["population.people=10", "world.policy.old_password_allowed=1h"];
    let standing = Standing::up(&["scenarios/quick.toml"], &sets);
    let reach = reach(&standing);
    let reach: Vec<&str> = reach.iter().map(String::as_str).collect();
    let all = Job::new(&["conformance", "--json"]).with(&reach).finish();
    let all = all.expect_code(0, "its grace period is its own setting, and known");
    let told = result(&all);
    assert_eq!(told["directory"], "embedded");
    let skipped = told["skipped"].as_array().unwrap();
    assert!(
        !skipped.is_empty(),
        "without the agent's account its probes are skipped"
    );
    let known = |name: &str| {
        let differences = told["differences"].as_array().unwrap();
        differences.iter().any(|difference| difference["probe"] == name)
    };
    assert!(known("bind-old-password-after-reset") && known("bind-old-password-after-change"));

    // The wrong unit: nothing was delegated at the domain's head, so the agent's rights do not reach there.
    let directory = &standing.told.directories[0];
    let agent = [
        "--agent-bind-dn",
        directory.agent_bind_dn.as_str(),
        "--agent-password-file",
        directory.agent_password_file.to_str().unwrap(),
        "--below",
        directory.base_dn.as_str(),
        "--group",
        "rights",
    ];
    let wrong = Job::new(&["conformance", "--json"]).with(&reach).with(&agent).finish();
    let wrong = wrong.expect_code(1, "an unexplained difference ends with 1");
    let told = result(&wrong);
    let unexplained = told["differences"].as_array().unwrap().iter();
    let unexplained: Vec<_> = unexplained.filter(|difference| difference["known"] == false).collect();
    assert!(
        unexplained
            .iter()
            .any(|difference| difference["probe"] == "agent-resets"),
        "{unexplained:?}"
    );
    standing.down();
}

#[test]
fn what_is_no_laboratory_and_what_is_not_there_is_said() {
    let ca = std::env::temp_dir().join("nobody.pem");
    let ca = ca.to_str().unwrap();
    let reach = |url: &'static str| {
        Job::new(&[
            "conformance",
            url,
            "--bind-dn",
            "x",
            "--password-file",
            "Cargo.toml",
            "--ca-file",
            ca,
        ])
        .finish()
    };
    for url in ["ldap://dc1.corp.test", "ldaps://login.microsoftonline.com"] {
        let refused = reach(url).expect_code(64, url);
        assert!(refused.stderr.contains("wblab: "), "{}", refused.stderr);
    }
    for arguments in [
        &["conformance", "ldaps://dc1.corp.test"][..],
        &["conformance", "--group", "nonsense"],
        &["conformance", "--agent-bind-dn", "x"],
        &["conformance", "ldaps://dc1.corp.test", "--world", "docker"],
    ] {
        Job::new(arguments).finish().expect_code(64, &format!("{arguments:?}"));
    }
}

#[test]
fn the_probes_are_listed() {
    let listed = Job::new(&["conformance", "--list", "--group", "lockouts"]).finish();
    let listed = listed.expect_code(0, "a list is no trial");
    assert!(listed.stdout.contains("lockout-threshold") && listed.stdout.contains("MS-SAMR"));
    assert!(!listed.stdout.contains("bind-by-dn"), "{}", listed.stdout);
}
