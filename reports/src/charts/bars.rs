//! Groups of horizontal bars, each with its value beside it.

use super::font;
use super::frame::{self, BELOW, Heading, MARGIN, Plot, Sheet, TEXT};
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
const LEAST_GAP: f64 = 2.0;
const USUAL_PITCH: f64 = 22.0;
const MOST_PITCH: f64 = 40.0;
/// Below this the values beside two bars would touch.
const LEAST_PITCH: f64 = 17.0;

/// How many bars of one group each fit on a sheet of fixed height.
pub(crate) const MOST_GROUPS: usize = 12;

/// Draws the groups on a sheet that is as high as they need.
pub(crate) fn draw(sheet: Sheet, heading: &Heading, groups: &[Group], axis: &Axis) -> Drawing {
    let mut drawing = Drawing::new(sheet.width, sheet.height);
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
        let widest = groups.iter().map(name).fold(0.0, f64::max);
        let above = sheet.width < 600.0;
        let names = widest.min(sheet.width * MOST_OF_NAMES);
        let left = if above { MARGIN } else { MARGIN + names + 12.0 };
        let lines = groups.iter().map(|group| lines(group, above)).sum::<usize>().max(1) as f64;
        let gaps = groups.len() as f64 + 1.0;
        let need = lines * USUAL_PITCH + gaps * GROUP_GAP;
        if sheet.grows {
            let height = top + need + BELOW;
            return Self {
                left,
                above,
                pitch: USUAL_PITCH,
                gap: GROUP_GAP,
                height,
            };
        }
        let room = sheet.height - top - BELOW;
        let pitch = ((room - gaps * LEAST_GAP) / lines).clamp(LEAST_PITCH, MOST_PITCH);
        let gap = ((room - lines * pitch) / gaps).max(0.0);
        Self {
            left,
            above,
            pitch,
            gap,
            height: sheet.height,
        }
    }

    /// Draws a group from `y` down; returns where the next begins.
    fn group(&self, drawing: &mut Drawing, plot: &Plot, axis: &Axis, group: &Group, y: f64) -> f64 {
        let end = y + lines(group, self.above) as f64 * self.pitch;
        let bars = group.bars.len() as f64 * self.pitch;
        if self.above {
            self.name_above(drawing, group, y);
        } else {
            self.name_beside(drawing, group, (y + end) / 2.0, end - y);
        }
        let first = if self.above { end - bars } else { (y + end - bars) / 2.0 };
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

    fn name_above(&self, drawing: &mut Drawing, group: &Group, y: f64) {
        let words = if group.note.is_empty() {
            group.name.clone()
        } else {
            format!("{}: {}", group.name, group.note)
        };
        let words = font::fit(&words, TEXT, drawing.width - 2.0 * MARGIN);
        drawing.rect((self.left - 2.0, y), (drawing.width, y + self.pitch), Ink::Paper);
        drawing.text(words, (self.left, y + self.pitch - 6.0), Anchor::Start, Ink::Text);
    }

    fn name_beside(&self, drawing: &mut Drawing, group: &Group, middle: f64, high: f64) {
        let middle = middle + TEXT * 0.36;
        let two_lines = !group.note.is_empty() && high >= 2.0 * LEAST_PITCH;
        let base = if two_lines { middle - LEAST_PITCH / 2.0 } else { middle };
        let at = self.left - 12.0;
        let fit = |text: &str| font::fit(text, TEXT, at - MARGIN);
        drawing.text(fit(&group.name), (at, base), Anchor::End, Ink::Text);
        if two_lines {
            drawing.text(fit(&group.note), (at, base + LEAST_PITCH), Anchor::End, Ink::Muted);
        }
    }
}

/// How many lines a group takes: its bars, and its name where that needs room of its own.
fn lines(group: &Group, above: bool) -> usize {
    let names = if group.note.is_empty() { 1 } else { 2 };
    if above {
        group.bars.len() + 1
    } else {
        group.bars.len().max(names)
    }
}
