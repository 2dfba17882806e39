//! No text of any chart overlaps another or leaves the sheet, whatever the data.

use judge::{CurvePoint, Figures, OutcomeRow, ReasonRow, Span};
use vocabulary::{OpKind, OutcomeClass};

use super::Chart;
use super::frame::Sheet;
use super::shape::{Drawing, Shape};

#[path = "../../examples/synthetic/mod.rs"]
#[expect(dead_code, reason = "shared with the example, which uses all of it")]
mod synthetic;

const SHEETS: [Sheet; 3] = [Sheet::WIDE, Sheet::NARROW, Sheet::PNG];

fn check(name: &str, drawing: &Drawing) {
    let boxes: Vec<_> = drawing
        .labels()
        .map(|label| (label.text.as_str(), label.bounds()))
        .collect();
    for (index, (text, (left, top, right, bottom))) in boxes.iter().enumerate() {
        let inside = *left >= 0.0 && *top >= 0.0 && *right <= drawing.width && *bottom <= drawing.height;
        assert!(
            inside,
            "{name}: {text:?} leaves the sheet: {left} {top} {right} {bottom}"
        );
        for (other, (l, t, r, b)) in &boxes[index + 1..] {
            let apart = right <= l || r <= left || bottom <= t || b <= top;
            assert!(apart, "{name}: {text:?} overlaps {other:?}");
        }
    }
    for shape in &drawing.shapes {
        let places = match shape {
            Shape::Rect { from, to, .. } => vec![*from, *to],
            Shape::Line { places, .. } => places.clone(),
            Shape::Dot { at, .. } => vec![*at],
            Shape::Label(_) => continue,
        };
        let inside = |(x, y): (f64, f64)| (0.0..=drawing.width).contains(&x) && (0.0..=drawing.height).contains(&y);
        assert!(places.into_iter().all(inside), "{name}: {shape:?} leaves the sheet");
    }
}

fn check_all(figures: &Figures, what: &str) {
    for chart in Chart::ALL {
        for sheet in SHEETS {
            check(
                &format!("{} {what} {sheet:?}", chart.name()),
                &chart.drawing(figures, sheet),
            );
        }
    }
}

#[test]
fn any_number_of_windows_fits() {
    check_all(&Figures::default(), "empty");
    for windows in [1, 10, 72, 10_000] {
        check_all(
            &synthetic::judgement(1, windows, false).figures,
            &format!("{windows} windows"),
        );
    }
}

/// Every kind with every class, many long reasons, many short phases and faults, times from microseconds to minutes.
fn crowded() -> Figures {
    let mut figures = synthetic::judgement(5, 90, false).figures;
    let rows = OpKind::ALL
        .into_iter()
        .flat_map(|op| OutcomeClass::ALL.map(|class| (op, class)));
    figures.outcomes = rows
        .map(|(op, class)| OutcomeRow {
            op,
            class,
            count: 987_654_321,
        })
        .collect();
    let reason = |index: u64| ReasonRow {
        class: OutcomeClass::Rejected,
        reason: format!(
            "a_reason_that_is_rather_long_{index} SSPR_0029 event 33008 0000052D and so on and so on and so forth"
        ),
        count: 1 << (40 - index),
    };
    figures.reasons = (0..40).map(reason).collect();
    let span = |index: u64| Span {
        name: format!("fault {index}"),
        from_us: figures.windows[0].from_us + index * 1_000_000,
        to_us: figures.windows[0].from_us + index * 1_000_000 + 3_000_000,
    };
    figures.faults = (0..80).map(span).collect();
    for (index, window) in figures.windows.iter_mut().enumerate() {
        window.response_p50_us = (index % 7 != 0).then_some(3 + index as u64);
        window.response_p99_us = Some(900_000_000 / (index as u64 + 1));
        window.offered = 4_000_000;
    }
    figures.stages[0].p99_us = 700_000_000;
    figures.stages[1].stage = "a stage with a long name that nobody would choose".to_owned();
    figures.curve = (0..200)
        .map(|step| CurvePoint {
            share: 1.0 - 0.9f64.powi(step),
            response_us: Some(1 << (step / 6)),
            service_us: Some(1),
        })
        .collect();
    figures
}

#[test]
fn crowded_charts_fit_too() {
    check_all(&crowded(), "crowded");
}

#[test]
fn a_lone_window_is_seen() {
    let figures = synthetic::judgement(1, 1, false).figures;
    let drawing = Chart::ResponseTime.drawing(&figures, Sheet::WIDE);
    let dots = drawing
        .shapes
        .iter()
        .filter(|shape| matches!(shape, Shape::Dot { .. }))
        .count();
    assert_eq!(dots, 3, "one for each percentile");
}
