//! The knee: what a system achieves, and how long it takes, over what it is offered.

use history::{Capacity, Model, ModelPoint, Percentiles, Step, StepMark};

use super::frame::{self, Entry, Heading, Plot, Sheet, sentence};
use super::palette::Ink;
use super::scale::Axis;
use super::shape::{Anchor, Drawing, Place as At};
use super::svg::Place;
use super::{png_of, svg_of};
use crate::ReportError;
use crate::text;

/// The colours of models, the kept one first.
const MODELS: [Ink; 4] = [Ink::Blue, Ink::Orange, Ink::Purple, Ink::Grey];

/// A chart of a capacity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Knee {
    /// Achieved over offered.
    Achieved,
    /// Response time over offered.
    Response,
}

impl Knee {
    /// Both, in the order of the page.
    pub(crate) const ALL: [Self; 2] = [Self::Achieved, Self::Response];

    /// The name of its files.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Achieved => "capacity-achieved",
            Self::Response => "capacity-response",
        }
    }

    /// How to read it.
    pub(crate) fn caption(self) -> &'static str {
        match self {
            Self::Achieved => {
                "A dot is a step of the search: correct answers per second over the rate at which people came, its warm-up left out. The \
                 thin line is everything that was offered; the shaded stretch is where the answer surely lies."
            }
            Self::Response => {
                "The percentile that the goals limit, over the rate at which people came; dropped and unknown operations count as slower \
                 than every finished one. Lines are what fitted models say of the 99th percentile, or of the mean where they say nothing \
                 of it; a line ends where its model lets nothing more through."
            }
        }
    }

    fn drawing(self, capacity: &Capacity, sheet: Sheet) -> Drawing {
        match self {
            Self::Achieved => achieved(capacity, sheet),
            Self::Response => response(capacity, sheet),
        }
    }

    /// As an SVG file of its own.
    pub(crate) fn svg(self, capacity: &Capacity) -> Result<String, ReportError> {
        svg_of(self.name(), &self.drawing(capacity, Sheet::WIDE), Place::Alone)
    }

    /// As a PNG.
    pub(crate) fn png(self, capacity: &Capacity) -> Result<Vec<u8>, ReportError> {
        png_of(self.name(), &self.drawing(capacity, Sheet::PNG))
    }

    /// For a page, on wide screens and on narrow ones.
    pub(crate) fn inline(self, capacity: &Capacity) -> Result<[String; 2], ReportError> {
        let of = |sheet, wide| svg_of(self.name(), &self.drawing(capacity, sheet), Place::Page { wide });
        Ok([of(Sheet::WIDE, true)?, of(Sheet::NARROW, false)?])
    }
}

/// A plot over the offered rate.
struct Ground<'c> {
    capacity: &'c Capacity,
    plot: Plot,
    across: Axis,
    up: Axis,
}

impl<'c> Ground<'c> {
    fn laid(drawing: &mut Drawing, sheet: Sheet, capacity: &'c Capacity, heading: &Heading, up: Axis) -> Self {
        let most = capacity.steps.iter().map(|step| step.rate_per_s).fold(0.0, f64::max);
        let across = Axis::from_zero(most, sheet.parts(), false, "Offered (arrivals per second)");
        let top = frame::heading(drawing, heading);
        let plot = frame::plot_below(drawing, sheet, top, &up, 1);
        let ground = Self {
            capacity,
            plot,
            across,
            up,
        };
        ground.answer(drawing);
        frame::vertical(drawing, &ground.plot, &ground.up);
        frame::horizontal(drawing, &ground.plot, &ground.across, true);
        ground
    }

    fn at(&self, offered: f64, value: f64) -> At {
        (
            self.plot.x(self.across.scale.share(offered)),
            self.plot.y(self.up.scale.share(value)),
        )
    }

    /// The answer: where it surely lies, and where it is.
    fn answer(&self, drawing: &mut Drawing) {
        let Some(rate) = self.capacity.answer.rate_per_s else {
            return;
        };
        let x = |rate: f64| self.plot.x(self.across.scale.share(rate));
        let (left, right) = (x(rate.low), x(rate.high).max(x(rate.low) + 2.0));
        drawing.rect((left, self.plot.top), (right, self.plot.bottom), Ink::Band);
        let middle = x(rate.value);
        drawing.line(
            vec![(middle, self.plot.top), (middle, self.plot.bottom)],
            Ink::Text,
            1.5,
        );
        let anchor = if middle > f64::midpoint(self.plot.left, self.plot.right) {
            Anchor::End
        } else {
            Anchor::Start
        };
        let label = format!("answer {}", text::rate(rate.value));
        drawing.text(label, (middle, self.plot.top - 5.0), anchor, Ink::Text);
    }

    fn model(&self, drawing: &mut Drawing, model: &Model, ink: Ink, value: impl Fn(&ModelPoint) -> Option<f64>) {
        let places: Vec<At> = model
            .curve
            .iter()
            .map_while(|point| Some(self.at(point.offered_per_s, value(point)?)))
            .collect();
        if places.len() > 1 {
            drawing.line(places, ink, if ink == MODELS[0] { 2.5 } else { 1.5 });
        }
    }

    fn dots(&self, drawing: &mut Drawing, value: impl Fn(&Step) -> Option<f64>) {
        for step in &self.capacity.steps {
            if let Some(value) = value(step) {
                drawing.dot(self.at(step.offered_per_s, value), 4.5, ink(step.mark));
            }
        }
    }
}

fn ink(mark: StepMark) -> Ink {
    match mark {
        StepMark::Held => Ink::Green,
        StepMark::Failed => Ink::Vermillion,
        StepMark::Unsure => Ink::Muted,
    }
}

fn legend(capacity: &Capacity) -> Vec<Entry> {
    let known = [
        (StepMark::Held, "step that held"),
        (StepMark::Failed, "step that failed"),
        (StepMark::Unsure, "step that could not be told"),
    ];
    let marks = known
        .into_iter()
        .filter(|(mark, _)| capacity.steps.iter().any(|step| step.mark == *mark));
    let models = capacity
        .models
        .iter()
        .zip(MODELS)
        .enumerate()
        .map(|(number, (model, ink))| {
            let kept = if number == 0 { ", kept" } else { "" };
            Entry::line(ink, format!("{}{kept}", title(model)))
        });
    marks
        .map(|(mark, name)| Entry::area(ink(mark), name))
        .chain(models)
        .collect()
}

/// A model's name, the part of its description before the colon.
fn title(model: &Model) -> &str {
    model.what.split(':').next().unwrap_or(&model.name)
}

fn achieved(capacity: &Capacity, sheet: Sheet) -> Drawing {
    const TITLE: &str = "Achieved over offered";
    let most = capacity
        .steps
        .iter()
        .map(|step| step.achieved_per_s)
        .fold(0.0, f64::max);
    if most <= 0.0 {
        return sentence(
            sheet,
            TITLE,
            "No step was measured to its end, so nothing was achieved.",
        );
    }
    let heading = Heading {
        title: TITLE.to_owned(),
        note: String::new(),
        legend: legend(capacity),
    };
    let mut drawing = sheet.drawing();
    // A model may promise more than was achieved; a line that was cut there would look like its limit.
    let curves = capacity.models.iter().flat_map(|model| &model.curve);
    let end = curves.map(|point| point.achieved_per_s).fold(most, f64::max);
    let up = Axis::from_zero(end * 1.05, 5, false, "Achieved (correct answers per second)");
    let ground = Ground::laid(&mut drawing, sheet, capacity, &heading, up);
    drawing.line(vec![ground.at(0.0, 0.0), ground.at(end, end)], Ink::Axis, 1.0);
    for (model, ink) in capacity.models.iter().zip(MODELS).rev() {
        ground.model(&mut drawing, model, ink, |point| Some(point.achieved_per_s));
    }
    ground.dots(&mut drawing, |step| Some(step.achieved_per_s));
    drawing.summary = format!("{TITLE}, {} steps. {}.", capacity.steps.len(), capacity.answer.why);
    drawing
}

/// A percentile of the response time by the goal that limits it.
type Limited = (&'static str, &'static str, fn(&Percentiles) -> Option<f64>);

const LIMITED: [Limited; 4] = [
    ("response_time_p99_max", "p99", |times| times.p99),
    ("response_time_p999_max", "p99.9", |times| times.p999),
    ("response_time_p90_max", "p90", |times| times.p90),
    ("response_time_p50_max", "p50", |times| times.p50),
];

fn response(capacity: &Capacity, sheet: Sheet) -> Drawing {
    let limit_of = |goal: &str| {
        capacity
            .goals
            .iter()
            .find(|limit| limit.goal == goal)
            .map(|limit| limit.limit)
    };
    let limited = LIMITED
        .into_iter()
        .find(|(goal, ..)| limit_of(goal).is_some())
        .unwrap_or(LIMITED[0]);
    let (goal, name, value) = limited;
    let limit = limit_of(goal);
    let title = format!("Response time ({name}) over offered");
    let values: Vec<f64> = capacity
        .steps
        .iter()
        .filter_map(|step| value(&step.response_time_ms))
        .collect();
    let (least, most) = values
        .iter()
        .fold((f64::MAX, 0.0_f64), |(least, most), ms| (least.min(*ms), most.max(*ms)));
    if most <= 0.0 {
        return sentence(
            sheet,
            &title,
            "No step was measured to its end, so there is no response time.",
        );
    }
    let mut heading = Heading {
        title: title.clone(),
        note: String::new(),
        legend: legend(capacity),
    };
    if let Some(limit) = limit {
        heading.legend.push(Entry::line(
            Ink::Text,
            format!("goal: at most {}", text::duration_us(limit * 1e3)),
        ));
    }
    let (low, high) = (least.min(limit.unwrap_or(least)), most.max(limit.unwrap_or(most)));
    let up = Axis::latency(low * 1e3, high * 1e3 * 1.05, 5, &format!("Response time {name}"));
    let mut drawing = sheet.drawing();
    let ground = Ground::laid(&mut drawing, sheet, capacity, &heading, up);
    if let Some(limit) = limit {
        let y = ground.at(0.0, limit * 1e3).1;
        drawing.line(vec![(ground.plot.left, y), (ground.plot.right, y)], Ink::Text, 1.5);
    }
    let of_tail = name == "p99";
    for (model, ink) in capacity.models.iter().zip(MODELS).rev() {
        let tail = of_tail && model.curve.iter().any(|point| point.response_p99_ms.is_some());
        ground.model(&mut drawing, model, ink, |point| {
            let ms = if tail {
                point.response_p99_ms
            } else {
                point.response_mean_ms
            };
            ms.map(|ms| ms * 1e3).filter(|us| *us <= high * 1.05e3)
        });
    }
    ground.dots(&mut drawing, |step| value(&step.response_time_ms).map(|ms| ms * 1e3));
    drawing.summary = format!("{title}. {}.", capacity.answer.why);
    drawing
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::capacity::tests::sample;

    #[test]
    fn the_knee_is_drawn_on_every_sheet_and_nothing_leaves_it() {
        let capacity = sample();
        for knee in Knee::ALL {
            for sheet in [Sheet::WIDE, Sheet::NARROW, Sheet::PNG] {
                let drawing = knee.drawing(&capacity, sheet);
                for label in drawing.labels() {
                    let (left, top, right, bottom) = label.bounds();
                    let inside = left >= 0.0 && top >= 0.0 && right <= drawing.width && bottom <= drawing.height;
                    assert!(inside, "{knee:?} {sheet:?}: {label:?}");
                }
                assert!(
                    drawing.labels().any(|label| label.text.starts_with("answer")),
                    "{knee:?}"
                );
            }
            assert!(knee.svg(&capacity).unwrap().contains("answer 32"), "{knee:?}");
            assert!(knee.png(&capacity).unwrap().starts_with(b"\x89PNG"));
        }
    }

    #[test]
    fn without_a_step_both_say_so() {
        let mut capacity = sample();
        capacity.steps.clear();
        for knee in Knee::ALL {
            assert!(
                knee.svg(&capacity).unwrap().contains("No step was measured"),
                "{knee:?}"
            );
        }
    }
}
