//! How many operations were under way at once, and how many arrivals waited.

use judge::{Figures, Window};

use super::frame::{Entry, Heading, Sheet, sentence};
use super::numbers::Numbers;
use super::palette::Ink;
use super::scale::Axis;
use super::shape::Drawing;
use super::timeline::{Timeline, merged_note, stage};
use crate::text;

const TITLE: &str = "In flight and waiting";

type Level = fn(&Window) -> f64;

const LINES: [(&str, Ink, f64, Level); 2] = [
    ("in flight", Ink::Blue, 3.0, |window| window.in_flight),
    ("waiting to begin", Ink::Orange, 2.0, |window| window.waiting),
];

/// Two lines, as steps as wide as a window.
pub(crate) fn draw(figures: &Figures, sheet: Sheet) -> Drawing {
    let Some(timeline) = Timeline::new(figures, sheet.points()) else {
        return sentence(sheet, TITLE, "No load ran, so nothing was in flight.");
    };
    let levels = |window: &Window| LINES.map(|(.., level)| level(window));
    let most = timeline.windows.iter().flat_map(levels).fold(0.0, f64::max);
    let axis = Axis::from_zero(most, 5, false, "Operations at once (count, mean)");
    let mut heading = Heading {
        title: TITLE.to_owned(),
        note: merged_note(&timeline, "levels are their means"),
        legend: LINES.iter().map(|line| entry(figures, line)).collect(),
    };
    timeline.explain(figures, &mut heading);
    let mut drawing = sheet.drawing();
    let plot = stage(&mut drawing, figures, &timeline, sheet, &heading, &axis);
    for (_, ink, width, level) in LINES {
        drawing.line(timeline.steps(&plot, &axis, level), ink, width);
    }
    timeline.hits(&mut drawing, &plot, |window| {
        LINES
            .map(|(name, .., level)| format!("{name} {}", text::number(level(window), 2)))
            .join(", ")
    });
    let told = LINES.map(|(name, .., level)| format!("{name} {} at most", text::number(highest(figures, level), 2)));
    drawing.summary = format!("{TITLE} over time, as means of each window: {}.", text::listed(&told));
    drawing
}

/// The levels of each window.
pub(crate) fn numbers(figures: &Figures) -> Numbers {
    let row = |window: &Window| LINES.map(|(.., level)| text::number(level(window), 2)).into();
    Numbers::over_time(figures, &LINES.map(|(name, ..)| name), row)
}

fn highest(figures: &Figures, level: Level) -> f64 {
    figures.windows.iter().map(level).fold(0.0, f64::max)
}

fn entry(figures: &Figures, (name, ink, _, level): &(&str, Ink, f64, Level)) -> Entry {
    Entry::line(
        *ink,
        format!("{name} (most {})", text::number(highest(figures, *level), 2)),
    )
}
