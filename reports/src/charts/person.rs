//! One person's part of the history, where a law does not hold: operations as bars, what was seen as dots, faults as shades.

use judge::{Case, CaseOp, Figures, Span};
use vocabulary::OutcomeClass;

use super::font;
use super::frame::{self, BELOW, Entry, Heading, Height, MARGIN, Plot, Sheet, TEXT, sentence};
use super::palette::Ink;
use super::scale::Axis;
use super::shape::{Anchor, Drawing};
use crate::text;

const TITLE: &str = "One person for whom it does not hold";

/// From one row to the next, where names stand beside the bars, and where they stand above them.
const PITCH: f64 = 25.0;
const PITCH_ABOVE: f64 = 38.0;

/// Sheets less wide have the names above the bars.
const LEAST_WIDTH_BESIDE: f64 = 600.0;

/// The part of a sheet's width that names may take.
const MOST_OF_NAMES: f64 = 0.42;

/// An em that no title is larger than.
const LARGE: f64 = 20.0;

/// Half the height of a bar.
const HALF: f64 = 5.0;

/// No bar is less wide, or it would not be seen.
const LEAST_WIDTH: f64 = 3.0;

/// The first case of the figures.
pub(crate) fn draw(figures: &Figures, sheet: Sheet) -> Drawing {
    let Some(case) = figures.cases.first() else {
        return sentence(sheet, TITLE, "Every law holds for everyone it could be told of.");
    };
    let mut drawing = sheet.drawing();
    let top = frame::heading(&mut drawing, &heading(case, sheet.width)) + 6.0;
    let above = sheet.width < LEAST_WIDTH_BESIDE;
    let rows = (case.ops.len() + case.sights.len()).max(1) as f64;
    let pitch = pitch(sheet, top, rows, above);
    let needed = rows * pitch + 6.0;
    drawing.resize(sheet.total(top, Some(needed)));
    let names = if above {
        0.0
    } else {
        widest(case).min(sheet.width * MOST_OF_NAMES) + 10.0
    };
    let plot = Plot {
        left: MARGIN + names,
        top,
        right: sheet.width - MARGIN - 10.0,
        bottom: top + needed,
    };
    let axis = Axis::time(span_us(case), sheet.parts(), &axis_title(case));
    for fault in &case.faults {
        shade(&mut drawing, &plot, &axis, case, fault);
    }
    frame::horizontal(&mut drawing, &plot, &axis, true);
    let mut page = Page {
        drawing,
        plot,
        axis,
        case,
        pitch,
        above,
        row: 0,
    };
    case.ops.iter().for_each(|op| page.operation(op));
    case.sights
        .iter()
        .for_each(|sight| page.sight(sight.at_us, &sight.what));
    let mut drawing = page.drawing;
    drawing.summary = format!("{TITLE}. {}", text::clean(&case.story.join(" ")));
    drawing
}

/// From one row to the next; more or less on a sheet whose height is given.
fn pitch(sheet: Sheet, top: f64, rows: f64, above: bool) -> f64 {
    let usual = if above { PITCH_ABOVE } else { PITCH };
    match sheet.height {
        Height::Fixed(height) => (2.0 * usual).min((height - BELOW - top - 6.0) / rows),
        Height::Plot(_) => usual,
    }
}

/// Where the rows go.
struct Page<'a> {
    drawing: Drawing,
    plot: Plot,
    axis: Axis,
    case: &'a Case,
    pitch: f64,
    above: bool,
    row: usize,
}

impl Page<'_> {
    /// From its begin to its answer, and thinner on to the last instant at which it may have acted.
    fn operation(&mut self, op: &CaseOp) {
        let y = self.named(&op.name);
        let ink = ink(op.class);
        let (from, to, until) = (self.x(op.from_us), self.x(op.to_us), self.x(op.until_us));
        if until > to {
            self.drawing.rect((to, y - 1.5), (until, y + 1.5), ink);
            self.drawing.rect((until - 1.5, y - HALF), (until, y + HALF), ink);
        }
        let from = from.min(self.plot.right - LEAST_WIDTH);
        self.drawing
            .rect((from, y - HALF), (to.max(from + LEAST_WIDTH), y + HALF), ink);
    }

    fn sight(&mut self, at_us: u64, what: &str) {
        let y = self.named(what);
        let x = self.x(at_us).clamp(self.plot.left + HALF, self.plot.right - HALF);
        self.drawing.dot((x, y), HALF, Ink::Blue);
    }

    /// Writes the name of the next row; returns the middle of what is drawn in it.
    fn named(&mut self, name: &str) -> f64 {
        let top = self.plot.top + 3.0 + self.row as f64 * self.pitch;
        self.row += 1;
        let name = text::clean(name);
        if self.above {
            let room = self.plot.right - MARGIN;
            let text = font::fit(&name, TEXT, room);
            self.drawing.text(text, (MARGIN, top + TEXT), Anchor::Start, Ink::Text);
            return top + TEXT + 12.0;
        }
        let text = font::fit(&name, TEXT, self.plot.left - MARGIN - 8.0);
        self.drawing.text(
            text,
            (self.plot.left - 8.0, top + self.pitch / 2.0 + TEXT * 0.36),
            Anchor::End,
            Ink::Text,
        );
        top + self.pitch / 2.0
    }

    fn x(&self, at_us: u64) -> f64 {
        place(&self.plot, &self.axis, self.case, at_us)
    }
}

fn place(plot: &Plot, axis: &Axis, case: &Case, at_us: u64) -> f64 {
    plot.x(axis.scale.share(at_us.saturating_sub(case.from_us) as f64))
}

fn span_us(case: &Case) -> f64 {
    // A little more than there is, so that what happens last does not lie on the edge.
    case.to_us.saturating_sub(case.from_us).max(1) as f64 * 1.03
}

fn axis_title(case: &Case) -> String {
    format!("Time since {} of the run", text::duration_us(case.from_us as f64))
}

/// A fault from its begin to its end, as far as it is on the axis; at least a line.
fn shade(drawing: &mut Drawing, plot: &Plot, axis: &Axis, case: &Case, fault: &Span) {
    let from = place(plot, axis, case, fault.from_us).min(plot.right - LEAST_WIDTH);
    let to = place(plot, axis, case, fault.to_us).max(from + LEAST_WIDTH);
    drawing.rect((from, plot.top), (to, plot.bottom), Ink::Fault);
}

fn widest(case: &Case) -> f64 {
    let ops = case.ops.iter().map(|op| &op.name);
    let names = ops.chain(case.sights.iter().map(|sight| &sight.what));
    names
        .map(|name| font::width(&text::clean(name), TEXT, false))
        .fold(0.0, f64::max)
}

fn ink(class: OutcomeClass) -> Ink {
    match class {
        OutcomeClass::Applied => Ink::Green,
        OutcomeClass::Rejected => Ink::Orange,
        OutcomeClass::Unknown => Ink::Purple,
        OutcomeClass::Failed | OutcomeClass::Dropped => Ink::Vermillion,
    }
}

fn heading(case: &Case, width: f64) -> Heading {
    let mut legend: Vec<Entry> = Vec::new();
    for class in OutcomeClass::ALL {
        if case.ops.iter().any(|op| op.class == class) {
            legend.push(Entry::area(ink(class), words(class)));
        }
    }
    if !case.sights.is_empty() {
        legend.push(Entry::area(Ink::Blue, "seen"));
    }
    let mut faults: Vec<String> = case.faults.iter().map(|fault| text::clean(&fault.name)).collect();
    faults.dedup();
    if !faults.is_empty() {
        legend.push(Entry::area(Ink::Fault, format!("fault: {}", faults.join(", "))));
    }
    Heading {
        title: format!(
            "{TITLE}: {}",
            font::fit(&text::clean(&case.person), LARGE, width - 2.0 * MARGIN)
        ),
        note: format!("Breaks {}.{}", case.checks.join(", "), left_out(case.left_out)),
        legend,
    }
}

fn words(class: OutcomeClass) -> &'static str {
    match class {
        OutcomeClass::Applied => "applied",
        OutcomeClass::Rejected => "rejected",
        OutcomeClass::Unknown => "unknown; thin: until it could act",
        OutcomeClass::Failed | OutcomeClass::Dropped => "failed",
    }
}

fn left_out(count: u64) -> String {
    if count == 0 {
        return String::new();
    }
    let others = text::of(count, "other operation is", "other operations are");
    format!(" {others} not needed to see it and left out.")
}
