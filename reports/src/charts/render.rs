//! A drawing on plotters' backends: as SVG and as PNG.

use plotters::backend::{BitMapBackend, DrawingBackend, SVGBackend};
use plotters::coord::Shift;
use plotters::drawing::{DrawingArea, DrawingAreaErrorKind, IntoDrawingArea as _};
use plotters::element::{Circle, PathElement, Rectangle, Text};
use plotters::style::text_anchor::{HPos, Pos, VPos};
use plotters::style::{FontDesc, FontFamily, RGBColor, ShapeStyle, TextStyle};

use super::font;
use super::palette::Ink;
use super::shape::{Anchor, Drawing, Label, Place, Shape};

/// Pixels of a PNG.
pub(crate) const PNG_SIZE: (u32, u32) = (1280, 720);

/// A PNG is drawn this many times larger and then made smaller, which smooths every edge.
const OVERSAMPLE: u32 = 3;

/// An SVG's units for one of the drawing's: plotters counts in whole units.
const SVG_UNITS: f64 = 4.0;

/// How a backend turns the drawing's units into its own.
#[derive(Debug, Clone, Copy)]
struct Pen {
    /// Its units for one of the drawing's.
    scale: f64,
    /// What plotters calls the size of a font whose em is 1.
    size_per_em: f64,
    /// The base line below the top that plotters is told, in em.
    baseline: f64,
    /// Whether lines are drawn piece by piece, since thick bitmap lines grow spikes at sharp corners.
    pieces: bool,
}

impl Pen {
    fn place(&self, (x, y): Place) -> (i32, i32) {
        ((x * self.scale).round() as i32, (y * self.scale).round() as i32)
    }

    fn width(&self, width: f64) -> u32 {
        ((width * self.scale).round() as u32).max(1)
    }
}

type Drawn<DB> = Result<(), DrawingAreaErrorKind<<DB as DrawingBackend>::ErrorType>>;

fn colour(ink: Ink) -> RGBColor {
    let (red, green, blue) = ink.light();
    RGBColor(red, green, blue)
}

fn render<DB: DrawingBackend>(area: &DrawingArea<DB, Shift>, drawing: &Drawing, pen: Pen) -> Drawn<DB> {
    font::register();
    for shape in &drawing.shapes {
        match shape {
            Shape::Rect { from, to, ink } => {
                area.draw(&Rectangle::new(
                    [pen.place(*from), pen.place(*to)],
                    ShapeStyle::from(&colour(*ink)).filled(),
                ))?;
            }
            Shape::Line { places, ink, width } => line(area, places, colour(*ink), pen.width(*width), pen)?,
            Shape::Dot { at, radius, ink } => {
                area.draw(&Circle::new(
                    pen.place(*at),
                    pen.width(*radius),
                    ShapeStyle::from(&colour(*ink)).filled(),
                ))?;
            }
            Shape::Label(label) => text(area, label, pen)?,
        }
    }
    area.present()
}

fn line<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    places: &[Place],
    colour: RGBColor,
    width: u32,
    pen: Pen,
) -> Drawn<DB> {
    let path: Vec<(i32, i32)> = places.iter().map(|place| pen.place(*place)).collect();
    let style = ShapeStyle::from(&colour).stroke_width(width);
    if !pen.pieces {
        return area.draw(&PathElement::new(path, style));
    }
    for piece in path.windows(2) {
        area.draw(&PathElement::new(piece.to_vec(), style))?;
    }
    if width > 2 {
        for joint in path.iter().skip(1).take(path.len().saturating_sub(2)) {
            area.draw(&Circle::new(*joint, width / 2, style.filled()))?;
        }
    }
    Ok(())
}

fn text<DB: DrawingBackend>(area: &DrawingArea<DB, Shift>, label: &Label, pen: Pen) -> Drawn<DB> {
    let horizontal = match label.anchor {
        Anchor::Start => HPos::Left,
        Anchor::Middle => HPos::Center,
        Anchor::End => HPos::Right,
    };
    let size = label.size * pen.scale * pen.size_per_em;
    let font = FontDesc::new(FontFamily::SansSerif, size, font::style(label.bold));
    let ink = colour(label.ink);
    let style = TextStyle::from(font).color(&ink).pos(Pos::new(horizontal, VPos::Top));
    let top = (label.at.0, label.at.1 - pen.baseline * label.size);
    area.draw(&Text::new(label.text.clone(), pen.place(top), style))
}

/// The drawing as plotters writes it in SVG.
///
/// # Errors
/// What plotters said.
pub(crate) fn svg(drawing: &Drawing) -> Result<String, String> {
    let mut text = String::new();
    {
        let size = ((drawing.width * SVG_UNITS) as u32, (drawing.height * SVG_UNITS) as u32);
        let area = SVGBackend::with_string(&mut text, size).into_drawing_area();
        let pen = Pen {
            scale: SVG_UNITS,
            size_per_em: 1.24,
            baseline: 0.76,
            pieces: false,
        };
        render(&area, drawing, pen).map_err(|error| error.to_string())?;
    }
    Ok(text)
}

/// The drawing's pixels, [`PNG_SIZE`], three bytes each. The drawing must have the same proportions.
///
/// # Errors
/// What plotters said.
pub(crate) fn pixels(drawing: &Drawing) -> Result<Vec<u8>, String> {
    let (width, height) = (PNG_SIZE.0 * OVERSAMPLE, PNG_SIZE.1 * OVERSAMPLE);
    let mut large = vec![0; (width * height * 3) as usize];
    {
        let area = BitMapBackend::with_buffer(&mut large, (width, height)).into_drawing_area();
        let scale = f64::from(width) / drawing.width;
        let baseline = font::HEIGHT_PER_EM / 2.0;
        let pen = Pen {
            scale,
            size_per_em: font::HEIGHT_PER_EM,
            baseline,
            pieces: true,
        };
        render(&area, drawing, pen).map_err(|error| error.to_string())?;
    }
    Ok(reduced(&large, width as usize))
}

/// Each pixel the mean of a square of `OVERSAMPLE` by `OVERSAMPLE`. Rows like the ones before, as most are, are copied.
fn reduced(large: &[u8], width: usize) -> Vec<u8> {
    let side = OVERSAMPLE as usize;
    let high = width * 3 * side;
    let mut small: Vec<u8> = Vec::with_capacity(large.len() / (side * side));
    let mut before: &[u8] = &[];
    for rows in large.chunks_exact(high) {
        if rows == before {
            small.extend_from_within(small.len() - width / side * 3..);
        } else {
            reduce_rows(rows, width, &mut small);
        }
        before = rows;
    }
    small
}

fn reduce_rows(rows: &[u8], width: usize, small: &mut Vec<u8>) {
    let side = OVERSAMPLE as usize;
    let mut sums = vec![0_u16; width / side * 3];
    for row in rows.chunks_exact(width * 3) {
        for (sum, square) in sums.chunks_exact_mut(3).zip(row.chunks_exact(3 * side)) {
            for pixel in square.chunks_exact(3) {
                sum[0] += u16::from(pixel[0]);
                sum[1] += u16::from(pixel[1]);
                sum[2] += u16::from(pixel[2]);
            }
        }
    }
    small.extend(sums.iter().map(|sum| (sum / (OVERSAMPLE * OVERSAMPLE) as u16) as u8));
}

/// The pixels as a PNG.
///
/// # Errors
/// When they cannot be encoded.
pub(crate) fn encode(pixels: &[u8]) -> Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, PNG_SIZE.0, PNG_SIZE.1);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    // Flat colours pack best as they are.
    encoder.set_filter(png::FilterType::NoFilter);
    encoder.set_compression(png::Compression::Default);
    let mut writer = encoder.write_header()?;
    writer.write_image_data(pixels)?;
    writer.finish()?;
    Ok(bytes)
}
