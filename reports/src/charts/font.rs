//! The embedded font: a container has none.

use std::sync::LazyLock;

use plotters::style::{FontDesc, FontFamily, FontStyle, register_font};

/// DejaVu Sans is this much higher than its em; plotters asks for the height of a bitmap font.
pub(crate) const HEIGHT_PER_EM: f64 = 1.164;

/// Other fonts may be wider than DejaVu Sans, though few are; the room that is kept for them.
const SLACK: f64 = 1.04;

/// A size at which plotters' whole pixels are fine enough to measure with.
const MEASURED_AT: f64 = 200.0;

static REGISTERED: LazyLock<bool> = LazyLock::new(|| {
    let regular = register_font("sans-serif", FontStyle::Normal, dejavu::sans::regular());
    let bold = register_font("sans-serif", FontStyle::Bold, dejavu::sans::bold());
    regular.is_ok() && bold.is_ok()
});

/// The style's name in plotters.
pub(crate) fn style(bold: bool) -> FontStyle {
    if bold { FontStyle::Bold } else { FontStyle::Normal }
}

/// Makes the embedded font known to plotters; once is enough, more does no harm.
pub(crate) fn register() -> bool {
    *REGISTERED
}

/// The width of a line of text whose em is `size`, with some slack for other fonts.
pub(crate) fn width(text: &str, size: f64, bold: bool) -> f64 {
    register();
    let font = FontDesc::new(FontFamily::SansSerif, MEASURED_AT * HEIGHT_PER_EM, style(bold));
    let measured = font
        .layout_box(text)
        .map(|((left, _), (right, _))| f64::from(right - left) / MEASURED_AT);
    let em = measured.unwrap_or_else(|_| text.chars().count() as f64 * 0.7);
    em * size * SLACK
}

/// The text, cut with an ellipsis where it is wider than the room.
pub(crate) fn fit(text: &str, size: f64, room: f64) -> String {
    let whole = width(text, size, false);
    if whole <= room {
        return text.to_owned();
    }
    let chars: Vec<char> = text.chars().collect();
    // Letters differ in width, but what fits is never more than twice the room's share of them.
    let most = ((chars.len() as f64 * room / whole * 2.0) as usize).min(chars.len().saturating_sub(1));
    let cut = |length: usize| chars[..length].iter().collect::<String>().trim_end().to_owned() + "…";
    (1..=most)
        .rev()
        .map(cut)
        .find(|short| width(short, size, false) <= room)
        .unwrap_or_default()
}

/// The text in lines no wider than the room, broken between words.
pub(crate) fn wrap(text: &str, size: f64, bold: bool, room: f64) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if width(&format!("{line} {word}"), size, bold) <= room => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_measured_cut_and_wrapped() {
        assert!(register());
        let (narrow, wide) = (width("iiii", 14.0, false), width("WWWW", 14.0, false));
        assert!(narrow > 10.0 && wide > 2.0 * narrow, "{narrow} {wide}");
        assert!(width("WWWW", 14.0, true) > wide);
        let short = fit("password_policy event 33008", 14.0, 100.0);
        assert!(short.ends_with('…') && width(&short, 14.0, false) <= 100.0, "{short}");
        assert_eq!(wrap("one two three", 14.0, false, 1.0), ["one", "two", "three"]);
        assert_eq!(wrap("one two three", 14.0, false, 900.0), ["one two three"]);
    }
}
