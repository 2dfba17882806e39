//! Rows of pieces that follow one another along one axis, each row with its words.

use super::font;
use super::frame::{self, BELOW, LINE, MARGIN, Plot, Sheet, TEXT};
use super::palette::Ink;
use super::scale::Axis;
use super::shape::{Anchor, Drawing};
use crate::text;

/// A part of a row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Piece {
    /// From where to where it reaches, on the axis.
    pub(crate) from: f64,
    pub(crate) to: f64,
    pub(crate) ink: Ink,
    /// Whether it is drawn half as high: time that passed without work.
    pub(crate) thin: bool,
    /// What it tells a pointer.
    pub(crate) told: String,
}

/// A row.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Lane {
    /// What it is.
    pub(crate) name: String,
    pub(crate) pieces: Vec<Piece>,
    /// What stands behind its last piece.
    pub(crate) value: String,
}

/// Where the names stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Names {
    /// Left of the row.
    Beside,
    /// Above it, in as many lines as they take.
    Above,
}

/// The height of a bar.
const BAR: f64 = 13.0;
/// From a row with its name beside it to the next.
const PITCH: f64 = 20.0;
/// Between a row with its name above it and the next.
const GAP: f64 = 9.0;
/// The part of a sheet's width that names beside rows may take.
const MOST_OF_NAMES: f64 = 0.36;
/// Lines that a name above its row may take.
const MOST_LINES: usize = 4;
/// What is there is seen, however short.
const LEAST: f64 = 1.5;
/// Between two pieces.
const SEAM: f64 = 0.75;

/// Rows with where they stand.
pub(crate) struct Lanes<'a> {
    lanes: &'a [Lane],
    names: Names,
    /// The lines of each name.
    lines: Vec<Vec<String>>,
    /// What names take to the left.
    left: f64,
    /// What values take to the right.
    right: f64,
}

impl<'a> Lanes<'a> {
    /// Lays out rows for a sheet. `one_line`: names above rows may take no more.
    pub(crate) fn new(sheet: Sheet, lanes: &'a [Lane], names: Names, one_line: bool) -> Self {
        let width = |words: &str| font::width(words, TEXT, false);
        let widest = lanes.iter().map(|lane| width(&lane.name)).fold(0.0, f64::max);
        let (left, room) = match names {
            Names::Beside => {
                let room = widest.min(sheet.width * MOST_OF_NAMES);
                (MARGIN + room + 8.0, room + 1.0)
            }
            Names::Above => (MARGIN, sheet.width - 2.0 * MARGIN),
        };
        let most = if one_line || names == Names::Beside {
            1
        } else {
            MOST_LINES
        };
        let values = lanes.iter().map(|lane| width(&lane.value)).fold(0.0, f64::max);
        Self {
            lanes,
            names,
            lines: lanes.iter().map(|lane| lines(&lane.name, room, most)).collect(),
            left,
            right: MARGIN + 8.0 + values,
        }
    }

    /// How high they are, without the axis.
    pub(crate) fn height(&self) -> f64 {
        let rows = (0..self.lanes.len()).map(|number| self.row(number));
        rows.sum::<f64>() + GAP
    }

    fn row(&self, number: usize) -> f64 {
        match self.names {
            Names::Beside => PITCH,
            Names::Above => self.lines[number].len() as f64 * (LINE - 2.0) + BAR + GAP,
        }
    }

    /// Draws them and their axis from `top` down, `more` higher than they need; returns where the room below the axis begins.
    pub(crate) fn draw(&self, drawing: &mut Drawing, top: f64, more: f64, axis: &Axis) -> f64 {
        let plot = Plot {
            left: self.left,
            top,
            right: drawing.width - self.right,
            bottom: top + self.height() + more,
        };
        let share = more / (self.lanes.len().max(1) as f64);
        grid(drawing, &plot, axis, self.names);
        let mut y = top + GAP / 2.0;
        for (number, lane) in self.lanes.iter().enumerate() {
            let high = self.row(number);
            let middle = self.name(drawing, number, y + share / 2.0, high);
            self.pieces(drawing, &plot, axis, lane, middle);
            y += high + share;
        }
        frame::horizontal(drawing, &plot, axis, false);
        plot.bottom + BELOW
    }

    /// Writes the name of a row; returns the middle of its pieces.
    fn name(&self, drawing: &mut Drawing, number: usize, y: f64, high: f64) -> f64 {
        let lines = &self.lines[number];
        match self.names {
            Names::Beside => {
                let middle = y + high / 2.0;
                for line in lines {
                    let at = (self.left - 8.0, middle + TEXT * 0.36);
                    drawing.text(line.clone(), at, Anchor::End, Ink::Text);
                }
                middle
            }
            Names::Above => {
                let mut base = y + 2.0;
                for line in lines {
                    base += LINE - 2.0;
                    drawing.text(line.clone(), (MARGIN, base - 4.0), Anchor::Start, Ink::Text);
                }
                base + 1.0 + BAR / 2.0
            }
        }
    }

    fn pieces(&self, drawing: &mut Drawing, plot: &Plot, axis: &Axis, lane: &Lane, middle: f64) {
        let x = |value: f64| plot.x(axis.scale.share(value));
        let mut end = plot.left;
        for piece in &lane.pieces {
            let half = if piece.thin { BAR / 4.0 } else { BAR / 2.0 };
            let left = x(piece.from);
            let right = x(piece.to).max(left + LEAST).min(plot.right.max(left + LEAST));
            let seam = if right - left > 4.0 * SEAM { SEAM } else { 0.0 };
            drawing.rect((left, middle - half), (right - seam, middle + half), piece.ink);
            if !piece.told.is_empty() {
                drawing.hit(
                    (left, middle - BAR / 2.0),
                    (right, middle + BAR / 2.0),
                    piece.told.clone(),
                );
            }
            end = end.max(right);
        }
        let right = end + 8.0 + font::width(&lane.value, TEXT, false);
        drawing.rect((end + 2.0, middle - BAR / 2.0), (right, middle + BAR / 2.0), Ink::Paper);
        let at = (end + 6.0, middle + TEXT * 0.36);
        drawing.text(lane.value.clone(), at, Anchor::Start, Ink::Text);
    }
}

/// A grid behind the rows; where names stand above them it would run through the words, and is left out.
fn grid(drawing: &mut Drawing, plot: &Plot, axis: &Axis, names: Names) {
    if names == Names::Above {
        return;
    }
    for tick in &axis.ticks {
        let x = plot.x(axis.scale.share(tick.value));
        drawing.line(vec![(x, plot.top), (x, plot.bottom)], Ink::Grid, 1.0);
    }
}

fn lines(name: &str, room: f64, most: usize) -> Vec<String> {
    let name = text::clean(name);
    if most == 1 {
        return vec![font::fit(&name, TEXT, room)];
    }
    let mut lines = font::wrap(&name, TEXT, false, room);
    let rest = lines.split_off(lines.len().min(most));
    if let (false, Some(last)) = (rest.is_empty(), lines.last_mut()) {
        last.push('…');
    }
    lines.iter().map(|line| font::fit(line, TEXT, room)).collect()
}
