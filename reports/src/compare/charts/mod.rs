//! The charts of a comparison, on the same sheets and by the same hand as those of a run.

mod changes;
mod percentiles;
mod response_time;
mod stages;

use history::Comparison;
use judge::compare::SideFigures;

use crate::ReportError;
use crate::charts::frame::{Entry, Sheet};
use crate::charts::palette::Ink;
use crate::charts::render;
use crate::charts::shape::Drawing;
use crate::charts::svg::{self, Place};
use crate::text::clean;

/// Sides that can be told apart by their colours; more are not drawn, and that is said.
const SIDES: [Ink; 6] = [
    Ink::Blue,
    Ink::Vermillion,
    Ink::Green,
    Ink::Orange,
    Ink::Purple,
    Ink::Grey,
];

/// A chart of a comparison.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum View {
    /// Every change with its interval and the minimum effect, of the run of that number, from 0.
    Changes(usize),
    /// Response time over time, every side on the same axes.
    ResponseTime,
    /// The percentile curves of every side.
    Percentiles,
    /// Time in each stage, side by side.
    Stages,
}

impl View {
    /// Those of a comparison, in the order of its page.
    pub fn of(comparison: &Comparison) -> impl Iterator<Item = Self> {
        let changes = (0..comparison.compared.len()).map(Self::Changes);
        changes.chain([Self::ResponseTime, Self::Percentiles, Self::Stages])
    }

    /// The name of its files.
    #[must_use]
    pub fn name(self) -> String {
        match self {
            Self::Changes(0) => "changes".to_owned(),
            Self::Changes(number) => format!("changes-{}", number + 1),
            Self::ResponseTime => "response-time".to_owned(),
            Self::Percentiles => "percentiles".to_owned(),
            Self::Stages => "stages".to_owned(),
        }
    }

    /// How to read it, in a sentence or two.
    #[must_use]
    pub fn caption(self) -> &'static str {
        match self {
            Self::Changes(_) => {
                "Each measure's change with its interval; to the right is more. Shaded is what does not matter: a change smaller than the \
                 minimum effect. A measure passes when its line ends before the shade does on the side that is worse."
            }
            Self::ResponseTime => {
                "From the moment a person wanted to begin until the answer was known, by that moment, counted from the begin of each measure \
                 phase. Dropped and unknown operations have no time and are in the percentile curve."
            }
            Self::Percentiles => {
                "Response time, which counts the wait for a free person. Dropped and unknown operations count as slower than every finished \
                 one: where a line ends, only those are left."
            }
            Self::Stages => {
                "Exclusive times as the parts reported them over the measure phase; network is what no part claimed."
            }
        }
    }

    fn drawing(self, comparison: &Comparison, sides: &[SideFigures], sheet: Sheet) -> Drawing {
        match self {
            Self::Changes(number) => changes::draw(comparison, number, sheet),
            Self::ResponseTime => response_time::draw(sides, sheet),
            Self::Percentiles => percentiles::draw(sides, sheet),
            Self::Stages => stages::draw(sides, sheet),
        }
    }

    /// What an error calls it.
    fn kind(self) -> &'static str {
        match self {
            Self::Changes(_) => "changes",
            Self::ResponseTime => "response-time",
            Self::Percentiles => "percentiles",
            Self::Stages => "stages",
        }
    }

    /// The chart as an SVG file of its own, light or dark as the viewer prefers.
    ///
    /// # Errors
    /// [`ReportError::Draw`].
    pub fn svg(self, comparison: &Comparison, sides: &[SideFigures]) -> Result<String, ReportError> {
        self.svg_for(comparison, sides, Sheet::WIDE, Place::Alone)
    }

    /// The chart for a page that has the style: for wide screens, and for narrow ones.
    pub(super) fn inline(self, comparison: &Comparison, sides: &[SideFigures]) -> Result<[String; 2], ReportError> {
        let wide = self.svg_for(comparison, sides, Sheet::WIDE, Place::Page { wide: true })?;
        let narrow = self.svg_for(comparison, sides, Sheet::NARROW, Place::Page { wide: false })?;
        Ok([wide, narrow])
    }

    /// The chart as a PNG of 1280 by 720 pixels on light paper.
    ///
    /// # Errors
    /// [`ReportError::Draw`] or [`ReportError::Encode`].
    pub fn png(self, comparison: &Comparison, sides: &[SideFigures]) -> Result<Vec<u8>, ReportError> {
        let chart = self.kind();
        let drawing = self.drawing(comparison, sides, Sheet::PNG);
        let pixels = render::pixels(&drawing).map_err(|cause| ReportError::Draw { chart, cause })?;
        render::encode(&pixels).map_err(|source| ReportError::Encode { chart, source })
    }

    fn svg_for(
        self,
        comparison: &Comparison,
        sides: &[SideFigures],
        sheet: Sheet,
        place: Place,
    ) -> Result<String, ReportError> {
        let chart = self.kind();
        let drawing = self.drawing(comparison, sides, sheet);
        let raw = render::svg(&drawing).map_err(|cause| ReportError::Draw { chart, cause })?;
        Ok(svg::finished(&self.name(), &raw, &drawing, place))
    }
}

/// The sides that are drawn, each in its colour.
fn inked(sides: &[SideFigures]) -> impl Iterator<Item = (&SideFigures, Ink)> {
    sides.iter().zip(SIDES)
}

/// What the legend says of the sides.
fn legend(sides: &[SideFigures], entry: fn(Ink, String) -> Entry) -> Vec<Entry> {
    let role = |index: usize| if index == 0 { "base" } else { "run" };
    let drawn = inked(sides).enumerate();
    drawn
        .map(|(index, (side, ink))| entry(ink, format!("{}: {}", role(index), clean(&side.name))))
        .collect()
}

/// That more were compared than are drawn; empty where none are left out.
fn left_out(sides: &[SideFigures]) -> String {
    let more = sides.len().saturating_sub(SIDES.len());
    if more == 0 {
        String::new()
    } else {
        format!("{more} more are not drawn.")
    }
}

#[cfg(test)]
pub(super) fn drawn(view: View, comparison: &Comparison, sides: &[SideFigures]) -> [(Sheet, Drawing); 3] {
    [Sheet::WIDE, Sheet::NARROW, Sheet::PNG].map(|sheet| (sheet, view.drawing(comparison, sides, sheet)))
}
