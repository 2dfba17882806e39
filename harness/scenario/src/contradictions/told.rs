//! What is said of a file with a mistake, and where.

use crate::{ScenarioError, parse};

/// What is always there.
pub(super) const GOOD: &str = "schema = 1\nname = \"a\"\nwhy = \"b\"\nseed = 3\n[population]\npeople = 80\n[load.constant_arrival_rate]\nrate = \"5/s\"\nmeasure = \"20s\"\n";

/// Line, column and message of each mistake; lines count from the end of what is always there.
pub(super) fn told(more: &str) -> Vec<(usize, usize, String)> {
    match parse("x.toml", &format!("{GOOD}{more}"), &[]) {
        Ok(_) => Vec::new(),
        Err(ScenarioError::Mistakes { mistakes, .. }) => mistakes
            .into_iter()
            .map(|mistake| (mistake.line - GOOD.lines().count(), mistake.column, mistake.message))
            .collect(),
        Err(other) => panic!("{other}"),
    }
}

/// The one mistake of a file, and where it is.
#[track_caller]
pub(super) fn one(more: &str, line: usize, column: usize, part: &str) {
    let found = told(more);
    assert_eq!(found.len(), 1, "{more}: {found:?}");
    assert_eq!((found[0].0, found[0].1), (line, column), "{more}: {found:?}");
    assert!(found[0].2.contains(part), "{more}: {found:?}");
}
