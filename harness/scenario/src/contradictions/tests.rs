//! Each contradiction with the input that breaks it, and where it is said to be.

use super::told::{GOOD, one, told};
use crate::{ScenarioError, parse};

/// `GOOD` with its population replaced.
fn people(population: &str) -> Vec<String> {
    let text = GOOD.replace("people = 80\n", population);
    match parse("x.toml", &text, &[]) {
        Ok(_) => Vec::new(),
        Err(ScenarioError::Mistakes { mistakes, .. }) => mistakes
            .into_iter()
            .map(|mistake| format!("{}:{} {}", mistake.line, mistake.column, mistake.message))
            .collect(),
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn a_whole_forest_of_everything_is_no_contradiction() {
    let more = "[[world.forests]]\ndomain = \"corp.test\"\ndomain_controllers = 3\npdc = 2\npreferred_dcs = [3, 1]\nunits = [\"Sales\", \"R&D (Zürich)\"]\n\
                [[world.forests]]\ndomain = \"lab.test\"\nfunctional_level = \"2008_r2\"\nweight = 3\n\
                [[world.fine_grained_policies]]\nname = \"Admins\"\nprecedence = 1\napplies_to = \"1/10\"\nmin_length = 9\n\
                [[faults]]\nat = \"9s\"\nwhat.move_pdc.to = 2\n[[faults]]\nat = \"5s\"\nwhat.move_pdc = { forest = 1, to = 3 }\n";
    assert_eq!(told(more), []);
}

#[test]
fn domain_controllers_are_there() {
    let forest = "[[world.forests]]\ndomain = \"corp.test\"\n";
    one(
        &format!("{forest}domain_controllers = 2\npdc = 3\n"),
        4,
        7,
        "has 2 domain controllers",
    );
    one(&format!("{forest}pdc = 2\n"), 3, 7, "has one domain controller");
    one(&format!("{forest}preferred_dcs = [1]\n"), 3, 17, "nothing to prefer");
    one(
        &format!("{forest}domain_controllers = 2\npreferred_dcs = [2, 0]\n"),
        4,
        21,
        "counted from 1",
    );
    one(
        &format!("{forest}domain_controllers = 2\npreferred_dcs = [2, 3]\n"),
        4,
        21,
        "names 3",
    );
    one(
        &format!("{forest}domain_controllers = 2\npreferred_dcs = [2, 2]\n"),
        4,
        21,
        "twice",
    );
}

#[test]
fn forests_are_laboratories_and_differ() {
    one("[[world.forests]]\ndomain = \"corp.local\"\n", 2, 10, "no laboratory");
    one(
        "[[world.forests]]\n[[world.forests]]\ndomain = \"Corp.test\"\n",
        3,
        10,
        "another forest",
    );
}

#[test]
fn units_have_names_that_writeback_gets_over() {
    let units = |names: &str| format!("[[world.forests]]\nunits = [{names}]\n");
    for (name, part) in [
        ("\"\"", "must not be empty"),
        ("\" a\"", "begins with a space or `#`"),
        ("\"#a\"", "begins with a space or `#`"),
        ("\"a \"", "ends with a space"),
        ("\"a,b\"", "holds `,`"),
        ("\"a+b\"", "holds `+`"),
        ("'a\"b'", "holds `\\\"`"),
        ("'a\\b'", "holds `\\\\`"),
        ("\"a<b\"", "holds `<`"),
        ("\"a>b\"", "holds `>`"),
        ("\"a;b\"", "holds `;`"),
        ("\"a=b\"", "holds `=`"),
        ("\"a/b\"", "holds `/`"),
        ("\"a\\nb\"", "holds `\\n`"),
        ("\"a\\rb\"", "holds `\\r`"),
    ] {
        one(&units(name), 2, 10, part);
    }
    one(&units("\"a\\tb\""), 2, 10, "password writeback fails");
    one(&units(&format!("\"{}\"", "a".repeat(65))), 2, 10, "more than 64");
    one(&units("\"Sales\", \"sALES\""), 2, 19, "named twice");
    assert_eq!(told(&units("\"R&D (Zürich)\", \"a#b\", \"O'Hara\"")), []);
}

#[test]
fn fine_grained_policies_differ_and_have_plain_names() {
    let policy = |name: &str, precedence: u32| {
        format!("[[world.fine_grained_policies]]\nname = \"{name}\"\nprecedence = {precedence}\napplies_to = \"1/4\"\n")
    };
    for name in ["", "-a", "a,b", "Zürich", " a", "a ", &"a".repeat(41)] {
        one(&policy(name, 1), 2, 8, "may hold letters");
    }
    one(&format!("{}{}", policy("A", 1), policy("a", 2)), 6, 8, "is called");
    one(
        &format!("{}{}", policy("A", 1), policy("B", 1)),
        7,
        14,
        "precedence 1 already",
    );
    one(
        &format!("{}lockout_threshold = 0\n", policy("A", 1)),
        5,
        21,
        "never locks",
    );
}

#[test]
fn faults_happen_to_what_is_there_while_load_runs() {
    let world = "[[world.forests]]\ndomain_controllers = 2\n[[world.forests]]\ndomain = \"b.test\"\n";
    let fault = |at: &str, what: &str| format!("{world}[[faults]]\nat = \"{at}\"\nwhat.move_pdc = {{ {what} }}\n");
    assert_eq!(told(&fault("19999ms", "to = 2")), []);
    one(&fault("20s", "to = 2"), 6, 6, "the load is over after 20s");
    one(&fault("1s", "to = 3"), 7, 24, "corp.test has 2 domain controllers");
    one(
        &fault("1s", "to = 1"),
        7,
        24,
        "is the PDC emulator at that time already",
    );
    one(&fault("1s", "to = 2, forest = 3"), 7, 36, "has 2 of them");
    one(
        &fault("1s", "forest = 2, to = 2"),
        7,
        36,
        "b.test has one domain controller",
    );
}

#[test]
fn a_role_is_where_the_moves_before_put_it() {
    let world = "[[world.forests]]\ndomain_controllers = 2\n";
    let fault = |at: u32, to: u32| format!("[[faults]]\nat = \"{at}s\"\nwhat.move_pdc.to = {to}\n");
    let moves = |moves: &[(u32, u32)]| -> String {
        let faults: String = moves.iter().map(|(at, to)| fault(*at, *to)).collect();
        format!("{world}{faults}")
    };
    assert_eq!(told(&moves(&[(9, 1), (3, 2)])), []);
    one(&moves(&[(9, 2), (3, 2)]), 5, 20, "at that time already");
    assert_eq!(told(&moves(&[(3, 2), (6, 1), (9, 2)])), []);
}

#[test]
fn states_of_accounts_leave_people_who_come() {
    let accounts = |accounts: &str| people(&format!("people = 80\naccounts = {{ {accounts} }}\n"));
    assert_eq!(accounts("disabled = \"1/4\", expired = \"1/10\""), Vec::<String>::new());
    let one = |found: Vec<String>, place: &str, part: &str| {
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(place) && found[0].contains(part), "{found:?}");
    };
    one(accounts("usual = \"1/4\""), "7:22", "leave it out");
    one(
        accounts("disabled = \"2/3\", must_change = \"2/5\""),
        "7:12",
        "more than everybody",
    );
    one(
        accounts("must_change = \"3/4\""),
        "7:12",
        "only 44 people do not start locked",
    );
    let all_at_home = "people = 80\npersonas = { forgot = 1, locked_out = 1 }\naccounts = { smartcard = \"1/2\" }\n";
    one(people(all_at_home), "8:12", "keeps everybody who does at home");
}

#[test]
fn nobody_is_in_more_groups_than_there_are() {
    let groups = |count: u32, each: u32| {
        people(&format!(
            "people = 80\ngroups = {{ count = {count}, memberships_per_person = {each} }}\n"
        ))
    };
    assert_eq!(groups(3, 3), Vec::<String>::new());
    let found = groups(3, 4);
    assert!(
        found[0].starts_with("7:48") && found[0].contains("in 4 groups where there are 3"),
        "{found:?}"
    );
}
