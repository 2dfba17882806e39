//! Operations one by one, from their intended start to their end.

use judge::{Figures, Trace};

use super::frame::{self, BELOW, Heading, Height, Sheet, sentence};
use super::lanes::{Lane, Lanes, Names};
use super::numbers::Numbers;
use super::scale::Axis;
use super::shape::Drawing;
use super::stage_ink;
use crate::text::{self, clean};
use crate::words;

/// One of the two charts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Which {
    /// Those that took longest.
    Slowest,
    /// Those whose end is not known.
    Unknown,
}

impl Which {
    fn title(self) -> &'static str {
        match self {
            Self::Slowest => "The slowest operations",
            Self::Unknown => "The first unknown operations",
        }
    }

    fn nothing(self) -> &'static str {
        match self {
            Self::Slowest => "No operation of the measure phase ended with a known outcome.",
            Self::Unknown => "None: every operation ended with a known outcome.",
        }
    }

    fn of(self, figures: &Figures) -> &[Trace] {
        match self {
            Self::Slowest => &figures.slowest,
            Self::Unknown => &figures.unknown,
        }
    }
}

/// A row for each operation.
pub(crate) fn draw(figures: &Figures, sheet: Sheet, which: Which) -> Drawing {
    let traces = which.of(figures);
    let longest = traces.iter().map(length_us).fold(0.0, f64::max);
    if traces.is_empty() {
        return sentence(sheet, which.title(), which.nothing());
    }
    let parts = traces.iter().flat_map(|trace| &trace.parts);
    let heading = Heading {
        title: which.title().to_owned(),
        note: String::new(),
        legend: stage_ink::legend(&parts),
    };
    let mut drawing = sheet.drawing();
    let top = frame::heading(&mut drawing, &heading);
    let lanes: Vec<Lane> = traces.iter().map(|trace| lane(figures, trace)).collect();
    let fixed = matches!(sheet.height, Height::Fixed(_));
    let rows = Lanes::new(sheet, &lanes, Names::Above, fixed);
    drawing.resize(sheet.total(top, Some(rows.height())));
    let more = (drawing.height - top - rows.height() - BELOW).min(traces.len() as f64 * rows.height());
    let axis = Axis::latency_from_zero(longest, sheet.parts(), "Since the intended start");
    rows.draw(&mut drawing, top, more, &axis);
    drawing.summary = format!(
        "{}, by stage from the intended start to the end: {}, the longest {}.",
        which.title(),
        text::of(traces.len() as u64, "operation", "operations"),
        text::duration_us(longest)
    );
    drawing
}

fn length_us(trace: &Trace) -> f64 {
    trace.finished_us.saturating_sub(trace.intended_us) as f64
}

/// The begin of its id, with which it is found in the history and in logs.
fn short(trace: &Trace) -> String {
    clean(trace.id.get(..8).unwrap_or(&trace.id))
}

fn since_us(figures: &Figures, trace: &Trace) -> f64 {
    let origin_us = figures.windows.first().map_or(0, |window| window.from_us);
    trace.intended_us.saturating_sub(origin_us) as f64
}

fn ending(trace: &Trace) -> String {
    if trace.reason.is_empty() {
        return trace.class.as_str().to_owned();
    }
    format!(
        "{}, {}",
        trace.class.as_str(),
        words::reason_words(&clean(&trace.reason))
    )
}

fn faults(trace: &Trace) -> String {
    let faults: Vec<String> = trace.faults.iter().map(|fault| words::fault(fault)).collect();
    text::listed(&faults)
}

fn lane(figures: &Figures, trace: &Trace) -> Lane {
    let meanwhile = if trace.faults.is_empty() {
        String::new()
    } else {
        format!("; meanwhile {}", faults(trace))
    };
    Lane {
        name: format!(
            "{} {} of {} at {}: {}{meanwhile}",
            words::spaced(trace.op.as_str()),
            short(trace),
            clean(&trace.person),
            text::duration_us(since_us(figures, trace)),
            ending(trace)
        ),
        value: text::duration_us(length_us(trace)),
        pieces: stage_ink::pieces(&trace.parts),
    }
}

/// Everything of each of them.
pub(crate) fn numbers(figures: &Figures, which: Which) -> Numbers {
    let heads = [
        "kind",
        "person",
        "persona",
        "intended at",
        "took",
        "outcome",
        "where the time went",
        "faults meanwhile",
    ];
    let mut numbers = Numbers::of("Operation", &heads);
    let row = |trace: &Trace| {
        let part = |part: &judge::StagePart| format!("{} {}", clean(&part.stage), text::duration_us(part.us));
        let parts: Vec<String> = trace.parts.iter().map(part).collect();
        let cells = vec![
            words::spaced(trace.op.as_str()),
            clean(&trace.person),
            words::spaced(&clean(&trace.persona)),
            text::duration_us(since_us(figures, trace)),
            text::duration_us(length_us(trace)),
            ending(trace),
            parts.join(", "),
            faults(trace),
        ];
        (clean(&trace.id), cells)
    };
    numbers.rows = which.of(figures).iter().map(row).collect();
    numbers
}
