//! How the load goes, in a line for people.

use std::time::Duration;

use engine::Pulse;
use vocabulary::OutcomeClass;

/// Rates, percentiles, what is in flight, what went wrong and the time left.
pub(crate) fn words(pulse: &Pulse) -> String {
    let mut parts = vec![
        format!("{} offered", rate(pulse.offered_per_s)),
        format!("{} achieved", rate(pulse.achieved_per_s)),
    ];
    if let (Some(p50), Some(p99)) = (pulse.p50_us, pulse.p99_us) {
        parts.push(format!("p50 {}, p99 {}", time(p50), time(p99)));
    }
    parts.push(format!("{} in flight", pulse.in_flight));
    if pulse.waiting > 0 {
        parts.push(format!("{} waiting", pulse.waiting));
    }
    for class in [OutcomeClass::Failed, OutcomeClass::Unknown, OutcomeClass::Dropped] {
        parts.push(format!("{} {}", pulse.counts.get(class), class.as_str()));
    }
    parts.push(left(pulse.left()));
    parts.join(", ")
}

fn rate(per_s: f64) -> String {
    if per_s < 100.0 {
        format!("{per_s:.1}/s")
    } else {
        format!("{per_s:.0}/s")
    }
}

fn time(us: u64) -> String {
    let ms = us as f64 / 1e3;
    match ms {
        _ if ms < 10.0 => format!("{ms:.1} ms"),
        _ if ms < 1_000.0 => format!("{ms:.0} ms"),
        _ => format!("{:.2} s", ms / 1e3),
    }
}

/// How long arrivals still come; then only what is in flight ends.
fn left(left: Duration) -> String {
    let seconds = left.as_secs_f64().ceil() as u64;
    match (seconds / 3600, seconds / 60 % 60, seconds % 60) {
        (0, 0, 0) => "load over".to_owned(),
        (0, 0, seconds) => format!("{seconds} s left"),
        (0, minutes, seconds) => format!("{minutes} min {seconds:02} s left"),
        (hours, minutes, _) => format!("{hours} h {minutes:02} min left"),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use history::{OpCounts, Phase};

    use super::*;

    /// A load in the middle.
    pub(crate) fn pulse() -> Pulse {
        Pulse {
            phase: Phase::Measure,
            gone: Duration::from_millis(12_500),
            length: Duration::from_secs(85),
            offered_per_s: 120.04,
            achieved_per_s: 99.96,
            p50_us: Some(8_240),
            p99_us: Some(1_234_000),
            counts: OpCounts {
                applied: 900,
                rejected: 20,
                failed: 3,
                unknown: 2,
                dropped: 1,
            },
            in_flight: 17,
            waiting: 0,
        }
    }

    #[test]
    fn a_line_says_rates_times_errors_and_the_time_left() {
        let told = words(&pulse());
        let expected = "120/s offered, 100.0/s achieved, p50 8.2 ms, p99 1.23 s, 17 in flight, 3 failed, 2 unknown, 1 dropped, \
                        1 min 13 s left";
        assert_eq!(told, expected);
    }

    #[test]
    fn nothing_is_said_of_times_that_nobody_knows() {
        let idle = Pulse {
            p50_us: None,
            waiting: 4,
            gone: Duration::from_secs(90),
            ..pulse()
        };
        let told = words(&idle);
        assert!(
            !told.contains("p50") && told.contains("4 waiting") && told.ends_with("load over"),
            "{told}"
        );
        assert_eq!(left(Duration::from_secs(3 * 3600 + 59)), "3 h 00 min left");
    }
}
