//! Goals with what is wrong about them, and where it is said to be.

use crate::{Choices, Plan, ScenarioError, parse};

const GOOD: &str = "schema = 1\nname = \"a\"\nwhy = \"b\"\nseed = 3\n[population]\npeople = 80\n[load.constant_arrival_rate]\nrate = \"5/s\"\nmeasure = \"20s\"\n[goals]\n";
const CLOSED: &str = "schema = 1\nname = \"a\"\nwhy = \"b\"\nseed = 3\n[population]\npeople = 80\n[load.closed]\nusers = 5\nthink_time = { constant = \"1s\" }\nmeasure = \"20s\"\n[goals]\n";

/// Line, column and message of each mistake; lines count from the end of the head.
fn told_after(head: &str, more: &str) -> Vec<(usize, usize, String)> {
    match parse("x.toml", &format!("{head}{more}"), &[]) {
        Ok(_) => Vec::new(),
        Err(ScenarioError::Mistakes { mistakes, .. }) => mistakes
            .into_iter()
            .map(|mistake| (mistake.line - head.lines().count(), mistake.column, mistake.message))
            .collect(),
        Err(other) => panic!("{other}"),
    }
}

#[track_caller]
fn one_after(head: &str, more: &str, place: (usize, usize), part: &str) {
    let found = told_after(head, more);
    assert_eq!(found.len(), 1, "{more}: {found:?}");
    assert_eq!((found[0].0, found[0].1), place, "{more}: {found:?}");
    assert!(found[0].2.contains(part), "{more}: {found:?}");
}

#[track_caller]
fn one(more: &str, place: (usize, usize), part: &str) {
    one_after(GOOD, more, place, part);
}

fn plan(more: &str) -> Plan {
    let scenario = parse("x.toml", &format!("{GOOD}{more}"), &[]).unwrap();
    Plan::resolve(&scenario, &Choices::default())
}

#[test]
fn every_goal_has_its_name_and_its_limit_in_the_plan() {
    let plan = plan(
        "response_time_p999_max = \"3s\"\nservice_time_max = \"4s\"\nrejected_ratio_max = \"1/4\"\napplied_rate_min = \"90/min\"\n\
         memory_growth_max = \"1/20\"\nopen_files_growth_max = \"0/1\"\n\
         [goals.stages.write]\np99_max = \"80ms\"\n[goals.stages.network]\nmax = \"1s\"\n\
         [goals.personas.forgot]\nresponse_time_p99_max = \"2s\"\nunknown_ratio_max = \"0/1\"\n",
    );
    let goals: Vec<(&str, f64)> = plan.goals.iter().map(|goal| (goal.goal.as_str(), goal.limit)).collect();
    let expected = [
        ("response_time_p999_max", 3000.0),
        ("service_time_max", 4000.0),
        ("rejected_ratio_max", 0.25),
        ("applied_rate_min", 1.5),
        ("memory_growth_max", 0.05),
        ("open_files_growth_max", 0.0),
        ("stage.write.p99_max", 80.0),
        ("stage.network.max", 1000.0),
        ("persona.forgot.response_time_p99_max", 2000.0),
        ("persona.forgot.unknown_ratio_max", 0.0),
    ];
    assert_eq!(goals, expected);
    let told = plan.sentences();
    let told = told.last().unwrap();
    assert!(
        told.contains("stage write, p99 at most 80 ms; ") && told.contains("applied rate at least 1.5/s"),
        "{told}"
    );
}

#[test]
fn what_is_asked_has_another_digest_where_the_load_may_end_early() {
    let goal = "unknown_ratio_max = \"0/1\"\n";
    let without = plan(goal);
    assert_eq!(plan(&format!("{goal}abort_on_breach = false\n")).hash(), without.hash());
    let with = plan(&format!("{goal}abort_on_breach = true\n"));
    assert_ne!(with.hash(), without.hash());
    assert!(
        with.sentences()
            .last()
            .unwrap()
            .ends_with("can no longer hold, the load ends.")
    );
}

#[test]
fn a_stage_or_persona_that_is_unknown_is_told_with_those_that_are_known() {
    one(
        "[goals.stages.attic]\np99_max = \"1s\"\n",
        (1, 15),
        "`cloudstore`, `network`",
    );
    one(
        "[goals.personas.forgetful]\nunknown_ratio_max = \"0/1\"\n",
        (1, 17),
        "unknown name `forgetful`; known are `forgot`,",
    );
    one(
        "stages = { write = { p95_max = \"1s\" } }\n",
        (1, 22),
        "unknown key `p95_max`",
    );
    one(
        "[goals.personas.forgot]\nachieved_rate_min = \"5/s\"\n",
        (2, 1),
        "unknown key `achieved_rate_min`",
    );
    one("[goals.stages.write]\np99_max = \"fast\"\n", (2, 11), "not a duration");
}

#[test]
fn a_goal_of_nobody_and_a_table_without_a_goal_are_told() {
    one(
        "[goals.personas.impostor]\nunknown_ratio_max = \"0/1\"\n",
        (1, 1),
        "nobody is `impostor`",
    );
    one("[goals.stages.write]\n", (1, 1), "`write` sets no goal");
    one("[goals.personas.forgot]\n", (1, 1), "`forgot` sets no goal");
}

#[test]
fn nothing_is_dropped_in_a_closed_model_and_little_is_sure_there_before_the_end() {
    one_after(CLOSED, "dropped_ratio_max = \"0/1\"\n", (1, 21), "could not be missed");
    one_after(
        CLOSED,
        "[goals.personas.forgot]\ndropped_ratio_max = \"0/1\"\n",
        (2, 21),
        "could not be missed",
    );
    one_after(
        CLOSED,
        "abort_on_breach = true\nresponse_time_p99_max = \"1s\"\nfailed_ratio_max = \"1/9\"\n",
        (1, 19),
        "in a closed model",
    );
    for sure in ["response_time_max = \"1s\"\n", "failed_ratio_max = \"0/1\"\n"] {
        assert_eq!(told_after(CLOSED, &format!("abort_on_breach = true\n{sure}")), []);
    }
    one("abort_on_breach = true\n", (1, 19), "there is no goal");
    one(
        "abort_on_breach = true\nmemory_growth_max = \"0/1\"\n",
        (1, 19),
        "there is no goal",
    );
}
