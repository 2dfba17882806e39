//! Stage times.

use vocabulary::{Stage, StageTimes, Times};

use super::Op;
use super::splits::Splits;

/// Exclusive microseconds of each stage, and the rest of the service time as network.
#[derive(Debug, Clone, Default)]
pub(crate) struct StageSamples {
    stages: [Times; Stage::ALL.len()],
    network: Times,
    /// The same by how long the operations took.
    pub splits: Splits,
}

impl StageSamples {
    /// Takes the stages of one operation.
    pub(crate) fn add(&mut self, times: &StageTimes, op: &Op) {
        let mut total = 0u64;
        for (slot, stage) in self.stages.iter_mut().zip(Stage::ALL) {
            if let Some(micros) = times.get(stage) {
                slot.record(micros);
                total = total.saturating_add(micros);
            }
        }
        self.network.record(op.service_us().saturating_sub(total));
        self.splits.add(times, op);
    }

    /// Each stage that was ever measured, in the order of the chain, `network` last.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static str, &Times)> {
        let names = Stage::names();
        let samples = self.stages.iter().chain([&self.network]);
        names.zip(samples).filter(|(_, samples)| !samples.is_empty())
    }
}
