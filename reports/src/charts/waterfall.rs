//! Where the time of the median operation went, and of a slow one.

use judge::{Figures, Waterfall};

use super::frame::{self, BELOW, Heading, Height, LINE, MARGIN, Sheet, TEXT, sentence};
use super::lanes::{Lane, Lanes, Names};
use super::numbers::Numbers;
use super::palette::Ink;
use super::scale::Axis;
use super::shape::{Anchor, Drawing};
use super::{font, stage_ink};
use crate::text;

const TITLE: &str = "Where the time went, stage after stage";

/// A waterfall for each percentile, upon one another, each on an axis of its own.
pub(crate) fn draw(figures: &Figures, sheet: Sheet) -> Drawing {
    let falls = &figures.waterfalls;
    if falls.is_empty() {
        return sentence(
            sheet,
            TITLE,
            "No answer carried stage times, so the time cannot be split.",
        );
    }
    let mut drawing = sheet.drawing();
    let heading = Heading {
        title: TITLE.to_owned(),
        ..Heading::default()
    };
    let top = frame::heading(&mut drawing, &heading);
    let lanes: Vec<Vec<Lane>> = falls.iter().map(stages).collect();
    let rows: Vec<Lanes<'_>> = lanes
        .iter()
        .map(|lanes| Lanes::new(sheet, lanes, Names::Beside, true))
        .collect();
    let words: Vec<Vec<String>> = falls
        .iter()
        .map(|fall| font::wrap(&words(fall), TEXT, false, sheet.width - 2.0 * MARGIN))
        .collect();
    let lines = words.iter().map(Vec::len).sum::<usize>() as f64;
    let needed = top + lines * LINE + rows.iter().map(|rows| rows.height() + BELOW).sum::<f64>();
    drawing.resize(match sheet.height {
        Height::Fixed(height) => height,
        Height::Plot(_) => needed,
    });
    let more = (drawing.height - needed) / falls.len() as f64;
    let mut y = top;
    for ((fall, rows), words) in falls.iter().zip(&rows).zip(words) {
        for line in words {
            drawing.text(line, (MARGIN, y + TEXT), Anchor::Start, Ink::Muted);
            y += LINE;
        }
        let axis = Axis::latency_from_zero(stage_ink::whole(&fall.parts), sheet.parts(), "Since the intended start");
        y = rows.draw(&mut drawing, y, more, &axis);
    }
    drawing.summary = summary(falls);
    drawing
}

fn stages(fall: &Waterfall) -> Vec<Lane> {
    let whole = stage_ink::whole(&fall.parts);
    let pieces = stage_ink::pieces(&fall.parts);
    let lane = |(part, piece): (&judge::StagePart, _)| Lane {
        name: text::clean(&part.stage),
        value: format!("{} ({})", text::duration_us(part.us), percent(part.us, whole)),
        pieces: vec![piece],
    };
    fall.parts.iter().zip(pieces).map(lane).collect()
}

fn percent(part: f64, whole: f64) -> String {
    let percent = if whole > 0.0 { part / whole * 100.0 } else { 0.0 };
    format!("{} %", text::number(percent, usize::from(percent < 10.0)))
}

/// Which operations these are.
fn words(fall: &Waterfall) -> String {
    let name = match fall.percentile.as_str() {
        "p50" => "The median",
        other => other,
    };
    let (from, to) = (
        text::duration_us(fall.from_us as f64),
        text::duration_us(fall.to_us as f64),
    );
    let id = fall.example.get(..8).unwrap_or_default();
    if fall.count == 1 {
        return format!(
            "{}: the one operation of {from}, {}",
            text::clean(name),
            text::clean(id)
        );
    }
    format!(
        "{}: the means of {} operations of {from} to {to}, such as {}",
        text::clean(name),
        text::count(fall.count),
        text::clean(id)
    )
}

fn summary(falls: &[Waterfall]) -> String {
    let longest = |fall: &Waterfall| {
        let part = fall.parts.iter().max_by(|one, other| one.us.total_cmp(&other.us))?;
        let percentile = text::clean(&fall.percentile);
        let stage = text::clean(&part.stage);
        Some(format!("{percentile} mostly {stage}, {}", text::duration_us(part.us)))
    };
    let told: Vec<String> = falls.iter().filter_map(longest).collect();
    format!("{TITLE}: {}.", text::listed(&told))
}

/// The parts of each percentile.
pub(crate) fn numbers(figures: &Figures) -> Numbers {
    let heads: Vec<&str> = figures.waterfalls.iter().map(|fall| fall.percentile.as_str()).collect();
    let mut numbers = Numbers::of("Stage", &heads);
    let parts = figures.waterfalls.first().map_or(&[][..], |fall| fall.parts.as_slice());
    let row = |(place, part): (usize, &judge::StagePart)| {
        let cell = |fall: &Waterfall| fall.parts.get(place).map_or(0.0, |part| part.us);
        let cells = figures.waterfalls.iter().map(|fall| text::duration_us(cell(fall)));
        (part.stage.clone(), cells.collect())
    };
    numbers.rows = parts.iter().enumerate().map(row).collect();
    numbers
}
