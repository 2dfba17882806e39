//! Which stage saturates first, and what shows it.

use history::{Bottleneck, CapacityAsked, StageEvidence, Step, StepMark};

/// A stage whose servers work this part of the time is the one that has no more to give.
const BUSY: f64 = 0.75;
/// The part of all processors at which the machine itself has no more to give.
const ALL_CORES: f64 = 0.9;
/// A stage has grown when it takes longer by this part of itself, and by a millisecond.
const GROWN_PART: f64 = 0.5;
const GROWN_MS: f64 = 1.0;

/// Where operations wait for a free worker of the agent: never the cause, whoever holds the workers is.
const WAITING: &str = "queue";
/// What the agent does while a worker is held.
const HELD: [&str; 3] = ["crypto", "locate", "write"];
/// What is named where the workers wait for nobody else.
const AGENT: &str = "agent";
const PROCESSORS: &str = "processors";
const UNKNOWN: &str = "unknown";

/// The bottleneck, from the steps as they were measured.
pub(crate) fn bottleneck(steps: &[Step], asked: &CapacityAsked, cores_of: u32) -> Bottleneck {
    let timed = || steps.iter().filter(|step| !step.stages_ms.is_empty());
    let low = timed().min_by(|one, other| one.rate_per_s.total_cmp(&other.rate_per_s));
    let above = |step: &&Step| low.is_some_and(|low| step.rate_per_s > low.rate_per_s);
    let failed = timed()
        .filter(|step| step.mark == StepMark::Failed)
        .filter(above)
        .min_by(|one, other| one.rate_per_s.total_cmp(&other.rate_per_s));
    let highest = timed()
        .filter(above)
        .max_by(|one, other| one.rate_per_s.total_cmp(&other.rate_per_s));
    let high = failed.or(highest);
    let evidence = match (low, high) {
        (Some(low), Some(high)) => evidence(low, high, asked),
        _ => Vec::new(),
    };
    let cores = high
        .map(|step| step.cores.values().sum::<f64>())
        .filter(|cores| *cores > 0.0);
    let (stage, why) = named(&evidence, cores, cores_of);
    Bottleneck {
        what: what(&stage).to_owned(),
        stage,
        why,
        low_step: low.map(|step| step.number),
        high_step: high.map(|step| step.number),
        evidence,
        cores,
        cores_of,
    }
}

fn evidence(low: &Step, high: &Step, asked: &CapacityAsked) -> Vec<StageEvidence> {
    let mut evidence: Vec<StageEvidence> = high
        .stages_ms
        .iter()
        .map(|(stage, used)| {
            let low_ms = low.stages_ms.get(stage).map_or(0.0, |used| used.mean);
            let servers = asked.servers.get(stage).copied();
            StageEvidence {
                stage: stage.clone(),
                low_ms,
                high_ms: used.mean,
                grew_ms: used.mean - low_ms,
                in_flight: high.achieved_per_s * used.mean / 1e3,
                servers,
                utilisation: servers.map(|servers| high.achieved_per_s * low_ms / 1e3 / f64::from(servers.max(1))),
            }
        })
        .collect();
    evidence.sort_by(|one, other| other.grew_ms.total_cmp(&one.grew_ms));
    evidence
}

fn named(evidence: &[StageEvidence], cores: Option<f64>, cores_of: u32) -> (String, String) {
    if let Some((stage, why)) = busiest(evidence) {
        return (stage, why);
    }
    if let Some(used) = cores.filter(|used| cores_of > 0 && *used >= ALL_CORES * f64::from(cores_of)) {
        let why = format!(
            "the parts used {used:.2} of {cores_of} processors, and no stage alone is known to be at its limit"
        );
        return (PROCESSORS.to_owned(), why);
    }
    grown(evidence).unwrap_or_else(|| {
        let why = if evidence.is_empty() {
            "the steps carry no stage times, or there is only one rate to look at"
        } else {
            "no stage took longer where the goals failed than at low load"
        };
        (UNKNOWN.to_owned(), why.to_owned())
    })
}

/// The stage of known servers that works all the time.
fn busiest(evidence: &[StageEvidence]) -> Option<(String, String)> {
    let known = evidence
        .iter()
        .filter_map(|stage| Some((stage, stage.utilisation?, stage.servers?)));
    let (stage, utilisation, servers) = known.max_by(|one, other| one.1.total_cmp(&other.1))?;
    (utilisation >= BUSY).then(|| {
        let why = format!(
            "it takes {:.1} ms of {} at low load; {:.1} operations in a second of {} use {:.0} % of the time there is, and its time went from {:.1} ms to {:.1} ms",
            stage.low_ms,
            if servers == 1 { "a single server".to_owned() } else { format!("one of {servers} servers") },
            stage.in_flight / stage.high_ms.max(1e-9) * 1e3,
            if servers == 1 { "it".to_owned() } else { "them".to_owned() },
            utilisation * 100.0,
            stage.low_ms,
            stage.high_ms
        );
        (stage.stage.clone(), why)
    })
}

/// The stage that grew the most; a queue before the agent's workers stands for whoever holds them.
fn grown(evidence: &[StageEvidence]) -> Option<(String, String)> {
    let grew = |stage: &StageEvidence| stage.grew_ms >= GROWN_MS && stage.grew_ms >= GROWN_PART * stage.low_ms;
    let most = evidence.iter().find(|stage| grew(stage))?;
    let told = |stage: &StageEvidence| {
        format!(
            "its time went from {:.1} ms to {:.1} ms, {:.1} operations in it on average",
            stage.low_ms, stage.high_ms, stage.in_flight
        )
    };
    if most.stage != WAITING {
        return Some((most.stage.clone(), format!("it grew the most: {}", told(most))));
    }
    let holder = evidence
        .iter()
        .find(|stage| HELD.contains(&stage.stage.as_str()) && grew(stage));
    Some(match holder {
        Some(holder) => (
            holder.stage.clone(),
            format!(
                "it holds the agent's workers, before which the queue grew ({}): {}",
                told(most),
                told(holder)
            ),
        ),
        None => (
            AGENT.to_owned(),
            format!(
                "operations wait in the agent ({}) while nothing that it waits for itself took longer",
                told(most)
            ),
        ),
    })
}

/// What a name means, for people.
fn what(stage: &str) -> &'static str {
    match stage {
        "cloud" => "the cloud's own work",
        "relay" => "the relay",
        "crypto" => "the agent: opening and sealing messages",
        "locate" => "the directory's answers to the agent's questions before a write",
        "write" => "the directory's write: the domain controller that takes the writes",
        "cloudstore" => "the cloud's own store",
        "network" => "what no part claims: the way between the parts, and the machine they share",
        AGENT => "the agent itself",
        PROCESSORS => "the processors of the machine that carries all parts",
        _ => "nothing that the steps show",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use history::{Growth, OpCounts, Percentiles, StagePercentiles, StageUse};

    use super::*;

    fn step(number: u32, rate: f64, mark: StepMark, stages: &[(&str, f64)], cores: f64) -> Step {
        let used = |(name, mean): &(&str, f64)| {
            let percentiles = StagePercentiles { p50: *mean, p99: *mean };
            (
                (*name).to_owned(),
                StageUse {
                    mean: *mean,
                    percentiles,
                },
            )
        };
        Step {
            number,
            rate_per_s: rate,
            from_us: 0,
            to_us: 1,
            mark,
            why: String::new(),
            ops: OpCounts::default(),
            offered_per_s: rate,
            achieved_per_s: rate,
            response_time_ms: Percentiles::default(),
            response_mean_ms: 0.0,
            service_mean_ms: 0.0,
            in_flight: 0.0,
            growth: Growth::default(),
            goals: Vec::new(),
            stages_ms: stages.iter().map(used).collect(),
            cores: BTreeMap::from([("harness+world".to_owned(), cores)]),
        }
    }

    fn named(write_servers: Option<u32>, low: &[(&str, f64)], high: &[(&str, f64)], cores: f64) -> String {
        let asked = CapacityAsked {
            start_millis: 1,
            warm_up_us: 0,
            measure_us: 0,
            precision: 0.02,
            servers: write_servers
                .map(|servers| ("write".to_owned(), servers))
                .into_iter()
                .collect(),
            domains: 1,
            domain_controllers: 1,
        };
        let steps = [
            step(0, 4.0, StepMark::Held, low, 0.2),
            step(1, 32.0, StepMark::Failed, high, cores),
        ];
        bottleneck(&steps, &asked, 2).stage
    }

    #[test]
    fn a_server_that_works_all_the_time_is_named_although_operations_wait_elsewhere() {
        let (low, high) = ([("queue", 1.0), ("write", 31.0)], [("queue", 900.0), ("write", 250.0)]);
        assert_eq!(named(Some(1), &low, &high, 0.5), "write");
        assert_eq!(named(None, &low, &high, 0.5), "write", "it holds the workers");
        assert_eq!(named(Some(8), &low, &high, 0.5), "write");
    }

    #[test]
    fn a_queue_that_grows_alone_is_the_agents() {
        let (low, high) = ([("queue", 50.0), ("write", 1.0)], [("queue", 900.0), ("write", 1.1)]);
        assert_eq!(named(Some(1), &low, &high, 0.5), "agent");
    }

    #[test]
    fn a_machine_without_a_processor_left_is_named_before_what_only_grew() {
        let (low, high) = ([("cloud", 2.0), ("write", 1.0)], [("cloud", 40.0), ("write", 9.0)]);
        assert_eq!(named(Some(1), &low, &high, 1.95), "processors");
        assert_eq!(named(Some(1), &low, &high, 1.0), "cloud");
    }

    #[test]
    fn without_growth_or_stage_times_nothing_is_named() {
        let same = [("cloud", 2.0), ("write", 1.0)];
        assert_eq!(named(None, &same, &same, 0.1), "unknown");
        assert_eq!(named(None, &[], &[], 0.1), "unknown");
    }
}
