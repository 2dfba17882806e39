//! Executors other than the constant rate, through the whole chain.

use std::fs;

use history::Mark;
use vocabulary::OpKind;

use crate::support::{Finished, Job, alone, ops, scratch};

/// A scenario of a hundred people, a few seconds long, whose folder also holds `more`.
fn run(load: &str, more: &[(&str, &str)]) -> Finished {
    let folder = tempfile::tempdir_in(scratch()).unwrap();
    let text = format!(
        "schema = 1\nname = \"small\"\nwhy = \"An executor, small.\"\nseed = 1\n[world]\nmessage_lifetime = \"2s\"\n\
         [population]\npeople = 100\npersonas = {{ forgot = 8, weak_password = 4, locked_out = 8 }}\n[load.{load}"
    );
    fs::write(folder.path().join("small.toml"), text).unwrap();
    for (name, text) in more {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let scenario = folder.path().join("small.toml").display().to_string();
    Job::new(&["run", &scenario]).into_out().finish()
}

#[test]
fn users_of_a_closed_model_wait_for_their_answers() {
    let _alone = alone();
    let finished = run(
        "closed]\nusers = 6\nthink_time = { uniform = { min = \"50ms\", max = \"150ms\" } }\nwarm_up = \"1s\"\nmeasure = \"3s\"\n",
        &[],
    );
    let folder = finished.folder();
    let (verdict, manifest) = (finished.verdict(), folder.manifest().unwrap());
    assert_eq!(manifest.executor, "closed");
    let accounted = verdict
        .findings
        .iter()
        .find(|finding| finding.check == "every-arrival-accounted");
    assert_eq!(accounted.unwrap().verdict, Mark::Pass, "{accounted:?}");
    assert_eq!(verdict.ops.dropped, 0);
    assert_eq!(verdict.ops.started(), manifest.arrivals);
    let mut ops = ops(&folder);
    ops.sort_unstable_by_key(|op| op.intended_us);
    let mut under_way: Vec<u64> = Vec::new();
    for op in &ops {
        under_way.retain(|end| *end > op.intended_us);
        under_way.push(op.finished_us);
        assert!(under_way.len() <= 6, "six users have six operations under way at most");
    }
    assert!(ops.len() > 24, "{}: each begins again and again", ops.len());
    let page = fs::read_to_string(folder.path("report.html")).unwrap();
    assert!(
        page.contains("closed model") && !page.contains("arrivals planned"),
        "the report claims no open model"
    );
}

#[test]
fn a_recorded_timeline_comes_once_more() {
    let _alone = alone();
    let timeline = "at_s,op\n0.1,reset\n0.5,unlock\n1.25,reset\n1.25,unlock\n2.5,unlock\n3,reset\n9,reset\n";
    let finished = run(
        "replay]\nfile = \"monday.csv\"\nwarm_up = \"1s\"\nmeasure = \"3s\"\n",
        &[("monday.csv", timeline)],
    );
    let folder = finished.folder();
    let mut came: Vec<(u64, OpKind)> = ops(&folder).iter().map(|op| (op.intended_us, op.op)).collect();
    came.sort_unstable();
    let begin = came[0].0 - 100_000;
    came.iter_mut().for_each(|(at_us, _)| *at_us -= begin);
    let expected = [
        (100_000, OpKind::Reset),
        (500_000, OpKind::Unlock),
        (1_250_000, OpKind::Reset),
        (1_250_000, OpKind::Unlock),
        (2_500_000, OpKind::Unlock),
        (3_000_000, OpKind::Reset),
    ];
    assert_eq!(came, expected);
    assert_eq!(
        folder.manifest().unwrap().arrivals,
        6,
        "what comes after the end is left out"
    );
}

#[test]
fn a_rush_is_offered_where_the_curve_says() {
    let _alone = alone();
    let finished = run(
        "spike_arrival_rate]\nbase_rate = \"4/s\"\npeak_rate = \"44/s\"\nwarm_up = \"1s\"\nrise = \"1s\"\nhalf_life = \"1s\"\nmeasure = \"4s\"\n",
        &[],
    );
    let verdict = finished.verdict();
    let manifest = finished.folder().manifest().unwrap();
    // 4 in the warm-up; then 16, and above them 20 in the rise and 40 / ln 2 * 7/8 in the tail, which is 50.5.
    assert!((90..=91).contains(&manifest.arrivals), "{}", manifest.arrivals);
    assert_eq!(verdict.ops.started() + verdict.ops.dropped, manifest.arrivals);
    assert_eq!(verdict.ops.unknown + verdict.ops.failed, 0, "{:?}", verdict.ops);
}

#[test]
fn a_soak_runs_in_small_as_it_does_for_an_hour() {
    let _alone = alone();
    let sets = [
        "population.people=400",
        "load.constant_arrival_rate.rate=20/s",
        "load.constant_arrival_rate.warm_up=1s",
        "load.constant_arrival_rate.measure=6s",
        "world.message_lifetime=3s",
        // What has hardly begun still grows.
        "goals.memory_growth_max=1/1",
        "goals.open_files_growth_max=1/1",
    ];
    let job = Job::new(&["run", "scenarios/soak.toml"]).sets(&sets).into_out();
    let finished = job
        .finish()
        .expect_code(0, "what is whole in small may be tried for long");
    let verdict = finished.verdict();
    assert_eq!(verdict.verdict, Mark::Pass);
    assert_eq!(verdict.ops.applied + verdict.ops.rejected, 140);
    finished.expect_nothing_left();
}
