//! The generator was not the bottleneck of what was measured.

use history::{Finding, GeneratorSample, Mark};
use vocabulary::Percentile;

use crate::latency::Latency;
use crate::ledger::Ledger;

pub(super) const NAME: &str = "generator-kept-up";

/// Lateness below this is never the matter: no goal is so narrow, and a busy machine's scheduler alone can take as long.
const LATE_US: u64 = 10_000;
/// Above that, lateness counts when it is more than this part of the response time at the same percentile. An operation is
/// woken at least ten times on its way and a ticket once: where the machine itself is slow, both grow, and this part does not.
const LATE_PART: u64 = 4;
/// The part of one processor at which the generator's process cannot go faster: all of its users share one.
const ONE_CPU: f64 = 0.9;

/// A run is at best inconclusive when tickets were released late, when operations began late although users were free, or
/// when the generator's users had no more of the one processor that they share.
pub(super) fn judge(ledger: &Ledger) -> Finding {
    let Some(sample) = ledger.usage.generator else {
        return finding(Mark::Inconclusive, 0, "nothing was told of the generator".to_owned());
    };
    let limit_us = limit(ledger);
    let (release, begin) = (sample.release_us.p99, sample.begin_us.p99);
    let said: Vec<String> = [
        (release > limit_us).then(|| format!("tickets were released up to {} late (p99)", ms(release))),
        (begin > limit_us).then(|| {
            format!(
                "operations began up to {} late (p99) although users were free",
                ms(begin)
            )
        }),
        no_cpu(ledger),
    ]
    .into_iter()
    .flatten()
    .collect();
    let state = state(ledger, &sample);
    if said.is_empty() {
        finding(Mark::Pass, sample.release_us.count, state)
    } else {
        let why = format!("the generator was the bottleneck: {}; {state}", said.join("; "));
        finding(Mark::Inconclusive, sample.release_us.count, why)
    }
}

fn finding(verdict: Mark, checked: u64, why: String) -> Finding {
    Finding {
        check: NAME.to_owned(),
        verdict,
        checked,
        violations: Vec::new(),
        why,
    }
}

/// Late is what would be a good part of what the run reports.
fn limit(ledger: &Ledger) -> u64 {
    let mut latency = Latency::default();
    let measured = ledger.ops.iter().filter(|op| op.measured() && op.ended());
    measured.for_each(|op| latency.add(op));
    let response_us = latency.response(Percentile::P99).unwrap_or_default();
    LATE_US.max(response_us / LATE_PART)
}

fn no_cpu(ledger: &Ledger) -> Option<String> {
    let used = cpu(ledger).filter(|used| *used >= ONE_CPU)?;
    Some(format!(
        "its process used {used:.2} processors, and its users share one"
    ))
}

/// The processors that the generator's process used in the measure phase.
fn cpu(ledger: &Ledger) -> Option<f64> {
    let span = ledger.measured_span()?;
    ledger.usage.cores("load", span)
}

fn state(ledger: &Ledger, sample: &GeneratorSample) -> String {
    let cpu = cpu(ledger).map_or_else(|| "an unknown part".to_owned(), |cores| format!("{cores:.2}"));
    let usage = &ledger.usage;
    let busy = if usage.all_busy > 0 {
        let (all, of) = (usage.all_busy, usage.generator_samples);
        format!(", all {} users busy in {all} of {of} looks", sample.users)
    } else {
        String::new()
    };
    format!(
        "release error p50 {}, p99 {}, max {}; begin error p99 {}; {cpu} of a processor; at most {} tickets waited{busy}",
        ms(sample.release_us.p50),
        ms(sample.release_us.p99),
        ms(sample.release_us.max),
        ms(sample.begin_us.p99),
        usage.waiting_max
    )
}

fn ms(us: u64) -> String {
    format!("{:.2} ms", us as f64 / 1e3)
}
