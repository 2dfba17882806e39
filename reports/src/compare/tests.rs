//! Comparisons that were made up, on every face.

use history::{Change, Compared, Comparison, Difference, Judged, Mark, Member, Method, Noise, Party, Unit};
use judge::compare::{SideFigures, SideWindow};
use judge::{CurvePoint, StageRow};

use super::charts::{View, drawn};
use super::{comparison_in_terminal, comparison_in_terminal_in_colour, junit, markdown, page, words, write_comparison};
use crate::charts::tests::check;

fn party(name: &str, runs: u64) -> Party {
    let member = |number: u64| Member {
        run: format!("{name}-{number}"),
        seed: 1,
        started_unix_ms: 1_795_424_405_000,
        verdict: Mark::Pass,
        whole: true,
        arrivals: 30_000,
    };
    Party {
        name: name.to_owned(),
        runs: (0..runs).map(member).collect(),
    }
}

fn change(measure: &str, judged: Judged, by: Option<f64>) -> Change {
    let unit = match measure {
        rate if rate.ends_with("rate") => Unit::PerS,
        ratio if ratio.ends_with("ratio") => Unit::Ratio,
        _ => Unit::Ms,
    };
    let stage = measure.starts_with("stages.");
    Change {
        measure: measure.to_owned(),
        goal: None,
        decides: !stage,
        unit,
        base: Some(10.0),
        run: by.map(|by| 10.0 * (1.0 + by)),
        change: by,
        low: by.map(|by| by - 0.02),
        high: by.map(|by| by + 0.02),
        of_itself: by.filter(|_| stage),
        p_value: by.map(|_| 0.00004),
        p_adjusted: by.map(|_| 0.0006),
        minimum_effect: if measure.ends_with("p99") { 0.1 } else { 0.03 },
        noise: by.map(|by| Noise {
            runs: 6,
            spread: by.abs() / 10.0,
            floor: by.abs() / 4.0,
        }),
        block_windows: 4,
        judged,
        verdict: match judged {
            Judged::Worse => Mark::Fail,
            Judged::Better | Judged::Alike => Mark::Pass,
            Judged::Unclear | Judged::TooLittle => Mark::Inconclusive,
        },
        why: "for a reason <b>& \"quoted\"".to_owned(),
    }
}

fn compared(name: &str) -> Compared {
    Compared {
        party: party(name, 1),
        verdict: Mark::Fail,
        notes: vec!["Something to be known.".to_owned()],
        differences: vec![Difference {
            field: "host.cpu".to_owned(),
            base: "one".to_owned(),
            run: "another".to_owned(),
            refused: true,
        }],
        paired: true,
        changes: vec![
            change("response_time_p50", Judged::Worse, Some(0.062)),
            change("response_time_p99", Judged::Unclear, Some(0.04)),
            change("achieved_rate", Judged::Alike, Some(-0.001)),
            change("failed_ratio", Judged::Better, Some(-0.004)),
            change("unknown_ratio", Judged::TooLittle, None),
            change("stages.write.p50", Judged::Worse, Some(0.05)),
            change("stages.network.p50", Judged::Alike, Some(0.0)),
        ],
    }
}

fn comparison(runs: usize) -> Comparison {
    Comparison {
        verdict: Mark::Fail,
        scenario: "quick".to_owned(),
        world: "embedded".to_owned(),
        base: party("main", 5),
        compared: (0..runs)
            .map(|number| compared(&format!("20261126T09000{number}Z-seed-1")))
            .collect(),
        method: Method {
            resamples: 1000,
            confidence: 0.95,
            family_error: 0.02,
            effect: 0.03,
            tail_effect: 0.1,
            ratio_effect: 0.005,
        },
    }
}

fn side(name: &str, windows: u64, factor: f64) -> SideFigures {
    let us = |us: f64| Some((us * factor) as u64);
    let window = |number: u64| SideWindow {
        p50_us: us(10_000.0 + (number % 7) as f64 * 300.0),
        p99_us: us(30_000.0 + (number % 5) as f64 * 4000.0).filter(|_| number != 3),
    };
    let stage = |(stage, us): (&str, f64)| StageRow {
        stage: stage.to_owned(),
        count: 5,
        mean_us: us * factor,
        p50_us: (us * factor) as u64,
        p99_us: (3.0 * us * factor) as u64,
    };
    let point = |step: u32| CurvePoint {
        share: 1.0 - 0.8f64.powi(step as i32),
        response_us: us(8_000.0 + f64::from(step) * 900.0).filter(|_| step < 38),
        service_us: None,
    };
    SideFigures {
        name: name.to_owned(),
        window_us: 1_000_000,
        windows: (0..windows).map(window).collect(),
        curve: (0..40).map(point).collect(),
        stages: [("cloud", 900.0), ("write", 6000.0), ("network", 250.0)]
            .map(stage)
            .into(),
    }
}

fn sides(runs: usize) -> Vec<SideFigures> {
    let run = |number: usize| {
        side(
            &format!("20261126T09000{number}Z-seed-1"),
            60,
            1.0 + number as f64 * 0.06,
        )
    };
    std::iter::once(side("main", 60, 1.0))
        .chain((1..=runs).map(run))
        .collect()
}

#[test]
fn no_text_of_a_chart_overlaps_however_many_are_compared() {
    for runs in [1, 2, 9] {
        let (comparison, sides) = (comparison(runs), sides(runs));
        for view in View::of(&comparison) {
            for (sheet, drawing) in drawn(view, &comparison, &sides) {
                check(&format!("{view:?} of {runs} {sheet:?}"), &drawing);
            }
        }
    }
}

#[test]
fn changes_that_are_many_large_or_long_fit_too() {
    let mut crowded = comparison(1);
    let changes = &mut crowded.compared[0].changes;
    for number in 0..30 {
        changes.push(change(
            &format!("personas.somebody_with_a_long_name_{number}.response_time_p99"),
            Judged::Unclear,
            Some(5.0),
        ));
    }
    changes[0].high = None;
    changes[1].low = Some(-0.99);
    let empty = SideFigures {
        windows: Vec::new(),
        curve: Vec::new(),
        stages: Vec::new(),
        ..side("nothing", 0, 1.0)
    };
    for view in View::of(&crowded) {
        for (sheet, drawing) in drawn(view, &crowded, &[empty.clone(), side(&"long ".repeat(60), 3, 900.0)]) {
            check(&format!("{view:?} {sheet:?}"), &drawing);
        }
    }
    let nothing = Comparison {
        compared: vec![Compared {
            changes: Vec::new(),
            ..compared("x")
        }],
        ..comparison(1)
    };
    for view in View::of(&nothing) {
        for (sheet, drawing) in drawn(view, &nothing, &[empty.clone(), empty.clone()]) {
            check(&format!("{view:?} of nothing {sheet:?}"), &drawing);
            assert!(!drawing.summary.is_empty());
        }
    }
}

#[test]
fn a_page_tells_what_is_worse_by_how_much_and_escapes_what_it_is_told() {
    let html = page::html(&comparison(2), &sides(2)).unwrap();
    for told in [
        "FAIL",
        "response time, median",
        "+6.2 %",
        "+4.2 to +8.2 %",
        "0.0006",
        "±1.6 %",
        "host.cpu",
        "Künsch 1989",
        "chart-changes-2",
    ] {
        assert!(html.contains(told), "{told}");
    }
    assert!(!html.contains("<b>&") && html.contains("&lt;b&gt;"));
    assert!(html.contains("default-src 'none'") && !html.contains("<script"));
}

#[test]
fn every_face_tells_the_same() {
    let comparison = comparison(1);
    let terminal = comparison_in_terminal(&comparison);
    assert!(
        terminal.contains("✗ FAIL  20261126T090000Z-seed-1 against main, quick"),
        "{terminal}"
    );
    assert!(
        terminal.contains("2 of 7 measures are worse, and not by chance. 1 measure is better"),
        "{terminal}"
    );
    assert!(!terminal.contains('\u{1b}') && comparison_in_terminal_in_colour(&comparison).contains("\u{1b}[1;31m"));
    let summary = markdown::summary(&comparison);
    assert!(
        summary.contains("| ❌ | **response time, median** | worse |"),
        "{summary}"
    );
    let xml = junit::xml(&comparison).unwrap();
    for told in [
        "tests=\"8\"",
        "failures=\"3\"",
        "errors=\"2\"",
        "name=\"response_time_p50\"",
    ] {
        assert!(xml.contains(told), "{told}: {xml}");
    }
}

#[test]
fn a_folder_is_written_and_written_anew_with_the_same_bytes() {
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("a/b");
    let write = || write_comparison(&folder, &comparison(1), &sides(1)).unwrap();
    let written = write();
    let bytes: Vec<Vec<u8>> = written.charts.iter().map(|path| std::fs::read(path).unwrap()).collect();
    assert_eq!(written.charts.len(), 8);
    let numbers = std::fs::read(&written.numbers).unwrap();
    let read: Comparison = serde_json::from_slice(&numbers).unwrap();
    assert_eq!((read.verdict, read.compared[0].changes.len()), (Mark::Fail, 7));
    assert_eq!(write(), written);
    assert!(
        written
            .charts
            .iter()
            .zip(bytes)
            .all(|(path, bytes)| std::fs::read(path).unwrap() == bytes)
    );
    let left = std::fs::read_dir(&folder)
        .unwrap()
        .filter(|entry| entry.as_ref().unwrap().path().ends_with(".part"));
    assert_eq!(left.count(), 0);
}

#[test]
fn words_carry_their_units() {
    let rate = change("achieved_rate", Judged::Alike, Some(-0.001));
    assert_eq!(
        (words::by(&rate), words::from_to(&rate)),
        ("−0.1 %".to_owned(), "10/s → 9.99/s".to_owned())
    );
    let share = change("dropped_ratio", Judged::Worse, Some(0.013));
    assert_eq!(
        (words::by(&share), words::measure(&share)),
        ("+1.3 pp".to_owned(), "dropped operations".to_owned())
    );
    assert_eq!(
        words::measure(&change("stages.write.p50", Judged::Alike, None)),
        "write, median"
    );
    assert_eq!(
        words::measure(&change("response_time_p999", Judged::Alike, None)),
        "response time, p99.9"
    );
    assert_eq!(words::probability(Some(0.00004)), "<0.0001");
}
