//! What the charts over time share: windows merged to what a screen can show, phases and faults behind the data.

use judge::{Figures, Span, Window};

use super::font;
use super::frame::{self, Entry, Heading, LINE, Plot, Sheet, TEXT};
use super::palette::Ink;
use super::scale::Axis;
use super::shape::{Anchor, Drawing, Place};
use super::windows::merged;
use crate::text;
use crate::words;

/// About what stands left and right of a plot.
const SIDES: f64 = 80.0;

/// Kinds of faults that a legend names; more are in the table.
const NAMED: usize = 6;

/// What a legend says of faults: their kinds, or how many there are.
fn told(kinds: &[String]) -> String {
    if kinds.len() > NAMED {
        return format!("faults of {} kinds; their numbers are those of the table", kinds.len());
    }
    format!("fault: {}", kinds.join(", "))
}

/// Windows merged until they are few enough, with how long each is.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Timeline {
    pub(crate) windows: Vec<Window>,
    pub(crate) width_us: u64,
    /// How many windows each stands for.
    pub(crate) merged: usize,
    origin_us: u64,
}

impl Timeline {
    /// At most so many windows; `None` without any.
    pub(crate) fn new(figures: &Figures, most: usize) -> Option<Self> {
        let first = figures.windows.first()?;
        let many = figures.windows.len().div_ceil(most.max(1));
        Some(Self {
            windows: figures.windows.chunks(many).map(merged).collect(),
            width_us: figures.window_us.max(1) * many as u64,
            merged: many,
            origin_us: first.from_us,
        })
    }

    /// The length of the whole in microseconds.
    pub(crate) fn span_us(&self) -> f64 {
        (self.windows.len() as u64 * self.width_us) as f64
    }

    /// The horizontal axis.
    pub(crate) fn axis(&self, sheet: Sheet) -> Axis {
        Axis::time(self.span_us(), sheet.parts(), "Time since the load began")
    }

    /// From when to when a window reaches, in words: `12–14 s`.
    pub(crate) fn told(&self, window: &Window) -> String {
        let from = window.from_us.saturating_sub(self.origin_us) as f64;
        text::span_us(from, from + self.width_us as f64)
    }

    /// Lets each window tell what it stands for, over the whole height of the plot.
    pub(crate) fn hits(&self, drawing: &mut Drawing, plot: &Plot, told: impl Fn(&Window) -> String) {
        let half = self.width_us as f64 / 2.0;
        for window in &self.windows {
            let [from, to] = [-half, half].map(|side| plot.x((self.middle(window) + side) / self.span_us()));
            let words = format!("{}: {}", self.told(window), told(window));
            drawing.hit((from, plot.top), (to, plot.bottom), words);
        }
    }

    /// Where a window begins and ends on a plot.
    pub(crate) fn column(&self, plot: &Plot, number: usize) -> (f64, f64) {
        let x = |number: usize| plot.x(number as f64 / self.windows.len() as f64);
        (x(number), x(number + 1))
    }

    /// Microseconds from the origin to the middle of a window.
    fn middle(&self, window: &Window) -> f64 {
        window.from_us.saturating_sub(self.origin_us) as f64 + self.width_us as f64 / 2.0
    }

    /// Where an instant lies, from 0 at the axis' begin to 1 at its end; none outside.
    pub(crate) fn share(&self, at_us: u64) -> Option<f64> {
        let share = at_us.checked_sub(self.origin_us)? as f64 / self.span_us();
        (share <= 1.0).then_some(share)
    }

    /// The part of a span that is on the axis, as microseconds from the origin.
    fn visible(&self, span: &Span) -> Option<(f64, f64)> {
        let end = self.origin_us as f64 + self.span_us();
        let from = (span.from_us as f64).max(self.origin_us as f64);
        let to = (span.to_us as f64).min(end);
        (to > from).then_some((from - self.origin_us as f64, to - self.origin_us as f64))
    }

    /// Where a span that begins and ends at once lies on the axis, as microseconds from the origin.
    fn instant(&self, span: &Span) -> Option<f64> {
        let at = span.from_us as f64 - self.origin_us as f64;
        let is_instant = span.to_us == span.from_us && (0.0..=self.span_us()).contains(&at);
        is_instant.then_some(at)
    }

    /// What the legend says of the shades, and the note of merged windows.
    pub(crate) fn explain(&self, figures: &Figures, heading: &mut Heading) {
        let outside = |span: &&Span| span.name != "measure" && self.visible(span).is_some();
        let names: Vec<String> = figures
            .phases
            .iter()
            .filter(outside)
            .map(|span| text::clean(&span.name))
            .collect();
        if !names.is_empty() {
            heading
                .legend
                .push(Entry::area(Ink::Band, format!("not measured: {}", names.join(", "))));
        }
        let lasting = Self::fault_names(figures, |span| self.visible(span).is_some());
        if !lasting.is_empty() {
            heading.legend.push(Entry::area(Ink::Fault, told(&lasting)));
        }
        let instants = Self::fault_names(figures, |span| self.instant(span).is_some());
        if !instants.is_empty() {
            heading.legend.push(Entry::line(Ink::Purple, told(&instants)));
        }
    }

    /// The names of the faults for which it holds, each once.
    fn fault_names(figures: &Figures, which: impl Fn(&Span) -> bool) -> Vec<String> {
        let faults = figures.faults.iter().filter(|span| which(span));
        let mut names: Vec<String> = faults.map(|span| words::fault(&span.name)).collect();
        names.sort_unstable();
        names.dedup();
        names
    }

    /// How many lines of names stand above the plot: one for phases and one for faults, if any name fits.
    fn strips(&self, figures: &Figures, sheet: Sheet) -> [bool; 2] {
        let plot = Plot {
            left: 0.0,
            top: 0.0,
            right: sheet.width - SIDES,
            bottom: 0.0,
        };
        [self.phase_names(&plot, figures), self.fault_places(&plot, figures)].map(|names| !names.is_empty())
    }

    /// Draws phases and faults behind the data.
    pub(crate) fn shade(&self, drawing: &mut Drawing, plot: &Plot, figures: &Figures) {
        for span in figures.phases.iter().filter(|span| span.name != "measure") {
            self.band(drawing, plot, span, Ink::Band);
        }
        for span in &figures.faults {
            self.band(drawing, plot, span, Ink::Fault);
        }
        for at in figures.faults.iter().filter_map(|span| self.instant(span)) {
            let x = plot.x(at / self.span_us());
            drawing.line(vec![(x, plot.top), (x, plot.bottom)], Ink::Purple, 2.0);
        }
    }

    /// Writes the names of phases and faults above the plot.
    fn name(&self, drawing: &mut Drawing, plot: &Plot, figures: &Figures, strips: [bool; 2]) {
        let [phases, faults] = strips;
        let mut base = plot.top - 6.0;
        let rows = [
            (self.fault_places(plot, figures), faults),
            (self.phase_names(plot, figures), phases),
        ];
        for (names, shown) in rows {
            for (name, middle) in names {
                drawing.text(name, (middle, base), Anchor::Middle, Ink::Muted);
            }
            base -= if shown { LINE } else { 0.0 };
        }
    }

    fn band(&self, drawing: &mut Drawing, plot: &Plot, span: &Span, ink: Ink) {
        let Some((from, to)) = self.visible(span) else { return };
        let x = |at: f64| plot.x(at / self.span_us());
        drawing.rect((x(from), plot.top), (x(to).max(x(from) + 1.0), plot.bottom), ink);
    }

    /// The names of phases that fit, each with its middle.
    fn phase_names(&self, plot: &Plot, figures: &Figures) -> Vec<(String, f64)> {
        let spans = figures.phases.iter();
        let seen = spans.filter_map(|span| Some((vec![text::clean(&span.name)], self.visible(span)?, false)));
        self.names(plot, seen)
    }

    /// The names of faults, each with its middle, or where a name does not fit the number that the fault has in the table, if that
    /// fits. That of an instant stands over its line, as wide as it is.
    fn fault_places(&self, plot: &Plot, figures: &Figures) -> Vec<(String, f64)> {
        let place = |(number, span): (usize, &Span)| {
            let instant = self.instant(span).map(|at| (at, at));
            let place = instant.or_else(|| self.visible(span))?;
            let names = vec![words::fault(&span.name), number.to_string()];
            Some((names, place, instant.is_some()))
        };
        self.names(plot, (1..).zip(&figures.faults).filter_map(place))
    }

    /// Names with where they belong, in microseconds from the origin, and whether they may be wider than that: those that fit without
    /// touching one before, each with its middle. What else something can be called by is tried when every name has its place.
    fn names(&self, plot: &Plot, names: impl Iterator<Item = (Vec<String>, (f64, f64), bool)>) -> Vec<(String, f64)> {
        let mut waiting: Vec<_> = names
            .map(|(names, place, wider)| (names.into_iter(), place, wider))
            .collect();
        let mut placed: Vec<(String, f64, f64)> = Vec::new();
        while !waiting.is_empty() {
            waiting.retain_mut(|(names, (from, to), wider)| {
                let Some(name) = names.next() else { return false };
                let (from, to) = (plot.x(*from / self.span_us()), plot.x(*to / self.span_us()));
                let half = font::width(&name, TEXT, false) / 2.0;
                let middle = f64::midpoint(from, to).clamp(plot.left + half, (plot.right - half).max(plot.left + half));
                let clear = |(_, other, width): &(String, f64, f64)| (middle - other).abs() >= half + width + 8.0;
                let fits = (*wider || 2.0 * half <= to - from + 12.0) && placed.iter().all(clear);
                if fits {
                    placed.push((name, middle, half));
                }
                !fits
            });
        }
        placed.into_iter().map(|(name, middle, _)| (name, middle)).collect()
    }

    /// The places of a value over time, `None` where there is none.
    pub(crate) fn places(&self, plot: &Plot, axis: &Axis, of: impl Fn(&Window) -> Option<f64>) -> Vec<Option<Place>> {
        let x = |window: &Window| plot.x(self.middle(window) / self.span_us());
        let y = |value: f64| plot.y(axis.scale.share(value));
        self.windows
            .iter()
            .map(|window| of(window).map(|value| (x(window), y(value))))
            .collect()
    }

    /// The same, as steps as wide as a window.
    pub(crate) fn steps(&self, plot: &Plot, axis: &Axis, of: impl Fn(&Window) -> f64) -> Vec<Place> {
        let half = self.width_us as f64 / 2.0;
        let step = |window: &Window| {
            let y = plot.y(axis.scale.share(of(window)));
            [self.middle(window) - half, self.middle(window) + half].map(|at| (plot.x(at / self.span_us()), y))
        };
        self.windows.iter().flat_map(step).collect()
    }
}

/// Draws a line through what is there, broken where something is missing; a lone value is a dot, and with `dots` every one.
pub(crate) fn broken_line(drawing: &mut Drawing, places: &[Option<Place>], ink: Ink, width: f64, dots: bool) {
    for run in places.split(Option::is_none) {
        let run: Vec<Place> = run.iter().copied().flatten().collect();
        let radius = if run.len() == 1 { width * 2.0 } else { width * 1.4 };
        if run.len() == 1 || dots {
            run.iter().for_each(|place| drawing.dot(*place, radius, ink));
        }
        if run.len() > 1 {
            drawing.line(run, ink, width);
        }
    }
}

/// The note of merged windows, empty when none were.
pub(crate) fn merged_note(timeline: &Timeline, what: &str) -> String {
    if timeline.merged <= 1 {
        return String::new();
    }
    format!(
        "Each point is {} windows, {} in all; {what}.",
        timeline.merged,
        text::duration_us(timeline.width_us as f64)
    )
}

/// Draws everything but the data; returns where that goes.
pub(crate) fn stage(
    drawing: &mut Drawing,
    figures: &Figures,
    timeline: &Timeline,
    sheet: Sheet,
    heading: &Heading,
    vertical: &Axis,
) -> Plot {
    let top = frame::heading(drawing, heading);
    let strips = timeline.strips(figures, sheet);
    let lines = strips.iter().filter(|shown| **shown).count();
    let plot = frame::plot_below(drawing, sheet, top, vertical, lines);
    timeline.shade(drawing, &plot, figures);
    timeline.name(drawing, &plot, figures, strips);
    frame::vertical(drawing, &plot, vertical);
    frame::horizontal(drawing, &plot, &timeline.axis(sheet), false);
    plot
}
