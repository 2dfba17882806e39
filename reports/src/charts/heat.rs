//! How many operations took how long, over time: what percentiles hide.

use judge::{Figures, HeatMap};

use super::frame::{Entry, Heading, Plot, Sheet, sentence};
use super::numbers::Numbers;
use super::palette::Ink;
use super::scale::{Axis, Scale, Tick};
use super::shape::Drawing;
use super::timeline::{Timeline, merged_note, stage};
use crate::text;

const TITLE: &str = "Response times, all of them";

/// The row of what has no response time, in rows above the highest.
const ENDLESS: (f64, f64) = (0.8, 2.4);

/// Counts of the columns that a screen can show.
struct Map<'a> {
    edges_us: &'a [f64],
    counts: Vec<Vec<u64>>,
    endless: Vec<u64>,
    levels: Levels,
}

impl<'a> Map<'a> {
    fn new(heat: &'a HeatMap, merged: usize) -> Self {
        let counts: Vec<Vec<u64>> = heat.counts.chunks(merged).map(sum).collect();
        let endless: Vec<u64> = heat.endless.chunks(merged).map(|counts| counts.iter().sum()).collect();
        let most = counts.iter().flatten().chain(&endless).copied().max().unwrap_or(0);
        Self {
            edges_us: &heat.edges_us,
            counts,
            endless,
            levels: Levels::new(most),
        }
    }

    fn has_endless(&self) -> bool {
        self.endless.iter().any(|count| *count > 0)
    }

    /// From the begin of a row to that of the next: the edges grow by the same factor.
    fn factor(&self) -> f64 {
        match self.edges_us {
            [first, second, ..] => second / first,
            _ => 1.0,
        }
    }

    /// Where the row of what has no response time lies.
    fn endless_us(&self) -> (f64, f64) {
        let highest = self.edges_us.last().copied().unwrap_or(1.0);
        let above = |rows: f64| highest * self.factor().powf(rows);
        (above(ENDLESS.0), above(ENDLESS.1))
    }

    fn axis(&self) -> Axis {
        let (first, last) = (self.edges_us.first(), self.edges_us.last());
        let (from, to) = (first.copied().unwrap_or(1.0), last.copied().unwrap_or(2.0));
        let mut axis = Axis::log(from, to, 5, "Response time");
        if self.has_endless() {
            let (bottom, top) = self.endless_us();
            axis.scale = Scale::Log { from, to: top };
            axis.ticks.push(Tick {
                value: (bottom * top).sqrt(),
                label: "∞".to_owned(),
            });
        }
        axis
    }
}

fn sum(columns: &[Vec<u64>]) -> Vec<u64> {
    let rows = columns.iter().map(Vec::len).max().unwrap_or(0);
    let row = |row: usize| columns.iter().filter_map(|column| column.get(row)).sum();
    (0..rows).map(row).collect()
}

/// Which colour stands for which counts: each begins at the same factor above the one before, as far as whole numbers allow.
struct Levels(Vec<(u64, u64, Ink)>);

impl Levels {
    fn new(most: u64) -> Self {
        let count = Ink::HEAT.len() as f64;
        let begin = |level: usize| (most as f64).powf(level as f64 / count).ceil().max(1.0) as u64;
        let levels = Ink::HEAT.into_iter().enumerate().map(|(level, ink)| {
            let end = if level + 1 == Ink::HEAT.len() {
                most
            } else {
                begin(level + 1).saturating_sub(1)
            };
            (begin(level), end, ink)
        });
        Self(levels.filter(|(from, to, _)| from <= to).collect())
    }

    fn ink(&self, count: u64) -> Option<Ink> {
        let level = self.0.iter().rev().find(|(from, ..)| *from <= count)?;
        Some(level.2)
    }

    fn legend(&self) -> Vec<Entry> {
        let words = |from: u64, to: u64| {
            if from == to {
                text::count(from)
            } else {
                format!("{}–{}", text::count(from), text::count(to))
            }
        };
        let levels = self.0.iter();
        levels
            .map(|(from, to, ink)| Entry::area(*ink, words(*from, *to)))
            .collect()
    }
}

/// A cell for each window and each range of response times.
pub(crate) fn draw(figures: &Figures, sheet: Sheet) -> Drawing {
    let Some(timeline) = Timeline::new(figures, sheet.columns()) else {
        return sentence(sheet, TITLE, "No load ran, so nobody waited.");
    };
    let map = Map::new(&figures.heat, timeline.merged);
    if map.edges_us.len() < 2 {
        let nothing = "No operation finished with a known outcome, so there is no response time.";
        return sentence(sheet, TITLE, nothing);
    }
    let mut heading = Heading {
        title: TITLE.to_owned(),
        note: merged_note(&timeline, "counts add up"),
        legend: map.levels.legend(),
    };
    timeline.explain(figures, &mut heading);
    let mut drawing = sheet.drawing();
    let axis = map.axis();
    let plot = stage(&mut drawing, figures, &timeline, sheet, &heading, &axis);
    for number in 0..timeline.windows.len() {
        column(&mut drawing, &plot, &axis, timeline.column(&plot, number), &map, number);
    }
    tell(&mut drawing, &plot, &axis, &timeline, &map);
    drawing.summary = summary(&map, &timeline);
    drawing
}

/// The cells of one window. Those upon one another of the same colour are one.
fn column(drawing: &mut Drawing, plot: &Plot, axis: &Axis, (left, right): (f64, f64), map: &Map<'_>, number: usize) {
    let y = |us: f64| plot.y(axis.scale.share(us));
    let mut cell = |from: f64, to: f64, ink: Ink| drawing.rect((left, y(to)), (right, y(from)), ink);
    let rows = map.counts.get(number).map_or(&[][..], Vec::as_slice);
    let mut row = 0;
    for run in rows.chunk_by(|one, next| map.levels.ink(*one) == map.levels.ink(*next)) {
        if let Some(ink) = run.first().and_then(|count| map.levels.ink(*count)) {
            cell(map.edges_us[row], map.edges_us[row + run.len()], ink);
        }
        row += run.len();
    }
    let endless = map.endless.get(number).copied().unwrap_or(0);
    if let Some(ink) = map.levels.ink(endless) {
        let (from, to) = map.endless_us();
        cell(from, to, ink);
    }
}

/// Lets each cell tell its count, where cells are large enough for a pointer; else each window its own.
fn tell(drawing: &mut Drawing, plot: &Plot, axis: &Axis, timeline: &Timeline, map: &Map<'_>) {
    let y = |us: f64| plot.y(axis.scale.share(us));
    for (number, window) in timeline.windows.iter().enumerate() {
        let (left, right) = timeline.column(plot, number);
        let when = timeline.told(window);
        let rows = map.counts.get(number).map_or(&[][..], Vec::as_slice);
        let all: u64 = rows.iter().sum();
        let endless = map.endless.get(number).copied().unwrap_or(0);
        if drawing.readout.is_none() {
            let told = format!(
                "{when}: {}{}",
                text::of(all, "operation", "operations"),
                without(endless)
            );
            drawing.hit((left, plot.top), (right, plot.bottom), told);
            continue;
        }
        for (edges, count) in map.edges_us.windows(2).zip(rows).filter(|(_, count)| **count > 0) {
            let range = text::span_us(edges[0], edges[1]);
            let told = format!("{when}, {range}: {} of {}", text::count(*count), text::count(all));
            drawing.hit((left, y(edges[1])), (right, y(edges[0])), told);
        }
        if endless > 0 {
            let (from, to) = map.endless_us();
            let told = format!("{when}: {} unknown or dropped", text::count(endless));
            drawing.hit((left, y(to)), (right, y(from)), told);
        }
    }
}

fn without(endless: u64) -> String {
    if endless == 0 {
        return String::new();
    }
    format!(", and {} unknown or dropped", text::count(endless))
}

/// How many there are in each range over the whole run.
pub(crate) fn numbers(figures: &Figures) -> Numbers {
    let mut numbers = Numbers::of("Response time", &["operations", "share", "up to here"]);
    let counts = sum(&figures.heat.counts);
    let all: u64 = counts.iter().sum();
    let mut passed = 0;
    for (edges, count) in figures.heat.edges_us.windows(2).zip(counts) {
        passed += count;
        if count > 0 {
            let cells = vec![text::count(count), text::share(count, all), text::share(passed, all)];
            numbers.rows.push((text::span_us(edges[0], edges[1]), cells));
        }
    }
    numbers
}

fn summary(map: &Map<'_>, timeline: &Timeline) -> String {
    let all: u64 = map.counts.iter().flatten().sum();
    let span = map.edges_us.first().zip(map.edges_us.last());
    let reach = span.map_or_else(String::new, |(from, to)| text::span_us(*from, *to));
    format!(
        "{TITLE}: a heat map of {} over {}, on a logarithmic axis of {reach}.{}",
        text::of(all, "operation", "operations"),
        text::duration_us(timeline.span_us()),
        match map.endless.iter().sum() {
            0 => String::new(),
            endless => format!(" {} more are unknown or dropped.", text::count(endless)),
        }
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_has_a_colour_and_more_is_never_paler() {
        for most in [1, 2, 5, 7, 40, 1_000, 987_654_321] {
            let levels = Levels::new(most);
            let place = |count: u64| Ink::HEAT.iter().position(|ink| Some(*ink) == levels.ink(count));
            assert_eq!(place(0), None, "nothing is not drawn");
            let places: Vec<usize> = (1..=most.min(2_000)).map(|count| place(count).unwrap()).collect();
            assert!(places.is_sorted(), "{most}: {places:?}");
            assert!(
                levels.0.windows(2).all(|pair| pair[0].1 + 1 == pair[1].0),
                "{most}: no count is between two"
            );
            assert_eq!((levels.0[0].0, levels.0.last().unwrap().1), (1, most));
            assert_eq!(levels.legend().len(), levels.0.len());
        }
    }
}
