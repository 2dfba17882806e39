//! The charts. Each is laid out as plain shapes, then put on paper by plotters, as SVG and as PNG.

pub(crate) mod bars;
mod caption;
mod endings;
mod failures;
pub(crate) mod font;
pub(crate) mod frame;
mod heat;
mod in_flight;
mod knee;
mod lanes;
mod many;
mod numbers;
mod outcomes;
pub(crate) mod palette;
mod percentiles;
mod person;
mod personas;
mod propagation;
mod rates;
pub(crate) mod render;
mod resources;
mod response_time;
pub(crate) mod scale;
pub(crate) mod shape;
mod stage_ink;
mod stages;
pub(crate) mod svg;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod timeline;
mod traces;
mod waterfall;
mod windows;

use judge::Figures;

pub(crate) use knee::Knee;

use crate::ReportError;
use frame::Sheet;
pub(crate) use many::each;
pub(crate) use numbers::Numbers;
use resources::Use;
use shape::Drawing;
use svg::Place;
use traces::Which;

/// A chart of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Chart {
    /// One person for whom a law does not hold.
    Person,
    /// Median, 90th and 99th percentile and the longest, over time.
    ResponseTime,
    /// How many operations took how long, over time.
    Heat,
    /// The latency percentile curve.
    Percentiles,
    /// Offered, achieved and dropped per second.
    Rates,
    /// Operations under way at once, and arrivals that wait.
    InFlight,
    /// How operations ended, over time.
    Endings,
    /// Operations by kind and class.
    Outcomes,
    /// What was not applied, by reason.
    Failures,
    /// Where the time went of the median operation, and of the 99th percentile.
    Waterfall,
    /// Time in each stage of the chain.
    Stages,
    /// Response time of each persona.
    PersonaLatency,
    /// Outcomes of each persona.
    PersonaOutcomes,
    /// How long writes took to reach each domain controller.
    Propagation,
    /// The slowest operations, one by one.
    Slowest,
    /// The first unknown operations, one by one.
    Unknown,
    /// Processors that each part used.
    Cpu,
    /// Memory of each part.
    Memory,
    /// What each part wrote to disk.
    Disk,
    /// Sockets of each part.
    Sockets,
}

impl Chart {
    /// All of them, in the order of the report.
    pub const ALL: [Self; 20] = [
        Self::Person,
        Self::ResponseTime,
        Self::Heat,
        Self::Percentiles,
        Self::Rates,
        Self::InFlight,
        Self::Endings,
        Self::Outcomes,
        Self::Failures,
        Self::Waterfall,
        Self::Stages,
        Self::PersonaLatency,
        Self::PersonaOutcomes,
        Self::Propagation,
        Self::Slowest,
        Self::Unknown,
        Self::Cpu,
        Self::Memory,
        Self::Disk,
        Self::Sockets,
    ];

    /// Those that a report of these figures has: what spreads between domain controllers only where there are several, a
    /// person only where a law does not hold, what parts used only where it was sampled, what is unknown only where something is.
    pub fn shown(figures: &Figures) -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|chart| match chart {
            Self::Propagation => !figures.propagation.is_empty(),
            Self::Person => !figures.cases.is_empty(),
            Self::Unknown => !figures.unknown.is_empty(),
            Self::PersonaLatency | Self::PersonaOutcomes => !figures.personas.is_empty(),
            Self::Cpu | Self::Memory => !figures.resources.is_empty(),
            Self::Disk => resources::is_told(figures, Use::Disk),
            Self::Sockets => resources::is_told(figures, Use::Sockets),
            _ => true,
        })
    }

    /// The name of its files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Person => "counter-example",
            Self::ResponseTime => "response-time",
            Self::Heat => "heat-map",
            Self::Percentiles => "percentiles",
            Self::Rates => "rates",
            Self::InFlight => "in-flight",
            Self::Endings => "outcomes-over-time",
            Self::Outcomes => "outcomes",
            Self::Failures => "failures",
            Self::Waterfall => "waterfall",
            Self::Stages => "stages",
            Self::PersonaLatency => "persona-latency",
            Self::PersonaOutcomes => "persona-outcomes",
            Self::Propagation => "propagation",
            Self::Slowest => "slowest",
            Self::Unknown => "unknown",
            Self::Cpu => "processors",
            Self::Memory => "memory",
            Self::Disk => "disk-writes",
            Self::Sockets => "sockets",
        }
    }

    /// What it is about; charts of one subject stand together.
    pub(crate) fn subject(self) -> &'static str {
        match self {
            Self::Person => "What does not hold",
            Self::ResponseTime | Self::Heat | Self::Percentiles => "How long people waited",
            Self::Rates | Self::InFlight => "How much was asked and done",
            Self::Endings | Self::Outcomes | Self::Failures => "How it ended",
            Self::Waterfall | Self::Stages => "Where the time went",
            Self::PersonaLatency | Self::PersonaOutcomes => "Who met what",
            Self::Propagation => "How far it spread",
            Self::Slowest | Self::Unknown => "Operations one by one",
            Self::Cpu | Self::Memory | Self::Disk | Self::Sockets => "What the parts used",
        }
    }

    /// The numbers behind it, where no table of the page has them anyway.
    pub(crate) fn numbers(self, figures: &Figures) -> Option<Numbers> {
        let numbers = match self {
            Self::ResponseTime => response_time::numbers(figures),
            Self::Heat => heat::numbers(figures),
            Self::Percentiles => percentiles::numbers(figures),
            Self::Rates => rates::numbers(figures),
            Self::InFlight => in_flight::numbers(figures),
            Self::Endings => endings::numbers(figures),
            Self::Waterfall => waterfall::numbers(figures),
            Self::Slowest => traces::numbers(figures, Which::Slowest),
            Self::Unknown => traces::numbers(figures, Which::Unknown),
            _ => return None,
        };
        (!numbers.rows.is_empty()).then_some(numbers)
    }

    fn drawing(self, figures: &Figures, sheet: Sheet) -> Drawing {
        match self {
            Self::Person => person::draw(figures, sheet),
            Self::ResponseTime => response_time::draw(figures, sheet),
            Self::Heat => heat::draw(figures, sheet),
            Self::Percentiles => percentiles::draw(figures, sheet),
            Self::Rates => rates::draw(figures, sheet),
            Self::InFlight => in_flight::draw(figures, sheet),
            Self::Endings => endings::draw(figures, sheet),
            Self::Outcomes => outcomes::draw(figures, sheet),
            Self::Failures => failures::draw(figures, sheet),
            Self::Waterfall => waterfall::draw(figures, sheet),
            Self::Stages => stages::draw(figures, sheet),
            Self::PersonaLatency => personas::latency(figures, sheet),
            Self::PersonaOutcomes => personas::outcomes(figures, sheet),
            Self::Propagation => propagation::draw(figures, sheet),
            Self::Slowest => traces::draw(figures, sheet, Which::Slowest),
            Self::Unknown => traces::draw(figures, sheet, Which::Unknown),
            Self::Cpu => resources::draw(figures, sheet, Use::Cpu),
            Self::Memory => resources::draw(figures, sheet, Use::Memory),
            Self::Disk => resources::draw(figures, sheet, Use::Disk),
            Self::Sockets => resources::draw(figures, sheet, Use::Sockets),
        }
    }

    /// The chart as an SVG file of its own, light or dark as the viewer prefers.
    ///
    /// # Errors
    /// [`ReportError::Draw`].
    pub fn svg(self, figures: &Figures) -> Result<String, ReportError> {
        self.svg_for(figures, Sheet::WIDE, Place::Alone)
    }

    /// The chart for a page that has the style: for wide screens, and for narrow ones.
    pub(crate) fn inline(self, figures: &Figures) -> Result<[String; 2], ReportError> {
        let wide = self.svg_for(figures, Sheet::WIDE, Place::Page { wide: true })?;
        let narrow = self.svg_for(figures, Sheet::NARROW, Place::Page { wide: false })?;
        Ok([wide, narrow])
    }

    /// The chart as a PNG of 1280 by 720 pixels on light paper.
    ///
    /// # Errors
    /// [`ReportError::Draw`] or [`ReportError::Encode`].
    pub fn png(self, figures: &Figures) -> Result<Vec<u8>, ReportError> {
        png_of(self.name(), &self.drawing(figures, Sheet::PNG))
    }

    fn svg_for(self, figures: &Figures, sheet: Sheet, place: Place) -> Result<String, ReportError> {
        svg_of(self.name(), &self.drawing(figures, sheet), place)
    }
}

/// A drawing as a PNG.
fn png_of(chart: &'static str, drawing: &Drawing) -> Result<Vec<u8>, ReportError> {
    let pixels = render::pixels(drawing).map_err(|cause| ReportError::Draw { chart, cause })?;
    render::encode(&pixels).map_err(|source| ReportError::Encode { chart, source })
}

/// A drawing as an SVG.
fn svg_of(chart: &'static str, drawing: &Drawing, place: Place) -> Result<String, ReportError> {
    let raw = render::svg(drawing).map_err(|cause| ReportError::Draw { chart, cause })?;
    Ok(svg::finished(chart, &raw, drawing, place))
}
