//! Stage times, kept small.

use vocabulary::{Stage, StageTimes};

/// Exclusive microseconds of each stage, and the rest of the service time as network.
#[derive(Debug, Default)]
pub(crate) struct StageSamples {
    stages: [Vec<u32>; Stage::ALL.len()],
    network: Vec<u32>,
}

impl StageSamples {
    /// Takes the stages of one operation.
    pub(crate) fn add(&mut self, times: &StageTimes, service_us: u64) {
        let mut total = 0u64;
        for (slot, stage) in self.stages.iter_mut().zip(Stage::ALL) {
            if let Some(micros) = times.get(stage) {
                slot.push(small(micros));
                total = total.saturating_add(micros);
            }
        }
        self.network.push(small(service_us.saturating_sub(total)));
    }

    /// Each stage that was ever measured, in the order of the chain, `network` last.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &[u32])> {
        let names = Stage::ALL.into_iter().map(Stage::as_str).chain(["network"]);
        let samples = self.stages.iter().chain([&self.network]).map(Vec::as_slice);
        names.zip(samples).filter(|(_, samples)| !samples.is_empty())
    }
}

/// More than an hour in one stage is an hour.
fn small(micros: u64) -> u32 {
    u32::try_from(micros).unwrap_or(u32::MAX)
}
