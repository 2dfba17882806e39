//! What was asked and what was done, per second.

use judge::{Figures, Window};

use super::frame::{Entry, Heading, Sheet, sentence};
use super::numbers::Numbers;
use super::palette::Ink;
use super::scale::Axis;
use super::shape::Drawing;
use super::timeline::{Timeline, broken_line, merged_note, stage};
use crate::text;

const TITLE: &str = "Offered, achieved and dropped";

type Count = fn(&Window) -> u64;

const LINES: [(&str, Ink, f64, Count); 3] = [
    ("offered", Ink::Axis, 5.0, |window| window.offered),
    ("achieved", Ink::Blue, 2.0, |window| window.achieved),
    ("dropped", Ink::Vermillion, 2.0, |window| window.dropped),
];

/// More windows than this are drawn as a line through their middles.
const MOST_STEPS: usize = 120;

/// Arrivals, operations done and arrivals never begun, per second.
pub(crate) fn draw(figures: &Figures, sheet: Sheet) -> Drawing {
    let Some(timeline) = Timeline::new(figures, sheet.points()) else {
        return sentence(sheet, TITLE, "No load ran, so nothing was offered.");
    };
    let seconds = timeline.width_us as f64 / 1e6;
    let all = timeline
        .windows
        .iter()
        .flat_map(|window| LINES.map(|(_, _, _, count)| count(window) as f64 / seconds));
    let axis = Axis::from_zero(all.fold(0.0, f64::max), 5, false, "Operations per second (1/s)");
    let mut heading = Heading {
        title: TITLE.to_owned(),
        ..Heading::default()
    };
    heading.note = merged_note(&timeline, "rates are their means");
    heading.legend = LINES
        .iter()
        .map(|(name, ink, _, count)| entry(figures, name, *ink, *count))
        .collect();
    timeline.explain(figures, &mut heading);
    let mut drawing = sheet.drawing();
    let plot = stage(&mut drawing, figures, &timeline, sheet, &heading, &axis);
    for (_, ink, width, count) in LINES {
        let rate = |window: &Window| count(window) as f64 / seconds;
        if timeline.windows.len() <= MOST_STEPS {
            drawing.line(timeline.steps(&plot, &axis, rate), ink, width);
        } else {
            let places = timeline.places(&plot, &axis, |window| Some(rate(window)));
            broken_line(&mut drawing, &places, ink, width, false);
        }
    }
    let told = |window: &Window| {
        let rate = |(name, _, _, count): (&str, Ink, f64, Count)| {
            format!("{name} {}", text::rate(count(window) as f64 / seconds))
        };
        LINES.map(rate).join(", ")
    };
    timeline.hits(&mut drawing, &plot, told);
    drawing.summary = summary(figures);
    drawing
}

/// The counts of each window.
pub(crate) fn numbers(figures: &Figures) -> Numbers {
    let row = |window: &Window| LINES.map(|(.., count)| text::count(count(window))).into();
    Numbers::over_time(figures, &LINES.map(|(name, ..)| name), row)
}

fn total(figures: &Figures, count: Count) -> u64 {
    figures.windows.iter().map(count).sum()
}

fn entry(figures: &Figures, name: &str, ink: Ink, count: Count) -> Entry {
    Entry::line(ink, format!("{name} ({} in all)", text::count(total(figures, count))))
}

fn summary(figures: &Figures) -> String {
    let counts = LINES.map(|(name, _, _, count)| format!("{} {name}", text::count(total(figures, count))));
    format!("{TITLE}, per second over time. In all: {}.", text::listed(&counts))
}
