//! What each container of a run has used, as the engine counts it.

use std::collections::HashMap;

use engine::ports::{Answer, Sampler};
use futures_util::StreamExt as _;
use futures_util::future::join_all;
use history::PartSample;
use testcontainers::bollard::models::{ContainerBlkioStats, ContainerMemoryStats, ContainerStatsResponse};
use testcontainers::bollard::query_parameters::StatsOptionsBuilder;

use super::engine::Engine;
use super::parts::PART;
use super::sweep;
use crate::EnvironmentError;

/// Asks for every container that carries the run's label at that moment.
pub(crate) struct Usage {
    engine: Engine,
    run: String,
}

impl Usage {
    pub(super) fn of(engine: Engine, run: &str) -> Self {
        Self {
            engine,
            run: run.to_owned(),
        }
    }

    async fn read(&self) -> Result<Vec<PartSample>, EnvironmentError> {
        let containers = sweep::find(&self.engine, Some(&self.run)).await?.containers;
        let parts = containers.iter().map(|(id, labels)| {
            let part = labels.get(PART).unwrap_or(id).clone();
            async move { Some(sample(part, &self.stats(id).await?)) }
        });
        Ok(join_all(parts).await.into_iter().flatten().flatten().collect())
    }

    /// One reading, without the second that the engine would wait for the next; none of a container that is gone.
    async fn stats(&self, id: &str) -> Option<ContainerStatsResponse> {
        let once = StatsOptionsBuilder::new().stream(false).one_shot(true).build();
        let mut answers = std::pin::pin!(self.engine.docker().stats(id, Some(once)));
        answers.next().await?.ok()
    }
}

impl Sampler for Usage {
    fn sample(&mut self) -> Answer<'_, Vec<PartSample>> {
        Box::pin(async { Ok(self.read().await?) })
    }
}

/// None of a container that does not run: it has no processor time.
fn sample(part: String, stats: &ContainerStatsResponse) -> Option<PartSample> {
    let cpu = stats.cpu_stats.as_ref()?.cpu_usage.as_ref()?.total_usage?;
    let memory = stats.memory_stats.as_ref()?;
    let networks = stats.networks.iter().flat_map(HashMap::values);
    let disks = |op| stats.blkio_stats.as_ref().map(|disks| bytes(disks, op));
    let network = |bytes: Option<u64>| stats.networks.as_ref().and(bytes);
    Some(PartSample {
        part,
        cpu_us: cpu / 1000,
        memory_bytes: memory.usage?.saturating_sub(droppable(memory)),
        threads: stats.pids_stats.as_ref().and_then(|pids| pids.current),
        disk_read_bytes: disks("read"),
        disk_written_bytes: disks("write"),
        received_bytes: network(networks.clone().map(|one| one.rx_bytes).sum()),
        sent_bytes: network(networks.map(|one| one.tx_bytes).sum()),
        ..PartSample::default()
    })
}

/// Pages of files that would be dropped first, which `docker stats` leaves out too: cgroup v2 and v1 name them apart.
fn droppable(memory: &ContainerMemoryStats) -> u64 {
    let of = |key| memory.stats.as_ref().and_then(|stats| stats.get(key)).copied();
    of("inactive_file")
        .or_else(|| of("total_inactive_file"))
        .unwrap_or_default()
}

fn bytes(disks: &ContainerBlkioStats, op: &str) -> u64 {
    let entries = disks.io_service_bytes_recursive.iter().flatten();
    let same = |name: &Option<String>| name.as_ref().is_some_and(|name| name.eq_ignore_ascii_case(op));
    entries
        .filter(|entry| same(&entry.op))
        .filter_map(|entry| entry.value)
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As engine 20.10 answered on cgroup v1, shortened.
    const ANSWER: &str = r#"{
        "read": "2026-11-26T03:00:00Z", "pids_stats": {"current": 23},
        "blkio_stats": {"io_service_bytes_recursive": [
            {"major": 8, "minor": 0, "op": "Read", "value": 4096}, {"major": 8, "minor": 0, "op": "Write", "value": 8192},
            {"major": 8, "minor": 16, "op": "Write", "value": 1}, {"major": 8, "minor": 0, "op": "Total", "value": 12288}]},
        "cpu_stats": {"cpu_usage": {"total_usage": 5000000, "usage_in_usermode": 1}, "online_cpus": 2},
        "memory_stats": {"usage": 90000, "stats": {"total_inactive_file": 20000, "cache": 50000}},
        "networks": {"eth0": {"rx_bytes": 10, "tx_bytes": 20}, "eth1": {"rx_bytes": 1, "tx_bytes": 2}}}"#;

    #[test]
    fn an_answer_of_the_engine_becomes_a_sample() {
        let stats: ContainerStatsResponse = serde_json::from_str(ANSWER).unwrap();
        let sample = sample("dc1".to_owned(), &stats).unwrap();
        let expected = PartSample {
            part: "dc1".to_owned(),
            cpu_us: 5000,
            memory_bytes: 70_000,
            threads: Some(23),
            disk_read_bytes: Some(4096),
            disk_written_bytes: Some(8193),
            received_bytes: Some(11),
            sent_bytes: Some(22),
            ..PartSample::default()
        };
        assert_eq!(sample, expected);
    }

    #[test]
    fn a_container_that_does_not_run_has_no_sample() {
        let stats: ContainerStatsResponse =
            serde_json::from_str(r#"{"cpu_stats": {"cpu_usage": {"total_usage": 0}}, "memory_stats": {}}"#).unwrap();
        assert_eq!(sample("dc1".to_owned(), &stats), None);
    }
}
