//! How long an acknowledged write took to reach each domain controller.

use judge::{Figures, PropagationRow};

use super::frame::{self, Entry, Heading, Plot, Sheet, sentence};
use super::palette::Ink;
use super::scale::Axis;
use super::shape::{Drawing, Place};
use crate::text;

const TITLE: &str = "From acknowledgement to each domain controller";

/// The looks of the lines, each told by its width too; the widest is drawn first.
const LOOKS: [(Ink, f64); 6] = [
    (Ink::Blue, 5.0),
    (Ink::Vermillion, 3.0),
    (Ink::Green, 2.4),
    (Ink::Purple, 1.9),
    (Ink::Orange, 1.4),
    (Ink::Grey, 1.0),
];

/// Watchers do not look so often that shorter delays could be told apart.
const SHORTEST_US: u64 = 1_000;

/// The share of writes seen on each domain controller within each delay.
pub(crate) fn draw(figures: &Figures, sheet: Sheet) -> Drawing {
    if figures.propagation.is_empty() {
        return sentence(
            sheet,
            TITLE,
            "No domain has several domain controllers that were watched, so nothing had to spread.",
        );
    }
    let rows = drawn(&figures.propagation);
    let Some(horizontal) = axis(&rows, sheet) else {
        let nothing = "No write of the measure phase was seen on any domain controller.";
        return sentence(sheet, TITLE, nothing);
    };
    let heading = Heading {
        title: TITLE.to_owned(),
        note: left_out(figures.propagation.len() - rows.len()),
        legend: rows.iter().zip(LOOKS).map(|(row, (ink, _))| entry(row, ink)).collect(),
    };
    let vertical = Axis::from_zero(100.0, 5, false, "Writes seen (%)");
    let mut drawing = sheet.drawing();
    let top = frame::heading(&mut drawing, &heading);
    let plot = frame::plot_below(&mut drawing, sheet, top, &vertical, 0);
    frame::vertical(&mut drawing, &plot, &vertical);
    frame::horizontal(&mut drawing, &plot, &horizontal, true);
    for (row, (ink, width)) in rows.iter().zip(LOOKS) {
        let places = steps(row, &plot, &horizontal);
        if !places.is_empty() {
            drawing.line(places, ink, width);
        }
    }
    hits(&mut drawing, &plot, &horizontal, &rows);
    drawing.summary = summary(&rows);
    drawing
}

/// Columns that tell what had been seen by then.
const COLUMNS: usize = 60;

fn hits(drawing: &mut Drawing, plot: &Plot, axis: &Axis, rows: &[&PropagationRow]) {
    for column in 0..COLUMNS {
        let [left, right] = [column, column + 1].map(|edge| edge as f64 / COLUMNS as f64);
        let delay_us = axis.scale.value(right);
        let told: Vec<String> = rows.iter().map(|row| seen(row, delay_us)).collect();
        let words = format!("within {}: {}", text::duration_us(delay_us), told.join(", "));
        drawing.hit((plot.x(left), plot.top), (plot.x(right), plot.bottom), words);
    }
}

fn seen(row: &PropagationRow, delay_us: f64) -> String {
    let by_then = row.curve.iter().take_while(|point| point.delay_us as f64 <= delay_us);
    let share = by_then.last().map_or(0.0, |point| point.share);
    format!("{} {} %", text::clean(&row.dc), text::number(share * 100.0, 1))
}

/// The axis of delays; none where nothing was seen. A delay shorter than its begin stands at the edge.
fn axis(rows: &[&PropagationRow], sheet: Sheet) -> Option<Axis> {
    let delays = rows.iter().flat_map(|row| &row.curve).map(|point| point.delay_us);
    let (least, most) = (delays.clone().min()?.max(SHORTEST_US), delays.max()?.max(SHORTEST_US));
    let what = "Since acknowledgement";
    Some(Axis::latency(least as f64, most as f64, sheet.parts(), what))
}

/// As many as can be told apart: the slowest, in the order of their names.
fn drawn(rows: &[PropagationRow]) -> Vec<&PropagationRow> {
    let mut rows: Vec<&PropagationRow> = rows.iter().collect();
    rows.sort_by_key(|row| std::cmp::Reverse((row.unseen, row.p99_us.unwrap_or(u64::MAX))));
    rows.truncate(LOOKS.len());
    rows.sort_by(|one, other| one.dc.cmp(&other.dc));
    rows
}

fn left_out(count: usize) -> String {
    if count == 0 {
        return String::new();
    }
    let others = text::of(
        count as u64,
        "faster domain controller is",
        "faster domain controllers are",
    );
    format!("{others} in the table alone.")
}

fn entry(row: &PropagationRow, ink: Ink) -> Entry {
    let time = |us: Option<u64>| us.map_or_else(|| "not seen".to_owned(), |us| text::duration_us(us as f64));
    let (p50, p99) = (time(row.p50_us), time(row.p99_us));
    Entry::line(ink, format!("{}: p50 {p50}, p99 {p99}", text::clean(&row.dc)))
}

/// The distribution as steps, from nothing seen to the right edge.
fn steps(row: &PropagationRow, plot: &Plot, axis: &Axis) -> Vec<Place> {
    let mut y = plot.y(0.0);
    let mut places = Vec::with_capacity(row.curve.len() * 2 + 2);
    for point in &row.curve {
        let x = plot.x(axis.scale.share(point.delay_us as f64));
        if places.is_empty() {
            places.push((plot.x(0.0), y));
        }
        places.push((x, y));
        y = plot.y(point.share.clamp(0.0, 1.0));
        places.push((x, y));
    }
    if !places.is_empty() {
        places.push((plot.x(1.0), y));
    }
    places.dedup();
    places
}

fn summary(rows: &[&PropagationRow]) -> String {
    let one = |row: &&PropagationRow| {
        let median = row
            .p50_us
            .map_or_else(|| "not seen".to_owned(), |us| text::duration_us(us as f64));
        format!("{} {median}", text::clean(&row.dc))
    };
    let medians: Vec<String> = rows.iter().map(one).collect();
    format!(
        "{TITLE}: share of writes seen over time. Medians: {}.",
        text::listed(&medians)
    )
}
