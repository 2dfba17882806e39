//! Words that must not stand in a file, and words that must.

use super::tree::{Source, Tree, sketch};

/// Endings of files that people write.
const WRITTEN: [&str; 8] = [".rs", ".toml", ".md", ".py", ".sh", ".css", "Dockerfile", ".yml"];

/// Variables of the environment that shipped code reads, and where.
const ENVIRONMENT: [(&str, &str); 3] = [
    ("harness/cli/src/commands/doctor.rs", "PATH"),
    ("harness/cli/src/ci.rs", "GITHUB_ACTIONS"),
    ("harness/cli/src/ci.rs", "GITHUB_STEP_SUMMARY"),
];

/// Words are put together from halves, since this file is read by its own rules.
fn joined(halves: &[[&str; 2]]) -> Vec<String> {
    halves.iter().map(|[head, tail]| format!("{head}{tail}")).collect()
}

/// Marks of unfinished work.
pub(super) fn leftovers(tree: &Tree) -> Vec<String> {
    let marks = [
        ["TO", "DO"],
        ["FIX", "ME"],
        ["XX", "X"],
        ["todo", "!"],
        ["unimplemented", "!"],
        ["#[ig", "nore"],
    ];
    let written = |source: &&Source| {
        WRITTEN.iter().any(|ending| source.path.ends_with(ending)) || source.path.starts_with(".ci/")
    };
    found(
        tree.sources.iter().filter(written),
        &joined(&marks),
        "is work left undone",
    )
}

/// Paths of the machine that the project was written on.
pub(super) fn machine_paths(tree: &Tree) -> Vec<String> {
    let marks = [["/wo", "rk/"], ["/fa", "rm/"], ["../sha", "red"]];
    found(tree.sources.iter(), &joined(&marks), "is a path of one machine")
}

/// Flags, variables and features of shipped code that would select a wrong part. Tests may name them.
pub(super) fn selectors_of_wrong_parts(tree: &Tree) -> Vec<String> {
    let marks = [
        "--wrong",
        "WBLAB_WRONG",
        "wrong-part",
        "wrong_part",
        "wblab-wrong",
        "feature = \"wrong",
    ];
    let marks = marks.map(str::to_owned);
    let mut breaches = found(
        tree.shipped().map(without_tests).collect::<Vec<_>>().iter(),
        &marks,
        "selects a wrong part",
    );
    let arguments = tree.file("harness/cli/src/args.rs").into_iter();
    breaches.extend(found(arguments, &["wrong".to_owned()], "is no word for an argument"));
    breaches
}

/// The environment that shipped code reads: what is not listed here may select anything.
pub(super) fn environment_reads(tree: &Tree) -> Vec<String> {
    let sources: Vec<Source> = tree
        .shipped()
        .filter(|source| source.path.ends_with(".rs"))
        .map(without_tests)
        .collect();
    let allowed = |breach: &String| {
        ENVIRONMENT
            .iter()
            .any(|(path, variable)| breach.starts_with(path) && breach.contains(&format!("(\"{variable}\")")))
    };
    let mut breaches = found(sources.iter(), &["env::var".to_owned()], "reads the environment");
    breaches.retain(|breach| !allowed(breach));
    breaches
}

/// A file up to the tests that stand at its end.
fn without_tests(source: &Source) -> Source {
    let end = source
        .text
        .find("#[cfg(test)]\nmod tests {")
        .unwrap_or(source.text.len());
    Source {
        path: source.path.clone(),
        text: source.text[..end].to_owned(),
    }
}

/// Lines that hold one of these marks. A mark that begins or ends with a letter must begin or end a word there, and one
/// that begins with a slash must begin a path.
fn found<'s>(sources: impl Iterator<Item = &'s Source>, marks: &[String], what: &str) -> Vec<String> {
    let mut breaches = Vec::new();
    for source in sources {
        for (number, line) in (1..).zip(source.text.lines()) {
            if marks.iter().any(|mark| stands_in(line, mark)) {
                breaches.push(format!("{}:{number}: `{}` {what}", source.path, line.trim()));
            }
        }
    }
    breaches
}

fn stands_in(line: &str, mark: &str) -> bool {
    let word = |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric());
    let free = |inner: Option<char>, outer: Option<char>| !(word(inner) && word(outer));
    line.match_indices(mark).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + mark.len()..].chars().next();
        let rooted = !mark.starts_with('/') || !word(before);
        rooted && free(mark.chars().next(), before) && free(mark.chars().next_back(), after)
    })
}

/// Crates whose `src/lib.rs` does not open with what it is for, what it never does, and an example.
pub(super) fn silent_crates(tree: &Tree) -> Vec<String> {
    tree.library_heads().flat_map(silent).collect()
}

fn silent(head: &Source) -> Vec<String> {
    let lines = head.text.lines().take_while(|line| line.starts_with("//!"));
    let opening: Vec<&str> = lines.collect();
    let wanted = ["//! For: ", "//! Never: ", "//! ```"];
    let missing = wanted
        .into_iter()
        .filter(|wanted| !opening.iter().any(|line| line.starts_with(wanted)));
    missing
        .map(|wanted| format!("{}:1: the head has no line `{}`", head.path, wanted.trim()))
        .collect()
}

/// The licences and what they must say.
pub(super) fn missing_licences(tree: &Tree) -> Vec<String> {
    let wanted = [
        ("LICENSE", "at your option"),
        ("LICENSE-MIT", "Permission is hereby granted, free of charge"),
        ("LICENSE-APACHE", "END OF TERMS AND CONDITIONS"),
        ("NOTICE", "Bitstream Vera"),
    ];
    let told = |(path, words): (&str, &str)| match tree.file(path) {
        None => Some(format!("{path}:1: is missing")),
        Some(file) if !file.text.contains(words) => Some(format!("{path}:1: does not say \"{words}\"")),
        Some(_) => None,
    };
    wanted.into_iter().filter_map(told).collect()
}

#[test]
fn unfinished_work_is_found() {
    let marks = joined(&[
        ["// TO", "DO: later"],
        ["fn a() { todo", "!() }"],
        ["#[ig", "nore]"],
        ["# FIX", "ME"],
    ]);
    let text = marks.join("\n") + "\nfn todos() {}\nlet mastodon = ignore;\n";
    let breaches = leftovers(&sketch(&[("harness/a/src/b.rs", &text)]));
    assert_eq!(breaches.len(), 4, "{breaches:?}");
    assert!(breaches[1].starts_with("harness/a/src/b.rs:2: "));
}

#[test]
fn a_path_of_a_machine_is_found() {
    let paths = joined(&[["cd /wo", "rk/main"], ["https://x.test/net", "/wo"]]);
    let text = format!("{}\n{}rk/x\n", paths[0], paths[1]);
    let breaches = machine_paths(&sketch(&[("docs/a.md", &text)]));
    assert_eq!(breaches.len(), 1, "{breaches:?}");
}

#[test]
fn a_way_to_select_a_wrong_part_is_found() {
    let in_tests = "fn a() {}\n#[cfg(test)]\nmod tests {\n    // --wrong=lost\n}\n";
    let bad = [
        (
            "containers/agent/src/start.rs",
            "if std::env::var(\"WBLAB_WRONG\").is_ok() {}\n",
        ),
        ("harness/cli/src/args.rs", "    pub wrong: bool,\n"),
        ("harness/cli/src/main.rs", "let flag = \"--wrong\";\n"),
        ("containers/environment/src/parts.rs", in_tests),
        ("tests/src/wblab_wrong.rs", "// --wrong\n"),
    ];
    let tree = sketch(&bad);
    let breaches = selectors_of_wrong_parts(&tree);
    assert_eq!(breaches.len(), 3, "{breaches:?}");
    assert_eq!(environment_reads(&tree).len(), 1);
}

#[test]
fn only_the_listed_variables_may_be_read() {
    let read = "std::env::var_os(\"PATH\")\n";
    assert!(environment_reads(&sketch(&[("harness/cli/src/commands/doctor.rs", read)])).is_empty());
    assert_eq!(
        environment_reads(&sketch(&[("harness/cli/src/main.rs", read)])).len(),
        1
    );
}

#[test]
fn a_crate_that_says_nothing_is_found() {
    let head = "//! A crate.\n//!\n//! For: all.\n//! ```\n//! ```\n\nmod a;\n//! Never: here it is too late.\n";
    let breaches = silent_crates(&sketch(&[("harness/a/src/lib.rs", head)]));
    assert_eq!(breaches, ["harness/a/src/lib.rs:1: the head has no line `//! Never:`"]);
}

#[test]
fn a_missing_licence_is_found() {
    let breaches = missing_licences(&sketch(&[
        ("LICENSE", "MIT or Apache-2.0, at your option"),
        ("NOTICE", "nothing"),
    ]));
    assert_eq!(breaches.len(), 3, "{breaches:?}");
}
