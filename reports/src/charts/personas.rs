//! What each kind of people met.

use judge::{Figures, PersonaRow};
use vocabulary::OutcomeClass;

use super::bars::{self, Bar, Group};
use super::frame::{self, BELOW, Entry, Heading, Height, Sheet, sentence};
use super::lanes::{Lane, Lanes, Names, Piece};
use super::outcomes::{ink, legend};
use super::palette::Ink;
use super::scale::{Axis, Scale, Tick};
use super::shape::Drawing;
use crate::text;
use crate::words;

const LATENCY: &str = "Response time of each persona";
const OUTCOMES: &str = "Outcomes of each persona";

/// More groups of two bars do not fit on a sheet of fixed height; there are fifteen personas at most.
const MOST: usize = 8;

fn name(row: &PersonaRow) -> String {
    text::clean(&words::spaced(&row.persona))
}

/// Two bars for each persona that was measured, the slowest first.
pub(crate) fn latency(figures: &Figures, sheet: Sheet) -> Drawing {
    let mut rows: Vec<&PersonaRow> = figures
        .personas
        .iter()
        .filter(|row| row.response_p99_us.is_some())
        .collect();
    if rows.is_empty() {
        return sentence(
            sheet,
            LATENCY,
            "Nobody came in the measure phase, or the history does not tell personas apart.",
        );
    }
    rows.sort_by_key(|row| std::cmp::Reverse(row.response_p99_us));
    let left_out = if matches!(sheet.height, Height::Fixed(_)) {
        rows.len().saturating_sub(MOST)
    } else {
        0
    };
    rows.truncate(rows.len() - left_out);
    let groups: Vec<Group> = rows.iter().map(|row| group(row)).collect();
    let heading = Heading {
        title: LATENCY.to_owned(),
        note: match left_out {
            0 => String::new(),
            count => format!(
                "{} more in the table.",
                text::of(count as u64, "faster persona", "faster personas")
            ),
        },
        legend: vec![
            Entry::area(Ink::Blue, "median (p50)"),
            Entry::area(Ink::Vermillion, "p99"),
        ],
    };
    let longest = rows.iter().filter_map(|row| row.response_p99_us).max().unwrap_or(0);
    let axis = Axis::latency_from_zero(longest as f64, sheet.parts() / 2 + 1, "Response time");
    let mut drawing = bars::draw(sheet, &heading, &groups, &axis);
    let told = |row: &&PersonaRow| {
        Some(format!(
            "{} {}",
            name(row),
            text::duration_us(row.response_p99_us? as f64)
        ))
    };
    let slowest: Vec<String> = rows.iter().filter_map(told).take(3).collect();
    drawing.summary = format!(
        "{LATENCY}, median and 99th percentile. The slowest p99: {}.",
        text::listed(&slowest)
    );
    drawing
}

fn group(row: &PersonaRow) -> Group {
    let bar = |us: Option<u64>, ink| {
        us.map(|us| Bar {
            value: us as f64,
            text: text::duration_us(us as f64),
            ink,
        })
    };
    let bars = [
        bar(row.response_p50_us, Ink::Blue),
        bar(row.response_p99_us, Ink::Vermillion),
    ];
    Group {
        name: name(row),
        note: String::new(),
        bars: bars.into_iter().flatten().collect(),
    }
}

/// A row of shares for each persona that came.
pub(crate) fn outcomes(figures: &Figures, sheet: Sheet) -> Drawing {
    let rows = &figures.personas;
    if rows.is_empty() {
        return sentence(
            sheet,
            OUTCOMES,
            "Nobody came, or the history does not tell personas apart.",
        );
    }
    let present = |class| rows.iter().any(|row| row.counts.get(class) > 0);
    let heading = Heading {
        title: OUTCOMES.to_owned(),
        note: String::new(),
        legend: legend(present),
    };
    let mut drawing = sheet.drawing();
    let top = frame::heading(&mut drawing, &heading);
    let lanes: Vec<Lane> = rows.iter().map(lane).collect();
    let beside = if sheet.width < 600.0 {
        Names::Above
    } else {
        Names::Beside
    };
    let lanes = Lanes::new(sheet, &lanes, beside, true);
    drawing.resize(sheet.total(top, Some(lanes.height())));
    let more = (drawing.height - top - lanes.height() - BELOW).min(lanes.height());
    lanes.draw(&mut drawing, top, more, &shares());
    let told: Vec<String> = rows
        .iter()
        .map(|row| format!("{} {}", name(row), applied(row)))
        .collect();
    drawing.summary = format!("{OUTCOMES}, as shares. Applied: {}.", text::listed(&told));
    drawing
}

fn whole(row: &PersonaRow) -> u64 {
    OutcomeClass::ALL.map(|class| row.counts.get(class)).iter().sum()
}

fn applied(row: &PersonaRow) -> String {
    text::share(row.counts.get(OutcomeClass::Applied), whole(row))
}

fn lane(row: &PersonaRow) -> Lane {
    let all = whole(row);
    let mut from = 0.0;
    let piece = |class: OutcomeClass| {
        let count = row.counts.get(class);
        let begin = from;
        from += count as f64 / all.max(1) as f64 * 100.0;
        (count > 0).then(|| Piece {
            from: begin,
            to: from,
            ink: ink(class),
            thin: false,
            told: format!(
                "{} {} ({})",
                text::count(count),
                class.as_str(),
                text::share(count, all)
            ),
        })
    };
    Lane {
        name: name(row),
        value: format!("{}, {} applied", text::count(all), applied(row)),
        pieces: OutcomeClass::ALL.into_iter().filter_map(piece).collect(),
    }
}

fn shares() -> Axis {
    let tick = |percent: u32| Tick {
        value: f64::from(percent),
        label: percent.to_string(),
    };
    Axis {
        scale: Scale::Linear { from: 0.0, to: 100.0 },
        ticks: [0, 20, 40, 60, 80, 100].map(tick).into(),
        title: "Share of attempts (%, warm-up included)".to_owned(),
    }
}
