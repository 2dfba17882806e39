//! A recorded timeline, once more.

use std::time::Duration;

use scenario::Timeline;

use super::Fire;
use crate::clock::micros;

/// The moments of a timeline before the end of the load.
#[derive(Debug, Clone)]
pub(crate) struct Recorded {
    timeline: Timeline,
    speed: u64,
    count: usize,
    next: usize,
}

impl Recorded {
    pub fn of(timeline: Timeline, speed: u32, length: Duration) -> Self {
        let (speed, end_us) = (u64::from(speed.max(1)), micros(length));
        let count = timeline
            .moments()
            .partition_point(|moment| moment.at_us / speed < end_us);
        Self {
            timeline,
            speed,
            count,
            next: 0,
        }
    }

    pub fn planned(&self) -> u64 {
        self.count as u64
    }
}

impl Iterator for Recorded {
    type Item = Fire;

    fn next(&mut self) -> Option<Fire> {
        let moment = self.timeline.moments().get(..self.count)?.get(self.next)?;
        self.next += 1;
        Some(Fire {
            at_us: moment.at_us / self.speed,
            op: Some(moment.op),
        })
    }
}
