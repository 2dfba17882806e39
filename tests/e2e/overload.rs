//! Overload is honest: what could not be begun is counted, to the last arrival.

use std::fs;
use std::time::Duration;

use history::Mark;

use crate::support::{Job, alone, eventually};

/// What the embedded directory is told to take for each write; writes are serial.
const WRITE_MS: f64 = 31.0;
/// Far above what a world of this size takes, far below what an unbounded queue would.
const MEMORY_MAX_KIB: u64 = 800 * 1024;

/// The most memory that a process ever held, in KiB.
fn peak_memory(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse().ok()
}

#[test]
fn ten_times_the_ceiling_is_dropped_counted_and_slow_by_the_clock() {
    let _alone = alone();
    let mut job = Job::new(&["run", "scenarios/quick.toml"])
        .sets(&[
            "population.people=600",
            "world.message_lifetime=5s",
            "world.directory.service_time.reset=31ms",
            "world.directory.service_time.unlock=31ms",
            "load.constant_arrival_rate.rate=320/s",
            "load.constant_arrival_rate.in_flight_max=16",
            "load.constant_arrival_rate.start_within=3s",
            "load.constant_arrival_rate.warm_up=1s",
            "load.constant_arrival_rate.measure=8s",
        ])
        .into_out()
        .start();
    let mut peak = 0;
    eventually(Duration::from_secs(120), "the end of the overload", || {
        peak = peak.max(peak_memory(job.pid()).unwrap_or(0));
        job.has_ended().then_some(())
    });
    let finished = job.finish();
    assert!(
        matches!(finished.code(), Some(0..=2)),
        "nothing crashes: {}",
        finished.stderr
    );
    assert!((1..MEMORY_MAX_KIB).contains(&peak), "{peak} KiB at most");
    let (verdict, manifest) = (finished.verdict(), finished.folder().manifest().unwrap());
    assert_eq!(manifest.arrivals, 2880);
    assert_eq!(
        verdict.ops.started() + verdict.ops.dropped,
        manifest.arrivals,
        "started and dropped are all that was planned: {:?}",
        verdict.ops
    );
    assert!(verdict.ops.dropped > 2000, "{:?}", verdict.ops);
    let ceiling = 1000.0 / WRITE_MS;
    let achieved = verdict.rates.achieved_per_s;
    assert!(
        (achieved - ceiling).abs() <= 0.15 * ceiling,
        "{achieved}/s of a ceiling of {ceiling}/s"
    );
    let (response, service) = (
        verdict.response_time_ms.p50.unwrap(),
        verdict.service_time_ms.p50.unwrap(),
    );
    assert!(
        response >= 5.0 * service,
        "response {response} ms, service {service} ms"
    );
    for finding in &verdict.findings {
        assert_ne!(finding.verdict, Mark::Fail, "{}: {}", finding.check, finding.why);
    }
    finished.expect_nothing_left();
}
