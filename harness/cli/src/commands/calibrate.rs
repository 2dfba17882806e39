//! `wblab doctor --calibrate`: how good the generator and its figures are on this machine.

use std::fs;
use std::path::PathBuf;

use calibration::{Calibration, Lateness, Size, Step};
use environment::{Parts, ServedBinary};
use load::ChildProcess;
use serde::Serialize;

use crate::args::DoctorArguments;
use crate::error::{CliError, Exit};
use crate::interrupt::Interrupt;
use crate::progress::{Teller, print};

/// Offered may differ from planned by this part.
const OFFERED_WITHIN: f64 = 0.01;
/// Tickets are released at most so late, p99.
const RELEASED_WITHIN_MS: f64 = 0.5;
/// What is reported of a stalling target differs from the truth by at most this part.
const TRUE_WITHIN: f64 = 0.05;
/// So many users fit in a GiB.
const IDLE_AT_LEAST: u64 = 20_000;

/// One line of the table: what was measured, beside what it should be.
#[derive(Debug, Serialize)]
struct Line {
    what: String,
    measured: String,
    /// Absent where nothing is demanded.
    wanted: Option<String>,
    ok: bool,
}

#[derive(Serialize)]
struct Answer<'a> {
    ok: bool,
    #[serde(flatten)]
    calibration: &'a Calibration,
    lines: &'a [Line],
}

/// Measures, prints, and ends with 0 where every demand is met.
pub(crate) async fn calibrate(arguments: &DoctorArguments, parts: Parts) -> Result<Exit, CliError> {
    let interrupt = Interrupt::listen().map_err(CliError::Runtime)?;
    let ServedBinary { path: program, prefix } = parts.served;
    let mut generators = ChildProcess { program, prefix };
    let folder = Folder::make()?;
    let teller = Teller::new();
    let went = calibration::calibrate(&mut generators, &folder.0, Size::FULL, &teller, interrupt.wanted()).await;
    teller.finish();
    let calibration = went?;
    let lines = lines(&calibration);
    let ok = lines.iter().all(|line| line.ok);
    if arguments.json {
        let answer = Answer {
            ok,
            calibration: &calibration,
            lines: &lines,
        };
        print(&serde_json::to_string(&answer).map_err(|error| CliError::Usage(error.to_string()))?);
    } else {
        lines.iter().for_each(|line| print(&told(line)));
    }
    Ok(if ok { Exit::Pass } else { Exit::Inconclusive })
}

/// The run folders of a calibration; nobody wants them afterwards.
struct Folder(PathBuf);

impl Folder {
    fn make() -> Result<Self, CliError> {
        let path = std::env::temp_dir().join(format!("wblab-calibration-{}", std::process::id()));
        fs::create_dir_all(&path).map_err(|source| CliError::File {
            doing: "make",
            path: path.clone(),
            source,
        })?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn told(line: &Line) -> String {
    let mark = if line.ok { "ok  " } else { "off " };
    let wanted = line
        .wanted
        .as_ref()
        .map(|wanted| format!("   ({wanted})"))
        .unwrap_or_default();
    format!("{mark}  {:<46} {}{wanted}", line.what, line.measured)
}

fn lines(calibration: &Calibration) -> Vec<Line> {
    let ceiling = calibration.ceiling;
    let mut lines = vec![figure(
        "ceiling on the counting target",
        format!("{:.0} requests/s with {} in flight", ceiling.per_s, ceiling.users),
    )];
    lines.extend(calibration.steps.iter().flat_map(step));
    lines.extend(stalled(calibration));
    let idle = calibration.idle;
    lines.push(Line {
        what: format!("idle users in a GiB, of {} weighed", idle.users),
        measured: idle.users_per_gib.to_string(),
        wanted: Some(format!("at least {IDLE_AT_LEAST}")),
        ok: idle.users_per_gib >= IDLE_AT_LEAST,
    });
    lines
}

fn figure(what: impl Into<String>, measured: String) -> Line {
    Line {
        what: what.into(),
        measured,
        wanted: None,
        ok: true,
    }
}

fn step(step: &Step) -> [Line; 4] {
    let at = format!("at {:.0} % of it", step.share * 100.0);
    [
        Line {
            what: format!("{at}: offered of {:.0}/s planned", step.planned_per_s),
            measured: format!("{:.1}/s, {:.2} % apart", step.arrived_per_s, step.error * 100.0),
            wanted: Some(format!("within {:.0} %", OFFERED_WITHIN * 100.0)),
            ok: step.error <= OFFERED_WITHIN,
        },
        Line {
            what: format!("{at}: release error"),
            measured: ms(step.release_ms),
            wanted: Some(format!("p99 under {RELEASED_WITHIN_MS} ms")),
            ok: step.release_ms.p99 < RELEASED_WITHIN_MS,
        },
        figure(format!("{at}: from release to the first byte"), ms(step.first_byte_ms)),
        figure(
            format!("{at}: response time"),
            format!("p99 {:.2} ms", step.response_p99_ms),
        ),
    ]
}

fn stalled(calibration: &Calibration) -> [Line; 2] {
    let stalled = calibration.stalled;
    let seconds = |us: u64| us as f64 / 1e6;
    let (every, long) = (seconds(stalled.stall.every_us), seconds(stalled.stall.for_us));
    [
        Line {
            what: format!("stalls of {long} s every {every} s: response p99"),
            measured: format!(
                "{:.0} ms, in truth {:.0} ms, {:.2} % apart",
                stalled.response_p99_ms,
                stalled.truth_p99_ms,
                stalled.error * 100.0
            ),
            wanted: Some(format!("within {:.0} %", TRUE_WITHIN * 100.0)),
            ok: stalled.error <= TRUE_WITHIN,
        },
        figure(
            "the same: service p99, from the actual start",
            format!("{:.0} ms", stalled.service_p99_ms),
        ),
    ]
}

fn ms(late: Lateness) -> String {
    format!("p50 {:.3} ms, p99 {:.3} ms, max {:.2} ms", late.p50, late.p99, late.max)
}

#[cfg(test)]
mod tests {
    use calibration::{Ceiling, Idle, Stall, Stalled};

    use super::*;

    fn calibration() -> Calibration {
        let late = Lateness {
            p50: 0.05,
            p99: 0.2,
            max: 3.0,
        };
        let step = |share| Step {
            share,
            planned_per_s: 1000.0,
            arrived_per_s: 1002.0,
            error: 0.002,
            release_ms: late,
            first_byte_ms: late,
            response_p99_ms: 0.9,
        };
        Calibration {
            ceiling: Ceiling {
                users: 64,
                per_s: 20_000.0,
            },
            steps: vec![step(0.25), step(0.5)],
            stalled: Stalled {
                stall: Stall {
                    every_us: 20_000_000,
                    for_us: 2_000_000,
                },
                planned_per_s: 200.0,
                truth_p99_ms: 1800.0,
                response_p99_ms: 1810.0,
                error: 0.0056,
                service_p99_ms: 1809.0,
            },
            idle: Idle {
                users: 20_000,
                one_user_bytes: 5 << 20,
                all_users_bytes: 200 << 20,
                users_per_gib: 100_000,
            },
        }
    }

    /// The lines that are off after a calibration was bent.
    fn off(bend: impl Fn(&mut Calibration)) -> Vec<String> {
        let mut calibration = calibration();
        bend(&mut calibration);
        let lines = lines(&calibration).into_iter().filter(|line| !line.ok);
        lines.map(|line| line.what).collect()
    }

    #[test]
    fn each_demand_is_held_by_a_line_of_its_own() {
        assert_eq!(off(|_| {}), Vec::<String>::new());
        assert_eq!(
            off(|bent| bent.steps[0].error = 0.011),
            ["at 25 % of it: offered of 1000/s planned"]
        );
        assert_eq!(
            off(|bent| bent.steps[1].release_ms.p99 = 0.5),
            ["at 50 % of it: release error"]
        );
        assert_eq!(
            off(|bent| bent.stalled.error = 0.051),
            ["stalls of 2 s every 20 s: response p99"]
        );
        assert_eq!(
            off(|bent| bent.idle.users_per_gib = 19_999),
            ["idle users in a GiB, of 20000 weighed"]
        );
    }

    #[test]
    fn a_line_tells_what_was_wanted() {
        let lines = lines(&calibration());
        assert!(told(&lines[0]).starts_with("ok    ceiling on the counting target"));
        assert!(
            told(&lines[1]).ends_with("1002.0/s, 0.20 % apart   (within 1 %)"),
            "{}",
            told(&lines[1])
        );
    }
}
