//! How long people waited, over time.

use judge::{Figures, Window};

use super::frame::{Entry, Heading, Sheet, sentence};
use super::palette::Ink;
use super::scale::Axis;
use super::shape::Drawing;
use super::timeline::{Timeline, broken_line, merged_note, stage};
use crate::text;

const TITLE: &str = "Response time over time";

/// Above this many, dots would run into one another.
const MOST_DOTS: usize = 60;

type Value = fn(&Window) -> Option<u64>;

const LINES: [(&str, Ink, Value); 3] = [
    ("p99", Ink::Vermillion, |window| window.response_p99_us),
    ("p95", Ink::Green, |window| window.response_p95_us),
    ("p50", Ink::Blue, |window| window.response_p50_us),
];

/// Median, 95th and 99th percentile for each window.
pub(crate) fn draw(figures: &Figures, sheet: Sheet) -> Drawing {
    let Some(timeline) = Timeline::new(figures, sheet.points()) else {
        return sentence(sheet, TITLE, "No load ran, so nobody waited.");
    };
    let values = timeline
        .windows
        .iter()
        .flat_map(|window| LINES.map(|(_, _, value)| value(window)))
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
        "p95 and p99 are the highest among them, so that no peak is lost",
    );
    heading.legend = LINES
        .iter()
        .rev()
        .map(|(name, ink, _)| Entry::line(*ink, *name))
        .collect();
    timeline.explain(figures, &mut heading);
    let mut drawing = sheet.drawing();
    let axis = Axis::latency(least, most, 5, "Response time");
    let plot = stage(&mut drawing, figures, &timeline, sheet, &heading, &axis);
    for (_, ink, value) in LINES {
        let places = timeline.places(&plot, &axis, |window| value(window).map(|us| us as f64));
        broken_line(&mut drawing, &places, ink, 2.0, timeline.windows.len() <= MOST_DOTS);
    }
    drawing.summary = summary(&timeline, &axis, least, most);
    drawing
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
        "{TITLE}{kind}: median, 95th and 99th percentile over {}. Between {} and {}.",
        text::duration_us(timeline.span_us()),
        text::duration_us(least),
        text::duration_us(most)
    )
}
