//! What each part used over time: processors, memory, disks and sockets.

use judge::{Figures, ResourceRow, UsePoint, Window};

use super::frame::{Entry, Heading, Plot, Sheet, sentence};
use super::palette::Ink;
use super::scale::Axis;
use super::shape::{Drawing, Place};
use super::timeline::{Timeline, stage};
use crate::text;

/// One of the four charts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Use {
    /// Processors.
    Cpu,
    /// Memory.
    Memory,
    /// Bytes written to disks.
    Disk,
    /// Sockets.
    Sockets,
}

/// The looks of the lines, each told by its width too; the widest is drawn first.
const LOOKS: [(Ink, f64); 6] = [
    (Ink::Blue, 5.0),
    (Ink::Vermillion, 3.4),
    (Ink::Green, 2.6),
    (Ink::Purple, 2.0),
    (Ink::Orange, 1.5),
    (Ink::Grey, 1.0),
];

const MIB: f64 = 1_048_576.0;

impl Use {
    fn title(self) -> &'static str {
        match self {
            Self::Cpu => "Processors used by each part",
            Self::Memory => "Memory of each part",
            Self::Disk => "Written to disk by each part",
            Self::Sockets => "Sockets of each part",
        }
    }

    fn axis_title(self) -> &'static str {
        match self {
            Self::Cpu => "Processors used (1 = one, all the time)",
            Self::Memory => "Memory (MiB)",
            Self::Disk => "Written each second (MiB/s)",
            Self::Sockets => "Open sockets (count)",
        }
    }

    fn of(self, point: &UsePoint) -> Option<f64> {
        match self {
            Self::Cpu => Some(point.cores),
            Self::Memory => Some(point.memory_bytes as f64 / MIB),
            Self::Disk => Some(point.written_per_s? / MIB),
            Self::Sockets => Some(point.sockets? as f64),
        }
    }

    /// By what the parts that do not fit are chosen; none of a part of which nobody tells it.
    fn most(self, row: &ResourceRow) -> Option<f64> {
        match self {
            Self::Cpu => Some(row.used.cpu_mean_cores),
            Self::Memory => Some(row.used.memory_max_bytes as f64),
            Self::Disk => Some(row.used.disk_written_bytes? as f64),
            Self::Sockets => Some(row.used.sockets_max? as f64),
        }
    }

    fn entry(self, row: &ResourceRow) -> String {
        let part = text::clean(&row.part);
        let (mean, most) = (row.used.cpu_mean_cores, row.used.cpu_max_cores);
        match self {
            Self::Cpu => format!("{part}: mean {}, most {}", text::number(mean, 2), text::number(most, 2)),
            Self::Memory => format!("{part}: most {}", text::bytes(row.used.memory_max_bytes)),
            Self::Disk => format!(
                "{part}: {} in all",
                text::bytes(row.used.disk_written_bytes.unwrap_or(0))
            ),
            Self::Sockets => format!("{part}: most {}", text::count(row.used.sockets_max.unwrap_or(0))),
        }
    }

    /// A value with its unit.
    fn told(self, value: f64) -> String {
        match self {
            Self::Cpu => text::number(value, 2),
            Self::Memory => format!("{} MiB", text::significant(value)),
            Self::Disk => format!("{} MiB/s", text::significant(value)),
            Self::Sockets => text::number(value, 0),
        }
    }
}

/// Whether anybody tells it of any part.
pub(crate) fn is_told(figures: &Figures, what: Use) -> bool {
    figures.resources.iter().any(|row| what.most(row).is_some())
}

/// A line for each part, those that used most if there are many.
pub(crate) fn draw(figures: &Figures, sheet: Sheet, what: Use) -> Drawing {
    let Some(timeline) = Timeline::new(figures, sheet.points()) else {
        return sentence(sheet, what.title(), "No load ran, so nothing was used for it.");
    };
    let rows = drawn(figures, what);
    let lines: Vec<Vec<(f64, f64)>> = rows.iter().map(|row| line(row, &timeline, sheet, what)).collect();
    let values = lines.iter().flatten().map(|(_, value)| *value);
    let Some(most) = values.reduce(f64::max) else {
        return sentence(sheet, what.title(), "No part was sampled while load ran.");
    };
    let axis = Axis::from_zero(most, 5, what == Use::Sockets, what.axis_title());
    let mut heading = Heading {
        title: what.title().to_owned(),
        note: left_out(told_of(figures, what).count() - rows.len()),
        legend: rows
            .iter()
            .zip(LOOKS)
            .map(|(row, (ink, _))| Entry::line(ink, what.entry(row)))
            .collect(),
    };
    timeline.explain(figures, &mut heading);
    let mut drawing = sheet.drawing();
    let plot = stage(&mut drawing, figures, &timeline, sheet, &heading, &axis);
    for (values, (ink, width)) in lines.iter().zip(LOOKS) {
        put(&mut drawing, &plot, values, &axis, (ink, width));
    }
    timeline.hits(&mut drawing, &plot, |window| at(&timeline, window, &rows, &lines, what));
    let told: Vec<String> = rows.iter().map(|row| what.entry(row)).collect();
    drawing.summary = format!("{} over time. {}.", what.title(), text::listed(&told));
    drawing
}

/// The parts of which somebody tells it.
fn told_of(figures: &Figures, what: Use) -> impl Iterator<Item = &ResourceRow> {
    figures.resources.iter().filter(move |row| what.most(row).is_some())
}

/// What each part used in a window, at most.
fn at(timeline: &Timeline, window: &Window, rows: &[&ResourceRow], lines: &[Vec<(f64, f64)>], what: Use) -> String {
    let share = |at_us: u64| timeline.share(at_us).unwrap_or(1.0);
    let (from, to) = (share(window.from_us), share(window.from_us + timeline.width_us));
    let within = |line: &Vec<(f64, f64)>| {
        let values = line
            .iter()
            .filter(|(at, _)| (from..to).contains(at))
            .map(|(_, value)| *value);
        values.reduce(f64::max)
    };
    let told = |(row, line): (&&ResourceRow, &Vec<(f64, f64)>)| {
        within(line).map(|value| format!("{} {}", text::clean(&row.part), what.told(value)))
    };
    let told: Vec<String> = rows.iter().zip(lines).filter_map(told).collect();
    if told.is_empty() {
        return "no sample".to_owned();
    }
    told.join(", ")
}

/// As many as can be told apart: those that used most, in the order of their names.
fn drawn(figures: &Figures, what: Use) -> Vec<&ResourceRow> {
    let mut rows: Vec<&ResourceRow> = told_of(figures, what).collect();
    let most = |row: &ResourceRow| what.most(row).unwrap_or(0.0);
    rows.sort_by(|one, other| most(other).total_cmp(&most(one)));
    rows.truncate(LOOKS.len());
    rows.sort_by(|one, other| one.part.cmp(&other.part));
    rows
}

fn left_out(count: usize) -> String {
    if count == 0 {
        return String::new();
    }
    let parts = text::of(count as u64, "part that used less is", "parts that used less are");
    format!("{parts} in the table alone.")
}

/// The points on the axis, as shares of it, with their values; merged to what a screen can show, the highest of each.
fn line(row: &ResourceRow, timeline: &Timeline, sheet: Sheet, what: Use) -> Vec<(f64, f64)> {
    let on_axis = row
        .points
        .iter()
        .filter_map(|point| Some((timeline.share(point.at_us)?, what.of(point)?)));
    let points: Vec<(f64, f64)> = on_axis.collect();
    let merged = points.len().div_ceil(sheet.points()).max(1);
    let highest = |points: &[(f64, f64)]| {
        points
            .iter()
            .copied()
            .reduce(|one, other| if other.1 > one.1 { other } else { one })
    };
    points.chunks(merged).filter_map(highest).collect()
}

fn put(drawing: &mut Drawing, plot: &Plot, values: &[(f64, f64)], axis: &Axis, (ink, width): (Ink, f64)) {
    let places: Vec<Place> = values
        .iter()
        .map(|(share, value)| (plot.x(*share), plot.y(axis.scale.share(*value))))
        .collect();
    match places.as_slice() {
        [] => {}
        [lone] => drawing.dot(*lone, width * 2.0, ink),
        _ => drawing.line(places, ink, width),
    }
}
