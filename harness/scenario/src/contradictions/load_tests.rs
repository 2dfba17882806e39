//! Executors: each contradiction with the input that breaks it, and where it is said to be.

use std::fs;
use std::path::Path;

use crate::{Scenario, ScenarioError, parse};

const HEAD: &str = "schema = 1\nname = \"a\"\nwhy = \"b\"\nseed = 3\n[population]\npeople = 80\n";

fn read(folder: &Path, load: &str) -> Result<Scenario, ScenarioError> {
    let name = folder.join("a.toml").display().to_string();
    parse(&name, &format!("{HEAD}[load.{load}"), &[])
}

/// Line (from the table's own), column and message of each mistake.
fn told(load: &str) -> Vec<(usize, usize, String)> {
    match read(Path::new(""), load) {
        Ok(_) => Vec::new(),
        Err(ScenarioError::Mistakes { mistakes, .. }) => mistakes
            .into_iter()
            .map(|mistake| (mistake.line - HEAD.lines().count(), mistake.column, mistake.message))
            .collect(),
        Err(other) => panic!("{other}"),
    }
}

#[track_caller]
fn one(load: &str, line: usize, column: usize, part: &str) {
    let found = told(load);
    assert_eq!(found.len(), 1, "{load}: {found:?}");
    assert_eq!((found[0].0, found[0].1), (line, column), "{load}: {found:?}");
    assert!(found[0].2.contains(part), "{load}: {found:?}");
}

#[test]
fn each_executor_is_sound_with_what_it_must_have() {
    for load in [
        "constant_arrival_rate]\nrate = \"5/s\"\nmeasure = \"2s\"\n",
        "poisson_arrival_rate]\nrate = \"5/s\"\nmeasure = \"2s\"\n",
        "ramping_arrival_rate]\nstart_rate = \"0/s\"\nstages = [{ duration = \"2s\", target = \"5/s\" }]\n",
        "staged_arrival_rate]\nstages = [{ duration = \"2s\", rate = \"5/s\" }, { duration = \"2s\", rate = \"0/s\" }]\n",
        "spike_arrival_rate]\nbase_rate = \"0/s\"\npeak_rate = \"9/s\"\nrise = \"1s\"\nhalf_life = \"1s\"\nmeasure = \"5s\"\n",
        "closed]\nusers = 5\nthink_time = { constant = \"0s\" }\nmeasure = \"2s\"\n",
        "closed]\nusers = 5\nthink_time = { uniform = { min = \"1s\", max = \"1s\" } }\nmeasure = \"2s\"\n",
        "closed]\nusers = 5\nthink_time = { exponential = { mean = \"1s\" } }\nmeasure = \"2s\"\n",
    ] {
        assert_eq!(told(load), [], "{load}");
    }
}

#[test]
fn keys_of_another_executor_are_unknown() {
    one(
        "closed]\nusers = 5\nthink_time = { constant = \"0s\" }\nmeasure = \"2s\"\nstart_within = \"1s\"\n",
        5,
        1,
        "unknown key `start_within`",
    );
    one(
        "replay]\nfile = \"a.csv\"\nmeasure = \"2s\"\nunlocks = \"1/4\"\n",
        4,
        1,
        "unknown key `unlocks`",
    );
    one(
        "replay]\nfile = \"a.csv\"\nmeasure = \"2s\"\ntimeline = []\n",
        4,
        1,
        "unknown key `timeline`",
    );
    one(
        "closed]\nusers = 5\nthink_time = { constant = \"5\" }\nmeasure = \"2s\"\n",
        3,
        27,
        "is not a duration",
    );
    one(
        "closed]\nusers = 5\nthink_time = { normal = {} }\nmeasure = \"2s\"\n",
        3,
        16,
        "known are `constant`, `uniform`, `exponential`",
    );
    one(
        "ramping_arrival_rate]\nstart_rate = \"none\"\nstages = [{ duration = \"2s\", target = \"5/s\" }]\n",
        2,
        14,
        "is not a rate",
    );
    one(
        "ramping_arrival_rate]\nstart_rate = \"1/s\"\nstages = []\n",
        3,
        10,
        "must not be empty",
    );
}

#[test]
fn a_load_lasts_and_somebody_comes() {
    one(
        "poisson_arrival_rate]\nrate = \"5/s\"\nmeasure = \"0s\"\n",
        3,
        11,
        "longer than nothing",
    );
    one(
        "ramping_arrival_rate]\nstart_rate = \"1/s\"\nstages = [{ duration = \"0s\", target = \"5/s\" }]\n",
        3,
        10,
        "longer than nothing together",
    );
    one(
        "staged_arrival_rate]\nstages = [{ duration = \"1s\", rate = \"0/s\" }]\n",
        2,
        10,
        "nobody ever arrives",
    );
    one(
        "ramping_arrival_rate]\nstart_rate = \"0/s\"\nstages = [{ duration = \"1s\", target = \"0/s\" }]\n",
        2,
        14,
        "nobody ever arrives",
    );
    one(
        "ramping_arrival_rate]\nstart_rate = \"0/s\"\nwarm_up = \"1s\"\nstages = [{ duration = \"1s\", target = \"9/s\" }]\n",
        3,
        11,
        "nobody arrives while it warms up",
    );
    one(
        "constant_arrival_rate]\nrate = \"1_000_000/s\"\nmeasure = \"2h\"\n",
        2,
        8,
        "a billion arrivals",
    );
}

#[test]
fn a_spike_rises_and_has_a_tail() {
    let spike = |peak: &str, half_life: &str, measure: &str| {
        format!(
            "spike_arrival_rate]\nbase_rate = \"5/s\"\npeak_rate = \"{peak}\"\ncalm = \"1s\"\nrise = \"1s\"\nhold = \"1s\"\nhalf_life = \"{half_life}\"\nmeasure = \"{measure}\"\n"
        )
    };
    assert_eq!(told(&spike("9/s", "1s", "3001ms")), []);
    one(&spike("5/s", "1s", "9s"), 3, 13, "above `base_rate`");
    one(&spike("9/s", "0s", "9s"), 7, 13, "longer than nothing");
    one(&spike("9/s", "1s", "3s"), 8, 11, "nothing of `measure` for the tail");
}

#[test]
fn users_think_between_bounds_and_drop_nothing() {
    one(
        "closed]\nusers = 5\nthink_time = { uniform = { min = \"2s\", max = \"1s\" } }\nmeasure = \"2s\"\n",
        3,
        34,
        "above `max`",
    );
    one(
        "closed]\nusers = 5\nthink_time = { constant = \"1s\" }\nmeasure = \"2s\"\n[goals]\ndropped_ratio_max = \"0/1\"\n",
        6,
        21,
        "could not be missed",
    );
}

#[test]
fn a_timeline_is_read_beside_the_scenario_and_its_mistakes_have_its_places() {
    let folder = tempfile::tempdir().unwrap();
    let replay = "replay]\nfile = \"monday.csv\"\nwarm_up = \"1s\"\nmeasure = \"2s\"\n";
    let missing = read(folder.path(), replay).unwrap_err().to_string();
    assert!(
        missing.contains("a.toml:8:8: could not read") && missing.contains("monday.csv"),
        "{missing}"
    );

    let write = |text: &str| fs::write(folder.path().join("monday.csv"), text).unwrap();
    write("at_s,op\n0,reset\n1,rest\nx,unlock\n");
    let wrong = read(folder.path(), replay).unwrap_err().to_string();
    let lines: Vec<&str> = wrong.lines().collect();
    let at = folder.path().join("monday.csv").display().to_string();
    assert_eq!(lines.len(), 2, "{wrong}");
    assert!(
        lines[0].starts_with(&format!("{at}:3:3: `rest` is no operation")),
        "{wrong}"
    );
    assert!(lines[1].starts_with(&format!("{at}:4:1: `x` is no time")), "{wrong}");

    write("at_s,op\n0,reset\n3,unlock\n");
    let late = read(folder.path(), replay).unwrap_err().to_string();
    assert!(
        late.contains("a.toml:10:11: nothing of the timeline falls between 1s and 3s"),
        "{late}"
    );
    write("at_s,op\n0,reset\n2,change\n");
    let unasked = read(folder.path(), replay).unwrap_err().to_string();
    assert!(
        unasked.contains("monday.csv ask for `change`, but no persona does"),
        "{unasked}"
    );

    write("at_s,op\n0,reset\n2,unlock\n9,reset\n");
    assert!(read(folder.path(), replay).is_ok());
    let name = folder.path().join("a.toml").display().to_string();
    let set = ["load.replay.file=tuesday.csv".to_owned()];
    let gone = parse(&name, &format!("{HEAD}[load.{replay}"), &set)
        .unwrap_err()
        .to_string();
    assert!(
        gone.starts_with("--set load.replay.file=tuesday.csv: could not read"),
        "{gone}"
    );
    fs::write(folder.path().join("tuesday.csv"), "at_s,op\n0,rest\n").unwrap();
    let wrong = parse(&name, &format!("{HEAD}[load.{replay}"), &set)
        .unwrap_err()
        .to_string();
    assert!(wrong.contains("tuesday.csv:2:3: `rest`"), "{wrong}");
}
