//! Once a second, what every part has used goes into `samples.jsonl`.

use std::time::Duration;

use history::{PartSample, Phase, Sample, SampleWriter};
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::clock::{RunClock, wait};
use crate::keeping::Keeping;
use crate::ports::Sampler;
use crate::process::ProcessMeter;

/// Between two samples.
pub const SAMPLES_EVERY_US: u64 = 1_000_000;
/// A world that does not answer within this is left out of one sample.
const WORLD_WITHIN: Duration = Duration::from_millis(900);

/// Sampling at work; it ends when this is dropped.
pub(crate) struct Sampling {
    stop: watch::Sender<bool>,
    task: JoinHandle<()>,
}

/// What is sampled, and where it goes.
pub(crate) struct Sampled {
    pub writer: SampleWriter,
    pub clock: RunClock,
    /// This process.
    pub own: ProcessMeter,
    /// The parts that stand elsewhere.
    pub world: Option<Box<dyn Sampler>>,
    pub keeping: Keeping,
    pub phases: watch::Receiver<Phase>,
}

impl Sampling {
    /// Starts it.
    pub fn start(sampled: Sampled) -> Self {
        let stop = watch::Sender::new(false);
        let task = tokio::spawn(sampled.go_on(stop.subscribe()));
        Self { stop, task }
    }

    /// Takes the last sample and ends.
    pub async fn stop(mut self) {
        self.stop.send_replace(true);
        let _ = (&mut self.task).await;
    }
}

impl Drop for Sampling {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Sampled {
    async fn go_on(mut self, mut stop: watch::Receiver<bool>) {
        let mut due_us = self.clock.at_us();
        let mut stopped = false;
        while !stopped {
            let samples = self.take().await;
            // Without a place for them nobody can be sampled any more; the judge misses them.
            if self.writer.append(&samples).is_err() {
                return;
            }
            due_us = (due_us + SAMPLES_EVERY_US).max(self.clock.at_us());
            let pause = Duration::from_micros(due_us.saturating_sub(self.clock.at_us()));
            tokio::select! {
                () = wait(pause) => {}
                _ = stop.changed() => stopped = true,
            }
        }
    }

    async fn take(&mut self) -> Vec<Sample> {
        let mut samples = read(self.meters(), self.clock.clone()).await;
        if let Some(world) = &mut self.world {
            let parts = tokio::time::timeout(WORLD_WITHIN, world.sample()).await;
            let at_us = self.clock.at_us();
            let parts = parts.ok().and_then(Result::ok).unwrap_or_default();
            let stamped = parts.into_iter().map(|part| PartSample { at_us, ..part });
            samples.extend(stamped.map(Sample::Part));
        }
        let generator = self.keeping.sample(self.clock.at_us(), *self.phases.borrow());
        samples.extend(generator.map(Sample::Generator));
        samples
    }

    fn meters(&self) -> Vec<ProcessMeter> {
        let load = self.keeping.pid().map(|pid| ProcessMeter::of("load", pid));
        [Some(self.own.clone()), load].into_iter().flatten().collect()
    }
}

/// What processes have used; one with many open files takes a while to read.
async fn read(meters: Vec<ProcessMeter>, clock: RunClock) -> Vec<Sample> {
    let read = move || {
        let parts = meters.iter().filter_map(|meter| meter.read(clock.at_us()));
        parts.map(Sample::Part).collect()
    };
    tokio::task::spawn_blocking(read).await.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use history::RunFolder;
    use vocabulary::SystemClock;

    use super::*;
    use crate::ports::Answer;

    struct OneContainer;

    impl Sampler for OneContainer {
        fn sample(&mut self) -> Answer<'_, Vec<PartSample>> {
            Box::pin(async {
                Ok(vec![PartSample {
                    part: "dc1".to_owned(),
                    cpu_us: 3,
                    ..PartSample::default()
                }])
            })
        }
    }

    #[tokio::test]
    async fn every_part_is_sampled_at_once_and_when_it_ends() {
        let home = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(&home.path().join("run")).unwrap();
        let (_phase, phases) = watch::channel(Phase::Measure);
        let keeping = Keeping::default();
        keeping.begin(Some(std::process::id()), 3);
        Sampling::start(Sampled {
            writer: folder.sample_writer().unwrap(),
            clock: RunClock::starting_now(SystemClock::shared()),
            own: ProcessMeter::of("harness", std::process::id()),
            world: Some(Box::new(OneContainer)),
            keeping,
            phases,
        })
        .stop()
        .await;
        let samples: Vec<Sample> = folder.samples().unwrap().map(Result::unwrap).collect();
        let parts = samples.iter().filter_map(|sample| match sample {
            Sample::Part(part) => Some(part.part.as_str()),
            _ => None,
        });
        assert_eq!(parts.take(3).collect::<Vec<_>>(), ["harness", "load", "dc1"]);
        assert!(matches!(&samples[3], Sample::Generator(sample) if sample.users == 3));
    }
}
