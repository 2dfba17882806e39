//! The rules of the house: who may use whom, how long things may be, what the documents may claim.
//!
//! Every rule is a function from text to breaches, `FILE:LINE: what is wrong`; each has small bad inputs of its own that it
//! must refuse, beside it.

mod budget;
mod edges;
mod prose;
mod tree;
mod words;

use tree::Tree;

/// Fails with every breach, one a line.
fn hold(rule: &str, breaches: &[String]) {
    assert!(
        breaches.is_empty(),
        "{rule}: {} breaches\n  {}",
        breaches.len(),
        breaches.join("\n  ")
    );
}

#[test]
fn crates_use_only_what_stands_below_them() {
    hold("crate edges", &edges::strange(&edges::graph(), &edges::USES));
}

#[test]
fn nobody_reaches_what_they_must_never_know() {
    hold("never", &edges::forbidden(&edges::graph()));
}

#[test]
fn every_heavy_package_has_one_home() {
    hold("homes", &edges::homeless(&edges::graph()));
}

#[test]
fn no_function_is_too_long() {
    let functions = budget::functions(Tree::get());
    assert!(functions.len() > 500, "only {} functions were found", functions.len());
    hold("functions", &budget::long_functions(&functions));
}

#[test]
fn most_functions_are_short() {
    hold("functions", &budget::long_in_the_main(&budget::functions(Tree::get())));
}

#[test]
fn files_are_short() {
    hold("files", &budget::long_files(Tree::get()));
}

#[test]
fn every_path_named_in_the_documents_exists() {
    let tree = Tree::get();
    assert!(tree.documents().count() >= 10, "the documents are not where they were");
    hold("paths", &prose::missing_paths(tree));
}

#[test]
fn every_scenario_is_told_of() {
    hold("scenarios", &prose::untold_scenarios(Tree::get()));
}

#[test]
fn every_key_of_a_scenario_is_told_of() {
    hold("keys", &prose::untold_keys(Tree::get()));
}

#[test]
fn every_check_is_told_of() {
    hold("checks", &prose::untold_checks(Tree::get()));
}

#[test]
fn every_example_in_the_documents_reads() {
    hold("examples", &prose::broken_examples(Tree::get()));
}

#[test]
fn nothing_is_left_half_done() {
    hold("leftovers", &words::leftovers(Tree::get()));
}

#[test]
fn no_shipped_code_can_select_a_wrong_part() {
    let mut breaches = words::selectors_of_wrong_parts(Tree::get());
    breaches.extend(words::environment_reads(Tree::get()));
    breaches.extend(edges::features(&edges::graph()));
    hold("wrong parts", &breaches);
}

#[test]
fn no_file_names_a_machine() {
    hold("machines", &words::machine_paths(Tree::get()));
}

#[test]
fn every_crate_says_what_it_is_for() {
    let tree = Tree::get();
    let heads = tree.library_heads().count();
    assert!(heads >= 15, "only {heads} crates have a src/lib.rs");
    hold("heads", &words::silent_crates(tree));
}

#[test]
fn the_licences_are_there() {
    hold("licences", &words::missing_licences(Tree::get()));
}
