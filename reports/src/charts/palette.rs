//! The colours: Okabe and Ito's, told apart by colour-blind readers, with a dark variant of each.

use std::fmt::Write as _;

/// A role a colour plays. Drawn in its light value; a page replaces it by a variable with a dark variant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Ink {
    Paper,
    Text,
    Muted,
    Grid,
    Axis,
    Band,
    Fault,
    Blue,
    Green,
    Vermillion,
    Orange,
    Purple,
    Grey,
}

impl Ink {
    const ALL: [Self; 13] = [
        Self::Paper,
        Self::Text,
        Self::Muted,
        Self::Grid,
        Self::Axis,
        Self::Band,
        Self::Fault,
        Self::Blue,
        Self::Green,
        Self::Vermillion,
        Self::Orange,
        Self::Purple,
        Self::Grey,
    ];

    fn name(self) -> &'static str {
        match self {
            Self::Paper => "paper",
            Self::Text => "text",
            Self::Muted => "muted",
            Self::Grid => "grid",
            Self::Axis => "axis",
            Self::Band => "band",
            Self::Fault => "fault",
            Self::Blue => "blue",
            Self::Green => "green",
            Self::Vermillion => "vermillion",
            Self::Orange => "orange",
            Self::Purple => "purple",
            Self::Grey => "grey",
        }
    }

    /// Red, green and blue on light paper. No two inks share a value: the SVG is mapped back by it.
    pub(crate) fn light(self) -> (u8, u8, u8) {
        match self {
            Self::Paper => (0xFF, 0xFF, 0xFF),
            Self::Text => (0x1B, 0x24, 0x30),
            Self::Muted => (0x4A, 0x55, 0x65),
            Self::Grid => (0xE3, 0xE7, 0xED),
            Self::Axis => (0x8A, 0x94, 0xA3),
            Self::Band => (0xE9, 0xED, 0xF4),
            Self::Fault => (0xFC, 0xE5, 0xDC),
            Self::Blue => (0x00, 0x72, 0xB2),
            Self::Green => (0x00, 0x9E, 0x73),
            Self::Vermillion => (0xD5, 0x5E, 0x00),
            Self::Orange => (0xE6, 0x9F, 0x00),
            Self::Purple => (0xCC, 0x79, 0xA7),
            Self::Grey => (0x6B, 0x72, 0x80),
        }
    }

    fn dark(self) -> (u8, u8, u8) {
        match self {
            Self::Paper => (0x16, 0x1D, 0x27),
            Self::Text => (0xE6, 0xEA, 0xF0),
            Self::Muted => (0xA9, 0xB3, 0xC1),
            Self::Grid => (0x2A, 0x33, 0x40),
            Self::Axis => (0x6F, 0x7B, 0x8C),
            Self::Band => (0x24, 0x2F, 0x3E),
            Self::Fault => (0x3B, 0x22, 0x1A),
            Self::Blue => (0x4F, 0xA9, 0xE6),
            Self::Green => (0x2C, 0xC3, 0x97),
            Self::Vermillion => (0xF4, 0x7F, 0x3C),
            Self::Orange => (0xF0, 0xB4, 0x3A),
            Self::Purple => (0xDF, 0x9C, 0xC1),
            Self::Grey => (0x9A, 0xA4, 0xB2),
        }
    }

    /// The ink of that light value as plotters writes it, `#RRGGBB`.
    pub(crate) fn from_hex(hex: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|ink| hex_of(ink.light()) == hex)
    }

    /// The class for a fill.
    pub(crate) fn fill_class(self) -> String {
        format!("f-{}", self.name())
    }

    /// The class for a stroke.
    pub(crate) fn stroke_class(self) -> String {
        format!("s-{}", self.name())
    }
}

fn hex_of((red, green, blue): (u8, u8, u8)) -> String {
    format!("#{red:02X}{green:02X}{blue:02X}")
}

/// The custom properties of one scheme, `--c-text:#1B2430;…`.
pub(crate) fn variables(dark: bool) -> String {
    let value = |ink: Ink| if dark { ink.dark() } else { ink.light() };
    Ink::ALL.into_iter().fold(String::new(), |mut css, ink| {
        let _ = write!(css, "--c-{}:{};", ink.name(), hex_of(value(ink)));
        css
    })
}

/// The rules that put the custom properties on the classes of a chart.
pub(crate) fn rules() -> String {
    let mut css = String::from(
        ".chart polyline{stroke-linejoin:round;stroke-linecap:round}\
         .chart text{font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",\"Noto Sans\",\"DejaVu Sans\",sans-serif}",
    );
    for ink in Ink::ALL {
        let name = ink.name();
        let _ = write!(
            css,
            ".chart .f-{name}{{fill:var(--c-{name})}}.chart .s-{name}{{stroke:var(--c-{name})}}"
        );
    }
    css
}

/// The style sheet of a chart that stands alone.
pub(crate) fn standalone() -> String {
    format!(
        ".chart{{color-scheme:light dark;{}}}@media (prefers-color-scheme:dark){{.chart{{{}}}}}{}",
        variables(false),
        variables(true),
        rules()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn luminance((red, green, blue): (u8, u8, u8)) -> f64 {
        let linear = |value: u8| {
            let share = f64::from(value) / 255.0;
            if share <= 0.04045 {
                share / 12.92
            } else {
                ((share + 0.055) / 1.055).powf(2.4)
            }
        };
        0.2126 * linear(red) + 0.7152 * linear(green) + 0.0722 * linear(blue)
    }

    fn contrast(a: (u8, u8, u8), b: (u8, u8, u8)) -> f64 {
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        a.max(b) / a.min(b)
    }

    #[test]
    fn text_is_readable_on_paper_and_on_shades_in_both_schemes() {
        for ink in [Ink::Text, Ink::Muted] {
            for ground in [Ink::Paper, Ink::Band, Ink::Fault] {
                let (light, dark) = (
                    contrast(ink.light(), ground.light()),
                    contrast(ink.dark(), ground.dark()),
                );
                assert!(
                    light >= 4.5 && dark >= 4.5,
                    "{ink:?} on {ground:?}: {light:.1} {dark:.1}"
                );
            }
        }
    }

    #[test]
    fn every_ink_is_found_again_by_its_light_value() {
        for ink in Ink::ALL {
            assert_eq!(Ink::from_hex(&hex_of(ink.light())), Some(ink));
        }
    }
}
