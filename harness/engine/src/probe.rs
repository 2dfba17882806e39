//! Probes: metadata first, binds last, and only with the password that is expected.

use std::collections::HashSet;

use history::{BindRecord, Event, Metadata, Observation, ObserveEvent, Phase};
use rustc_hash::FxHashMap;
use scenario::{Person, Vault};
use uuid::Uuid;
use vocabulary::{OutcomeClass, Win32};

use crate::attributes::Attributes;
use crate::error::EngineError;
use crate::load::Touch;
use crate::ports::{Journaled, Progress, World};
use crate::recorder::Recorder;

/// Binds for one person at most.
const BINDS_MAX: usize = 3;

/// Binds of one person on one domain controller that cannot lock, though each may count as a wrong password: two less than lock.
fn harmless(threshold: u32) -> usize {
    let spare = usize::try_from(threshold.saturating_sub(2)).unwrap_or(BINDS_MAX);
    if threshold == 0 {
        BINDS_MAX
    } else {
        spare.min(BINDS_MAX)
    }
}

/// Reads and records the metadata of everyone on every domain controller.
pub(crate) async fn metadata(
    world: &mut dyn World,
    recorder: &Recorder,
    phase: Phase,
    observation: fn(Metadata) -> Observation,
) -> Result<u64, EngineError> {
    let seen = world.metadata().await.map_err(EngineError::World)?;
    let mut count = 0;
    for seen in seen {
        count += 1;
        let event = observed(phase, Some(seen.dc), Some(seen.user), None, observation(seen.metadata));
        recorder.record(event, phase).await;
    }
    Ok(count)
}

/// All attributes of everyone on every domain controller, as they are now.
pub(crate) async fn attributes(world: &mut dyn World) -> Result<Attributes, EngineError> {
    let mut all = Attributes::default();
    let taken = world.attributes(&mut |entry| all.take(entry)).await;
    taken.map_err(EngineError::World)?;
    Ok(all)
}

/// Records what became of all attributes of everyone since before the load.
pub(crate) async fn compare(
    world: &mut dyn World,
    recorder: &Recorder,
    before: &Attributes,
) -> Result<(), EngineError> {
    for compared in before.against(&attributes(world).await?) {
        let seen = Observation::Attributes(compared.record);
        let event = observed(Phase::Probe, Some(compared.dc), Some(compared.user), None, seen);
        recorder.record(event, Phase::Probe).await;
    }
    Ok(())
}

/// Records what each domain controller's own database holds of everyone.
pub(crate) async fn oracle(
    world: &mut dyn World,
    recorder: &Recorder,
    people: &[Person],
    vault: &Vault,
    labels: &[u32],
) -> Result<(), EngineError> {
    let held = world.oracle(people, vault, labels).await.map_err(EngineError::World)?;
    for held in held {
        let seen = Observation::Oracle(held.record);
        let event = observed(Phase::Probe, Some(held.dc), Some(held.user), None, seen);
        recorder.record(event, Phase::Probe).await;
    }
    Ok(())
}

/// Who is bound, and with what.
pub(crate) struct Binds<'a> {
    pub people: &'a [Person],
    pub users: &'a [Uuid],
    pub vault: &'a Vault,
    pub touched: &'a FxHashMap<u64, Vec<Touch>>,
    /// Wrong passwords that lock somebody; 0 where nobody is ever locked.
    pub lock_attempts: u32,
}

impl Binds<'_> {
    /// Binds once for each person touched, with the label expected; again only where several labels may be right.
    pub async fn make(
        &self,
        world: &mut dyn World,
        recorder: &Recorder,
        progress: &dyn Progress,
    ) -> Result<(), EngineError> {
        progress.step("probe: binds", u64::try_from(self.touched.len()).ok());
        let allowed = harmless(self.lock_attempts);
        let mut done = 0;
        for (person, user) in self.people.iter().zip(self.users) {
            let Some(touches) = self.touched.get(&person.index) else {
                continue;
            };
            for label in candidates(touches).into_iter().take(allowed) {
                let bound = world.bind(person, self.vault, label).await;
                let (dc, record) = bound.map_err(EngineError::World)?;
                let wrong = !record.accepted && record.data == Some(Win32::LOGON_FAILURE);
                record_bind(recorder, Phase::Probe, dc, *user, record).await;
                if !wrong {
                    break;
                }
            }
            done += 1;
            progress.at(done);
        }
        Ok(())
    }
}

pub(crate) async fn record_bind(recorder: &Recorder, phase: Phase, dc: String, user: Uuid, record: BindRecord) {
    let event = observed(phase, Some(dc), Some(user), None, Observation::Bind(record));
    recorder.record(event, phase).await;
}

/// Records what cloud and agent wrote down.
pub(crate) async fn journals(world: &mut dyn World, recorder: &Recorder) -> Result<(), EngineError> {
    for Journaled { observation } in world.journals().await.map_err(EngineError::World)? {
        let op_id = match &observation {
            Observation::AgentJournal(record) | Observation::CloudJournal(record) | Observation::RelayLog(record) => {
                Some(record.op_id)
            }
            _ => None,
        };
        recorder
            .record(observed(Phase::Probe, None, None, op_id, observation), Phase::Probe)
            .await;
    }
    Ok(())
}

/// An observation with its subject; the recorder stamps it.
pub(crate) fn observed(
    phase: Phase,
    dc: Option<String>,
    user: Option<Uuid>,
    op_id: Option<Uuid>,
    observation: Observation,
) -> Event {
    Event::Observe(ObserveEvent {
        seq: 0,
        at_us: 0,
        phase,
        dc,
        user,
        op_id,
        asked_us: None,
        observation,
    })
}

/// Lets go of what no bind will ask for any more, so that a person's touches stay few however often they come.
pub(crate) fn forget(touches: &mut Vec<Touch>) {
    let latest_start = latest_start(touches);
    let mut unknown = 0;
    touches.retain(|touch| match touch.class {
        _ if touch.label.is_none() => false,
        OutcomeClass::Applied => !superseded(touch, latest_start),
        OutcomeClass::Unknown => {
            unknown += 1;
            unknown <= BINDS_MAX
        }
        _ => false,
    });
}

/// When the applied write that began last began.
fn latest_start(touches: &[Touch]) -> Option<u64> {
    let applied = |touch: &&Touch| touch.class == OutcomeClass::Applied && touch.label.is_some();
    touches.iter().filter(applied).map(|touch| touch.started_us).max()
}

/// Whether a write ended before the one began that began last.
fn superseded(touch: &Touch, latest_start: Option<u64>) -> bool {
    latest_start.is_some_and(|start| touch.finished_us < start)
}

/// The labels that may be current, the likeliest first: of the applied writes those that no later one supersedes, the
/// last one first; then those that nobody knows the end of; then what was there before.
fn candidates(touches: &[Touch]) -> Vec<u32> {
    let of_class = |class: OutcomeClass| {
        touches
            .iter()
            .filter(move |touch| touch.class == class && touch.label.is_some())
    };
    let latest_start = latest_start(touches);
    let mut applied: Vec<&Touch> = of_class(OutcomeClass::Applied)
        .filter(|touch| !superseded(touch, latest_start))
        .collect();
    applied.sort_by_key(|touch| std::cmp::Reverse(touch.finished_us));
    let unknown = of_class(OutcomeClass::Unknown);
    let mut labels: Vec<u32> = applied
        .into_iter()
        .chain(unknown)
        .filter_map(|touch| touch.label)
        .collect();
    if latest_start.is_none() {
        labels.push(0);
    }
    // A reused label may have been written twice.
    let mut known = HashSet::new();
    labels.retain(|label| known.insert(*label));
    labels.truncate(BINDS_MAX);
    labels
}

#[cfg(test)]
mod tests {
    use super::*;

    fn touch(label: u32, started_us: u64, finished_us: u64, class: OutcomeClass) -> Touch {
        Touch {
            label: Some(label),
            started_us,
            finished_us,
            class,
        }
    }

    #[test]
    fn binds_never_lock_anyone() {
        assert_eq!([0, 1, 2, 3, 4, 5, 100].map(harmless), [3, 0, 0, 1, 2, 3, 3]);
    }

    #[test]
    fn the_last_applied_write_is_expected_first() {
        use OutcomeClass::{Applied, Rejected, Unknown};
        assert_eq!(candidates(&[touch(1, 0, 5, Applied), touch(2, 6, 9, Applied)]), [2]);
        assert_eq!(candidates(&[touch(1, 0, 5, Applied), touch(2, 3, 9, Applied)]), [2, 1]);
        assert_eq!(candidates(&[touch(1, 0, 5, Rejected)]), [0]);
        assert_eq!(
            candidates(&[touch(0, 0, 5, Unknown)]),
            [0],
            "a reused label is tried once"
        );
        assert_eq!(candidates(&[touch(1, 0, 5, Unknown)]), [1, 0]);
        assert_eq!(
            candidates(&[Touch {
                label: None,
                ..touch(0, 0, 5, Applied)
            }]),
            [0]
        );
    }

    #[test]
    fn what_is_forgotten_was_no_candidate_and_what_is_kept_is_little() {
        use OutcomeClass::{Applied, Rejected, Unknown};
        let (mut all, mut kept) = (Vec::new(), Vec::new());
        for number in 0..200_u32 {
            let at_us = u64::from(number) * 10;
            let class = [Applied, Rejected, Unknown, Applied][number as usize % 4];
            // Every fourth overlaps those behind it.
            let lasts = if number % 4 == 3 { 25 } else { 5 };
            let touch = touch(number + 1, at_us, at_us + lasts, class);
            all.push(touch);
            kept.push(touch);
            forget(&mut kept);
            assert_eq!(candidates(&kept), candidates(&all), "after {number}");
            assert!(kept.len() <= 8, "{}", kept.len());
        }
        let mut refused = vec![touch(1, 0, 5, Rejected)];
        forget(&mut refused);
        assert_eq!((refused.len(), candidates(&refused)), (0, vec![0]));
    }
}
