//! One goal over many runs, with its limit and where it changed.

use judge::trend::{Change, TrendGroup, TrendLine, TrendPoint};
use vocabulary::{Goal, GoalUnit};

use crate::ReportError;
use crate::charts::frame::{self, Entry, Heading, Plot, Sheet, sentence};
use crate::charts::palette::Ink;
use crate::charts::render;
use crate::charts::scale::{Axis, Scale, Tick};
use crate::charts::shape::{Anchor, Drawing, Place};
use crate::charts::svg::{self, Place as Where};
use crate::text;
use crate::words;

/// Runs up to which each is a dot.
const DOTS: usize = 120;
/// By how much a limit may lie above everything that was measured and still be on the axis.
const LIMIT_ROOM: f64 = 2.5;

/// The chart for a page that has the style: for wide screens, and for narrow ones.
///
/// # Errors
/// [`ReportError::Draw`].
pub(super) fn inline(name: &str, group: &TrendGroup, line: &TrendLine) -> Result<[String; 2], ReportError> {
    let drawn = |sheet: Sheet, wide: bool| -> Result<String, ReportError> {
        let drawing = draw(group, line, sheet);
        let raw = render::svg(&drawing).map_err(|cause| ReportError::Draw { chart: "trend", cause })?;
        Ok(svg::finished(name, &raw, &drawing, Where::Page { wide }))
    };
    Ok([drawn(Sheet::WIDE, true)?, drawn(Sheet::NARROW, false)?])
}

/// The chart on a sheet.
pub(super) fn draw(group: &TrendGroup, line: &TrendLine, sheet: Sheet) -> Drawing {
    let title = words::goal_name(&line.goal);
    let Some(most) = line.points.iter().map(|point| point.value).reduce(f64::max) else {
        return sentence(sheet, &title, "No run measured anything of this goal.");
    };
    let shown = most <= 0.0 || line.limit <= most * LIMIT_ROOM;
    let vertical = axis(&line.goal, if shown { most.max(line.limit) } else { most });
    let heading = Heading {
        title,
        note: String::new(),
        legend: legend(line, shown),
    };
    let mut drawing = sheet.drawing();
    let top = frame::heading(&mut drawing, &heading);
    let numbered = usize::from(!line.changes.is_empty());
    let plot = frame::plot_below(&mut drawing, sheet, top, &vertical, numbered);
    let canvas = Canvas {
        plot,
        vertical,
        horizontal: runs_axis(group.runs.len(), sheet.parts()),
        unit: unit_of(&line.goal),
    };
    frame::vertical(&mut drawing, &canvas.plot, &canvas.vertical);
    frame::horizontal(&mut drawing, &canvas.plot, &canvas.horizontal, false);
    if shown {
        canvas.level(&mut drawing, line.limit);
    }
    canvas.changes(&mut drawing, &line.changes);
    canvas.points(&mut drawing, line, group.runs.len(), sheet);
    canvas.means(&mut drawing, line);
    drawing.summary = summary(group, line);
    drawing
}

fn legend(line: &TrendLine, shown: bool) -> Vec<Entry> {
    let limit = text::goal_value(&line.goal, line.limit);
    let beyond = if shown { "" } else { ", above this chart" };
    let has = |of: fn(&TrendPoint) -> bool| line.points.iter().any(of);
    let turned = |worse: bool| line.changes.iter().any(|change| change.worse == worse);
    let entries = [
        (true, Entry::line(Ink::Blue, "each run")),
        (
            has(is_missed),
            Entry::area(Ink::Vermillion, "a run that missed the goal"),
        ),
        (
            has(|point| !point.counts),
            Entry::area(Ink::Grey, "a run that is not used"),
        ),
        (true, Entry::line(Ink::Text, "mean until it changes")),
        (turned(true), Entry::line(Ink::Vermillion, "became worse")),
        (turned(false), Entry::line(Ink::Green, "became better")),
        (true, Entry::line(Ink::Purple, format!("limit {limit}{beyond}"))),
    ];
    let told = entries.into_iter().filter(|(there, _)| *there);
    told.map(|(_, entry)| entry).collect()
}

fn is_missed(point: &TrendPoint) -> bool {
    point.counts && point.mark == history::Mark::Fail
}

/// What one of a goal's units is on its axis.
fn unit_of(goal: &str) -> f64 {
    match goal.parse::<Goal>().map(|goal| goal.unit()) {
        Ok(GoalUnit::Milliseconds) => 1e3,
        _ => 1.0,
    }
}

fn axis(goal: &str, most: f64) -> Axis {
    let title = words::goal_name(goal);
    match goal.parse::<Goal>().map(|goal| goal.unit()) {
        Ok(GoalUnit::Milliseconds) => Axis::latency_from_zero(most * 1e3, 5, "Time"),
        Ok(GoalUnit::Share) => Axis::from_zero(most, 5, false, "Share (of 1)"),
        Ok(GoalUnit::PerSecond) => Axis::from_zero(most, 5, false, "Rate (1/s)"),
        Err(_) => Axis::from_zero(most, 5, false, &title),
    }
}

/// Runs by their number in the order of their start, each with the same room.
fn runs_axis(count: usize, parts: usize) -> Axis {
    let step = step_of(count, parts);
    let tick = |run: usize| Tick {
        value: run as f64,
        label: text::count(run as u64),
    };
    Axis {
        scale: Scale::Linear {
            from: 0.5,
            to: count as f64 + 0.5,
        },
        ticks: std::iter::once(1)
            .chain((step..=count).step_by(step).filter(|run| *run > 1))
            .map(tick)
            .collect(),
        title: "Run, in the order of their start (number)".to_owned(),
    }
}

/// A step of 1, 2 or 5 times a power of ten that cuts so many runs in at most so many parts.
fn step_of(count: usize, parts: usize) -> usize {
    let powers = (0..).map(|power| 10usize.saturating_pow(power));
    powers
        .flat_map(|power| [power, power.saturating_mul(2), power.saturating_mul(5)])
        .find(|step| count / step <= parts)
        .unwrap_or(count.max(1))
}

/// Where runs and values lie.
struct Canvas {
    plot: Plot,
    vertical: Axis,
    horizontal: Axis,
    /// A goal's unit in the axis' own.
    unit: f64,
}

impl Canvas {
    fn x(&self, run: f64) -> f64 {
        self.plot.x(self.horizontal.scale.share(run + 1.0))
    }

    fn y(&self, value: f64) -> f64 {
        self.plot.y(self.vertical.scale.share(value * self.unit))
    }

    fn place(&self, point: &TrendPoint) -> Place {
        (self.x(point.run as f64), self.y(point.value))
    }

    fn level(&self, drawing: &mut Drawing, value: f64) {
        let y = self.y(value);
        drawing.line(vec![(self.plot.left, y), (self.plot.right, y)], Ink::Purple, 2.0);
    }

    /// A line before the run that introduced each, with its number where that does not touch another's.
    fn changes(&self, drawing: &mut Drawing, changes: &[Change]) {
        let mut taken = f64::NEG_INFINITY;
        for (number, change) in (1..).zip(changes) {
            let x = self.x(change.run as f64 - 0.5);
            let ink = if change.worse { Ink::Vermillion } else { Ink::Green };
            drawing.line(vec![(x, self.plot.top), (x, self.plot.bottom)], ink, 2.0);
            let name = text::count(number);
            let half = crate::charts::font::width(&name, frame::TEXT, false) / 2.0;
            if x - half > taken {
                drawing.text(name, (x, self.plot.top - 6.0), Anchor::Middle, Ink::Text);
                taken = x + half + 6.0;
            }
        }
    }

    fn points(&self, drawing: &mut Drawing, line: &TrendLine, runs: usize, sheet: Sheet) {
        let used: Vec<Place> = line
            .points
            .iter()
            .filter(|point| point.counts)
            .map(|point| self.place(point))
            .collect();
        let few = runs <= DOTS;
        if used.len() > 1 {
            drawing.line(thinned(&used, sheet.points()), Ink::Blue, if few { 1.5 } else { 1.0 });
        }
        let radius = if sheet.width < 600.0 { 2.2 } else { 3.0 };
        for point in &line.points {
            let ink = match point {
                point if !point.counts => Ink::Grey,
                point if is_missed(point) => Ink::Vermillion,
                _ if few => Ink::Blue,
                _ => continue,
            };
            drawing.dot(self.place(point), radius, ink);
        }
    }

    /// The mean of each stretch between two changes.
    fn means(&self, drawing: &mut Drawing, line: &TrendLine) {
        let counted: Vec<usize> = line
            .points
            .iter()
            .filter(|point| point.counts)
            .map(|point| point.run)
            .collect();
        let (Some(first), Some(last)) = (counted.first(), counted.last()) else {
            return;
        };
        let begins = std::iter::once(*first).chain(line.changes.iter().map(|change| change.run));
        let ends = line.changes.iter().map(|change| change.last_before).chain([*last]);
        for ((from, to), mean) in begins.zip(ends).zip(means(line)) {
            let y = self.y(mean);
            drawing.line(
                vec![(self.x(from as f64 - 0.5), y), (self.x(to as f64 + 0.5), y)],
                Ink::Text,
                2.0,
            );
        }
    }
}

/// The mean of every stretch, the one before the first change first.
fn means(line: &TrendLine) -> Vec<f64> {
    let Some(first) = line.changes.first() else {
        let counted: Vec<f64> = line
            .points
            .iter()
            .filter(|point| point.counts)
            .map(|point| point.value)
            .collect();
        let count = counted.len() as f64;
        return vec![counted.iter().sum::<f64>() / count];
    };
    std::iter::once(first.before)
        .chain(line.changes.iter().map(|change| change.after))
        .collect()
}

/// At most about so many places: of those that fall together, the highest and the lowest stay, so that no peak is lost.
fn thinned(places: &[Place], most: usize) -> Vec<Place> {
    if places.len() <= most {
        return places.to_vec();
    }
    let side = places.len().div_ceil((most / 2).max(1));
    let ends = |part: &[Place]| {
        let by_height = |one: &&Place, other: &&Place| one.1.total_cmp(&other.1);
        let mut ends: Vec<Place> = part
            .iter()
            .min_by(by_height)
            .into_iter()
            .chain(part.iter().max_by(by_height))
            .copied()
            .collect();
        ends.sort_by(|one, other| one.0.total_cmp(&other.0));
        ends
    };
    places.chunks(side).flat_map(ends).collect()
}

fn summary(group: &TrendGroup, line: &TrendLine) -> String {
    let value = |value: f64| text::goal_value(&line.goal, value);
    let counted: Vec<&TrendPoint> = line.points.iter().filter(|point| point.counts).collect();
    let ends = match (counted.first(), counted.last()) {
        (Some(first), Some(last)) => format!("{} first, {} last", value(first.value), value(last.value)),
        _ => "no run is used".to_owned(),
    };
    let changes: Vec<String> = line
        .changes
        .iter()
        .map(|change| super::words::change(&line.goal, change, group))
        .collect();
    let changes = if changes.is_empty() {
        "no change".to_owned()
    } else {
        changes.join("; ")
    };
    format!(
        "{} over {}: {ends}. {changes}.",
        words::goal_name(&line.goal),
        text::of(group.runs.len() as u64, "run", "runs")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peak_is_not_lost_among_thousands_of_runs() {
        let places: Vec<Place> = (0..5000)
            .map(|run| (f64::from(run), if run == 3333 { 1.0 } else { 50.0 }))
            .collect();
        let thin = thinned(&places, 600);
        assert!(thin.len() <= 620, "{}", thin.len());
        assert!(thin.contains(&(3333.0, 1.0)));
        assert!(
            thin.windows(2).all(|pair| pair[0].0 <= pair[1].0),
            "in the order of the runs"
        );
    }

    #[test]
    fn the_axis_of_runs_has_few_whole_numbers() {
        let labels =
            |count: usize| -> Vec<String> { runs_axis(count, 10).ticks.into_iter().map(|tick| tick.label).collect() };
        assert_eq!(labels(3), ["1", "2", "3"]);
        assert_eq!(labels(31), ["1", "5", "10", "15", "20", "25", "30"]);
        assert_eq!(labels(1000).last().map(String::as_str), Some("1,000"));
    }
}
