//! The tail of each side.

use judge::compare::SideFigures;

use super::{inked, left_out, legend};
use crate::charts::frame::{self, Entry, Heading, Sheet, sentence};
use crate::charts::scale::{Axis, Scale, Tick};
use crate::charts::shape::{Drawing, Place};
use crate::charts::timeline::broken_line;
use crate::text;

const TITLE: &str = "Response time by percentile";

/// How far a share is from the whole: 0.9 is 10, 0.99 is 100.
fn distance(share: f64) -> f64 {
    1.0 / (1.0 - share.clamp(0.0, 0.999_999_999))
}

/// Response times of every side over the share of operations that took at most as long.
pub(super) fn draw(sides: &[SideFigures], sheet: Sheet) -> Drawing {
    let points = || sides.iter().flat_map(|side| &side.curve);
    let values = points().filter_map(|point| point.response_us);
    let (least, most) = values.fold((u64::MAX, 0), |(least, most), us| (least.min(us), most.max(us)));
    if most == 0 {
        return sentence(
            sheet,
            TITLE,
            "No operation finished in the measure phase, so there is no latency.",
        );
    }
    let heading = Heading {
        title: TITLE.to_owned(),
        note: left_out(sides),
        legend: legend(sides, Entry::line),
    };
    let vertical = Axis::latency(least as f64, most as f64, 5, "Response time");
    let horizontal = shares(points().map(|point| distance(point.share)).fold(10.0, f64::max));
    let mut drawing = sheet.drawing();
    let top = frame::heading(&mut drawing, &heading);
    let plot = frame::plot_below(&mut drawing, sheet, top, &vertical, 0);
    frame::vertical(&mut drawing, &plot, &vertical);
    frame::horizontal(&mut drawing, &plot, &horizontal, true);
    for (side, ink) in inked(sides) {
        let place = |share: f64, us: u64| -> Place {
            let (x, y) = (horizontal.scale.share(distance(share)), vertical.scale.share(us as f64));
            (plot.x(x), plot.y(y))
        };
        let curve = side
            .curve
            .iter()
            .map(|point| point.response_us.map(|us| place(point.share, us)));
        broken_line(&mut drawing, &curve.collect::<Vec<_>>(), ink, 2.0, false);
    }
    drawing.summary = summary(sides);
    drawing
}

fn shares(last: f64) -> Axis {
    let tick = |value: f64, label: String| Tick { value, label };
    let powers = (1..=9)
        .map(|power| 10f64.powi(power))
        .take_while(|at| *at <= last * 1.001);
    let rest = powers.map(|at| tick(at, format!("{} %", text::number(100.0 - 100.0 / at, 7))));
    Axis {
        scale: Scale::Log { from: 1.0, to: last },
        ticks: [tick(2.0, "50 %".to_owned())].into_iter().chain(rest).collect(),
        title: "Percentile (%, stretched towards 100 %)".to_owned(),
    }
}

fn summary(sides: &[SideFigures]) -> String {
    let at = |side: &SideFigures, share: f64| {
        let point = side.curve.iter().find(|point| point.share >= share);
        point
            .and_then(|point| point.response_us)
            .map_or_else(|| "–".to_owned(), |us| text::duration_us(us as f64))
    };
    let one = |side: &SideFigures| {
        format!(
            "{}: median {}, p99 {}",
            text::clean(&side.name),
            at(side, 0.5),
            at(side, 0.99)
        )
    };
    format!("{TITLE}. {}.", sides.iter().map(one).collect::<Vec<_>>().join("; "))
}
