//! Goals by stage and persona through the whole chain, and a load that ends when a goal can no longer hold.

use std::fs;

use history::{Mark, Phase};

use crate::support::{Finished, Job, alone, phases, scratch};

/// A scenario of a hundred people with these goals.
fn run(load: &str, goals: &str) -> Finished {
    let folder = tempfile::tempdir_in(scratch()).unwrap();
    let text = format!(
        "schema = 1\nname = \"small\"\nwhy = \"Goals, small.\"\nseed = 1\n[world]\nmessage_lifetime = \"2s\"\n\
         [world.directory.service_time]\nreset = \"40ms\"\n\
         [population]\npeople = 100\npersonas = {{ forgot = 8, weak_password = 4, locked_out = 8 }}\n\
         [load.constant_arrival_rate]\n{load}[goals]\n{goals}"
    );
    let path = folder.path().join("small.toml");
    fs::write(&path, text).unwrap();
    Job::new(&["run", path.to_str().unwrap()]).into_out().finish()
}

#[test]
fn a_goal_of_a_stage_fails_where_the_stage_is_slow_and_a_persona_has_its_own() {
    let _alone = alone();
    let finished = run(
        "rate = \"10/s\"\nwarm_up = \"1s\"\nmeasure = \"3s\"\n",
        "service_time_max = \"30s\"\nrejected_ratio_max = \"1/1\"\napplied_rate_min = \"1/s\"\n\
         [goals.stages.write]\np99_max = \"20ms\"\n[goals.stages.network]\nmax = \"30s\"\n\
         [goals.personas.locked_out]\nresponse_time_p50_max = \"30s\"\nunknown_ratio_max = \"0/1\"\n\
         [goals.personas.weak_password]\nrejected_ratio_max = \"0/1\"\n",
    )
    .expect_code(1, "a write takes 40 ms, and a weak password is refused");
    let verdict = finished.verdict();
    let failed: Vec<&str> = verdict
        .goals
        .iter()
        .filter(|goal| goal.verdict == Mark::Fail)
        .map(|goal| goal.goal.as_str())
        .collect();
    assert_eq!(
        failed,
        ["stage.write.p99_max", "persona.weak_password.rejected_ratio_max"]
    );
    let passed = verdict.goals.iter().filter(|goal| goal.verdict == Mark::Pass).count();
    assert_eq!((passed, verdict.goals.len()), (6, 8), "{:?}", verdict.goals);
    assert!(verdict.ended_early.is_none());
    assert!(finished.stdout.contains("stage write, p99"), "{}", finished.stdout);
}

#[test]
fn a_load_ends_when_its_goal_can_no_longer_hold_and_all_it_did_is_still_proven() {
    let _alone = alone();
    let finished = run(
        "rate = \"20/s\"\nwarm_up = \"1s\"\nmeasure = \"60s\"\n",
        "abort_on_breach = true\nresponse_time_p99_max = \"15ms\"\nunknown_ratio_max = \"0/1\"\n",
    )
    .expect_code(1, "a reset takes 40 ms");
    let (folder, verdict) = (finished.folder(), finished.verdict());
    let early = verdict.ended_early.as_ref().unwrap();
    assert_eq!(early.goals, ["response_time_p99_max"]);
    assert!(
        early.measured_ms < 15_000.0 && early.planned_ms == 60_000.0,
        "{early:?}"
    );
    assert!(early.spared > 800, "{early:?}");
    let marks: Vec<(&str, Mark)> = verdict
        .goals
        .iter()
        .map(|goal| (goal.goal.as_str(), goal.verdict))
        .collect();
    assert_eq!(
        marks,
        [
            ("response_time_p99_max", Mark::Fail),
            ("unknown_ratio_max", Mark::Inconclusive)
        ]
    );
    for finding in &verdict.findings {
        assert_ne!(finding.verdict, Mark::Fail, "{finding:?}");
    }
    for check in ["run-complete", "every-arrival-accounted", "probe-complete"] {
        let finding = verdict.findings.iter().find(|finding| finding.check == check).unwrap();
        assert_eq!(finding.verdict, Mark::Pass, "{finding:?}");
    }
    let manifest = folder.manifest().unwrap();
    assert_eq!(verdict.ops.started() + verdict.ops.dropped, manifest.arrivals);
    let (entered, torn) = phases(&folder);
    assert!(
        !torn && entered.contains(&Phase::Probe) && !entered.contains(&Phase::Interrupted),
        "{entered:?}"
    );
    assert!(finished.stderr.contains("the load ends early"), "{}", finished.stderr);
    let page = fs::read_to_string(folder.path("report.html")).unwrap();
    for face in [&finished.stdout, &page] {
        assert!(face.contains("The load was ended early, after"), "{face}");
    }
    finished.expect_nothing_left();
}
