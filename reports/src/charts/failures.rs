//! Why operations did not end well.

use judge::{Figures, ReasonRow};

use super::bars::{self, Bar, Group, MOST_GROUPS};
use super::frame::{Heading, Sheet, sentence};
use super::outcomes::{ink, legend};
use super::palette::Ink;
use super::scale::Axis;
use super::shape::Drawing;
use crate::text;

const TITLE: &str = "Not applied, by reason";

fn bar(count: u64, all: u64, ink: Ink) -> Bar {
    Bar {
        value: count as f64,
        text: format!("{} ({})", text::count(count), text::share(count, all)),
        ink,
    }
}

/// The reason's name, and its codes below.
fn group(row: &ReasonRow, all: u64) -> Group {
    let reason = text::clean(&row.reason);
    let (name, note) = reason.split_once(' ').unwrap_or((&reason, ""));
    Group {
        name: name.to_owned(),
        note: note.to_owned(),
        bars: vec![bar(row.count, all, ink(row.class))],
    }
}

fn rest(rows: &[ReasonRow], all: u64) -> Option<Group> {
    let count = rows.iter().map(|row| row.count).sum();
    let name = text::of(rows.len() as u64, "other reason", "other reasons");
    (!rows.is_empty()).then(|| Group {
        name,
        note: String::new(),
        bars: vec![bar(count, all, Ink::Grey)],
    })
}

/// A bar for each reason, the largest first.
pub(crate) fn draw(figures: &Figures, sheet: Sheet) -> Drawing {
    let all: u64 = figures.reasons.iter().map(|row| row.count).sum();
    if all == 0 && figures.outcomes.iter().all(|row| row.count == 0) {
        return sentence(sheet, TITLE, "No operation was recorded.");
    }
    if all == 0 {
        return sentence(
            sheet,
            TITLE,
            "None: every operation was applied; none was rejected, failed, unknown or dropped.",
        );
    }
    let shown = figures.reasons.len().min(if figures.reasons.len() > MOST_GROUPS {
        MOST_GROUPS - 1
    } else {
        MOST_GROUPS
    });
    let (most, others) = figures.reasons.split_at(shown);
    let groups: Vec<Group> = most
        .iter()
        .map(|row| group(row, all))
        .chain(rest(others, all))
        .collect();
    let present = |class| figures.reasons.iter().any(|row| row.class == class && row.count > 0);
    let heading = Heading {
        title: TITLE.to_owned(),
        note: String::new(),
        legend: legend(present),
    };
    let largest = groups
        .iter()
        .flat_map(|group| &group.bars)
        .map(|bar| bar.value)
        .fold(0.0, f64::max);
    let axis = Axis::from_zero(
        largest,
        sheet.parts() / 2 + 1,
        true,
        "Operations (count, warm-up included)",
    );
    let mut drawing = bars::draw(sheet, &heading, &groups, &axis);
    drawing.summary = summary(&groups, all);
    drawing
}

fn summary(groups: &[Group], all: u64) -> String {
    let first = groups.first().map_or("", |group| group.name.as_str());
    format!(
        "{TITLE}: {}, most often {first}.",
        text::of(all, "operation", "operations")
    )
}
