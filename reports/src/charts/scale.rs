//! Scales and their ticks.

use crate::text;

/// From a value to a share of the axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Scale {
    Linear {
        from: f64,
        to: f64,
    },
    /// Both ends above zero.
    Log {
        from: f64,
        to: f64,
    },
}

impl Scale {
    /// Where a value lies, 0 at the axis' begin and 1 at its end; kept inside.
    pub(crate) fn share(self, value: f64) -> f64 {
        let share = match self {
            Self::Linear { from, to } => (value - from) / (to - from),
            Self::Log { from, to } => (value.max(from) / from).ln() / (to / from).ln(),
        };
        if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 }
    }

    /// What lies at a share of the axis.
    pub(crate) fn value(self, share: f64) -> f64 {
        match self {
            Self::Linear { from, to } => from + share * (to - from),
            Self::Log { from, to } => from * (to / from).powf(share),
        }
    }

    fn is_log(self) -> bool {
        matches!(self, Self::Log { .. })
    }
}

/// A value with its name on the axis.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub(crate) value: f64,
    pub(crate) label: String,
}

/// An axis: a scale, ticks, and a title that names the unit.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Axis {
    pub(crate) scale: Scale,
    pub(crate) ticks: Vec<Tick>,
    pub(crate) title: String,
}

/// The step of 1, 2 or 5 times a power of ten that cuts the range in at most so many parts.
fn nice_step(range: f64, parts: usize) -> f64 {
    let rough = (range / parts.max(1) as f64).max(f64::MIN_POSITIVE);
    let power = 10f64.powf(rough.log10().floor());
    [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .map(|unit| unit * power)
        .find(|step| *step >= rough * 0.999_999)
        .unwrap_or(rough)
}

fn decimals(step: f64) -> usize {
    (-step.log10().floor()).clamp(0.0, 9.0) as usize
}

fn linear_ticks(to: f64, step: f64, unit: f64) -> Vec<Tick> {
    let count = (to / step).round() as usize;
    let tick = |index: usize| {
        let value = index as f64 * step;
        Tick {
            value: value * unit,
            label: text::number(value, decimals(step)),
        }
    };
    (0..=count).map(tick).collect()
}

impl Axis {
    /// From zero to a nice number above `max`. `whole`: things that come in whole numbers.
    pub(crate) fn from_zero(max: f64, parts: usize, whole: bool, title: &str) -> Self {
        Self::linear(max, 1.0, parts, whole, title.to_owned())
    }

    fn linear(max: f64, unit: f64, parts: usize, whole: bool, title: String) -> Self {
        let max = if max > 0.0 { max / unit } else { 1.0 };
        let floor = if whole { 1.0 } else { 0.0 };
        let step = nice_step(max, parts).max(floor);
        let to = (max / step - 1e-9).ceil().max(1.0) * step;
        Self {
            scale: Scale::Linear {
                from: 0.0,
                to: to * unit,
            },
            ticks: linear_ticks(to, step, unit),
            title,
        }
    }

    /// As far below zero as above it.
    pub(crate) fn around_zero(limit: f64, parts: usize, title: &str) -> Self {
        let step = nice_step(limit, (parts / 2).max(1));
        let each_way = (limit / step - 1e-9).ceil().max(1.0);
        let tick = |index: i32| {
            let value = f64::from(index) * step;
            let sign = if index > 0 { "+" } else { "" };
            Tick {
                value,
                label: format!("{sign}{}", text::number(value, decimals(step))),
            }
        };
        let end = each_way as i32;
        Self {
            scale: Scale::Linear {
                from: -each_way * step,
                to: each_way * step,
            },
            ticks: (-end..=end).map(tick).collect(),
            title: title.to_owned(),
        }
    }

    /// Times in microseconds on a linear axis from zero, in the unit that reads best.
    pub(crate) fn latency_from_zero(max_us: f64, parts: usize, what: &str) -> Self {
        let (unit, name) = unit_of(max_us);
        Self::linear(max_us, unit, parts, false, format!("{what} ({name})"))
    }

    /// Times in microseconds: from zero, or logarithmic where the smallest would vanish beside the largest.
    pub(crate) fn latency(min_us: f64, max_us: f64, parts: usize, what: &str) -> Self {
        if min_us < 1.0 || max_us / min_us < 25.0 {
            return Self::latency_from_zero(max_us, parts, what);
        }
        let (unit, name) = unit_of(max_us);
        let (from, to) = (below(min_us / unit), above(max_us / unit));
        let ticks = log_ticks(from, to, parts, unit);
        let title = format!("{what} ({name}, logarithmic)");
        Self {
            scale: Scale::Log {
                from: from * unit,
                to: to * unit,
            },
            ticks,
            title,
        }
    }

    /// Times in microseconds on a logarithmic axis of exactly this reach, in the unit that reads best.
    pub(crate) fn log(from_us: f64, to_us: f64, parts: usize, what: &str) -> Self {
        let (unit, name) = unit_of(to_us);
        let mut ticks = log_ticks(from_us / unit, to_us / unit, parts, unit);
        if ticks.len() < 2 {
            // So short a reach has no round numbers within it.
            ticks = [from_us, to_us]
                .map(|value| Tick {
                    value,
                    label: text::significant(value / unit),
                })
                .into();
        }
        Self {
            scale: Scale::Log {
                from: from_us,
                to: to_us,
            },
            ticks,
            title: format!("{what} ({name}, logarithmic)"),
        }
    }

    /// Time since an origin, exactly as long as the data.
    pub(crate) fn time(span_us: f64, parts: usize, what: &str) -> Self {
        let (unit, name, steps): (f64, &str, &[f64]) = match span_us {
            _ if span_us < 3e6 => (1e3, "ms", &[]),
            _ if span_us <= 180e6 => (1e6, "s", &[1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0]),
            _ if span_us <= 10_800e6 => (60e6, "min", &[0.5, 1.0, 2.0, 5.0, 10.0, 15.0, 30.0, 60.0]),
            _ => (3600e6, "h", &[0.5, 1.0, 2.0, 3.0, 6.0, 12.0, 24.0]),
        };
        let span = span_us.max(1.0) / unit;
        let listed = steps.iter().copied().find(|step| span / step <= parts as f64);
        let step = listed.unwrap_or_else(|| nice_step(span, parts));
        let ticks = linear_ticks((span / step + 1e-9).floor() * step, step, unit);
        Self {
            scale: Scale::Linear {
                from: 0.0,
                to: span * unit,
            },
            ticks,
            title: format!("{what} ({name})"),
        }
    }

    /// Whether the scale is logarithmic.
    pub(crate) fn is_log(&self) -> bool {
        self.scale.is_log()
    }
}

/// The unit for times up to `max_us`, in microseconds, with its name.
fn unit_of(max_us: f64) -> (f64, &'static str) {
    match max_us {
        _ if max_us < 1e3 => (1.0, "µs"),
        _ if max_us < 10e6 => (1e3, "ms"),
        _ => (1e6, "s"),
    }
}

const MANTISSAS: [f64; 3] = [1.0, 2.0, 5.0];

fn steps_of_log(from: f64, to: f64) -> impl Iterator<Item = f64> {
    let powers = (from.log10().floor() as i32)..=(to.log10().ceil() as i32);
    powers.flat_map(|power| MANTISSAS.map(|mantissa| mantissa * 10f64.powi(power)))
}

fn below(value: f64) -> f64 {
    steps_of_log(value, value)
        .filter(|step| *step <= value * 1.000_001)
        .last()
        .unwrap_or(value)
}

fn above(value: f64) -> f64 {
    steps_of_log(value, value * 10.0)
        .find(|step| *step >= value * 0.999_999)
        .unwrap_or(value)
}

fn log_ticks(from: f64, to: f64, parts: usize, unit: f64) -> Vec<Tick> {
    let inside = |value: &f64| *value >= from * 0.999_999 && *value <= to * 1.000_001;
    let all: Vec<f64> = steps_of_log(from, to).filter(inside).collect();
    let decade = |value: &f64| (value.log10() - value.log10().round()).abs() < 1e-6;
    let few = all.len() > parts + 3;
    let kept = all.into_iter().filter(|value| !few || decade(value));
    kept.map(|value| Tick {
        value: value * unit,
        label: text::number(value, decimals(value)),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: &Axis) -> Vec<&str> {
        axis.ticks.iter().map(|tick| tick.label.as_str()).collect()
    }

    #[test]
    fn linear_ticks_are_nice_and_cover_the_data() {
        let axis = Axis::from_zero(237.0, 5, true, "Operations (count)");
        assert_eq!(labels(&axis), ["0", "50", "100", "150", "200", "250"]);
        assert_eq!(labels(&Axis::from_zero(0.0, 5, true, "x")), ["0", "1"]);
        assert_eq!(labels(&Axis::from_zero(2.0, 5, true, "x")), ["0", "1", "2"]);
    }

    #[test]
    fn latency_takes_its_unit_and_its_scale_from_the_range() {
        let axis = Axis::latency(20_000.0, 240_000.0, 5, "Response time");
        assert_eq!(axis.title, "Response time (ms)");
        assert_eq!(labels(&axis), ["0", "50", "100", "150", "200", "250"]);
        let axis = Axis::latency(1_500.0, 12_000_000.0, 5, "Response time");
        assert_eq!(axis.title, "Response time (s, logarithmic)");
        assert_eq!(labels(&axis), ["0.001", "0.01", "0.1", "1", "10"]);
        assert!((axis.scale.share(1_500.0) - 0.041).abs() < 0.01);
        assert_eq!(Axis::latency(3.0, 60.0, 5, "Stage").title, "Stage (µs)");
    }

    #[test]
    fn a_logarithmic_axis_reaches_as_far_as_it_is_told_and_has_two_names_at_least() {
        let axis = Axis::log(1_500.0, 12_000_000.0, 5, "Response time");
        assert_eq!(labels(&axis), ["0.01", "0.1", "1", "10"]);
        assert_eq!((axis.scale.share(1_500.0), axis.scale.share(12e6)), (0.0, 1.0));
        assert!((axis.scale.share(axis.scale.value(0.3)) - 0.3).abs() < 1e-9);
        assert_eq!(labels(&Axis::log(21_000.0, 22_000.0, 5, "x")), ["21", "22"]);
    }

    #[test]
    fn changes_go_both_ways_from_zero() {
        let axis = Axis::around_zero(7.3, 10, "Change (%)");
        assert_eq!(labels(&axis), ["−8", "−6", "−4", "−2", "0", "+2", "+4", "+6", "+8"]);
        assert_eq!(axis.scale.share(0.0), 0.5);
        assert_eq!(labels(&Axis::around_zero(0.02, 3, "x")), ["−0.02", "0", "+0.02"]);
    }

    #[test]
    fn time_is_counted_in_the_units_of_a_clock() {
        assert_eq!(
            labels(&Axis::time(65e6, 7, "Time")),
            ["0", "10", "20", "30", "40", "50", "60"]
        );
        assert_eq!(Axis::time(600e6, 6, "Time").title, "Time (min)");
        assert_eq!(
            labels(&Axis::time(500e3, 5, "Time")),
            ["0", "100", "200", "300", "400", "500"]
        );
        assert_eq!(Axis::time(0.0, 5, "Time").scale.share(0.0), 0.0);
    }
}
