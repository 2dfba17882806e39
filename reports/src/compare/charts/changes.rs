//! Every change with its interval, against what matters: a forest plot.

use history::{Change, Comparison, Judged, Unit};

use crate::charts::font;
use crate::charts::frame::{self, BELOW, Entry, Heading, Height, LINE, MARGIN, Plot, Sheet, TEXT, sentence};
use crate::charts::palette::Ink;
use crate::charts::scale::Axis;
use crate::charts::shape::{Anchor, Drawing};
use crate::compare::words;
use crate::text;

/// From one measure to the next.
const PITCH: f64 = 26.0;
/// On a picture whose height is fixed there may have to be less.
const LEAST_PITCH: f64 = 17.0;
/// and so many are what fits there.
const MOST_ON_PICTURES: usize = 20;
/// The part of a sheet's width that names may take.
const MOST_OF_NAMES: f64 = 0.3;
/// Sheets less wide have the names above the lines.
const LEAST_WIDTH_BESIDE: f64 = 600.0;
/// How far the axis reaches at most, in minimum effects: a change beyond it ends in an arrow.
const FARTHEST: f64 = 6.0;
/// Half the height of an arrow.
const ARROW: f64 = 4.0;

/// The changes of one run.
pub(super) fn draw(comparison: &Comparison, number: usize, sheet: Sheet) -> Drawing {
    let compared = comparison.compared.get(number);
    let title = match (compared, comparison.compared.len()) {
        (Some(compared), 2..) => format!("Changes: {}", text::clean(&compared.party.name)),
        _ => "Changes".to_owned(),
    };
    let changes: Vec<&Change> = compared.iter().flat_map(|compared| &compared.changes).collect();
    let most = if matches!(sheet.height, Height::Fixed(_)) {
        MOST_ON_PICTURES
    } else {
        usize::MAX
    };
    let told = changes.iter().copied().filter(|change| change.change.is_some());
    let shown: Vec<&Change> = told.take(most).collect();
    if shown.is_empty() {
        return sentence(sheet, &title, "There is too little to tell any change from.");
    }
    let forest = Forest::new(&shown, sheet);
    let mut drawing = sheet.drawing();
    let top = frame::heading(&mut drawing, &heading(title, changes.len() - shown.len()));
    let plot = forest.plot(&mut drawing, top);
    frame::horizontal(&mut drawing, &plot, &forest.axis, true);
    let zero = plot.x(forest.axis.scale.share(0.0));
    for (index, change) in shown.iter().enumerate() {
        forest.row(
            &mut drawing,
            &plot,
            change,
            plot.top + index as f64 * forest.step(&plot),
        );
    }
    drawing.line(vec![(zero, plot.top), (zero, plot.bottom)], Ink::Axis, 1.5);
    let told = |change: &&Change| {
        format!(
            "{} {}, {}",
            words::measure(change),
            words::by(change),
            words::judged(change.judged)
        )
    };
    drawing.summary = format!(
        "Changes with their intervals: {}.",
        shown.iter().map(told).collect::<Vec<_>>().join("; ")
    );
    drawing
}

fn heading(title: String, unseen: usize) -> Heading {
    let note = match unseen {
        0 => String::new(),
        unseen => format!(
            "{} not drawn: see the table.",
            text::of(unseen as u64, "measure is", "measures are")
        ),
    };
    Heading {
        title,
        note,
        legend: vec![
            Entry::line(Ink::Vermillion, "worse"),
            Entry::line(Ink::Green, "better"),
            Entry::line(Ink::Blue, "alike"),
            Entry::line(Ink::Grey, "unclear"),
            Entry::area(Ink::Band, "too small to matter"),
        ],
    }
}

fn ink(judged: Judged) -> Ink {
    match judged {
        Judged::Worse => Ink::Vermillion,
        Judged::Better => Ink::Green,
        Judged::Alike => Ink::Blue,
        Judged::Unclear | Judged::TooLittle => Ink::Grey,
    }
}

/// What a line is called: of a stage, what its change is a part of.
fn name(change: &Change) -> String {
    let share = if change.unit == Unit::Ratio { " (pp)" } else { "" };
    format!("{}{share}", words::measure(change))
}

/// How the measures stand on the sheet.
struct Forest<'a> {
    changes: &'a [&'a Change],
    sheet: Sheet,
    axis: Axis,
    /// Names stand above the lines, for want of room beside them.
    above: bool,
    names: f64,
    values: f64,
}

impl<'a> Forest<'a> {
    fn new(changes: &'a [&'a Change], sheet: Sheet) -> Self {
        let widest = |of: &dyn Fn(&Change) -> String| {
            let widths = changes.iter().map(|change| font::width(&of(change), TEXT, false));
            widths.fold(0.0, f64::max)
        };
        let above = sheet.width < LEAST_WIDTH_BESIDE;
        Self {
            axis: Axis::around_zero(
                limit(changes) * 100.0,
                sheet.parts() - 2,
                "Change (%; shares in percentage points)",
            ),
            names: widest(&name).min(sheet.width * MOST_OF_NAMES),
            values: widest(&words::by),
            changes,
            sheet,
            above,
        }
    }

    /// Lines that each measure takes.
    fn lines(&self) -> f64 {
        if self.above { 2.0 } else { 1.0 }
    }

    fn plot(&self, drawing: &mut Drawing, top: f64) -> Plot {
        let top = top + 8.0;
        let rows = self.changes.len() as f64 * self.lines();
        let usual = rows * if self.above { LINE } else { PITCH };
        let height = match self.sheet.height {
            Height::Fixed(height) => height,
            Height::Plot(_) => top + usual + BELOW,
        };
        drawing.resize(height);
        let pitch = ((height - BELOW - top) / rows).clamp(LEAST_PITCH, PITCH);
        Plot {
            left: if self.above { MARGIN } else { MARGIN + self.names + 12.0 },
            top,
            right: drawing.width - MARGIN - if self.above { 0.0 } else { self.values + 12.0 },
            bottom: (top + pitch * rows).min(height - BELOW),
        }
    }

    fn step(&self, plot: &Plot) -> f64 {
        (plot.bottom - plot.top) / self.changes.len() as f64
    }

    fn row(&self, drawing: &mut Drawing, plot: &Plot, change: &Change, y: f64) {
        let step = self.step(plot);
        let middle = y + step * (1.0 - 0.5 / self.lines());
        let half = (step / self.lines() * 0.36).min(9.0);
        let x = |share: f64| plot.x(self.axis.scale.share(share * 100.0));
        drawing.rect(
            (x(-change.minimum_effect), middle - half),
            (x(change.minimum_effect), middle + half),
            Ink::Band,
        );
        self.names(drawing, plot, change, middle, y + step / self.lines() * 0.75);
        let by = change.change.unwrap_or(0.0);
        let ink = ink(change.judged);
        if let (Some(low), Some(high)) = (change.low, change.high.or(change.low.map(|_| f64::INFINITY))) {
            drawing.line(vec![(x(low), middle), (x(high), middle)], ink, 2.0);
            self.arrows(drawing, plot, (low, high), middle, ink);
        }
        drawing.dot((x(by), middle), 4.5, ink);
    }

    /// Ends of an interval that lie beyond the axis.
    fn arrows(&self, drawing: &mut Drawing, plot: &Plot, (low, high): (f64, f64), middle: f64, ink: Ink) {
        let end = self.axis.ticks.last().map_or(0.0, |tick| tick.value);
        let mut arrow = |x: f64, back: f64| {
            drawing.line(
                vec![(x + back, middle - ARROW), (x, middle), (x + back, middle + ARROW)],
                ink,
                2.0,
            );
        };
        if low * 100.0 < -end {
            arrow(plot.left, 2.0 * ARROW);
        }
        if high * 100.0 > end {
            arrow(plot.right, -2.0 * ARROW);
        }
    }

    fn names(&self, drawing: &mut Drawing, plot: &Plot, change: &Change, middle: f64, above: f64) {
        let ink = if change.decides { Ink::Text } else { Ink::Muted };
        let value = words::by(change);
        if self.above {
            let room = drawing.width - 2.0 * MARGIN - self.values - 12.0;
            drawing.rect((plot.left, above - TEXT), (plot.right, above + TEXT * 0.3), Ink::Paper);
            drawing.text(
                font::fit(&name(change), TEXT, room),
                (MARGIN, above),
                Anchor::Start,
                ink,
            );
            drawing.text(value, (plot.right, above), Anchor::End, Ink::Text);
            return;
        }
        let base = middle + TEXT * 0.36;
        drawing.text(
            font::fit(&name(change), TEXT, self.names + 1.0),
            (plot.left - 12.0, base),
            Anchor::End,
            ink,
        );
        drawing.text(value, (drawing.width - MARGIN, base), Anchor::End, Ink::Text);
    }
}

/// How far the axis has to reach: to the ends of intervals, but not so far that what matters vanishes.
fn limit(changes: &[&Change]) -> f64 {
    let effect = changes.iter().map(|change| change.minimum_effect).fold(0.0, f64::max);
    let ends = changes
        .iter()
        .flat_map(|change| [change.change, change.low, change.high])
        .flatten();
    let farthest = ends.map(f64::abs).filter(|end| end.is_finite()).fold(0.0, f64::max);
    farthest.clamp(effect * 1.2, effect * FARTHEST)
}
