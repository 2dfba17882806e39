//! No text of any chart overlaps another or leaves the sheet, whatever the data.

use judge::{Case, CaseOp, CurvePoint, Figures, OutcomeRow, PersonaRow, PropagationRow, ReasonRow, Span, Trace};
use vocabulary::{OpKind, OutcomeClass};

use super::Chart;
use super::frame::Sheet;
use super::palette::Ink;
use super::shape::{Drawing, Label, Shape};

#[path = "../../examples/synthetic/mod.rs"]
#[expect(dead_code, reason = "shared with the example, which uses all of it")]
mod synthetic;

const SHEETS: [Sheet; 3] = [Sheet::WIDE, Sheet::NARROW, Sheet::PNG];

/// Nothing overlaps, and nothing leaves the sheet.
pub(crate) fn check(name: &str, drawing: &Drawing) {
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
    for hit in &drawing.hits {
        let inside = hit.from.0 >= 0.0 && hit.to.0 <= drawing.width && hit.from.1 >= 0.0 && hit.to.1 <= drawing.height;
        assert!(
            inside && hit.to.0 >= hit.from.0 && hit.to.1 >= hit.from.1,
            "{name}: {hit:?}"
        );
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

/// As many rows as there can be, and names that are longer than the sheet.
fn crowd(case: &mut Case) {
    case.ops = (0..8)
        .map(|number| CaseOp {
            name: format!("admin_reset 526a3ee{number}: label 4000000000 → label 4000000001 and more than fits"),
            from_us: case.to_us - number * 1000,
            to_us: case.to_us,
            until_us: case.to_us + number,
            class: OutcomeClass::ALL[number as usize % 4],
        })
        .collect();
    let sight = case.sights[0].clone();
    case.sights = vec![sight; 6];
    case.person = "somebody.with-a-name.that-goes-on.and-on.and-on.0001@a-domain-with-a-name-that-goes-on-and-on.corp.example.test".into();
    case.checks = (0..9)
        .map(|number| format!("a-check-with-a-long-name-{number}"))
        .collect();
}

/// Operations of people with long names that met everything at once.
fn crowd_traces(traces: &mut Vec<Trace>) {
    let Some(first) = traces.first().cloned() else { return };
    *traces = (0..8)
        .map(|number| Trace {
            person:
                "somebody.with-a-name.that-goes-on.and-on@a-domain-with-a-name-that-goes-on-and-on.corp.example.test"
                    .into(),
            reason: "a_reason_that_is_rather_long SSPR_0029 event 33008 0000052D and so on and so on and so forth"
                .into(),
            faults: vec!["a_fault_with_a_long_name (and a target with a longer one)".into(); 4],
            finished_us: first.intended_us + number * 700_000_000,
            ..first.clone()
        })
        .collect();
}

/// As many personas as there are, some of whom nobody measured.
fn crowd_personas(personas: &mut Vec<PersonaRow>) {
    let first = personas[0].clone();
    *personas = (0..15)
        .map(|number| PersonaRow {
            persona: format!("a_persona_with_a_name_that_is_longer_than_any_{number}"),
            response_p50_us: (number % 4 > 0).then_some(number),
            response_p99_us: (number % 4 > 0).then_some(number * 100_000_000),
            ..first.clone()
        })
        .collect();
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
    for fault in figures.faults.iter_mut().step_by(3) {
        (fault.name, fault.to_us) = ("move_pdc".to_owned(), fault.from_us);
    }
    let end = figures
        .windows
        .last()
        .map_or(0, |window| window.from_us + figures.window_us);
    figures.faults.push(Span {
        name: "move_pdc".to_owned(),
        from_us: end,
        to_us: end,
    });
    let row = figures.propagation[0].clone();
    figures.propagation = (0..9)
        .map(|number| PropagationRow {
            dc: format!("dc{number}.a-domain-with-a-name-that-goes-on-and-on.corp.example.test"),
            unseen: number % 2 * 800,
            max_us: None,
            p99_us: (number > 4).then_some(number),
            ..row.clone()
        })
        .collect();
    for (index, window) in figures.windows.iter_mut().enumerate() {
        window.response_p50_us = (index % 7 != 0).then_some(3 + index as u64);
        window.response_p99_us = Some(900_000_000 / (index as u64 + 1));
        window.offered = 4_000_000;
    }
    crowd(&mut figures.cases[0]);
    crowd_traces(&mut figures.slowest);
    crowd_traces(&mut figures.unknown);
    crowd_personas(&mut figures.personas);
    figures.waterfalls[1].parts[3].us = 900_000_000.0;
    figures.heat.counts[40][3] = 987_654_321;
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
    assert_eq!(dots, 4, "one for each percentile");
}

#[test]
fn a_role_that_moves_is_a_line_with_a_name_on_every_chart_over_time() {
    let figures = synthetic::judgement(1, 72, false).figures;
    for chart in [
        Chart::ResponseTime,
        Chart::Heat,
        Chart::Rates,
        Chart::InFlight,
        Chart::Endings,
        Chart::Cpu,
    ] {
        for sheet in SHEETS {
            let drawing = chart.drawing(&figures, sheet);
            let upright = drawing.shapes.iter().filter(|shape| match shape {
                Shape::Line { places, ink, .. } => {
                    *ink == Ink::Purple && places.len() == 2 && places[0].0 == places[1].0
                }
                _ => false,
            });
            assert_eq!(upright.count(), 1, "{sheet:?}");
            let named = |label: &&Label| label.text == "PDC role moves";
            assert_eq!(drawing.labels().filter(named).count(), 1, "{sheet:?}");
        }
    }
}

/// What the hits of a chart tell.
fn told(chart: Chart, figures: &Figures, sheet: Sheet) -> Vec<String> {
    chart
        .drawing(figures, sheet)
        .hits
        .into_iter()
        .map(|hit| hit.told)
        .collect()
}

#[test]
fn every_window_of_a_chart_over_time_tells_its_values() {
    let figures = synthetic::judgement(1, 72, false).figures;
    for chart in [
        Chart::ResponseTime,
        Chart::Rates,
        Chart::InFlight,
        Chart::Endings,
        Chart::Cpu,
        Chart::Disk,
    ] {
        for sheet in SHEETS {
            let told = told(chart, &figures, sheet);
            assert_eq!(told.len(), 72, "{chart:?} {sheet:?}");
            assert!(told[30].starts_with("30–31 s: "), "{}", told[30]);
        }
    }
    let p50 = figures.windows[30].response_p50_us.unwrap();
    let words = format!("30–31 s: p50 {}, p90 ", crate::text::duration_us(p50 as f64));
    assert!(
        told(Chart::ResponseTime, &figures, Sheet::WIDE)[30].starts_with(&words),
        "{words}"
    );
}

#[test]
fn the_cells_of_the_heat_map_tell_every_operation_once() {
    let figures = synthetic::judgement(1, 72, false).figures;
    let counts = told(Chart::Heat, &figures, Sheet::WIDE).into_iter().map(|told| {
        let (_, count) = told.rsplit_once(": ").unwrap();
        count.split(' ').next().unwrap().parse::<u64>().unwrap()
    });
    let heat = &figures.heat;
    let all = heat.counts.iter().flatten().chain(&heat.endless).sum::<u64>();
    assert_eq!(counts.sum::<u64>(), all);
    let endless = heat.endless.iter().any(|count| *count > 0);
    let named = Chart::Heat
        .drawing(&figures, Sheet::WIDE)
        .labels()
        .any(|label| label.text == "∞");
    assert!(endless && named, "what never ended has a row of its own");
}

#[test]
fn the_pieces_of_an_operation_follow_one_another_without_gaps() {
    let figures = synthetic::judgement(1, 72, false).figures;
    let first = &figures.slowest[0];
    let hits = Chart::Slowest.drawing(&figures, Sheet::WIDE).hits;
    let row: Vec<_> = hits.iter().filter(|hit| hit.from.1 == hits[0].from.1).collect();
    assert_eq!(row.len(), first.parts.len());
    assert!(
        row.windows(2).all(|pair| (pair[0].to.0 - pair[1].from.0).abs() < 1.5),
        "{row:?}"
    );
    let stages = row.iter().map(|hit| hit.told.split(' ').next().unwrap());
    assert!(stages.eq(first.parts.iter().map(|part| part.stage.as_str())));
}

#[test]
fn writes_that_were_never_seen_end_a_line_below_the_whole() {
    let mut figures = synthetic::judgement(1, 30, false).figures;
    let end = |figures: &Figures| {
        let drawing = Chart::Propagation.drawing(figures, Sheet::WIDE);
        let mut lines = drawing.shapes.iter().rev().filter_map(|shape| match shape {
            Shape::Line { places, ink, .. } if *ink == Ink::Vermillion => places.last().copied(),
            _ => None,
        });
        lines.next().unwrap()
    };
    let whole = end(&figures);
    figures.propagation[1]
        .curve
        .iter_mut()
        .for_each(|point| point.share /= 2.0);
    let half = end(&figures);
    assert!(half.1 > whole.1 + 50.0 && half.0 == whole.0, "{half:?} {whole:?}");
    figures.propagation.iter_mut().for_each(|row| row.curve.clear());
    let words = Chart::Propagation.drawing(&figures, Sheet::WIDE).summary;
    assert!(words.contains("No write of the measure phase was seen"), "{words}");
}

#[test]
fn nothing_of_a_usual_chart_is_cut_on_any_sheet() {
    let figures = synthetic::judgement(1, 72, false).figures;
    for chart in Chart::ALL {
        for sheet in SHEETS {
            let drawing = chart.drawing(&figures, sheet);
            let cut = drawing.labels().find(|label| label.text.contains('…'));
            assert_eq!(cut, None, "{} {sheet:?}", chart.name());
        }
    }
}
