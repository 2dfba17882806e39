//! How long people waited, over time.

use judge::{Figures, Window};

use super::frame::{Entry, Heading, Sheet, sentence};
use super::numbers::Numbers;
use super::palette::Ink;
use super::scale::Axis;
use super::shape::Drawing;
use super::timeline::{Timeline, broken_line, merged_note, stage};
use crate::text;

const TITLE: &str = "Response time over time";

/// Above this many, dots would run into one another.
const MOST_DOTS: usize = 60;

type Value = fn(&Window) -> Option<u64>;

/// The highest first, and the widest: where two are the same, as with few operations, both are seen.
const LINES: [(&str, Ink, f64, Value); 4] = [
    ("max", Ink::Axis, 4.6, |window| window.response_max_us),
    ("p99", Ink::Vermillion, 3.4, |window| window.response_p99_us),
    ("p90", Ink::Green, 2.2, |window| window.response_p90_us),
    ("p50", Ink::Blue, 2.0, |window| window.response_p50_us),
];

/// Median, 90th and 99th percentile and the longest for each window.
pub(crate) fn draw(figures: &Figures, sheet: Sheet) -> Drawing {
    let Some(timeline) = Timeline::new(figures, sheet.points()) else {
        return sentence(sheet, TITLE, "No load ran, so nobody waited.");
    };
    let values = timeline
        .windows
        .iter()
        .flat_map(|window| LINES.map(|(.., value)| value(window)))
        .flatten();
    let Some((least, most)) = range(values) else {
        return sentence(
            sheet,
            TITLE,
            "No operation finished with a known outcome, so there is no response time.",
        );
    };
    let mut heading = Heading {
        title: TITLE.to_owned(),
        ..Heading::default()
    };
    heading.note = merged_note(
        &timeline,
        "p90, p99 and max are the highest among them, so that no peak is lost",
    );
    heading.legend = LINES
        .iter()
        .rev()
        .map(|(name, ink, ..)| Entry::line(*ink, *name))
        .collect();
    timeline.explain(figures, &mut heading);
    let mut drawing = sheet.drawing();
    let axis = Axis::latency(least, most, 5, "Response time");
    let plot = stage(&mut drawing, figures, &timeline, sheet, &heading, &axis);
    for (_, ink, width, value) in LINES {
        let places = timeline.places(&plot, &axis, |window| value(window).map(|us| us as f64));
        broken_line(&mut drawing, &places, ink, width, timeline.windows.len() <= MOST_DOTS);
    }
    timeline.hits(&mut drawing, &plot, told);
    drawing.summary = summary(&timeline, &axis, least, most);
    drawing
}

fn told(window: &Window) -> String {
    let value = |(name, _, _, value): &(&str, Ink, f64, Value)| {
        value(window).map(|us| format!("{name} {}", text::duration_us(us as f64)))
    };
    let values: Vec<String> = LINES.iter().rev().filter_map(value).collect();
    if values.is_empty() {
        return "nothing with a known outcome".to_owned();
    }
    values.join(", ")
}

/// The numbers of each window.
pub(crate) fn numbers(figures: &Figures) -> Numbers {
    let row = |window: &Window| {
        LINES
            .iter()
            .rev()
            .map(|(.., value)| value(window).map_or_else(|| "–".to_owned(), |us| text::duration_us(us as f64)))
            .collect()
    };
    Numbers::over_time(figures, &["p50", "p90", "p99", "max"], row)
}

fn range(values: impl Iterator<Item = u64>) -> Option<(f64, f64)> {
    values.fold(None, |range, value| {
        let value = value as f64;
        Some(range.map_or((value, value), |(least, most): (f64, f64)| {
            (least.min(value), most.max(value))
        }))
    })
}

fn summary(timeline: &Timeline, axis: &Axis, least: f64, most: f64) -> String {
    let kind = if axis.is_log() { ", on a logarithmic axis" } else { "" };
    format!(
        "{TITLE}{kind}: median, 90th and 99th percentile and the longest over {}. Between {} and {}.",
        text::duration_us(timeline.span_us()),
        text::duration_us(least),
        text::duration_us(most)
    )
}
