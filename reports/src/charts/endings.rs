//! How operations ended, over time.

use judge::{Figures, Window};
use vocabulary::OutcomeClass;

use super::frame::{Entry, Heading, Plot, Sheet, sentence};
use super::numbers::Numbers;
use super::outcomes::ink;
use super::palette::Ink;
use super::scale::Axis;
use super::shape::Drawing;
use super::timeline::{Timeline, merged_note, stage};
use crate::text;

const TITLE: &str = "Outcomes over time";

/// Operations of a class that ended in a window; a dropped one never began and counts when it should have.
fn count(window: &Window, class: OutcomeClass) -> u64 {
    match class {
        OutcomeClass::Applied => window.achieved.saturating_sub(window.rejected),
        OutcomeClass::Rejected => window.rejected,
        OutcomeClass::Failed => window.failed,
        OutcomeClass::Unknown => window.unknown,
        OutcomeClass::Dropped => window.dropped,
    }
}

fn total(figures: &Figures, class: OutcomeClass) -> u64 {
    figures.windows.iter().map(|window| count(window, class)).sum()
}

/// A column for each window, the classes upon one another.
pub(crate) fn draw(figures: &Figures, sheet: Sheet) -> Drawing {
    let Some(timeline) = Timeline::new(figures, sheet.points()) else {
        return sentence(sheet, TITLE, "No load ran, so nothing ended.");
    };
    let came: Vec<OutcomeClass> = OutcomeClass::ALL
        .into_iter()
        .filter(|class| total(figures, *class) > 0)
        .collect();
    if came.is_empty() {
        return sentence(sheet, TITLE, "No operation was recorded.");
    }
    let seconds = timeline.width_us as f64 / 1e6;
    let whole = |window: &Window| came.iter().map(|class| count(window, *class)).sum::<u64>() as f64 / seconds;
    let most = timeline.windows.iter().map(whole).fold(0.0, f64::max);
    let axis = Axis::from_zero(most, 5, false, "Operations per second (1/s)");
    let entry = |class: &OutcomeClass| {
        let all = text::count(total(figures, *class));
        Entry::area(ink(*class), format!("{} ({all} in all)", class.as_str()))
    };
    let mut heading = Heading {
        title: TITLE.to_owned(),
        note: merged_note(&timeline, "rates are their means"),
        legend: came.iter().map(entry).collect(),
    };
    timeline.explain(figures, &mut heading);
    let mut drawing = sheet.drawing();
    let plot = stage(&mut drawing, figures, &timeline, sheet, &heading, &axis);
    for (number, window) in timeline.windows.iter().enumerate() {
        let rates = came
            .iter()
            .map(|class| (ink(*class), count(window, *class) as f64 / seconds));
        column(&mut drawing, &plot, &axis, timeline.column(&plot, number), rates);
    }
    timeline.hits(&mut drawing, &plot, |window| {
        let told: Vec<String> = came.iter().map(|class| told(window, *class)).collect();
        told.join(", ")
    });
    let all: Vec<String> = came
        .iter()
        .map(|class| format!("{} {}", text::count(total(figures, *class)), class.as_str()))
        .collect();
    drawing.summary = format!("{TITLE}, per second. In all: {}.", text::listed(&all));
    drawing
}

/// Rates upon one another between two places; what there is of one is seen, however little.
fn column(
    drawing: &mut Drawing,
    plot: &Plot,
    axis: &Axis,
    (left, right): (f64, f64),
    rates: impl Iterator<Item = (Ink, f64)>,
) {
    let mut below = 0.0;
    for (ink, rate) in rates.filter(|(_, rate)| *rate > 0.0) {
        let [bottom, top] = [below, below + rate].map(|rate| plot.y(axis.scale.share(rate)));
        drawing.rect((left, top.min(bottom - 1.0).max(plot.top)), (right, bottom), ink);
        below += rate;
    }
}

fn told(window: &Window, class: OutcomeClass) -> String {
    format!("{} {}", text::count(count(window, class)), class.as_str())
}

/// The counts of each window.
pub(crate) fn numbers(figures: &Figures) -> Numbers {
    let row = |window: &Window| OutcomeClass::ALL.map(|class| text::count(count(window, class))).into();
    Numbers::over_time(figures, &OutcomeClass::ALL.map(OutcomeClass::as_str), row)
}
