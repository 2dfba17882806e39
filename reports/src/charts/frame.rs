//! What stands around the data: title, note, legend, axes. Every row takes the room it needs, so that none overlaps.

use super::font;
use super::palette::Ink;
use super::scale::{Axis, Tick};
use super::shape::{Anchor, Drawing, Label, Readout};

/// The em of usual text.
pub(crate) const TEXT: f64 = 14.0;

/// The em of a title.
const TITLE: f64 = 18.0;

/// From one line of text to the next.
pub(crate) const LINE: f64 = 20.0;

/// The margin of the sheet.
pub(crate) const MARGIN: f64 = 14.0;

/// What stands below a plot: the names of the ticks and the title of the axis.
pub(crate) const BELOW: f64 = MARGIN + 2.0 * LINE + 9.0;

/// The sheet a chart is laid out on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Sheet {
    pub(crate) width: f64,
    pub(crate) height: Height,
}

/// How high a sheet is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Height {
    /// As high as a picture has to be.
    Fixed(f64),
    /// As high as its words and a plot of this height need.
    Plot(f64),
}

impl Sheet {
    /// For a page on a screen.
    pub(crate) const WIDE: Self = Self {
        width: 960.0,
        height: Height::Plot(270.0),
    };
    /// For a page on a phone.
    pub(crate) const NARROW: Self = Self {
        width: 366.0,
        height: Height::Plot(220.0),
    };
    /// For a PNG.
    pub(crate) const PNG: Self = Self {
        width: 960.0,
        height: Height::Fixed(540.0),
    };

    /// A drawing to begin with; a growing sheet gets its height later.
    pub(crate) fn drawing(self) -> Drawing {
        let (Height::Fixed(height) | Height::Plot(height)) = self.height;
        Drawing::new(self.width, height)
    }

    /// The height of the whole where the plot begins at `top` and takes `plot`, if nothing is fixed.
    pub(crate) fn total(self, top: f64, plot: Option<f64>) -> f64 {
        match self.height {
            Height::Fixed(height) => height,
            Height::Plot(usual) => top + plot.unwrap_or(usual) + BELOW,
        }
    }

    /// How many values a line may have here: more are not told apart by a pointer.
    pub(crate) fn points(self) -> usize {
        if self.width < 600.0 { 120 } else { 240 }
    }

    /// How many columns of cells may stand beside one another here.
    pub(crate) fn columns(self) -> usize {
        if self.width < 600.0 { 60 } else { 120 }
    }

    /// How many parts a horizontal axis is cut in.
    pub(crate) fn parts(self) -> usize {
        if self.width < 600.0 { 5 } else { 10 }
    }
}

/// A colour explained.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    ink: Ink,
    area: bool,
    text: String,
}

impl Entry {
    /// A line's colour.
    pub(crate) fn line(ink: Ink, text: impl Into<String>) -> Self {
        Self {
            ink,
            area: false,
            text: text.into(),
        }
    }

    /// An area's colour.
    pub(crate) fn area(ink: Ink, text: impl Into<String>) -> Self {
        Self {
            ink,
            area: true,
            text: text.into(),
        }
    }
}

/// The words above the data.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct Heading {
    pub(crate) title: String,
    pub(crate) note: String,
    pub(crate) legend: Vec<Entry>,
}

/// Where the data goes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Plot {
    pub(crate) left: f64,
    pub(crate) top: f64,
    pub(crate) right: f64,
    pub(crate) bottom: f64,
}

impl Plot {
    /// The place of a share of the horizontal axis.
    pub(crate) fn x(&self, share: f64) -> f64 {
        self.left + share * (self.right - self.left)
    }

    /// The place of a share of the vertical axis.
    pub(crate) fn y(&self, share: f64) -> f64 {
        self.bottom - share * (self.bottom - self.top)
    }
}

/// Draws the words above the data; returns where the room below them begins.
pub(crate) fn heading(drawing: &mut Drawing, heading: &Heading) -> f64 {
    let room = drawing.width - 2.0 * MARGIN;
    let mut y = MARGIN;
    for line in font::wrap(&heading.title, TITLE, true, room) {
        let at = (MARGIN, y + TITLE * 0.95);
        drawing.label(Label {
            text: line,
            at,
            anchor: Anchor::Start,
            size: TITLE,
            bold: true,
            ink: Ink::Text,
        });
        y += TITLE * 1.3;
    }
    for line in font::wrap(&heading.note, TEXT, false, room) {
        drawing.text(line, (MARGIN, y + TEXT), Anchor::Start, Ink::Muted);
        y += LINE;
    }
    y + 4.0 + legend(drawing, &heading.legend, y + 4.0)
}

/// Draws the legend from `top` down, in as many rows as it takes; returns their height.
fn legend(drawing: &mut Drawing, entries: &[Entry], top: f64) -> f64 {
    const SWATCH: f64 = 22.0;
    const GAP: f64 = 18.0;
    if entries.is_empty() {
        return 0.0;
    }
    let (mut x, mut y) = (MARGIN, top);
    for entry in entries {
        let text = font::fit(&entry.text, TEXT, drawing.width - 2.0 * MARGIN - SWATCH);
        let width = SWATCH + font::width(&text, TEXT, false);
        if x > MARGIN && x + width > drawing.width - MARGIN {
            (x, y) = (MARGIN, y + LINE);
        }
        let half = if entry.area { 5.5 } else { 2.0 };
        drawing.rect((x, y + 9.5 - half), (x + 16.0, y + 9.5 + half), entry.ink);
        drawing.text(text, (x + SWATCH, y + TEXT), Anchor::Start, Ink::Text);
        x += width + GAP;
    }
    y + LINE - top
}

/// Lays out a plot with a vertical axis from `top` down. `strips`: lines of text kept free above it.
pub(crate) fn plot_below(drawing: &mut Drawing, sheet: Sheet, top: f64, vertical: &Axis, strips: usize) -> Plot {
    drawing.text(
        vertical.title.clone(),
        (MARGIN, top + 6.0 + TEXT),
        Anchor::Start,
        Ink::Muted,
    );
    let widest = vertical
        .ticks
        .iter()
        .map(|tick| font::width(&tick.label, TEXT, false))
        .fold(0.0, f64::max);
    let right = drawing.width - MARGIN - 10.0;
    drawing.readout = readout(vertical, (right, top + 6.0 + TEXT));
    let top = top + LINE + 14.0 + strips as f64 * LINE;
    drawing.resize(sheet.total(top, None));
    Plot {
        left: MARGIN + widest + 8.0,
        top,
        right,
        bottom: drawing.height - BELOW,
    }
}

/// Beside the title of the vertical axis, where that leaves room enough for a line of values.
fn readout(vertical: &Axis, end: (f64, f64)) -> Option<Readout> {
    const LEAST: f64 = 300.0;
    const GAP: f64 = 16.0;
    let room = end.0 - MARGIN - font::width(&vertical.title, TEXT, false) - GAP;
    (room >= LEAST).then_some(Readout { end, room })
}

/// Draws a vertical axis with its grid. Names are left out where they would touch.
pub(crate) fn vertical(drawing: &mut Drawing, plot: &Plot, axis: &Axis) {
    let mut free_below = f64::INFINITY;
    for tick in &axis.ticks {
        let y = plot.y(axis.scale.share(tick.value));
        drawing.line(vec![(plot.left, y), (plot.right, y)], Ink::Grid, 1.0);
        if y + LINE / 2.0 <= free_below {
            drawing.text(
                tick.label.clone(),
                (plot.left - 8.0, y + TEXT * 0.36),
                Anchor::End,
                Ink::Muted,
            );
            free_below = y - LINE / 2.0;
        }
    }
}

/// Draws a horizontal axis below the plot, with its title, and a grid if asked.
pub(crate) fn horizontal(drawing: &mut Drawing, plot: &Plot, axis: &Axis, grid: bool) {
    let mut taken = 0.0;
    for tick in &axis.ticks {
        let x = plot.x(axis.scale.share(tick.value));
        if grid {
            drawing.line(vec![(x, plot.top), (x, plot.bottom)], Ink::Grid, 1.0);
        }
        taken = tick_label(drawing, plot, tick, x, taken);
    }
    drawing.line(
        vec![(plot.left, plot.bottom), (plot.right, plot.bottom)],
        Ink::Axis,
        1.5,
    );
    let at = ((plot.left + plot.right) / 2.0, plot.bottom + 9.0 + LINE + TEXT);
    let room = drawing.width - 2.0 * MARGIN;
    let title = font::fit(&axis.title, TEXT, room);
    let half = font::width(&title, TEXT, false) / 2.0;
    let x =
        at.0.clamp(MARGIN + half, (drawing.width - MARGIN - half).max(MARGIN + half));
    drawing.text(title, (x, at.1), Anchor::Middle, Ink::Muted);
}

/// Draws a tick and its name, if that does not touch the one before; returns where the next may begin.
fn tick_label(drawing: &mut Drawing, plot: &Plot, tick: &Tick, x: f64, taken: f64) -> f64 {
    drawing.line(vec![(x, plot.bottom), (x, plot.bottom + 5.0)], Ink::Axis, 1.0);
    let half = font::width(&tick.label, TEXT, false) / 2.0;
    let middle = x.min(drawing.width - 4.0 - half).max(4.0 + half);
    if middle - half < taken {
        return taken;
    }
    drawing.text(
        tick.label.clone(),
        (middle, plot.bottom + 9.0 + TEXT),
        Anchor::Middle,
        Ink::Muted,
    );
    middle + half + 8.0
}

/// A chart without data: its title, and a sentence where the data would be.
pub(crate) fn sentence(sheet: Sheet, title: &str, sentence: &str) -> Drawing {
    const ROOM: f64 = 110.0;
    let mut drawing = sheet.drawing();
    let words = Heading {
        title: title.to_owned(),
        ..Heading::default()
    };
    let top = heading(&mut drawing, &words);
    let height = if let Height::Fixed(height) = sheet.height {
        height
    } else {
        top + ROOM
    };
    drawing.resize(height);
    drawing.rect((MARGIN, top + 4.0), (sheet.width - MARGIN, height - MARGIN), Ink::Band);
    let lines = font::wrap(sentence, TEXT, false, sheet.width - 4.0 * MARGIN);
    let middle = f64::midpoint(top + 4.0, height - MARGIN) - (lines.len() as f64 - 1.0) * LINE / 2.0;
    for (index, line) in lines.into_iter().enumerate() {
        let y = middle + index as f64 * LINE + TEXT * 0.36;
        drawing.text(line, (sheet.width / 2.0, y), Anchor::Middle, Ink::Text);
    }
    drawing.summary = format!("{title}. {sentence}");
    drawing
}
