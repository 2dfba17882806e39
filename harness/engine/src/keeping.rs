//! How well the generator keeps up: what it says of itself, and how late its tickets and operations are.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use history::{GeneratorSample, Lateness, Phase};
use vocabulary::{Percentile, Times};

use crate::pipe::Gauge;

/// What is known of the generator so far. Shared by who releases tickets, who collects results and who samples.
#[derive(Debug, Clone, Default)]
pub(crate) struct Keeping(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// The process and the number of users, while there is load.
    generator: Option<(Option<u32>, u32)>,
    /// Whether that load has ended and its last sample is due.
    ended: bool,
    released: u64,
    release: Times,
    begin: Times,
    gauge: Gauge,
}

impl Keeping {
    /// Load begins, with that process and so many users.
    pub fn begin(&self, pid: Option<u32>, users: u32) {
        let mut state = self.lock();
        (state.generator, state.ended) = (Some((pid, users)), false);
    }

    /// The load has ended. One more sample tells how it stood then.
    pub fn end(&self) {
        self.lock().ended = true;
    }

    /// The generator's process, while there is one.
    pub fn pid(&self) -> Option<u32> {
        let state = self.lock();
        state.generator.filter(|_| !state.ended)?.0
    }

    /// Tickets were released so late, each measured or not; only of measured ones that is kept.
    pub fn released(&self, late_us: impl Iterator<Item = (u64, bool)>) {
        let mut state = self.lock();
        for (late_us, measured) in late_us {
            state.released += 1;
            if measured {
                state.release.record(late_us);
            }
        }
    }

    /// A measured operation began so late although a user was free.
    pub fn began(&self, late_us: u64) {
        self.lock().begin.record(late_us);
    }

    /// The generator told how it stands.
    pub fn gauge(&self, gauge: Gauge) {
        let mut state = self.lock();
        let most = state.gauge.waiting_max.max(gauge.waiting_max);
        state.gauge = Gauge {
            waiting_max: most,
            ..gauge
        };
    }

    /// How the generator stood when it told last.
    pub fn last(&self) -> Gauge {
        self.lock().gauge
    }

    /// A sample, while there is load and once when it has ended. The most that waited is counted anew after it.
    pub fn sample(&self, at_us: u64, phase: Phase) -> Option<GeneratorSample> {
        let mut state = self.lock();
        let (_, users) = state.generator?;
        if state.ended {
            state.generator = None;
        }
        let gauge = state.gauge;
        state.gauge.waiting_max = gauge.waiting;
        Some(GeneratorSample {
            at_us,
            phase,
            released: state.released,
            release_us: lateness(&state.release),
            begin_us: lateness(&state.begin),
            waiting: gauge.waiting,
            waiting_max: gauge.waiting_max,
            busy: gauge.busy,
            users,
        })
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn lateness(times: &Times) -> Lateness {
    Lateness {
        count: times.len(),
        p50: times.at(Percentile::P50).unwrap_or_default(),
        p99: times.at(Percentile::P99).unwrap_or_default(),
        max: times.max_us(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_measured_tickets_are_timed_and_the_longest_queue_is_told_once() {
        let keeping = Keeping::default();
        assert_eq!(keeping.sample(1, Phase::Provision), None, "no load yet");
        keeping.begin(Some(7), 30);
        keeping.released([(900, false), (40, true)].into_iter());
        keeping.began(60);
        for (waiting, waiting_max) in [(0, 9), (2, 3)] {
            keeping.gauge(Gauge {
                waiting,
                waiting_max,
                busy: 5,
            });
        }
        let sample = keeping.sample(2, Phase::Measure).unwrap();
        assert_eq!(
            (sample.released, sample.release_us.count, sample.release_us.max),
            (2, 1, 40)
        );
        assert_eq!((sample.begin_us.p50, sample.users, sample.busy), (60, 30, 5));
        assert_eq!((sample.waiting, sample.waiting_max), (2, 9));
        assert_eq!(keeping.sample(3, Phase::Measure).unwrap().waiting_max, 2);
        keeping.released([(50, true)].into_iter());
        keeping.end();
        assert_eq!(keeping.pid(), None);
        let last = keeping.sample(4, Phase::Drain).unwrap();
        assert_eq!(last.release_us.count, 2, "what came after the last second is in it");
        assert_eq!(keeping.sample(5, Phase::Drain), None);
    }
}
