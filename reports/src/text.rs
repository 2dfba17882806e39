//! Words and numbers for people: made harmless, grouped, with a unit.

use vocabulary::{Goal, GoalUnit};

/// The text without characters that steer a terminal, a page or a reader's eye: each becomes a visible picture of itself.
///
/// Names and diagnostics come from directories and are hostile until shown otherwise.
pub(crate) fn clean(text: &str) -> String {
    text.chars().map(visible).collect()
}

fn visible(c: char) -> char {
    match c {
        '\0'..='\u{1f}' => char::from_u32(0x2400 + u32::from(c)).unwrap_or(char::REPLACEMENT_CHARACTER),
        '\u{7f}' => '\u{2421}',
        '\u{80}'..='\u{9f}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' => {
            char::REPLACEMENT_CHARACTER
        }
        '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{fffe}'..='\u{ffff}' => char::REPLACEMENT_CHARACTER,
        other => other,
    }
}

/// A count with its thousands apart: `12,345`.
pub(crate) fn count(value: u64) -> String {
    grouped(&value.to_string())
}

fn grouped(digits: &str) -> String {
    let head = digits.len() % 3;
    let mut parts: Vec<&str> = Vec::with_capacity(digits.len() / 3 + 1);
    if head > 0 {
        parts.push(&digits[..head]);
    }
    parts.extend(
        digits.as_bytes()[head..]
            .chunks(3)
            .filter_map(|chunk| std::str::from_utf8(chunk).ok()),
    );
    parts.join(",")
}

/// A count and its noun: `1 person`, `2 people`.
pub(crate) fn of(value: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(value), if value == 1 { one } else { many })
}

/// A number with at most that many decimals, without idle zeros: `12,345.5`, `0.25`, `3`.
pub(crate) fn number(value: f64, decimals: usize) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let text = format!("{:.decimals$}", value.abs());
    let (whole, fraction) = text.split_once('.').unwrap_or((&text, ""));
    let fraction = fraction.trim_end_matches('0');
    let sign = if value < 0.0 && (whole != "0" || !fraction.is_empty()) {
        "−"
    } else {
        ""
    };
    let dot = if fraction.is_empty() { "" } else { "." };
    format!("{sign}{}{dot}{fraction}", grouped(whole))
}

/// Three significant figures: `1,230`, `45.6`, `0.0789`.
pub(crate) fn significant(value: f64) -> String {
    let size = value.abs();
    let decimals = match size {
        _ if size >= 100.0 || size == 0.0 => 0,
        _ if size >= 10.0 => 1,
        _ if size >= 1.0 => 2,
        _ if size >= 0.1 => 3,
        _ => 4,
    };
    number(value, decimals)
}

/// A time in the unit that reads best: `850 µs`, `45.6 ms`, `1.23 s`, `2 min 5 s`.
pub(crate) fn duration_us(us: f64) -> String {
    match us {
        _ if !us.is_finite() => "–".to_owned(),
        _ if us < 1_000.0 => format!("{} µs", number(us, 0)),
        _ if us < 999_500.0 => format!("{} ms", significant(us / 1e3)),
        _ if us < 120e6 => format!("{} s", significant(us / 1e6)),
        _ => minutes(us),
    }
}

fn minutes(us: f64) -> String {
    let seconds = (us / 1e6).round();
    let (minutes, rest) = ((seconds / 60.0).floor(), seconds % 60.0);
    if rest == 0.0 {
        return format!("{} min", number(minutes, 0));
    }
    format!("{} min {} s", number(minutes, 0), number(rest, 0))
}

/// A stretch of time in one unit: `12–14 s`, `0.5–1 min`.
pub(crate) fn span_us(from_us: f64, to_us: f64) -> String {
    let (unit, name) = match to_us {
        _ if to_us < 3e6 => (1e3, "ms"),
        _ if to_us <= 600e6 => (1e6, "s"),
        _ if to_us <= 10_800e6 => (60e6, "min"),
        _ => (3600e6, "h"),
    };
    format!("{}–{} {name}", number(from_us / unit, 2), number(to_us / unit, 2))
}

/// Milliseconds, or a dash without data.
pub(crate) fn millis(ms: Option<f64>) -> String {
    ms.map_or_else(|| "–".to_owned(), |ms| duration_us(ms * 1e3))
}

/// A rate per second.
pub(crate) fn rate(per_s: f64) -> String {
    format!("{}/s", significant(per_s))
}

/// Bytes in the unit that reads best: `512 B`, `1.5 KiB`, `240 MiB`.
pub(crate) fn bytes(count: u64) -> String {
    let units = ["KiB", "MiB", "GiB", "TiB"];
    let mut value = count as f64;
    let mut name = "B";
    for unit in units {
        if value < 1024.0 {
            break;
        }
        (value, name) = (value / 1024.0, unit);
    }
    format!(
        "{} {name}",
        if name == "B" {
            count.to_string()
        } else {
            significant(value)
        }
    )
}

/// A share of a whole as a percentage, never rounded to all or nothing: `99.98 %`, `<0.01 %`.
pub(crate) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return "–".to_owned();
    }
    let percent = part as f64 / whole as f64 * 100.0;
    match percent {
        _ if part == 0 || part == whole => format!("{} %", number(percent, 0)),
        _ if percent < 0.01 => "<0.01 %".to_owned(),
        _ if percent > 99.99 => ">99.99 %".to_owned(),
        _ if !(1.0..=99.0).contains(&percent) => format!("{} %", number(percent, 2)),
        _ => format!("{} %", number(percent, 1)),
    }
}

/// A goal's number with its unit; of a goal that is not known, the unit that its name tells.
pub(crate) fn goal_value(goal: &str, value: f64) -> String {
    match goal.parse::<Goal>().map(|known| known.unit()) {
        Ok(GoalUnit::Milliseconds) => return duration_us(value * 1e3),
        Ok(GoalUnit::Share) => return number(value, 6),
        Ok(GoalUnit::PerSecond) => return rate(value),
        Err(_) => {}
    }
    let name = goal.to_ascii_lowercase();
    let has = |part: &str| name.contains(part);
    if has("ratio") || has("share") {
        return number(value, 6);
    }
    if has("per_s") || has("rate") {
        return rate(value);
    }
    let percentile = ["p50", "p90", "p95", "p99", "max", "_ms", "time"]
        .iter()
        .any(|part| has(part));
    if percentile {
        duration_us(value * 1e3)
    } else {
        number(value, 3)
    }
}

/// A moment on the wall clock, UTC: `2026-11-23 09:00:05 UTC`.
pub(crate) fn moment(unix_ms: u64) -> String {
    let format = time::macros::format_description!("[year]-[month]-[day] [hour]:[minute]:[second] UTC");
    i64::try_from(unix_ms / 1000)
        .ok()
        .and_then(|seconds| time::OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|moment| moment.format(format).ok())
        .unwrap_or_else(|| format!("{unix_ms} ms after 1970"))
}

/// The same as machines read it, by the second and without a zone, which is UTC: `2026-11-23T09:00:05`.
pub(crate) fn timestamp(unix_ms: u64) -> String {
    let format = time::macros::format_description!("[year]-[month]-[day]T[hour]:[minute]:[second]");
    i64::try_from(unix_ms / 1000)
        .ok()
        .and_then(|seconds| time::OffsetDateTime::from_unix_timestamp(seconds).ok())
        .and_then(|moment| moment.format(format).ok())
        .unwrap_or_else(|| "1970-01-01T00:00:00".to_owned())
}

/// The names as a list in a sentence: `a`, `a and b`, `a, b and c`.
pub(crate) fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [head @ .., last] => format!("{} and {last}", head.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_becomes_visible() {
        assert_eq!(
            clean("a\u{1b}[31m\r\n\u{202e}b"),
            "a\u{241b}[31m\u{240d}\u{240a}\u{fffd}b"
        );
        assert_eq!(clean("Zoë O'Neill 王"), "Zoë O'Neill 王");
    }

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(999), "999");
        assert_eq!(number(-0.004, 2), "0");
        assert_eq!(number(1234.5, 2), "1,234.5");
        assert_eq!(duration_us(850.0), "850 µs");
        assert_eq!(duration_us(45_600.0), "45.6 ms");
        assert_eq!(duration_us(999_900.0), "1 s");
        assert_eq!(duration_us(125e6), "2 min 5 s");
        assert_eq!(span_us(12e6, 14e6), "12–14 s");
        assert_eq!(span_us(0.0, 0.1e6), "0–100 ms");
        assert_eq!(span_us(630e6, 660e6), "10.5–11 min");
        assert_eq!(share(1, 1_000_000), "<0.01 %");
        assert_eq!(share(999_999, 1_000_000), ">99.99 %");
        assert_eq!(share(10, 10), "100 %");
        assert_eq!(bytes(1023), "1023 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(240 << 20), "240 MiB");
        assert_eq!(of(1, "person", "people"), "1 person");
    }

    #[test]
    fn a_goal_has_the_unit_of_its_name() {
        assert_eq!(goal_value("response_time_p99_max", 250.0), "250 ms");
        assert_eq!(goal_value("unknown_ratio_max", 0.001), "0.001");
        assert_eq!(goal_value("achieved_rate_min", 49.5), "49.5/s");
        assert_eq!(goal_value("dropped", 0.0), "0");
        assert_eq!(goal_value("stage.write.p99_max", 80.0), "80 ms");
        assert_eq!(goal_value("persona.forgot.unknown_ratio_max", 0.25), "0.25");
    }

    #[test]
    fn a_moment_is_in_utc() {
        assert_eq!(moment(1_795_424_405_123), "2026-11-23 09:00:05 UTC");
        assert_eq!(timestamp(1_795_424_405_123), "2026-11-23T09:00:05");
        assert_eq!(timestamp(u64::MAX), "1970-01-01T00:00:00");
    }
}
