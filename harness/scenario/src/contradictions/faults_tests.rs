//! Each rule of faults with the input that breaks it, and where it is said to be.

use super::told::{GOOD, one, told};
use crate::{FaultKind, WorldKind, parse};

/// A fault as a file has it: what happens, and the lines that go with it.
fn fault(what: &str, more: &str) -> String {
    format!("[[faults]]\nat = \"3s\"\nwhat = {what}\n{more}\n")
}

/// Kinds that last, with what each needs.
const LASTING: [&str; 12] = [
    "{ restart_storm = { part = \"relay\", times = 5 } }",
    "{ kill_agent_at = { moment = \"after_write\" } }",
    "{ limit_memory = { part = \"agent\", mebibytes = 64 } }",
    "{ journal_torn = { how = \"cut_short\" } }",
    "{ lose_requests = { share = \"1/2\" } }",
    "{ lose_responses = {} }",
    "{ duplicate_requests = { copies = 9 } }",
    "{ hold_requests = { by = \"90s\" } }",
    "{ skew_clock = { part = \"agent\", by = \"-5min\" } }",
    "{ slow_directory = { by = \"2s\" } }",
    "{ tighten_policy = { min_length = 20 } }",
    "{ duplicate_anchor = { count = 3 } }",
];

/// Kinds that last and need nothing.
const WORDS: [&str; 22] = [
    "journal_full",
    "journal_lost",
    "reorder_requests",
    "swap_requests",
    "corrupt_requests",
    "replay_requests",
    "oversize_requests",
    "delete_listener",
    "unanswered",
    "lose_agent_key",
    "read_only_directory",
    "full_directory",
    "remove_rights",
    "lock_service_account",
    "disable_service_account",
    "change_service_password",
    "flip_lockout_policy",
    "pause_replication",
    "revoke_licence",
    "disable_writeback",
    "disable_unlock",
    "require_newer_agent",
];

/// Kinds that break an edge.
const EDGES: [&str; 10] = [
    "{ partition = { direction = \"to_client\" } }",
    "\"half_open\"",
    "{ idle_drop = { after = \"4s\" } }",
    "{ delay = { by = \"200ms\", jitter = \"50ms\" } }",
    "{ loss = { ratio = \"1/10\" } }",
    "{ reset = { ratio = \"1/3\" } }",
    "{ slow_link = { bytes_per_second = 2000 } }",
    "{ corrupt = { ratio = \"1/100\" } }",
    "\"truncate\"",
    "{ slice = { bytes = 1 } }",
];

/// Kinds that are over at once.
const INSTANTS: [&str; 7] = [
    "\"expire_tokens\"",
    "\"rotate_listen_key\"",
    "\"rotate_send_key\"",
    "\"roll_agent_key\"",
    "{ rename_people = { share = \"1/9\" } }",
    "{ delete_people = { count = 2 } }",
    "{ move_pdc = { to = 2 } }",
];

/// One of each kind, with whether it lasts and whether it breaks an edge.
fn every_kind() -> Vec<(String, bool, bool)> {
    let lasting = |what: &str| (what.to_owned(), true, false);
    let edge = |what: &str| (what.to_owned(), true, true);
    let instant = |what: &str| (what.to_owned(), false, false);
    let part = |name: &str| lasting(&format!("{{ {name} = {{ part = \"dc\" }} }}"));
    let word = |name: &str| lasting(&format!("\"{name}\""));
    let mut all: Vec<(String, bool, bool)> = ["kill", "stop", "pause", "expire_certificate"].map(part).into();
    all.extend(["wrong_name_certificate", "unknown_authority"].map(part));
    all.extend(LASTING.map(lasting));
    all.extend(WORDS.map(word));
    all.extend(EDGES.map(edge));
    all.extend(INSTANTS.map(instant));
    all
}

fn world_of(what: &str) -> &'static str {
    if what.contains("pause =") || what.contains("limit_memory") {
        "[world]\nkind = \"docker\"\n[[world.forests]]\ndomain_controllers = 2\n"
    } else {
        "[[world.forests]]\ndomain_controllers = 2\n"
    }
}

#[test]
fn every_kind_is_read_and_told_in_a_sentence_of_its_own() {
    let mut sentences = std::collections::BTreeSet::new();
    let mut names = std::collections::BTreeSet::new();
    for (what, lasts, edge) in every_kind() {
        let lasts = if lasts { "for = \"5s\"\n" } else { "" };
        let edge = if edge { "edge = \"agent-dc2\"\n" } else { "" };
        let text = format!("{GOOD}{}{}", world_of(&what), fault(&what, &format!("{lasts}{edge}")));
        let scenario = parse("x.toml", &text, &[]).unwrap_or_else(|error| panic!("{what}: {error}"));
        names.insert(scenario.faults[0].what.as_str());
        let plan = crate::Plan::resolve(&scenario, &crate::Choices::default());
        let sentence = plan.sentences().pop().unwrap();
        assert!(sentence.starts_with("3s after the load begins"), "{sentence}");
        assert_eq!(sentence.contains(" and for 5s, "), !lasts.is_empty(), "{sentence}");
        assert!(sentences.insert(sentence.clone()), "another is told as {sentence}");
    }
    let known: std::collections::BTreeSet<&str> = FaultKind::NAMES.iter().copied().collect();
    assert_eq!(names, known);
}

#[test]
fn what_lasts_says_how_long_and_what_does_not_says_nothing() {
    let two = "[[world.forests]]\ndomain_controllers = 2\n";
    for (what, lasts, edge) in every_kind() {
        let edge = if edge { "edge = \"agent-dc\"\n" } else { "" };
        let world = world_of(&what);
        let line = world.lines().count() + 3;
        if lasts {
            let without = format!("{world}{}", fault(&what, edge));
            one(&without, line, 8, "say how long with `for`");
            let at_once = format!("{world}{}", fault(&what, &format!("for = \"0s\"\n{edge}")));
            one(&at_once, line + 1, 7, "must last");
        } else {
            let with = format!("{two}{}", fault(&what, "for = \"5s\""));
            one(&with, 6, 7, "leave `for` out");
        }
    }
}

#[test]
fn an_edge_is_named_where_one_breaks_and_nowhere_else() {
    let lasts = "for = \"5s\"";
    one(&fault("\"half_open\"", lasts), 3, 8, "say which");
    let cut = |edge: &str| fault("\"half_open\"", &format!("{lasts}\nedge = \"{edge}\""));
    for edge in [
        "agent-cloud",
        "agent-relay",
        "agent-relay1",
        "agent-dc",
        "agent-dc1",
        "cloud-relay",
        "person-cloud",
    ] {
        assert_eq!(told(&cut(edge)), []);
    }
    one(&cut("agent-dc2"), 5, 8, "corp.test has one domain controller");
    one(&cut("agent-relay2"), 5, 8, "one relay");
    one(&cut("agent-forest2-dc1"), 5, 8, "has 1 forests");
    one(&cut("agent-lab"), 5, 8, "is no edge");
    let both = fault("\"journal_full\"", "for = \"5s\"\nedge = \"agent-dc\"");
    one(&both, 5, 8, "breaks no edge");
}

#[test]
fn parts_are_there_and_can_have_what_is_done_to_them() {
    let of = |kind: &str, part: &str| fault(&format!("{{ {kind} = {{ part = \"{part}\" }} }}"), "for = \"5s\"");
    for part in ["cloud", "relay", "relay1", "agent", "gateway", "dc", "dc1"] {
        assert_eq!(told(&of("kill", part)), []);
    }
    one(&of("kill", "dc2"), 3, 26, "corp.test has one domain controller");
    one(&of("kill", "relay2"), 3, 26, "one relay");
    one(&of("stop", "forest3-dc1"), 3, 26, "has 1 forests");
    one(&of("kill", "portal"), 3, 26, "is no part");
    one(&of("expire_certificate", "gateway"), 3, 40, "never ends TLS");
    one(&of("unknown_authority", "agent"), 3, 39, "listens nowhere");
    one(
        &fault("{ skew_clock = { part = \"gateway\", by = \"5s\" } }", "for = \"5s\""),
        3,
        32,
        "never looks at a clock",
    );
    one(
        &fault("{ skew_clock = { part = \"dc\", by = \"early\" } }", "for = \"5s\""),
        3,
        43,
        "is no skew",
    );
}

#[test]
fn what_a_world_cannot_do_is_a_mistake_of_the_file_and_of_the_flag() {
    let pause = fault("{ pause = { part = \"agent\" } }", "for = \"5s\"");
    one(&pause, 3, 18, "`pause` needs `world.kind = \"docker\"`");
    let trap = fault("{ kill_agent_at = { moment = \"before_write\" } }", "for = \"5s\"");
    let docker = format!("[world]\nkind = \"docker\"\n{trap}");
    one(&docker, 5, 26, "`kill_agent_at` needs `world.kind = \"embedded\"`");
    let scenario = parse("x.toml", &format!("{GOOD}{trap}"), &[]).unwrap();
    assert_eq!(crate::refused_by(&scenario, WorldKind::Embedded), Vec::<String>::new());
    let refused = crate::refused_by(&scenario, WorldKind::Docker);
    assert!(
        refused.len() == 1 && refused[0].starts_with("`kill_agent_at` needs"),
        "{refused:?}"
    );
}

#[test]
fn parameters_make_sense_together() {
    let lasts = "for = \"5s\"";
    one(
        &fault(
            "{ delay = { by = \"5ms\", jitter = \"6ms\" } }",
            "for = \"5s\"\nedge = \"agent-dc\"",
        ),
        3,
        41,
        "above `by`",
    );
    one(&fault("{ tighten_policy = {} }", lasts), 3, 27, "asks for nothing more");
    one(
        &fault("\"pause_replication\"", lasts),
        3,
        8,
        "several domain controllers",
    );
    let storm = |times: u32| {
        fault(
            &format!("{{ restart_storm = {{ part = \"agent\", times = {times} }} }}"),
            lasts,
        )
    };
    one(&storm(1), 3, 52, "between 2 and 100");
    one(&fault("\"kill\"", lasts), 3, 8, "`kill` has keys of its own");
    one(&fault("{ half_open = {} }", lasts), 3, 10, "`half_open` has no keys");
    one(&fault("\"explode\"", lasts), 3, 8, "known are");
}

#[test]
fn a_part_dies_once_at_a_time() {
    let kill = |at: u32, part: &str| format!("[[faults]]\nat = \"{at}s\"\nfor = \"5s\"\nwhat.kill.part = \"{part}\"\n");
    let both = |first: String, second: String| format!("{first}{second}");
    assert_eq!(told(&both(kill(2, "agent"), kill(7, "agent"))), []);
    assert_eq!(told(&both(kill(2, "agent"), kill(3, "relay"))), []);
    one(
        &both(kill(2, "agent"), kill(6, "agent")),
        6,
        6,
        "`kill` of agent is made at 2s and lasts until 7s",
    );
    one(
        &both(kill(6, "dc"), kill(2, "dc1")),
        2,
        6,
        "`kill` can come only after it",
    );
    let torn = "[[faults]]\nat = \"3s\"\nfor = \"1s\"\nwhat.journal_torn.how = \"cut_short\"\n".to_owned();
    one(&both(kill(2, "agent"), torn), 6, 6, "can come only after it");
    let full = |at: u32| format!("[[faults]]\nat = \"{at}s\"\nfor = \"5s\"\nwhat = \"full_directory\"\n");
    one(&both(full(1), full(2)), 6, 6, "can come only after it");
    assert_eq!(told(&both(full(1), kill(2, "dc"))), []);
}
