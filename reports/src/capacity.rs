//! A capacity for people: its files, and its summary on a terminal.

use history::{Capacity, Range, RunFolder, StepMark, WhatIf};

use crate::charts::Knee;
use crate::text::{self, clean};
use crate::{ReportError, page};

/// Writes `capacity.json`, draws `capacity.html` and the charts of the knee.
///
/// # Errors
/// [`ReportError`], naming the file or the chart.
pub fn write_capacity(folder: &RunFolder, capacity: &Capacity) -> Result<(), ReportError> {
    folder.write_capacity(capacity)?;
    let path = folder.path("charts");
    std::fs::create_dir_all(&path).map_err(|source| ReportError::MakeFolder { path, source })?;
    for knee in Knee::ALL {
        folder.write(&format!("charts/{}.png", knee.name()), &knee.png(capacity)?)?;
        folder.write(&format!("charts/{}.svg", knee.name()), knee.svg(capacity)?.as_bytes())?;
    }
    folder.write("capacity.html", page::capacity::html(capacity)?.as_bytes())?;
    Ok(())
}

/// The answer in plain text or with ANSI colours, ending in a line break.
#[must_use]
pub fn terminal_of_capacity(capacity: &Capacity, colour: bool) -> String {
    let paint = |text: &str, code: &str| {
        if colour {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    };
    let answer = &capacity.answer;
    let headline = match answer.rate_per_s {
        Some(rate) => paint(&format!("{} within the goals", rate_range(rate)), "1;32"),
        None => paint("no rate meets the goals", "1;31"),
    };
    let mut out = format!(
        "\n{headline}  {}, {} world, seed {}\n{}\n",
        clean(&capacity.scenario),
        clean(&capacity.world),
        capacity.seed,
        clean(&answer.why)
    );
    let bottleneck = &capacity.bottleneck;
    out.push_str(&format!(
        "\n{}\n  {}: {}\n",
        paint("What saturates first", "1"),
        clean(&bottleneck.what),
        clean(&bottleneck.why)
    ));
    out.push_str(&format!(
        "\n{}\n",
        paint("Models: first the simplest of those that predict as well as any", "1")
    ));
    for model in &capacity.models {
        let goal = model.goal_rate_per_s.map_or_else(String::new, |rate| {
            format!(", meets the goals up to {}", text::rate(rate))
        });
        out.push_str(&format!(
            "  {:>6}  {}; at most {}{goal}\n",
            part(model.error),
            clean(&model.what),
            rate_range(model.ceiling_per_s)
        ));
    }
    out.push_str(&format!("\n{}\n", paint("Steps", "1")));
    for step in &capacity.steps {
        let sign = match step.mark {
            StepMark::Held => "held  ",
            StepMark::Failed => "failed",
            StepMark::Unsure => "unsure",
        };
        out.push_str(&format!(
            "  {sign} {:>9} offered {:>9} achieved {:>9}  p99 {:>8}  {}\n",
            text::rate(step.rate_per_s),
            text::rate(step.offered_per_s),
            text::rate(step.achieved_per_s),
            text::millis(step.response_time_ms.p99),
            clean(&step.why)
        ));
    }
    if let Some(what_if) = &capacity.what_if {
        out.push_str(&asked(what_if, &paint("Asked", "1")));
    }
    out
}

fn asked(what_if: &WhatIf, title: &str) -> String {
    let mut out = format!("\n{title}: {}\n  {}\n", clean(&what_if.asked), clean(&what_if.told));
    for row in &what_if.rows {
        out.push_str(&format!(
            "  {:>24} {:<4} {}  ({})\n",
            range(row.value),
            row.unit,
            clean(&row.what),
            clean(&row.from)
        ));
    }
    out
}

/// A number with its range.
pub(crate) fn range(range: Range) -> String {
    let (low, value, high) = (figure(range.low), figure(range.value), figure(range.high));
    if low == high {
        value
    } else {
        format!("{value} ({low} to {high})")
    }
}

fn figure(value: f64) -> String {
    if value != 0.0 && value.abs() < 0.01 {
        text::number(value, 6)
    } else {
        text::significant(value)
    }
}

/// A rate with its range.
pub(crate) fn rate_range(range: Range) -> String {
    let (low, value, high) = (text::rate(range.low), text::rate(range.value), text::rate(range.high));
    if low == high {
        value
    } else {
        format!("{value} ({low} to {high})")
    }
}

/// A part of a whole as per cent.
pub(crate) fn part(value: f64) -> String {
    format!("{} %", text::significant(value * 100.0))
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::BTreeMap;

    use history::{
        Answer, Bottleneck, CapacityAsked, GoalLimit, Growth, Model, ModelPoint, OpCounts, Parameter, Percentiles,
        StageEvidence, StagePercentiles, StageUse, Step, WhatIfRow,
    };

    use super::*;

    fn step(number: u32, rate: f64, mark: StepMark) -> Step {
        let p99 = if mark == StepMark::Held {
            45.0 + rate
        } else {
            900.0 + 40.0 * rate
        };
        let used = StageUse {
            mean: 31.2,
            percentiles: StagePercentiles { p50: 31.0, p99: 33.0 },
        };
        Step {
            number,
            rate_per_s: rate,
            from_us: 1_000_000,
            to_us: 11_000_000,
            mark,
            why: "every goal is met and nothing grows".to_owned(),
            ops: OpCounts::default(),
            offered_per_s: rate,
            achieved_per_s: rate.min(32.2),
            response_time_ms: Percentiles {
                p50: Some(p99 / 2.0),
                p99: Some(p99),
                ..Percentiles::default()
            },
            response_mean_ms: p99 / 2.0,
            service_mean_ms: 40.0,
            in_flight: 1.3,
            growth: Growth::default(),
            goals: Vec::new(),
            stages_ms: BTreeMap::from([("write".to_owned(), used)]),
            cores: BTreeMap::from([("harness+world".to_owned(), 0.4)]),
        }
    }

    fn model(name: &str, what: &str) -> Model {
        let point = |part: u32| {
            let offered = f64::from(part);
            ModelPoint {
                offered_per_s: offered,
                achieved_per_s: offered.min(32.2),
                response_mean_ms: (offered < 32.0).then_some(42.0),
                response_p99_ms: (name == "md1" && offered < 31.0).then(|| 40.0 + 100.0 / (32.2 - offered)),
            }
        };
        Model {
            name: name.to_owned(),
            what: what.to_owned(),
            error: 0.012,
            parameters: vec![Parameter {
                name: "capacity".to_owned(),
                unit: "1/s".to_owned(),
                value: Range::exact(32.2),
            }],
            ceiling_per_s: Range {
                low: 32.1,
                value: 32.2,
                high: 32.4,
            },
            goal_rate_per_s: Some(31.9),
            curve: (1..=64).map(point).collect(),
        }
    }

    fn bottleneck() -> Bottleneck {
        Bottleneck {
            stage: "write".to_owned(),
            what: "the directory's write: the domain controller that takes the writes".to_owned(),
            why: "it takes 31.2 ms of a single server".to_owned(),
            low_step: Some(0),
            high_step: Some(4),
            evidence: vec![StageEvidence {
                stage: "write".to_owned(),
                low_ms: 31.2,
                high_ms: 240.0,
                grew_ms: 208.8,
                in_flight: 7.7,
                servers: Some(1),
                utilisation: Some(1.0),
            }],
            cores: Some(0.6),
            cores_of: 2,
        }
    }

    fn what_if(rate: Range) -> WhatIf {
        WhatIf {
            asked: "people=500000".to_owned(),
            told: "500,000 people make 0.228 a second: that is enough.".to_owned(),
            rows: vec![WhatIfRow {
                what: "rate at the peak".to_owned(),
                value: Range::exact(0.228),
                unit: "1/s".to_owned(),
                from: "people × resets".to_owned(),
            }],
            peak_per_s: Range::exact(0.228),
            capacity_per_s: rate,
            utilisation: Range::exact(0.007),
            enough: "yes".to_owned(),
            people_max: Range::exact(7e7),
        }
    }

    /// A capacity as a search leaves it.
    pub(crate) fn sample() -> Capacity {
        let rates = [
            (8.0, StepMark::Held),
            (16.0, StepMark::Held),
            (32.0, StepMark::Held),
            (64.0, StepMark::Failed),
            (33.0, StepMark::Failed),
        ];
        let rate = Range {
            low: 31.5,
            value: 32.0,
            high: 33.0,
        };
        Capacity {
            version: 1,
            scenario: "one-dc <b>".to_owned(),
            world: "embedded".to_owned(),
            seed: 1,
            run: "20261126T080000Z-seed-1".to_owned(),
            executor: "constant_arrival_rate".to_owned(),
            asked: CapacityAsked {
                start_millis: 8_000,
                warm_up_us: 2_000_000,
                measure_us: 5_000_000,
                precision: 0.02,
                servers: BTreeMap::from([("write".to_owned(), 1)]),
                domains: 1,
                domain_controllers: 1,
            },
            goals: vec![GoalLimit {
                goal: "response_time_p99_max".to_owned(),
                limit: 1000.0,
            }],
            answer: Answer {
                rate_per_s: Some(rate),
                step: Some(2),
                failed_per_s: Some(33.0),
                limited_by: "queue_grows".to_owned(),
                why: "32/s is the highest rate that meets every goal".to_owned(),
            },
            bottleneck: bottleneck(),
            models: vec![
                model("saturation", "saturation: as much as is offered"),
                model("md1", "M/D/1: one server"),
            ],
            steps: rates
                .into_iter()
                .zip(0..)
                .map(|((rate, mark), number)| step(number, rate, mark))
                .collect(),
            replays: true,
            what_if: Some(what_if(rate)),
        }
    }

    #[test]
    fn the_terminal_tells_the_answer_its_cause_every_step_and_what_was_asked() {
        let told = terminal_of_capacity(&sample(), false);
        for part in [
            "32/s (31.5/s to 33/s) within the goals",
            "the directory's write",
            "M/D/1",
            "failed",
            "rate at the peak",
            "0.228",
        ] {
            assert!(told.contains(part), "{part}: {told}");
        }
        assert!(!told.contains('\u{1b}') && terminal_of_capacity(&sample(), true).contains('\u{1b}'));
    }

    #[test]
    fn small_numbers_keep_their_figures() {
        assert_eq!(range(Range::exact(0.000_228)), "0.000228");
        assert_eq!(range(Range::exact(500_000.0)), "500,000");
        assert_eq!(part(0.0123), "1.23 %");
    }
}
