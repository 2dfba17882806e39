//! What the documents claim of the repository.

use std::collections::BTreeSet;

use serde_json::Value;

use super::tree::{Source, Tree, sketch};

/// What parts one word of code from the next.
const SEPARATORS: [char; 12] = [' ', '\t', ',', ';', '(', ')', '{', '}', '"', '\'', '=', '|'];
/// What a path in the documents never holds: placeholders, patterns, variables.
const PLACEHOLDERS: [char; 6] = ['<', '*', '…', '$', '~', '['];
/// Endings by which a path is one wherever it begins.
const ENDINGS: [&str; 4] = [".rs", ".md", ".toml", ".py"];

/// Paths in code spans and targets of links that are not there.
pub(super) fn missing_paths(tree: &Tree) -> Vec<String> {
    tree.documents()
        .flat_map(|document| missing_in(tree, document))
        .collect()
}

fn missing_in(tree: &Tree, document: &Source) -> Vec<String> {
    let folder = document.path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let mut breaches = Vec::new();
    for (line, code) in code_spans(&document.text) {
        for path in code.split(SEPARATORS).filter_map(|word| path_of(tree, word)) {
            if !tree.paths.contains(&path) {
                breaches.push(format!("{}:{line}: {path} does not exist", document.path));
            }
        }
    }
    for (line, target) in link_targets(&document.text) {
        let path = resolved(folder, target);
        if !tree.paths.contains(&path) {
            breaches.push(format!("{}:{line}: the link to {path} leads nowhere", document.path));
        }
    }
    breaches
}

/// The path that a word of code is, if it looks like one of this repository's.
fn path_of(tree: &Tree, word: &str) -> Option<String> {
    let word = word
        .strip_prefix("./")
        .unwrap_or(word)
        .trim_end_matches(['.', ':', '/']);
    let (path, line) = word.rsplit_once(':').unwrap_or((word, ""));
    let word = if line.bytes().all(|byte| byte.is_ascii_digit()) {
        path
    } else {
        word
    };
    if word.contains(PLACEHOLDERS)
        || word.starts_with(['/', '-', '.']) && !word.starts_with(".ci/")
        || word.contains("//")
    {
        return None;
    }
    let below = |folder: &String| {
        word.strip_prefix(folder.as_str())
            .is_some_and(|rest| rest.starts_with('/') || rest.is_empty())
    };
    if tree.ignored.iter().any(below) {
        return None;
    }
    let (first, rest) = word.split_once('/').unwrap_or(("", word));
    let named = !first.is_empty() && !rest.is_empty() && tree.paths.contains(first);
    let ending = ENDINGS.iter().any(|ending| rest.ends_with(ending));
    (named || ending && !first.is_empty()).then(|| word.to_owned())
}

/// Code of a document by line: between backticks, and in fences.
fn code_spans(text: &str) -> Vec<(usize, &str)> {
    let mut spans = Vec::new();
    let mut fenced = false;
    for (number, line) in (1..).zip(text.lines()) {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            spans.push((number, line));
        } else {
            spans.extend(line.split('`').skip(1).step_by(2).map(|code| (number, code)));
        }
    }
    spans
}

/// Targets of links into the repository, without their anchors.
fn link_targets(text: &str) -> Vec<(usize, &str)> {
    let mut targets = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        for rest in line.split("](").skip(1) {
            let target = rest.split_once(')').map_or(rest, |(target, _)| target);
            let path = target.split_once('#').map_or(target, |(path, _)| path);
            if !path.is_empty() && !path.contains("://") {
                targets.push((number, path));
            }
        }
    }
    targets
}

/// A link's target from the root, whose document stands in this folder.
fn resolved(folder: &str, target: &str) -> String {
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.trim_end_matches('/').split('/') {
        match part {
            "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Fenced blocks of a language: the line each begins on, and its text.
fn blocks(text: &str, language: &str) -> Vec<(usize, String)> {
    let mut blocks: Vec<(usize, String)> = Vec::new();
    let mut inside = None;
    for (number, line) in (1..).zip(text.lines()) {
        match (line.trim_start().strip_prefix("```"), inside) {
            (Some(_), Some(_)) => inside = None,
            (Some(named), None) => {
                inside = Some(named.trim() == language);
                if inside == Some(true) {
                    blocks.push((number + 1, String::new()));
                }
            }
            (None, Some(true)) => {
                if let Some((_, block)) = blocks.last_mut() {
                    block.push_str(line);
                    block.push('\n');
                }
            }
            _ => {}
        }
    }
    blocks
}

/// Examples in JSON that do not read, and scenarios that are not sound.
pub(super) fn broken_examples(tree: &Tree) -> Vec<String> {
    let mut breaches = Vec::new();
    for document in tree.documents() {
        for (line, text) in blocks(&document.text, "json") {
            let mut values = serde_json::Deserializer::from_str(&text).into_iter::<Value>();
            let wrong = values.find_map(Result::err);
            breaches.extend(wrong.map(|error| format!("{}:{line}: the example does not read: {error}", document.path)));
        }
        for (line, text) in blocks(&document.text, "toml") {
            let wrong = scenario::parse("the example", &text, &[]).err();
            breaches.extend(wrong.map(|error| format!("{}:{line}: the scenario is not sound: {error}", document.path)));
        }
    }
    breaches
}

/// Scenarios that no document names.
pub(super) fn untold_scenarios(tree: &Tree) -> Vec<String> {
    let scenarios = tree
        .ending(".toml")
        .filter(|source| source.path.starts_with("scenarios/"));
    let untold = scenarios.filter(|scenario| !tree.documents().any(|document| document.text.contains(&scenario.path)));
    untold
        .map(|scenario| format!("{}:1: no document names it", scenario.path))
        .collect()
}

/// Keys and words of the scenario's schema that `docs/scenario.md` does not have in backticks.
pub(super) fn untold_keys(tree: &Tree) -> Vec<String> {
    let (Some(schema), Some(document)) = (tree.file("scenarios/schema.json"), tree.file("docs/scenario.md")) else {
        return vec!["docs/scenario.md:1: the schema or its document is missing".to_owned()];
    };
    let schema: Value = serde_json::from_str(&schema.text).expect("the schema is JSON");
    let mut keys = BTreeSet::new();
    collect(&schema, &mut keys);
    let told: BTreeSet<&str> = code_spans(&document.text)
        .into_iter()
        .flat_map(|(_, code)| code.split(words_end))
        .collect();
    let untold = keys.iter().filter(|key| !told.contains(key.as_str()));
    untold
        .map(|key| format!("docs/scenario.md:1: says nothing of `{key}`"))
        .collect()
}

fn words_end(letter: char) -> bool {
    !letter.is_ascii_alphanumeric() && letter != '_'
}

/// Names of properties, and words of enumerations.
fn collect(schema: &Value, keys: &mut BTreeSet<String>) {
    match schema {
        Value::Object(fields) => {
            let properties = fields.get("properties").and_then(Value::as_object);
            keys.extend(properties.into_iter().flat_map(|properties| properties.keys().cloned()));
            let words = fields.get("enum").and_then(Value::as_array).into_iter().flatten();
            keys.extend(
                words
                    .chain(fields.get("const"))
                    .filter_map(Value::as_str)
                    .map(str::to_owned),
            );
            fields.values().for_each(|field| collect(field, keys));
        }
        Value::Array(items) => items.iter().for_each(|item| collect(item, keys)),
        _ => {}
    }
}

/// Checks of the judge that `docs/checks.md` does not name.
pub(super) fn untold_checks(tree: &Tree) -> Vec<String> {
    let Some(document) = tree.file("docs/checks.md") else {
        return vec!["docs/checks.md:1: is missing".to_owned()];
    };
    let checks = tree
        .ending(".rs")
        .filter(|source| source.path.starts_with("harness/judge/src/check/"));
    let names: Vec<(&str, &str)> = checks
        .filter_map(|check| Some((check.path.as_str(), name_of(check)?)))
        .collect();
    if names.is_empty() {
        return vec!["harness/judge/src/check.rs:1: no check was found".to_owned()];
    }
    let untold = names
        .into_iter()
        .filter(|(_, name)| !document.text.contains(&format!("`{name}`")));
    untold
        .map(|(path, name)| format!("{path}:1: docs/checks.md says nothing of `{name}`"))
        .collect()
}

fn name_of(check: &Source) -> Option<&str> {
    let (_, rest) = check.text.split_once("const NAME: &str = \"")?;
    rest.split_once('"').map(|(name, _)| name)
}

#[test]
fn a_path_that_is_not_there_is_found() {
    let text = "See `harness/cli/src/main.rs`, `harness/gone` and `src/lib.rs:7`.\n\
                Not `https://x.test/a.rs`, `reports/runs/quick/x`, `harness/<name>`, `/lab/inbox` or `and/or`.\n\
                ```\ncargo run -- run scenarios/none.toml --out /tmp/x\n```\n\
                [here](harness/cli/) [there](docs/none.md#part) [far](https://x.test/)\n";
    let tree = sketch(&[
        ("README.md", text),
        ("harness/cli/src/main.rs", ""),
        ("scenarios/quick.toml", ""),
    ]);
    assert_eq!(
        missing_paths(&tree),
        [
            "README.md:1: harness/gone does not exist",
            "README.md:1: src/lib.rs does not exist",
            "README.md:4: scenarios/none.toml does not exist",
            "README.md:6: the link to docs/none.md leads nowhere",
        ]
    );
}

#[test]
fn links_are_relative_to_their_document() {
    assert_eq!(resolved("docs/adr", "../scenario.md"), "docs/scenario.md");
    assert_eq!(resolved("", "./docs/"), "docs");
    let tree = sketch(&[
        ("docs/README.md", "[x](scenario.md) [y](../gone.md)"),
        ("docs/scenario.md", ""),
    ]);
    assert_eq!(
        missing_paths(&tree),
        ["docs/README.md:1: the link to gone.md leads nowhere"]
    );
}

#[test]
fn a_scenario_that_nobody_names_is_found() {
    let tree = sketch(&[
        ("README.md", "run `scenarios/quick.toml`"),
        ("scenarios/quick.toml", ""),
        ("scenarios/storm.toml", ""),
    ]);
    assert_eq!(
        untold_scenarios(&tree),
        ["scenarios/storm.toml:1: no document names it"]
    );
}

#[test]
fn a_key_that_is_not_told_is_found() {
    let schema = r#"{"properties": {"seed": {}, "rate": {"oneOf": [{"const": "fast"}, {"enum": ["slow"]}]}}}"#;
    let tree = sketch(&[
        ("scenarios/schema.json", schema),
        ("docs/scenario.md", "`seed = 1`, `load.rate` and fast"),
    ]);
    let untold = ["fast", "slow"].map(|word| format!("docs/scenario.md:1: says nothing of `{word}`"));
    assert_eq!(untold_keys(&tree), untold);
}

#[test]
fn a_check_that_is_not_told_is_found() {
    let check = (
        "harness/judge/src/check/a.rs",
        "pub const NAME: &str = \"no-lost-ack\";",
    );
    assert_eq!(
        untold_checks(&sketch(&[check, ("docs/checks.md", "no-lost-ack")])).len(),
        1
    );
    assert!(untold_checks(&sketch(&[check, ("docs/checks.md", "`no-lost-ack`")])).is_empty());
    assert_eq!(untold_checks(&sketch(&[("docs/checks.md", "")])).len(), 1);
}

#[test]
fn an_example_that_does_not_read_is_found() {
    let text = "```json\n{\"a\": 1}\n{\"b\": 2}\n```\n```\n{not json\n```\n```json\n{\"a\": }\n```\n```toml\nschema = 2\n```\n";
    let breaches = broken_examples(&sketch(&[("docs/a.md", text)]));
    assert_eq!(breaches.len(), 2, "{breaches:?}");
    assert!(breaches[0].starts_with("docs/a.md:9: the example does not read"));
    assert!(breaches[1].starts_with("docs/a.md:12: the scenario is not sound"));
}
