//! The tail: how long the slowest one in ten, hundred, thousand took.

use judge::{CurvePoint, Figures};

use super::frame::{self, Entry, Heading, Plot, Sheet, sentence};
use super::numbers::Numbers;
use super::palette::Ink;
use super::scale::{Axis, Scale, Tick};
use super::shape::{Drawing, Place};
use super::timeline::broken_line;
use crate::text;

const TITLE: &str = "Latency by percentile";

type Value = fn(&CurvePoint) -> Option<u64>;

const LINES: [(&str, Ink, Value); 2] = [
    ("response time, from the intended start", Ink::Vermillion, |point| {
        point.response_us
    }),
    ("service time, from the actual start", Ink::Blue, |point| {
        point.service_us
    }),
];

/// How far a share is from the whole: 0.9 is 10, 0.99 is 100.
fn distance(share: f64) -> f64 {
    1.0 / (1.0 - share.clamp(0.0, 0.999_999_999))
}

/// Response and service time over the share of operations that took at most as long.
pub(crate) fn draw(figures: &Figures, sheet: Sheet) -> Drawing {
    let values = figures
        .curve
        .iter()
        .flat_map(|point| [point.response_us, point.service_us])
        .flatten();
    let (least, most) = values.fold((u64::MAX, 0), |(least, most), us| (least.min(us), most.max(us)));
    if most == 0 {
        return sentence(
            sheet,
            TITLE,
            "No operation finished in the measure phase, so there is no latency.",
        );
    }
    let vertical = Axis::latency(least as f64, most as f64, 5, "Latency");
    let curve = Curve::new(figures);
    let mut heading = Heading {
        title: TITLE.to_owned(),
        ..Heading::default()
    };
    heading.legend = LINES.iter().map(|(name, ink, _)| Entry::line(*ink, *name)).collect();
    if curve.unanswered.is_some() {
        heading.legend.push(Entry::area(Ink::Fault, "dropped or unknown"));
    }
    let mut drawing = sheet.drawing();
    let top = frame::heading(&mut drawing, &heading);
    let plot = frame::plot_below(&mut drawing, sheet, top, &vertical, 0);
    if let Some(from) = curve.unanswered {
        drawing.rect(
            (plot.x(curve.axis.scale.share(from)), plot.top),
            (plot.right, plot.bottom),
            Ink::Fault,
        );
    }
    frame::vertical(&mut drawing, &plot, &vertical);
    frame::horizontal(&mut drawing, &plot, &curve.axis, true);
    for (_, ink, value) in LINES {
        broken_line(
            &mut drawing,
            &curve.places(figures, &plot, &vertical, value),
            ink,
            2.5,
            false,
        );
    }
    curve.hits(&mut drawing, &plot, figures);
    drawing.summary = summary(figures);
    drawing
}

/// The shares that a table has, from which on people ask.
const ASKED: [f64; 8] = [0.5, 0.75, 0.9, 0.95, 0.99, 0.999, 0.9999, 1.0];

/// Both times at usual percentiles, as far as there are operations enough to tell them.
pub(crate) fn numbers(figures: &Figures) -> Numbers {
    let mut numbers = Numbers::of("Percentile", &["response time", "service time"]);
    let last = figures
        .curve
        .iter()
        .map(|point| point.share)
        .filter(|share| *share < 1.0)
        .fold(0.0, f64::max);
    for share in ASKED.into_iter().filter(|share| *share >= 1.0 || *share <= last + 1e-9) {
        let Some(point) = figures.curve.iter().find(|point| point.share >= share - 1e-9) else {
            continue;
        };
        let name = if share >= 1.0 {
            "longest".to_owned()
        } else {
            percent(share)
        };
        numbers
            .rows
            .push((name, vec![time(point.response_us), time(point.service_us)]));
    }
    numbers
}

fn percent(share: f64) -> String {
    format!("{} %", text::number(share * 100.0, 4))
}

/// A time; what has none never ended.
fn time(us: Option<u64>) -> String {
    us.map_or_else(|| "no answer".to_owned(), |us| text::duration_us(us as f64))
}

/// The horizontal axis of the curve.
struct Curve {
    axis: Axis,
    /// Where the whole lies, beyond the last finite distance.
    end: f64,
    /// From where on nothing was answered.
    unanswered: Option<f64>,
}

impl Curve {
    fn new(figures: &Figures) -> Self {
        let inner = figures
            .curve
            .iter()
            .map(|point| point.share)
            .filter(|share| *share < 1.0);
        let last = inner.map(distance).fold(10.0, f64::max);
        let end = last * 1.6;
        let mut ticks = vec![tick(2.0, "50 %")];
        let powers = (1..=9)
            .map(|power| 10f64.powi(power))
            .take_while(|at| *at <= last * 1.001);
        ticks.extend(powers.map(|at| tick(at, &format!("{} %", text::number(100.0 - 100.0 / at, 7)))));
        let title = "Percentile (%, stretched towards 100 %)".to_owned();
        let axis = Axis {
            scale: Scale::Log { from: 1.0, to: end },
            ticks,
            title,
        };
        Self {
            axis,
            end,
            unanswered: unanswered(&figures.curve).map(distance),
        }
    }

    fn at(&self, share: f64) -> f64 {
        if share >= 1.0 { self.end } else { distance(share) }
    }

    /// Lets each point of the curve tell its times, half-way to its neighbours.
    fn hits(&self, drawing: &mut Drawing, plot: &Plot, figures: &Figures) {
        let x = |point: &CurvePoint| plot.x(self.axis.scale.share(self.at(point.share)));
        for (number, point) in figures.curve.iter().enumerate() {
            let beside = |other: Option<&CurvePoint>| other.map(|other| f64::midpoint(x(point), x(other)));
            let before = number.checked_sub(1).and_then(|before| figures.curve.get(before));
            let left = beside(before).unwrap_or(plot.left);
            let right = beside(figures.curve.get(number + 1)).unwrap_or(plot.right);
            let name = if point.share >= 1.0 {
                "longest".to_owned()
            } else {
                percent(point.share)
            };
            let told = format!(
                "{name}: response {}, service {}",
                time(point.response_us),
                time(point.service_us)
            );
            drawing.hit((left, plot.top), (right, plot.bottom), told);
        }
    }

    fn places(&self, figures: &Figures, plot: &Plot, vertical: &Axis, value: Value) -> Vec<Option<Place>> {
        let x = |point: &CurvePoint| plot.x(self.axis.scale.share(self.at(point.share)));
        let y = |us: u64| plot.y(vertical.scale.share(us as f64));
        figures
            .curve
            .iter()
            .map(|point| value(point).map(|us| (x(point), y(us))))
            .collect()
    }
}

fn tick(value: f64, label: &str) -> Tick {
    Tick {
        value,
        label: label.to_owned(),
    }
}

/// The last share with a response time, if larger ones have none.
fn unanswered(curve: &[CurvePoint]) -> Option<f64> {
    let last = curve
        .iter()
        .rev()
        .find(|point| point.response_us.is_some())
        .map_or(0.0, |point| point.share);
    curve.last().filter(|point| point.response_us.is_none()).map(|_| last)
}

fn summary(figures: &Figures) -> String {
    let at = |share: f64| {
        figures
            .curve
            .iter()
            .find(|point| point.share >= share - 1e-9)
            .and_then(|point| point.response_us)
    };
    let one = |(name, share): (&str, f64)| at(share).map(|us| format!("{name} {}", text::duration_us(us as f64)));
    let known: Vec<String> = [("median", 0.5), ("p90", 0.9), ("p99", 0.99)]
        .into_iter()
        .filter_map(one)
        .collect();
    format!(
        "{TITLE}, response and service time. Response: {}.",
        text::listed(&known)
    )
}
