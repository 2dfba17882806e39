//! Where the time of an operation went.

use judge::{Figures, StageRow};

use super::bars::{self, Bar, Group};
use super::frame::{Entry, Heading, Sheet, sentence};
use super::palette::Ink;
use super::scale::Axis;
use super::shape::Drawing;
use crate::text;

const TITLE: &str = "Time in each stage";

fn group(row: &StageRow, whole_us: f64) -> Group {
    let bar = |us: u64, ink| Bar {
        value: us as f64,
        text: text::duration_us(us as f64),
        ink,
    };
    let share = if whole_us > 0.0 {
        row.mean_us / whole_us * 100.0
    } else {
        0.0
    };
    Group {
        name: text::clean(&row.stage),
        note: format!("{} % of the mean", text::number(share, usize::from(share < 10.0))),
        bars: vec![bar(row.p50_us, Ink::Blue), bar(row.p99_us, Ink::Vermillion)],
    }
}

/// Two bars for each stage, in the order of the chain.
pub(crate) fn draw(figures: &Figures, sheet: Sheet) -> Drawing {
    let rows: Vec<&StageRow> = figures.stages.iter().filter(|row| row.count > 0).collect();
    if rows.is_empty() {
        return sentence(
            sheet,
            TITLE,
            "No answer carried stage times, so the time cannot be split.",
        );
    }
    // Shares are of all operations: a stage that few of them pass weighs what it weighs.
    let most = rows.iter().map(|row| row.count).max().unwrap_or(1) as f64;
    let weighted = |row: &StageRow| row.mean_us * row.count as f64 / most;
    let whole: f64 = rows.iter().map(|row| weighted(row)).sum();
    let share_of = |row: &&StageRow| {
        group(
            &StageRow {
                mean_us: weighted(row),
                ..(*row).clone()
            },
            whole,
        )
    };
    let groups: Vec<Group> = rows.iter().map(share_of).collect();
    let heading = Heading {
        title: TITLE.to_owned(),
        note: String::new(),
        legend: vec![
            Entry::area(Ink::Blue, "median (p50)"),
            Entry::area(Ink::Vermillion, "p99"),
        ],
    };
    let longest = rows.iter().map(|row| row.p99_us.max(row.p50_us)).max().unwrap_or(0);
    let axis = Axis::latency_from_zero(longest as f64, sheet.parts() / 2 + 1, "Exclusive time");
    let mut drawing = bars::draw(sheet, &heading, &groups, &axis);
    drawing.summary = summary(&rows);
    drawing
}

fn summary(rows: &[&StageRow]) -> String {
    let one = |row: &&StageRow| format!("{} {}", text::clean(&row.stage), text::duration_us(row.p50_us as f64));
    format!(
        "{TITLE}, medians: {}.",
        rows.iter().map(one).collect::<Vec<_>>().join(", ")
    )
}
