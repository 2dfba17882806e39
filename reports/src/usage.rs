//! What the parts used and how the generator kept up, as lines of tables.

use history::{Generator, GeneratorLateness, Resource, Verdict};

use crate::text::{self, clean};

/// One line of a table: a name and its cells.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Row<const CELLS: usize> {
    pub(crate) name: String,
    pub(crate) cells: [String; CELLS],
}

/// What the cells of [`latency`] are.
pub(crate) const LATENCY_HEADS: [&str; 6] = ["arrivals", "response p50", "p99", "max", "service p50", "p99"];

/// Latency of each sort: by outcome, by kind, by persona; a sort that is everything is left out.
pub(crate) fn latency(verdict: &Verdict) -> Vec<Row<6>> {
    let sorts = [
        &verdict.latency_by_outcome,
        &verdict.latency_by_kind,
        &verdict.latency_by_persona,
    ];
    let several = sorts.into_iter().filter(|sort| sort.len() > 1).flatten();
    several
        .map(|(name, latency)| {
            let (response, service) = (latency.response_time_ms, latency.service_time_ms);
            let [a, b, c, d, e] =
                [response.p50, response.p99, response.max, service.p50, service.p99].map(text::millis);
            Row {
                name: clean(&name.replace('_', " ")),
                cells: [text::count(latency.count), a, b, c, d, e],
            }
        })
        .collect()
}

/// The stated error of percentiles; none of exact ones.
pub(crate) fn percentile_error(verdict: &Verdict) -> Option<String> {
    let error = verdict.percentile_error;
    let percent = text::number(error * 100.0, 3);
    (error > 0.0).then(|| {
        format!(
            "Percentiles are at most {percent} % too long and never too short (HDR histograms); the largest is exact."
        )
    })
}

/// What the cells of [`resources`] are.
pub(crate) const RESOURCE_HEADS: [&str; 8] = [
    "processors, mean",
    "most",
    "memory",
    "threads",
    "sockets",
    "disk written",
    "received",
    "sent",
];

/// A line for each part that was sampled.
pub(crate) fn resources(verdict: &Verdict) -> Vec<Row<8>> {
    let row = |(part, used): (&String, &Resource)| {
        let dash = || "–".to_owned();
        let count = |count: Option<u64>| count.map_or_else(dash, text::count);
        let bytes = |bytes: Option<u64>| bytes.map_or_else(dash, text::bytes);
        Row {
            name: clean(part),
            cells: [
                text::number(used.cpu_mean_cores, 2),
                text::number(used.cpu_max_cores, 2),
                text::bytes(used.memory_max_bytes),
                count(used.threads_max),
                count(used.sockets_max),
                bytes(used.disk_written_bytes),
                bytes(used.received_bytes),
                bytes(used.sent_bytes),
            ],
        }
    };
    verdict.resources.iter().map(row).collect()
}

/// What the cells of [`generator`] are.
pub(crate) const GENERATOR_HEADS: [&str; 4] = ["tickets", "p50", "p99", "max"];

/// How late the generator was.
pub(crate) fn generator(verdict: &Verdict) -> Vec<Row<4>> {
    let row = |(name, late): (&str, GeneratorLateness)| {
        let time = |ms| text::millis(Some(ms));
        Row {
            name: name.to_owned(),
            cells: [text::count(late.count), time(late.p50), time(late.p99), time(late.max)],
        }
    };
    let Some(generator) = verdict.generator else {
        return Vec::new();
    };
    let lates = [
        ("release error", generator.release_error_ms),
        ("begin error, a user being free", generator.begin_error_ms),
    ];
    lates.map(row).into()
}

/// How the generator stood, in a sentence.
pub(crate) fn generator_note(generator: &Generator) -> String {
    let cpu = generator
        .cpu_cores
        .map_or_else(|| "an unknown part".to_owned(), |cores| text::number(cores, 2));
    let busy = text::number(generator.all_users_busy * 100.0, 1);
    format!(
        "Its process used {cpu} of a processor; at most {} waited for one of {}, all of whom were busy in {busy} % of the looks. \
         Lateness counts from the intended instant, over the measure phase; it is part of the response time.",
        text::of(generator.waiting_max.into(), "ticket", "tickets"),
        text::of(generator.users.into(), "user", "users"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_tells_is_a_dash() {
        let verdict = Verdict {
            resources: [(
                "dc1".to_owned(),
                Resource {
                    cpu_mean_cores: 0.5,
                    memory_max_bytes: 3 << 20,
                    threads_max: Some(1200),
                    ..Resource::default()
                },
            )]
            .into(),
            ..empty()
        };
        let rows = resources(&verdict);
        assert_eq!(rows[0].cells, ["0.5", "0", "3 MiB", "1,200", "–", "–", "–", "–"]);
        assert_eq!(
            (generator(&verdict), latency(&verdict), percentile_error(&verdict)),
            (vec![], vec![], None)
        );
    }

    /// The verdict of a run that did nothing, as an older version stored it.
    fn empty() -> Verdict {
        let text = r#"{"verdict": "pass", "scenario": "", "world": "", "seed": 1, "plan_hash": "",
            "ops": {"applied": 0, "rejected": 0, "failed": 0, "unknown": 0, "dropped": 0},
            "ops_by_kind": {"reset": {"applied": 0, "rejected": 0, "failed": 0, "unknown": 0, "dropped": 0},
                "unlock": {"applied": 0, "rejected": 0, "failed": 0, "unknown": 0, "dropped": 0},
                "change": {"applied": 0, "rejected": 0, "failed": 0, "unknown": 0, "dropped": 0},
                "admin_reset": {"applied": 0, "rejected": 0, "failed": 0, "unknown": 0, "dropped": 0}},
            "unknown_resolved": {"applied": 0, "not_applied": 0, "open": 0}, "probed": {"people": 0, "of": 0, "binds": 0},
            "locks_proven": 0, "rates": {"offered_per_s": 0.0, "achieved_per_s": 0.0}, "response_time_ms": {},
            "service_time_ms": {}, "stages_ms": {}, "findings": [], "goals": [], "faults": [], "reproduce": ""}"#;
        serde_json::from_str(text).unwrap()
    }
}
