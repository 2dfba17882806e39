//! How long people waited on each side, over the time of its measure phase.

use judge::compare::{SideFigures, SideWindow};

use super::{inked, left_out, legend};
use crate::charts::frame::{self, Entry, Heading, Plot, Sheet, sentence};
use crate::charts::scale::Axis;
use crate::charts::shape::{Drawing, Place};
use crate::charts::timeline::broken_line;
use crate::text;

const TITLE: &str = "Response time over time";

type Value = fn(&SideWindow) -> Option<u64>;

/// Percentiles with the width of their lines.
const LINES: [(f64, Value); 2] = [(1.3, |window| window.p99_us), (2.8, |window| window.p50_us)];

/// Median and 99th percentile of every side on the same axes.
pub(super) fn draw(sides: &[SideFigures], sheet: Sheet) -> Drawing {
    let values = sides
        .iter()
        .flat_map(|side| &side.windows)
        .flat_map(|window| [window.p50_us, window.p99_us])
        .flatten();
    let (least, most) = values.fold((u64::MAX, 0), |(least, most), us| (least.min(us), most.max(us)));
    if most == 0 {
        return sentence(
            sheet,
            TITLE,
            "No operation finished with a known outcome, so there is no response time.",
        );
    }
    let heading = Heading {
        title: TITLE.to_owned(),
        note: format!("Thick: median. Thin: p99. {}", left_out(sides))
            .trim_end()
            .to_owned(),
        legend: legend(sides, Entry::line),
    };
    let vertical = Axis::latency(least as f64, most as f64, 5, "Response time");
    let span_us = sides.iter().map(span_us).fold(0.0, f64::max);
    let horizontal = Axis::time(span_us, sheet.parts(), "Time since the measure phase began");
    let mut drawing = sheet.drawing();
    let top = frame::heading(&mut drawing, &heading);
    let plot = frame::plot_below(&mut drawing, sheet, top, &vertical, 0);
    frame::vertical(&mut drawing, &plot, &vertical);
    frame::horizontal(&mut drawing, &plot, &horizontal, false);
    for (width, value) in LINES {
        for (side, ink) in inked(sides) {
            let places = places(side, &plot, [&horizontal, &vertical], value);
            broken_line(&mut drawing, &places, ink, width, false);
        }
    }
    drawing.summary = format!(
        "{TITLE} of {} sides: median and 99th percentile over {}. Between {} and {}.",
        sides.len(),
        text::duration_us(span_us),
        text::duration_us(least as f64),
        text::duration_us(most as f64)
    );
    drawing
}

fn span_us(side: &SideFigures) -> f64 {
    (side.windows.len() as u64 * side.window_us) as f64
}

fn places(side: &SideFigures, plot: &Plot, [x, y]: [&Axis; 2], value: Value) -> Vec<Option<Place>> {
    let middle = |index: usize| (index as f64 + 0.5) * side.window_us as f64;
    let place = |(index, window): (usize, &SideWindow)| {
        let us = value(window)? as f64;
        Some((plot.x(x.scale.share(middle(index))), plot.y(y.scale.share(us))))
    };
    side.windows.iter().enumerate().map(place).collect()
}
