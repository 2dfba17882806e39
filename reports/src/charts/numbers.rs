//! The numbers behind a chart, for readers who cannot see or hover it.

use judge::{Figures, Window};

use super::timeline::Timeline;

/// More rows than this are no table to read.
const MOST: usize = 120;

/// A table: what its rows are, what its columns are, and the cells.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Numbers {
    pub(crate) first: &'static str,
    pub(crate) heads: Vec<String>,
    pub(crate) rows: Vec<(String, Vec<String>)>,
}

impl Numbers {
    /// A table of those columns, without rows yet.
    pub(crate) fn of(first: &'static str, heads: &[&str]) -> Self {
        Self {
            first,
            heads: heads.iter().map(|head| (*head).to_owned()).collect(),
            rows: Vec::new(),
        }
    }

    /// A row for each window, as far as there are few enough.
    pub(crate) fn over_time(figures: &Figures, heads: &[&str], row: impl Fn(&Window) -> Vec<String>) -> Self {
        let mut numbers = Self::of("Since the load began", heads);
        if let Some(timeline) = Timeline::new(figures, MOST) {
            let windows = timeline.windows.iter();
            numbers.rows = windows.map(|window| (timeline.told(window), row(window))).collect();
        }
        numbers
    }
}
