//! The charts. Each is laid out as plain shapes, then put on paper by plotters, as SVG and as PNG.

pub(crate) mod bars;
mod failures;
pub(crate) mod font;
pub(crate) mod frame;
mod outcomes;
pub(crate) mod palette;
mod percentiles;
mod person;
mod propagation;
mod rates;
pub(crate) mod render;
mod resources;
mod response_time;
pub(crate) mod scale;
pub(crate) mod shape;
mod stages;
pub(crate) mod svg;
#[cfg(test)]
pub(crate) mod tests;
pub(crate) mod timeline;

use judge::Figures;

use crate::ReportError;
use frame::Sheet;
use resources::Use;
use shape::Drawing;
use svg::Place;

/// A chart of the report.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Chart {
    /// Median, 95th and 99th percentile over time.
    ResponseTime,
    /// Offered, achieved and dropped per second.
    Rates,
    /// Operations by kind and class.
    Outcomes,
    /// What was not applied, by reason.
    Failures,
    /// Time in each stage of the chain.
    Stages,
    /// The latency percentile curve.
    Percentiles,
    /// How long writes took to reach each domain controller.
    Propagation,
    /// Processors that each part used.
    Cpu,
    /// Memory of each part.
    Memory,
    /// One person for whom a law does not hold.
    Person,
}

impl Chart {
    /// All of them, in the order of the report.
    pub const ALL: [Self; 10] = [
        Self::Person,
        Self::ResponseTime,
        Self::Rates,
        Self::Outcomes,
        Self::Failures,
        Self::Stages,
        Self::Percentiles,
        Self::Propagation,
        Self::Cpu,
        Self::Memory,
    ];

    /// Those that a report of these figures has: what spreads between domain controllers only where there are several, a
    /// person only where a law does not hold, what parts used only where they were sampled.
    pub fn shown(figures: &Figures) -> impl Iterator<Item = Self> {
        let (spreads, breaks) = (!figures.propagation.is_empty(), !figures.cases.is_empty());
        let sampled = !figures.resources.is_empty();
        Self::ALL.into_iter().filter(move |chart| match chart {
            Self::Propagation => spreads,
            Self::Person => breaks,
            Self::Cpu | Self::Memory => sampled,
            _ => true,
        })
    }

    /// The name of its files.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ResponseTime => "response-time",
            Self::Rates => "rates",
            Self::Outcomes => "outcomes",
            Self::Failures => "failures",
            Self::Stages => "stages",
            Self::Percentiles => "percentiles",
            Self::Propagation => "propagation",
            Self::Cpu => "processors",
            Self::Memory => "memory",
            Self::Person => "counter-example",
        }
    }

    /// How to read it, in a sentence or two.
    #[must_use]
    pub fn caption(self) -> &'static str {
        match self {
            Self::ResponseTime => {
                "From the moment a person wanted to begin until the answer was known, by that moment. Dropped and unknown \
                 operations have no time and are in the percentile curve below."
            }
            Self::Rates => {
                "Offered: arrivals the plan asked for, and further attempts. Achieved: operations applied or correctly rejected, by when they ended. \
                 Dropped: arrivals that nobody was free to begin in time."
            }
            Self::Outcomes => "Every operation counts once, warm-up included, as it was known when it ended.",
            Self::Failures => {
                "A rejection is a correct answer; a failure surely had no effect; of an unknown nobody could tell at the time."
            }
            Self::Stages => {
                "Exclusive times as the parts reported them over the measure phase; network is what no part claimed."
            }
            Self::Percentiles => {
                "Response counts the wait for a free person, service does not; where they part, the load was more than the chain took. \
                 Dropped and unknown operations count as slower than every finished one."
            }
            Self::Propagation => {
                "The share of acknowledged writes of the measure phase whose effect each domain controller showed within that time. \
                 A line that ends below 100 % is of writes that were never seen there; watchers look every 20 ms, later after a tenth of the time."
            }
            Self::Cpu => {
                "Processor time of each process or container, sampled once a second. Parts that share a process are counted together; \
                 load is the generator, apart from the world it asks."
            }
            Self::Memory => {
                "Resident memory of each process; of a container what it uses without files that can be dropped. Sampled once a second; the most is over the whole run."
            }
            Self::Person => {
                "The smallest part of one person's history that still contradicts itself. A bar is an operation from its begin to its \
                 answer; an unknown one could act as long as its thin line. A dot is something seen. In words it stands below."
            }
        }
    }

    /// The same of a closed model, whose users wait for their answers: nobody queues, and a slow system is asked less.
    #[must_use]
    pub fn caption_closed(self) -> &'static str {
        match self {
            Self::ResponseTime => {
                "From the moment a user's think time ended until the answer was known, by that moment. Who waits asks for nothing \
                 meanwhile, so it says nothing of how long people would have queued."
            }
            Self::Rates => {
                "Offered: operations that users began; whoever waits begins none, so a slow system is offered less. Achieved: \
                 operations applied or correctly rejected, by when they ended."
            }
            Self::Percentiles => {
                "Response counts from the end of the think time, when the user begins: both curves are nearly one, also where the \
                 system is slow. Unknown operations count as slower than every finished one."
            }
            other => other.caption(),
        }
    }

    fn drawing(self, figures: &Figures, sheet: Sheet) -> Drawing {
        match self {
            Self::ResponseTime => response_time::draw(figures, sheet),
            Self::Rates => rates::draw(figures, sheet),
            Self::Outcomes => outcomes::draw(figures, sheet),
            Self::Failures => failures::draw(figures, sheet),
            Self::Stages => stages::draw(figures, sheet),
            Self::Percentiles => percentiles::draw(figures, sheet),
            Self::Propagation => propagation::draw(figures, sheet),
            Self::Cpu => resources::draw(figures, sheet, Use::Cpu),
            Self::Memory => resources::draw(figures, sheet, Use::Memory),
            Self::Person => person::draw(figures, sheet),
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
        let chart = self.name();
        let drawing = self.drawing(figures, Sheet::PNG);
        let pixels = render::pixels(&drawing).map_err(|cause| ReportError::Draw { chart, cause })?;
        render::encode(&pixels).map_err(|source| ReportError::Encode { chart, source })
    }

    fn svg_for(self, figures: &Figures, sheet: Sheet, place: Place) -> Result<String, ReportError> {
        let chart = self.name();
        let drawing = self.drawing(figures, sheet);
        let raw = render::svg(&drawing).map_err(|cause| ReportError::Draw { chart, cause })?;
        Ok(svg::finished(chart, &raw, &drawing, place))
    }
}
