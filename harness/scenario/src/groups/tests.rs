//! Groups are what the seed and the plan say: exact shares, skewed sizes, nobody twice.

use std::collections::BTreeSet;

use super::*;
use crate::people;

fn plan(seed: u64, more: &str) -> Plan {
    let text = format!(
        "schema = 1\nname = \"a\"\nwhy = \"b\"\nseed = {seed}\n[population]\npeople = 600\ngroups = {{ count = 60, memberships_per_person = 4 }}\n\
         [load.constant_arrival_rate]\nrate = \"5/s\"\nmeasure = \"2s\"\n\
         [[world.forests]]\ndomain = \"corp.test\"\nweight = 2\n[[world.forests]]\ndomain = \"lab.test\"\n\
         [[world.fine_grained_policies]]\nname = \"Admins\"\nprecedence = 1\napplies_to = \"1/7\"\n{more}"
    );
    let scenario = crate::parse("a.toml", &text, &[]).unwrap();
    Plan::resolve(&scenario, &crate::Choices::default())
}

fn groups(seed: u64) -> Vec<Vec<Group>> {
    let plan = plan(seed, "");
    memberships(&plan, &people(&plan))
}

#[test]
fn the_seed_alone_decides() {
    let digest = |seed| memberships_sha256(&groups(seed));
    assert_eq!(digest(1), digest(1));
    assert_ne!(digest(1), digest(2));
    assert_eq!(digest(1), GOLDEN, "a run of this seed is no longer the run it was");
}

const GOLDEN: &str = "1dfe24e249af5a3ad628acffa590aeadc497a0b210fb0dc1c526ab18357daab0";

#[test]
fn a_policys_group_has_exactly_its_share_of_each_forest() {
    let groups = groups(1);
    let sizes: Vec<usize> = groups.iter().map(|forest| forest[0].members.len()).collect();
    assert_eq!(sizes, [400 / 7, 200 / 7]);
    assert_eq!((groups[0][0].name.as_str(), groups[0][0].policy), ("Admins", Some(0)));
}

#[test]
fn another_policy_moves_nobody() {
    let more = "[[world.fine_grained_policies]]\nname = \"Board\"\nprecedence = 2\napplies_to = \"1/2\"\n";
    let more = plan(1, more);
    let with = memberships(&more, &people(&more));
    let without = groups(1);
    assert_eq!(with[0][0], without[0][0]);
    assert_eq!(with[1][2..], without[1][1..]);
}

#[test]
fn memberships_are_skewed_complete_and_stay_in_the_forest() {
    let plan = plan(1, "");
    let people = people(&plan);
    for (forest, groups) in memberships(&plan, &people).iter().enumerate() {
        let ordinary = &groups[1..];
        let all: usize = ordinary.iter().map(|group| group.members.len()).sum();
        let here = people.iter().filter(|person| person.forest == forest).count();
        assert_eq!(all, here * 4, "everybody is in four groups");
        for group in ordinary {
            assert!(group.members.windows(2).all(|pair| pair[0] < pair[1]), "nobody twice");
            let home = |member: &u64| people[usize::try_from(*member).unwrap()].forest == forest;
            assert!(group.members.iter().all(home));
        }
        let size = |number: usize| ordinary[number - 1].members.len();
        assert!(
            size(1) > here / 2 && size(1) > 2 * size(8) && size(8) > size(60),
            "{} {} {}",
            size(1),
            size(8),
            size(60)
        );
    }
}

#[test]
fn names_are_unique_and_some_are_awkward() {
    let groups = &groups(1)[0];
    let names: BTreeSet<String> = groups.iter().map(|group| group.name.to_lowercase()).collect();
    let sams: BTreeSet<String> = groups.iter().map(|group| group.sam.to_lowercase()).collect();
    assert_eq!((names.len(), sams.len()), (61, 61));
    assert!(
        groups
            .iter()
            .any(|group| !group.name.is_ascii() || group.name.contains([',', '"', '\\', '*', '(']))
    );
    assert!(groups[1].name.starts_with("Group 001 "), "{}", groups[1].name);
}

#[test]
fn groups_are_known_before_people_are() {
    let plan = plan(1, "");
    let names =
        |groups: Vec<Vec<Group>>| -> Vec<String> { groups.into_iter().flatten().map(|group| group.name).collect() };
    let empty = memberships(&plan, &[]);
    assert!(empty.iter().flatten().all(|group| group.members.is_empty()));
    assert_eq!(names(empty), names(memberships(&plan, &people(&plan))));
}
