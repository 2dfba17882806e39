//! The colours: Okabe and Ito's for what is told apart, ColorBrewer's Blues for how many; both have a dark variant of each. They
//! stay apart for colour-blind readers; the tests below measure it.

use std::fmt::Write as _;

/// Red, green and blue.
pub(crate) type Rgb = (u8, u8, u8);

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
    Sky,
    Green,
    Vermillion,
    Orange,
    Purple,
    Grey,
    /// Few, then ever more.
    Heat0,
    Heat1,
    Heat2,
    Heat3,
    Heat4,
    Heat5,
    Heat6,
}

/// An ink with its name and its two values, in the order of [`Ink`]. No two have the same light value: the SVG is mapped back by it.
const INKS: [(Ink, &str, Rgb, Rgb); 21] = [
    (Ink::Paper, "paper", (0xFF, 0xFF, 0xFF), (0x16, 0x1D, 0x27)),
    (Ink::Text, "text", (0x1B, 0x24, 0x30), (0xE6, 0xEA, 0xF0)),
    (Ink::Muted, "muted", (0x4A, 0x55, 0x65), (0xA9, 0xB3, 0xC1)),
    (Ink::Grid, "grid", (0xE3, 0xE7, 0xED), (0x2A, 0x33, 0x40)),
    (Ink::Axis, "axis", (0x8A, 0x94, 0xA3), (0x6F, 0x7B, 0x8C)),
    (Ink::Band, "band", (0xE9, 0xED, 0xF4), (0x24, 0x2F, 0x3E)),
    (Ink::Fault, "fault", (0xFC, 0xE5, 0xDC), (0x3B, 0x22, 0x1A)),
    (Ink::Blue, "blue", (0x00, 0x72, 0xB2), (0x4F, 0xA9, 0xE6)),
    (Ink::Sky, "sky", (0x56, 0xB4, 0xE9), (0xA6, 0xDA, 0xFB)),
    (Ink::Green, "green", (0x00, 0x9E, 0x73), (0x2C, 0xC3, 0x97)),
    (Ink::Vermillion, "vermillion", (0xD5, 0x5E, 0x00), (0xF0, 0x70, 0x3A)),
    (Ink::Orange, "orange", (0xE6, 0x9F, 0x00), (0xF2, 0xB9, 0x3C)),
    (Ink::Purple, "purple", (0xCC, 0x79, 0xA7), (0xE5, 0x9B, 0xC8)),
    (Ink::Grey, "grey", (0x6B, 0x72, 0x80), (0x7C, 0x86, 0x96)),
    (Ink::Heat0, "heat0", (0xC6, 0xDB, 0xEF), (0x08, 0x30, 0x6B)),
    (Ink::Heat1, "heat1", (0x9E, 0xCA, 0xE1), (0x08, 0x51, 0x9C)),
    (Ink::Heat2, "heat2", (0x6B, 0xAE, 0xD6), (0x21, 0x71, 0xB5)),
    (Ink::Heat3, "heat3", (0x42, 0x92, 0xC6), (0x42, 0x92, 0xC6)),
    (Ink::Heat4, "heat4", (0x21, 0x71, 0xB5), (0x6B, 0xAE, 0xD6)),
    (Ink::Heat5, "heat5", (0x08, 0x51, 0x9C), (0x9E, 0xCA, 0xE1)),
    (Ink::Heat6, "heat6", (0x08, 0x30, 0x6B), (0xDE, 0xEB, 0xF7)),
];

impl Ink {
    /// From few to many.
    pub(crate) const HEAT: [Self; 7] = [
        Self::Heat0,
        Self::Heat1,
        Self::Heat2,
        Self::Heat3,
        Self::Heat4,
        Self::Heat5,
        Self::Heat6,
    ];

    fn name(self) -> &'static str {
        INKS[self as usize].1
    }

    /// On light paper.
    pub(crate) fn light(self) -> Rgb {
        INKS[self as usize].2
    }

    /// On dark paper.
    #[cfg(test)]
    pub(crate) fn dark(self) -> Rgb {
        INKS[self as usize].3
    }

    /// The ink of that light value as plotters writes it, `#RRGGBB`.
    pub(crate) fn from_hex(hex: &str) -> Option<Self> {
        let number = u32::from_str_radix(hex.strip_prefix('#')?, 16).ok()?;
        let known = |(_, _, light, _): &&(Self, &str, Rgb, Rgb)| number_of(*light) == number;
        INKS.iter().find(known).map(|(ink, ..)| *ink)
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

fn number_of((red, green, blue): Rgb) -> u32 {
    u32::from_be_bytes([0, red, green, blue])
}

fn hex_of(colour: Rgb) -> String {
    format!("#{:06X}", number_of(colour))
}

/// The custom properties of one scheme, `--c-text:#1B2430;…`.
pub(crate) fn variables(dark: bool) -> String {
    INKS.iter().fold(String::new(), |mut css, (_, name, light, other)| {
        let _ = write!(css, "--c-{name}:{};", hex_of(if dark { *other } else { *light }));
        css
    })
}

/// What a pointer brings to light, and where. A tip counts in the units of the drawing, four to one.
const HOVER: &str = ".chart .tip{display:none;font-size:56px;text-anchor:end;fill:var(--c-text);pointer-events:none}\
    .chart .hit:hover>rect{fill:var(--c-text);fill-opacity:.12}.chart .hit:hover>.tip{display:inline}";

/// The rules that put the custom properties on the classes of a chart.
pub(crate) fn rules() -> String {
    let mut css = String::from(
        ".chart polyline{stroke-linejoin:round;stroke-linecap:round}\
         .chart text{font-family:system-ui,-apple-system,\"Segoe UI\",Roboto,\"Helvetica Neue\",\"Noto Sans\",\"DejaVu Sans\",sans-serif}\
         .chart [class^=f-heat]{shape-rendering:crispEdges}",
    );
    for (_, name, ..) in INKS {
        let _ = write!(
            css,
            ".chart .f-{name}{{fill:var(--c-{name})}}.chart .s-{name}{{stroke:var(--c-{name})}}"
        );
    }
    css.push_str(HOVER);
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

    /// Inks that one chart may use side by side.
    const APART: [Ink; 8] = [
        Ink::Text,
        Ink::Blue,
        Ink::Sky,
        Ink::Green,
        Ink::Vermillion,
        Ink::Orange,
        Ink::Purple,
        Ink::Grey,
    ];

    type Matrix = [[f64; 3]; 3];

    /// How colours look to who sees all of them, and to protanopes, deuteranopes and tritanopes: Machado, Oliveira and Fernandes,
    /// "A Physiologically-based Model for Simulation of Color Vision Deficiency", 2009, severity 1.0, on linear sRGB.
    const EYES: [(&str, Matrix); 4] = [
        ("usual", [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]),
        (
            "protanopia",
            [
                [0.152286, 1.052583, -0.204868],
                [0.114503, 0.786281, 0.099216],
                [-0.003882, -0.048116, 1.051998],
            ],
        ),
        (
            "deuteranopia",
            [
                [0.367322, 0.860646, -0.227968],
                [0.280085, 0.672501, 0.047413],
                [-0.011820, 0.042940, 0.968881],
            ],
        ),
        (
            "tritanopia",
            [
                [1.255528, -0.076749, -0.178779],
                [-0.078411, 0.930809, 0.147602],
                [0.004733, 0.691367, 0.303900],
            ],
        ),
    ];

    fn linear((red, green, blue): Rgb) -> [f64; 3] {
        [red, green, blue].map(|value| {
            let share = f64::from(value) / 255.0;
            if share <= 0.04045 {
                share / 12.92
            } else {
                ((share + 0.055) / 1.055).powf(2.4)
            }
        })
    }

    fn luminance(colour: Rgb) -> f64 {
        let [red, green, blue] = linear(colour);
        0.2126 * red + 0.7152 * green + 0.0722 * blue
    }

    fn contrast(a: Rgb, b: Rgb) -> f64 {
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        a.max(b) / a.min(b)
    }

    fn times(matrix: &Matrix, vector: [f64; 3]) -> [f64; 3] {
        matrix.map(|row| row.iter().zip(vector).map(|(factor, value)| factor * value).sum())
    }

    /// CIE 1976 L*a*b* under D65, as those eyes see it.
    fn lab(colour: Rgb, eyes: &Matrix) -> [f64; 3] {
        const XYZ: Matrix = [
            [0.412456, 0.357576, 0.180438],
            [0.212673, 0.715152, 0.072175],
            [0.019334, 0.119192, 0.950304],
        ];
        let seen = times(eyes, linear(colour)).map(|value| value.clamp(0.0, 1.0));
        let [x, y, z] = times(&XYZ, seen);
        let [x, y, z] = [x / 0.95047, y, z / 1.08883].map(|value| {
            if value > 216.0 / 24389.0 {
                value.cbrt()
            } else {
                (24389.0 / 27.0 * value + 16.0) / 116.0
            }
        });
        [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
    }

    /// How far two colours look apart: CIE 1976; 2.3 is just noticed.
    fn distance(a: Rgb, b: Rgb, eyes: &Matrix) -> f64 {
        let (a, b) = (lab(a, eyes), lab(b, eyes));
        a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt()
    }

    fn schemes(ink: Ink) -> [Rgb; 2] {
        [ink.light(), ink.dark()]
    }

    #[test]
    fn text_is_readable_on_paper_and_on_shades_in_both_schemes() {
        for ink in [Ink::Text, Ink::Muted] {
            for ground in [Ink::Paper, Ink::Band, Ink::Fault] {
                for (text, ground) in schemes(ink).into_iter().zip(schemes(ground)) {
                    let contrast = contrast(text, ground);
                    assert!(contrast >= 4.5, "{ink:?}: {contrast:.1}");
                }
            }
        }
    }

    #[test]
    fn inks_of_one_chart_stay_apart_for_colour_blind_readers() {
        for (eyes, matrix) in &EYES {
            for (index, one) in APART.iter().enumerate() {
                for other in &APART[index + 1..] {
                    for (a, b) in schemes(*one).into_iter().zip(schemes(*other)) {
                        let apart = distance(a, b, matrix);
                        assert!(apart >= 12.0, "{one:?} and {other:?}, {eyes}: {apart:.1}");
                    }
                }
            }
        }
    }

    #[test]
    fn more_is_ever_darker_on_light_paper_and_ever_lighter_on_dark_whoever_looks() {
        for (eyes, matrix) in &EYES {
            for pair in Ink::HEAT.windows(2) {
                let lightness = |colour| lab(colour, matrix)[0];
                let falls = lightness(pair[0].light()) - lightness(pair[1].light());
                let grows = lightness(pair[1].dark()) - lightness(pair[0].dark());
                assert!(falls >= 5.0 && grows >= 5.0, "{pair:?}, {eyes}: {falls:.1} {grows:.1}");
            }
            let [least, ..] = Ink::HEAT;
            for (cell, paper) in schemes(least).into_iter().zip(schemes(Ink::Paper)) {
                let apart = distance(cell, paper, matrix);
                assert!(apart >= 10.0, "one operation is seen, {eyes}: {apart:.1}");
            }
        }
    }

    #[test]
    fn every_ink_stands_in_its_place_and_is_found_again_by_its_light_value() {
        for (place, (ink, _, light, _)) in INKS.into_iter().enumerate() {
            assert_eq!(ink as usize, place);
            assert_eq!(Ink::from_hex(&hex_of(light)), Some(ink));
        }
        assert_eq!(Ink::from_hex("#123"), None);
    }
}
