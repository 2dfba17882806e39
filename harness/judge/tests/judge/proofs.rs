//! The judge is judged: small here, at full size by night.

use crate::{comparing, simulated, tiers};

#[test]
fn the_fast_tiers_agree_with_exhaustive_search() {
    let tried = tiers::compare(0, 10_000).unwrap();
    assert!(tried.right > 1_500 && tried.wrong > 1_500, "{tried:?}");
}

#[test]
fn what_is_right_is_never_called_wrong() {
    assert_eq!(simulated::false_alarms(0, 20, 100).unwrap(), 2000);
}

#[test]
fn one_thing_wrong_is_caught_by_the_law_that_speaks_of_it() {
    let caught: u64 = (0..4).map(|seed| simulated::caught(seed, 60).unwrap()).sum();
    assert!(caught > 30, "only {caught} worlds could be bent");
}

#[test]
fn equal_runs_are_not_told_to_differ_and_a_slower_one_is_found_or_left_open() {
    let figures = comparing::holds(0, 1, 600).unwrap();
    assert!(
        figures.equal[0].compared == 1 && figures.noisy.compared == 1,
        "{figures:?}"
    );
}
