//! The main job on a real Samba AD, every part in its container.

use std::process::Command;

use history::Mark;
use rustix::process::Signal;

use crate::main_job::expect_wires_searched;
use crate::support::{Job, alone, require};

/// The scenario, made small for what is not about its size.
const SMALL: [&str; 5] = [
    "population.people=60",
    "load.constant_arrival_rate.rate=5/s",
    "load.constant_arrival_rate.warm_up=1s",
    "load.constant_arrival_rate.measure=6s",
    "world.lockout.threshold=3",
];

/// Enough people for a snapshot; most of them can be reset at once, and some are refused.
const THOUSAND: [&str; 2] = [
    "population.people=1000",
    "population.personas={ forgot = 12, weak_password = 6, locked_out = 1, locked_out_and_forgot = 1 }",
];

/// Containers, networks and volumes that carry the label of a process's run.
fn labelled(pid: u32) -> Vec<String> {
    let owner = format!("label=wblab.pid={pid}");
    let kinds: [&[&str]; 3] = [&["ps", "-a"], &["network", "ls"], &["volume", "ls"]];
    let list = |kind: &[&str]| {
        let answer = Command::new("docker")
            .args(kind)
            .args(["-q", "--filter", &owner])
            .output()
            .unwrap();
        assert!(answer.status.success(), "docker {kind:?}");
        String::from_utf8(answer.stdout)
            .unwrap()
            .lines()
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    kinds.into_iter().flat_map(list).collect()
}

/// Nothing of a process's run is left in the engine. Others' worlds may stand beside it.
#[track_caller]
pub fn expect_no_leftovers(pid: u32) {
    assert_eq!(labelled(pid), Vec::<String>::new(), "these carry the run's label");
}

#[test]
fn the_main_job_passes_on_a_real_samba() {
    if !require("docker") {
        return;
    }
    let _alone = alone();
    let finished = Job::new(&["run", "scenarios/samba-smoke.toml"]).into_out().finish();
    let finished = finished.expect_code(0, "a sound run passes on Samba");
    let verdict = finished.verdict();
    assert_eq!((verdict.verdict, verdict.world.as_str()), (Mark::Pass, "docker"));
    let (resets, unlocks) = (verdict.ops_by_kind.reset.applied, verdict.ops_by_kind.unlock.applied);
    assert!(resets >= 100 && unlocks >= 25, "{resets} resets, {unlocks} unlocks");
    assert_eq!(verdict.ops.unknown, 0);
    assert_eq!(verdict.probed.people, verdict.probed.of);
    assert!(verdict.locks_proven > 0);
    for log in [
        "cloud.log",
        "relay1.log",
        "gateway.log",
        "agent.log",
        "dc1.log",
        "agent-events.jsonl",
    ] {
        assert!(finished.folder().logs().join(log).is_file(), "logs/{log}");
    }
    finished.expect_nothing_left();
    expect_no_leftovers(finished.pid());
}

#[test]
fn a_killed_run_is_swept_at_the_next_start_and_a_wrong_agent_is_found_in_its_container() {
    if !require("docker") {
        return;
    }
    let _alone = alone();
    let mut job = Job::new(&["run", "scenarios/samba-smoke.toml"])
        .sets(&SMALL)
        .into_out()
        .start();
    job.until_it_says("measure");
    job.signal(Signal::KILL);
    let killed = job.finish();
    assert_eq!(killed.code(), None, "killed");
    let pid = killed.pid();
    assert!(
        labelled(pid).len() >= 7,
        "five containers and two networks stay: {:?}",
        labelled(pid)
    );

    let finished = Job::wrong("forgets-unlock", &["run", "scenarios/samba-smoke.toml"])
        .sets(&SMALL)
        .sets(&["world.capture=true"])
        .into_out()
        .finish();
    assert!(
        finished.stderr.contains("removed what a dead run left"),
        "{}",
        finished.stderr
    );
    let finished = finished.expect_code(1, "a forgotten unlock is found on Samba too");
    let verdict = finished.verdict();
    for check in ["unlock-unlocks-and-changes-no-password", "reset-also-unlocks"] {
        let finding = verdict.findings.iter().find(|finding| finding.check == check).unwrap();
        assert_eq!(finding.verdict, Mark::Fail, "{check}: {}", finding.why);
        assert!(
            finding
                .violations
                .iter()
                .all(|violation| violation.contains("@corp.test")),
            "{finding:?}"
        );
    }
    expect_wires_searched(&finished);
    expect_no_leftovers(pid);
    expect_no_leftovers(finished.pid());
}

#[test]
fn a_populated_domain_is_kept_and_restored_with_new_secrets() {
    if !require("docker") {
        return;
    }
    let _alone = alone();
    let run = || {
        let job = Job::new(&["run", "scenarios/samba-smoke.toml", "--seed", "77"]);
        let job = job.sets(&SMALL).sets(&THOUSAND).into_out();
        job.finish().expect_code(0, "a run on a populated domain passes")
    };
    run();
    let again = run();
    assert!(
        again.stderr.contains("corp.test is restored from a snapshot"),
        "the second run makes no domain of its own:\n{}",
        again.stderr
    );
    let verdict = again.verdict();
    assert_eq!((verdict.verdict, verdict.probed.people), (Mark::Pass, 1000));
    let held = "directory-holds-acknowledged";
    let finding = verdict.findings.iter().find(|finding| finding.check == held).unwrap();
    assert_eq!(
        (finding.verdict, finding.checked),
        (Mark::Pass, 1000),
        "everybody's password is in the database"
    );
    again.expect_nothing_left();
    expect_no_leftovers(again.pid());
}
