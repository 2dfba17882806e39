//! `metrics.txt`: the figures of the verdict as OpenMetrics text, version 1.0, for GitLab's metrics report, a textfile
//! collector, or a gateway that Prometheus asks.
//!
//! Seconds and bytes, never milliseconds. What is not known is left out. No label changes from run to run, and none holds a
//! space, so that a reader may compare two runs line by line.

use std::fmt::Write as _;

use history::{Mark, Percentiles, Verdict};
use judge::Judgement;
use vocabulary::{OpKind, OutcomeClass};

const MARKS: [Mark; 3] = [Mark::Pass, Mark::Inconclusive, Mark::Fail];

/// The text.
pub(crate) fn open_metrics(judgement: &Judgement, version: &str) -> String {
    let verdict = &judgement.verdict;
    let mut out = Exposition::of(verdict);
    out.info(verdict, version);
    out.verdict(verdict);
    out.operations(verdict);
    out.rates(verdict);
    out.times(verdict);
    out.stages(verdict);
    out.propagation(verdict);
    out.checks(verdict);
    out.goals(verdict);
    out.resources(verdict);
    out.text.push_str("# EOF\n");
    out.text
}

/// Name and value of a label.
type Label<'a> = (&'a str, &'a str);

struct Exposition {
    text: String,
    /// The labels that every sample carries.
    common: String,
}

impl Exposition {
    fn of(verdict: &Verdict) -> Self {
        let common = labels(&[("scenario", &verdict.scenario), ("world", &verdict.world)]);
        Self {
            text: String::new(),
            common,
        }
    }

    /// Begins a family. A unit is also the end of its name.
    fn family(&mut self, name: &str, kind: &str, unit: &str, help: &str) {
        let _ = writeln!(self.text, "# TYPE {name} {kind}");
        if !unit.is_empty() {
            let _ = writeln!(self.text, "# UNIT {name} {unit}");
        }
        let _ = writeln!(self.text, "# HELP {name} {help}");
    }

    fn sample(&mut self, name: &str, own: &[Label<'_>], value: impl std::fmt::Display) {
        let separator = if own.is_empty() { "" } else { "," };
        let _ = writeln!(self.text, "{name}{{{}{separator}{}}} {value}", self.common, labels(own));
    }

    /// One of a closed list of states is set.
    fn state(&mut self, name: &str, own: &[Label<'_>], set: Mark) {
        for mark in MARKS {
            let mut all = own.to_vec();
            all.push((name, mark.as_str()));
            self.sample(name, &all, u8::from(mark == set));
        }
    }

    fn quantiles(&mut self, name: &str, own: &[Label<'_>], values: &[(&str, Option<f64>)]) {
        for (quantile, ms) in values {
            if let Some(ms) = ms {
                let mut all = own.to_vec();
                all.push(("quantile", quantile));
                self.sample(name, &all, seconds(*ms));
            }
        }
    }

    fn info(&mut self, verdict: &Verdict, version: &str) {
        self.family("wblab_run", "info", "", "What ran.");
        let plan = verdict.plan_hash.as_str();
        self.sample("wblab_run_info", &[("version", version), ("plan_hash", plan)], 1);
    }

    fn verdict(&mut self, verdict: &Verdict) {
        self.family("wblab_verdict", "stateset", "", "The verdict of the run.");
        self.state("wblab_verdict", &[], verdict.verdict);
    }

    fn operations(&mut self, verdict: &Verdict) {
        let help =
            "Operations by kind and outcome, each attempt and the warm-up counted, before unknown ones are resolved.";
        self.family("wblab_operations", "counter", "", help);
        for kind in OpKind::ALL {
            let counts = verdict.ops_by_kind.of(kind);
            for class in OutcomeClass::ALL {
                let own = [("kind", kind.as_str()), ("outcome", class.as_str())];
                self.sample("wblab_operations_total", &own, counts.get(class));
            }
        }
        let help = "Unknown operations by what the directory told of them.";
        self.family("wblab_unknown_resolved", "counter", "", help);
        let resolved = verdict.unknown_resolved;
        let all = [
            ("applied", resolved.applied),
            ("not_applied", resolved.not_applied),
            ("open", resolved.open),
        ];
        for (state, count) in all {
            self.sample("wblab_unknown_resolved_total", &[("as", state)], count);
        }
    }

    fn rates(&mut self, verdict: &Verdict) {
        let rates = verdict.rates;
        let all = [
            (
                "wblab_offered_per_second",
                rates.offered_per_s,
                "Arrivals planned per second of the measure phase.",
            ),
            (
                "wblab_achieved_per_second",
                rates.achieved_per_s,
                "Operations applied or correctly rejected per second of the measure phase.",
            ),
        ];
        for (name, value, help) in all {
            self.family(name, "gauge", "", help);
            self.sample(name, &[], number(value));
        }
    }

    fn times(&mut self, verdict: &Verdict) {
        let name = "wblab_response_time_seconds";
        let help =
            "From the intended start, over the measure phase; dropped and unknown arrivals are slower than all others.";
        self.family(name, "summary", "seconds", help);
        self.quantiles(name, &[], &of(verdict.response_time_ms));
        let arrivals: u64 = verdict.latency_by_kind.values().map(|latency| latency.count).sum();
        self.sample(&format!("{name}_count"), &[], arrivals);
        let name = "wblab_service_time_seconds";
        let help = "From the actual start, over the measure phase, of operations that ended.";
        self.family(name, "summary", "seconds", help);
        self.quantiles(name, &[], &of(verdict.service_time_ms));
    }

    fn stages(&mut self, verdict: &Verdict) {
        let name = "wblab_stage_time_seconds";
        let help = "Exclusive time of each stage over the measure phase.";
        self.family(name, "summary", "seconds", help);
        for (stage, times) in &verdict.stages_ms {
            let values = [("0.5", Some(times.p50)), ("0.99", Some(times.p99))];
            self.quantiles(name, &[("stage", stage)], &values);
        }
    }

    fn propagation(&mut self, verdict: &Verdict) {
        let name = "wblab_propagation_seconds";
        let help = "From an acknowledgement until the domain controller showed the write; absent where it falls on one never seen.";
        self.family(name, "summary", "seconds", help);
        for (dc, times) in &verdict.propagation_ms {
            let values = [
                ("0.5", times.p50),
                ("0.9", times.p90),
                ("0.99", times.p99),
                ("1", times.max),
            ];
            self.quantiles(name, &[("dc", dc)], &values);
            self.sample(&format!("{name}_count"), &[("dc", dc)], times.count);
        }
    }

    fn checks(&mut self, verdict: &Verdict) {
        self.family("wblab_check", "stateset", "", "What each check found.");
        for finding in &verdict.findings {
            self.state("wblab_check", &[("check", &finding.check)], finding.verdict);
        }
    }

    fn goals(&mut self, verdict: &Verdict) {
        self.family("wblab_goal", "stateset", "", "Whether each goal was met.");
        for goal in &verdict.goals {
            self.state("wblab_goal", &[("goal", &goal.goal)], goal.verdict);
        }
        let help = "What each goal measured, in the unit of its name; times in milliseconds, as in the scenario.";
        self.family("wblab_goal_measured", "gauge", "", help);
        for goal in &verdict.goals {
            if let Some(measured) = goal.measured {
                self.sample("wblab_goal_measured", &[("goal", &goal.goal)], number(measured));
            }
        }
        self.family(
            "wblab_goal_limit",
            "gauge",
            "",
            "The limit of each goal, in the same unit.",
        );
        for goal in &verdict.goals {
            self.sample("wblab_goal_limit", &[("goal", &goal.goal)], number(goal.limit));
        }
    }

    fn resources(&mut self, verdict: &Verdict) {
        self.family(
            "wblab_processors_mean",
            "gauge",
            "",
            "Processors that each part used on average.",
        );
        for (part, used) in &verdict.resources {
            self.sample("wblab_processors_mean", &[("part", part)], number(used.cpu_mean_cores));
        }
        let name = "wblab_memory_max_bytes";
        self.family(name, "gauge", "bytes", "The most memory that each part used.");
        for (part, used) in &verdict.resources {
            self.sample(name, &[("part", part)], used.memory_max_bytes);
        }
    }
}

fn of(percentiles: Percentiles) -> [(&'static str, Option<f64>); 5] {
    let Percentiles {
        p50,
        p90,
        p99,
        p999,
        max,
    } = percentiles;
    [("0.5", p50), ("0.9", p90), ("0.99", p99), ("0.999", p999), ("1", max)]
}

/// Milliseconds as seconds, to the microsecond.
fn seconds(ms: f64) -> String {
    number((ms * 1e3).round() / 1e6)
}

fn number(value: f64) -> String {
    match value {
        _ if value.is_nan() => "NaN".to_owned(),
        _ if value.is_infinite() => if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned(),
        _ => value.to_string(),
    }
}

fn labels(labels: &[Label<'_>]) -> String {
    let all: Vec<String> = labels
        .iter()
        .map(|(name, value)| format!("{name}=\"{}\"", escaped(value)))
        .collect();
    all.join(",")
}

/// As the text format escapes a label's value. A space would end the name for a reader that splits lines at them.
fn escaped(value: &str) -> String {
    let value = crate::text::clean(value);
    value.replace('\\', "\\\\").replace('"', "\\\"").replace(' ', "_")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_written_in_full_and_labels_escaped() {
        assert_eq!(seconds(0.0004), "0");
        assert_eq!(seconds(0.5), "0.0005");
        assert_eq!(seconds(1234.5678), "1.234568");
        assert_eq!(number(f64::INFINITY), "+Inf");
        assert_eq!(
            labels(&[("a", "x \"y\"\\\n"), ("b", "")]),
            "a=\"x_\\\"y\\\"\\\\\u{240a}\",b=\"\""
        );
    }
}
