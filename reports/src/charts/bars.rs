//! Groups of horizontal bars, each with its value beside it.

use super::font;
use super::frame::{self, BELOW, Heading, Height, MARGIN, Plot, Sheet, TEXT};
use super::palette::Ink;
use super::scale::Axis;
use super::shape::{Anchor, Drawing};

/// A bar.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Bar {
    pub(crate) value: f64,
    /// The value in words, beside the bar.
    pub(crate) text: String,
    pub(crate) ink: Ink,
}

/// Bars that belong together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    pub(crate) name: String,
    pub(crate) note: String,
    pub(crate) bars: Vec<Bar>,
}

const GROUP_GAP: f64 = 12.0;
/// The part of a sheet's width that names may take.
const MOST_OF_NAMES: f64 = 0.4;
/// Sheets less wide have the names above the bars.
const LEAST_WIDTH_BESIDE: f64 = 600.0;
/// The name of a group, and what is said of it.
const NAME_INKS: [Ink; 2] = [Ink::Text, Ink::Muted];
const LEAST_GAP: f64 = 2.0;
const USUAL_PITCH: f64 = 22.0;
const MOST_PITCH: f64 = 40.0;
/// Below this the values beside two bars would touch.
const LEAST_PITCH: f64 = 17.0;

/// How many bars of one group each fit on a sheet of fixed height.
pub(crate) const MOST_GROUPS: usize = 12;

/// Draws the groups on a sheet that is as high as they need.
pub(crate) fn draw(sheet: Sheet, heading: &Heading, groups: &[Group], axis: &Axis) -> Drawing {
    let mut drawing = sheet.drawing();
    let top = frame::heading(&mut drawing, heading) + 4.0;
    let layout = Layout::new(sheet, groups, top);
    drawing.resize(layout.height);
    let values = groups
        .iter()
        .flat_map(|group| &group.bars)
        .map(|bar| font::width(&bar.text, TEXT, false));
    let plot = Plot {
        left: layout.left,
        top,
        right: sheet.width - MARGIN - 8.0 - values.fold(0.0, f64::max),
        bottom: layout.height - BELOW,
    };
    frame::horizontal(&mut drawing, &plot, axis, true);
    let mut y = top + layout.gap;
    for group in groups {
        y = layout.group(&mut drawing, &plot, axis, group, y);
    }
    if !layout.above {
        drawing.line(vec![(plot.left, plot.top), (plot.left, plot.bottom)], Ink::Axis, 1.5);
    }
    drawing
}

/// Where names and bars stand.
struct Layout {
    width: f64,
    left: f64,
    /// Names stand above their bars, for want of room beside them.
    above: bool,
    pitch: f64,
    gap: f64,
    height: f64,
}

impl Layout {
    fn new(sheet: Sheet, groups: &[Group], top: f64) -> Self {
        let name = |group: &Group| font::width(&group.name, TEXT, false).max(font::width(&group.note, TEXT, false));
        let names = groups
            .iter()
            .map(name)
            .fold(0.0, f64::max)
            .min(sheet.width * MOST_OF_NAMES);
        let above = sheet.width < LEAST_WIDTH_BESIDE;
        let left = if above { MARGIN } else { MARGIN + names + 12.0 };
        let mut layout = Self {
            width: sheet.width,
            left,
            above,
            pitch: USUAL_PITCH,
            gap: GROUP_GAP,
            height: 0.0,
        };
        let lines = groups.iter().map(|group| layout.lines(group)).sum::<usize>().max(1) as f64;
        let gaps = groups.len() as f64 + 1.0;
        layout.height = sheet.total(top, Some(lines * USUAL_PITCH + gaps * GROUP_GAP));
        let room = layout.height - top - BELOW;
        if matches!(sheet.height, Height::Fixed(_)) {
            layout.pitch = ((room - gaps * LEAST_GAP) / lines).clamp(LEAST_PITCH, MOST_PITCH);
            layout.gap = ((room - lines * layout.pitch) / gaps).max(0.0);
        }
        layout
    }

    /// The name and the note of a group in the lines they take.
    fn names(&self, group: &Group) -> Vec<String> {
        let room = if self.above {
            self.width - 2.0 * MARGIN
        } else {
            self.left - 12.0 - MARGIN + 1.0
        };
        let one = format!("{}: {}", group.name, group.note);
        if self.above && !group.note.is_empty() && font::width(&one, TEXT, false) <= room {
            return vec![one];
        }
        let both = [&group.name, &group.note];
        both.into_iter()
            .filter(|words| !words.is_empty())
            .map(|words| font::fit(words, TEXT, room))
            .collect()
    }

    /// How many lines a group takes: its bars, and its name where that needs room of its own.
    fn lines(&self, group: &Group) -> usize {
        let names = self.names(group).len();
        if self.above {
            group.bars.len() + names
        } else {
            group.bars.len().max(names)
        }
    }

    /// Draws a group from `y` down; returns where the next begins.
    fn group(&self, drawing: &mut Drawing, plot: &Plot, axis: &Axis, group: &Group, y: f64) -> f64 {
        let end = y + self.lines(group) as f64 * self.pitch;
        let bars = group.bars.len() as f64 * self.pitch;
        let names = self.names(group);
        if self.above {
            self.names_above(drawing, names, y);
        } else {
            self.names_beside(drawing, names, f64::midpoint(y, end));
        }
        let first = if self.above {
            end - bars
        } else {
            f64::midpoint(y, end - bars)
        };
        for (index, bar) in group.bars.iter().enumerate() {
            self.bar(drawing, plot, axis, bar, first + index as f64 * self.pitch);
        }
        end + self.gap
    }

    fn bar(&self, drawing: &mut Drawing, plot: &Plot, axis: &Axis, bar: &Bar, y: f64) {
        let inset = (self.pitch * 0.12).min(3.0);
        let least = if bar.value > 0.0 { 2.0 } else { 0.0 };
        let right = plot.x(axis.scale.share(bar.value)).max(plot.left + least);
        let end = right + 8.0 + font::width(&bar.text, TEXT, false);
        drawing.rect((right + 2.0, y + inset), (end, y + self.pitch - inset), Ink::Paper);
        drawing.rect((plot.left, y + inset), (right, y + self.pitch - inset), bar.ink);
        drawing.text(
            bar.text.clone(),
            (right + 6.0, y + self.pitch / 2.0 + TEXT * 0.36),
            Anchor::Start,
            Ink::Text,
        );
    }

    fn names_above(&self, drawing: &mut Drawing, names: Vec<String>, y: f64) {
        let high = names.len() as f64 * self.pitch;
        drawing.rect((self.left - 2.0, y), (drawing.width, y + high), Ink::Paper);
        for (index, (words, ink)) in names.into_iter().zip(NAME_INKS).enumerate() {
            let base = y + (index + 1) as f64 * self.pitch - 6.0;
            drawing.text(words, (self.left, base), Anchor::Start, ink);
        }
    }

    fn names_beside(&self, drawing: &mut Drawing, names: Vec<String>, middle: f64) {
        let first = middle + TEXT * 0.36 - (names.len() as f64 - 1.0) * LEAST_PITCH / 2.0;
        for (index, (words, ink)) in names.into_iter().zip(NAME_INKS).enumerate() {
            drawing.text(
                words,
                (self.left - 12.0, first + index as f64 * LEAST_PITCH),
                Anchor::End,
                ink,
            );
        }
    }
}
