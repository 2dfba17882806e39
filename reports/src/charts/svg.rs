//! What plotters writes, made fit for a page: one root of our own, classes beside the colours, text nodes in one line.

use std::fmt::Write as _;

use super::font;
use super::frame::TEXT;
use super::palette::{self, Ink};
use super::shape::{Drawing, Hit, Readout};

/// Where an SVG stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A file of its own, with its own style.
    Alone,
    /// In a page that has the style; `wide` or `narrow` screens.
    Page { wide: bool },
}

/// The SVG of a chart of that name, from what plotters wrote.
pub(crate) fn finished(name: &str, raw: &str, drawing: &Drawing, place: Place) -> String {
    let mut out = root(name, drawing, place);
    if place == Place::Alone {
        let _ = writeln!(
            out,
            "<title>{}</title>\n<style>{}</style>",
            escape(&drawing.summary),
            palette::standalone()
        );
    }
    let mut lines = raw.lines().skip(1);
    while let Some(line) = lines.next() {
        if line == "</svg>" {
            hits(&mut out, drawing);
        }
        out.push_str(&classed(line));
        if line.starts_with("<text") {
            out.push_str(lines.next().unwrap_or_default());
            out.push_str(lines.next().unwrap_or_default());
        }
        out.push('\n');
    }
    out
}

/// What a pointer finds, above all else, so that nothing lies between them. Without a style sheet none of it is seen.
fn hits(out: &mut String, drawing: &Drawing) {
    for hit in &drawing.hits {
        let (x, y) = units(hit.from);
        let (right, bottom) = units(hit.to);
        let (width, height) = ((right - x).max(1), (bottom - y).max(1));
        let told = escape(&hit.told);
        let rect = format!("<rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" fill-opacity=\"0\"/>");
        let _ = match drawing.readout.filter(|readout| fits(hit, *readout)) {
            Some(readout) => {
                let (x, y) = units(readout.end);
                writeln!(
                    out,
                    "<g class=\"hit\">{rect}<text class=\"tip\" display=\"none\" x=\"{x}\" y=\"{y}\">{told}</text></g>"
                )
            }
            None => writeln!(out, "<g class=\"hit\"><title>{told}</title>{rect}</g>"),
        };
    }
}

fn fits(hit: &Hit, readout: Readout) -> bool {
    font::width(&hit.told, TEXT, false) <= readout.room
}

/// A place as plotters writes it: four whole units for one of the drawing's.
fn units((x, y): (f64, f64)) -> (i64, i64) {
    ((x * 4.0).round() as i64, (y * 4.0).round() as i64)
}

fn root(name: &str, drawing: &Drawing, place: Place) -> String {
    let (width, height) = (drawing.width, drawing.height);
    let (class, suffix, size) = match place {
        Place::Alone => ("chart", "", format!(" width=\"{width}\" height=\"{height}\"")),
        Place::Page { wide: true } => ("chart wide", "", String::new()),
        Place::Page { wide: false } => ("chart narrow", "-narrow", String::new()),
    };
    let view = format!("0 0 {} {}", width * 4.0, height * 4.0);
    let label = escape(&drawing.summary);
    format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"{class}\" id=\"chart-{name}{suffix}\"{size} viewBox=\"{view}\" \
         role=\"img\" aria-label=\"{label}\">\n"
    )
}

/// The element with a class for each colour it carries. The colours stay, for readers that know no style sheets.
fn classed(line: &str) -> String {
    let fill = attribute(line, " fill=\"").and_then(Ink::from_hex).map(Ink::fill_class);
    let stroke = attribute(line, " stroke=\"")
        .and_then(Ink::from_hex)
        .map(Ink::stroke_class);
    let classes: Vec<String> = [fill, stroke].into_iter().flatten().collect();
    let plain = line
        .replacen(" opacity=\"1\"", "", 1)
        .replacen(" stroke=\"none\"", "", 1);
    match plain.split_once(' ') {
        Some((tag, rest)) if !classes.is_empty() => format!("{tag} class=\"{}\" {rest}", classes.join(" ")),
        _ => plain,
    }
}

fn attribute<'a>(line: &'a str, opening: &str) -> Option<&'a str> {
    let (_, rest) = line.split_once(opening)?;
    rest.split_once('"').map(|(value, _)| value)
}

fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            other => out.push(other),
        }
    }
    out
}
