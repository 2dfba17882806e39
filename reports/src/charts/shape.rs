//! A chart as a list of shapes, before any backend: what is laid out here can be checked without a picture.

use super::palette::Ink;

/// A place in a drawing, in its own units from the upper left.
pub(crate) type Place = (f64, f64);

/// Which end of a line of text its place names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

/// One line of text.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Label {
    pub(crate) text: String,
    /// On the base line.
    pub(crate) at: Place,
    pub(crate) anchor: Anchor,
    /// The em.
    pub(crate) size: f64,
    pub(crate) bold: bool,
    pub(crate) ink: Ink,
}

impl Label {
    /// Left, top, right and bottom of the room it takes.
    #[cfg(test)]
    pub(crate) fn bounds(&self) -> (f64, f64, f64, f64) {
        let width = super::font::width(&self.text, self.size, self.bold);
        let left = match self.anchor {
            Anchor::Start => self.at.0,
            Anchor::Middle => self.at.0 - width / 2.0,
            Anchor::End => self.at.0 - width,
        };
        (
            left,
            self.at.1 - 0.93 * self.size,
            left + width,
            self.at.1 + 0.24 * self.size,
        )
    }
}

/// Something drawn.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Shape {
    /// A filled rectangle.
    Rect { from: Place, to: Place, ink: Ink },
    /// A line through places.
    Line { places: Vec<Place>, ink: Ink, width: f64 },
    /// A filled circle.
    Dot { at: Place, radius: f64, ink: Ink },
    /// Text.
    Label(Label),
}

/// A part of a drawing that tells what it stands for while a pointer is on it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hit {
    pub(crate) from: Place,
    pub(crate) to: Place,
    pub(crate) told: String,
}

/// Where a drawing tells what its hits stand for: one line that ends at a place and has that much room.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Readout {
    pub(crate) end: Place,
    pub(crate) room: f64,
}

/// A laid out chart.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Drawing {
    pub(crate) width: f64,
    pub(crate) height: f64,
    pub(crate) shapes: Vec<Shape>,
    /// Parts that tell what they stand for, the later above the earlier.
    pub(crate) hits: Vec<Hit>,
    /// Where they do; without it the browser shows it beside the pointer.
    pub(crate) readout: Option<Readout>,
    /// What the picture says, for who cannot see it.
    pub(crate) summary: String,
}

impl Drawing {
    /// An empty sheet of paper.
    pub(crate) fn new(width: f64, height: f64) -> Self {
        let paper = Shape::Rect {
            from: (0.0, 0.0),
            to: (width, height),
            ink: Ink::Paper,
        };
        Self {
            width,
            height,
            shapes: vec![paper],
            hits: Vec::new(),
            readout: None,
            summary: String::new(),
        }
    }

    /// Makes the sheet higher or lower.
    pub(crate) fn resize(&mut self, height: f64) {
        self.height = height;
        if let Some(Shape::Rect { to, .. }) = self.shapes.first_mut() {
            to.1 = height;
        }
    }

    /// Adds a rectangle.
    pub(crate) fn rect(&mut self, from: Place, to: Place, ink: Ink) {
        self.shapes.push(Shape::Rect { from, to, ink });
    }

    /// Adds a line.
    pub(crate) fn line(&mut self, places: Vec<Place>, ink: Ink, width: f64) {
        self.shapes.push(Shape::Line { places, ink, width });
    }

    /// Adds a dot.
    pub(crate) fn dot(&mut self, at: Place, radius: f64, ink: Ink) {
        self.shapes.push(Shape::Dot { at, radius, ink });
    }

    /// Adds a part that tells something.
    pub(crate) fn hit(&mut self, from: Place, to: Place, told: impl Into<String>) {
        let told = told.into();
        self.hits.push(Hit { from, to, told });
    }

    /// Adds a line of text.
    pub(crate) fn label(&mut self, label: Label) {
        if !label.text.is_empty() {
            self.shapes.push(Shape::Label(label));
        }
    }

    /// Adds a line of text of the usual size.
    pub(crate) fn text(&mut self, text: impl Into<String>, at: Place, anchor: Anchor, ink: Ink) {
        self.label(Label {
            text: text.into(),
            at,
            anchor,
            size: super::frame::TEXT,
            bold: false,
            ink,
        });
    }

    /// All text.
    #[cfg(test)]
    pub(crate) fn labels(&self) -> impl Iterator<Item = &Label> {
        self.shapes.iter().filter_map(|shape| match shape {
            Shape::Label(label) => Some(label),
            _ => None,
        })
    }
}
