//! What a run measured, window by window, from one pass over its history that keeps no operation.

use history::{Buckets, Event, HistoryError, Line, Manifest, Phase, RunFolder, Series, WindowCounts};
use vocabulary::{OutcomeClass, StageTimes};

use crate::widths;

/// More windows make the file of a baseline larger, and what is said no surer: wide ones hang less on each other.
const MOST: u64 = 60;

/// One operation, as a series takes it. Times count from the run's start.
#[derive(Debug, Clone)]
pub struct Timed {
    /// When it should have begun.
    pub intended_us: u64,
    /// When it began.
    pub started_us: u64,
    /// When its end was known.
    pub finished_us: u64,
    /// How it ended.
    pub class: OutcomeClass,
    /// What the parts of the chain said they took.
    pub stages: Option<StageTimes>,
}

/// Makes a [`Series`] of one operation after the other.
#[derive(Debug)]
pub struct SeriesBuilder {
    from_us: u64,
    to_us: u64,
    series: Series,
}

impl SeriesBuilder {
    /// For a measure phase that began at an instant and is planned to last so long, both in microseconds.
    #[must_use]
    pub fn new(from_us: u64, span_us: u64) -> Self {
        let window_us = widths::at_most(MOST, span_us);
        let count = span_us.div_ceil(window_us) as usize;
        let series = Series {
            window_us,
            windows: vec![WindowCounts::default(); count],
            response: vec![Buckets::default(); count],
            service: vec![Buckets::default(); count],
            ..Series::default()
        };
        Self {
            from_us,
            to_us: from_us + span_us,
            series,
        }
    }

    /// Takes an operation of the measure phase.
    pub fn op(&mut self, op: &Timed) {
        let Some(window) = self.window(op.intended_us) else {
            return;
        };
        self.series.windows[window].ended.add(op.class);
        if op.class != OutcomeClass::Unknown {
            let service_us = op.finished_us.saturating_sub(op.started_us);
            self.series.response[window].record(op.finished_us.saturating_sub(op.intended_us));
            self.series.service[window].record(service_us);
        }
        self.achieved(op.class, op.finished_us);
        if let Some(stages) = &op.stages {
            for (stage, micros) in stages.parts(op.finished_us.saturating_sub(op.started_us)) {
                self.stage(stage, window, micros);
            }
        }
    }

    /// Takes an arrival of the measure phase that never began.
    pub fn dropped(&mut self, intended_us: u64) {
        if let Some(window) = self.window(intended_us) {
            self.series.windows[window].ended.add(OutcomeClass::Dropped);
        }
    }

    /// Takes the end of an operation, whenever it was intended.
    pub fn achieved(&mut self, class: OutcomeClass, finished_us: u64) {
        let correct = matches!(class, OutcomeClass::Applied | OutcomeClass::Rejected);
        if correct
            && (self.from_us..self.to_us).contains(&finished_us)
            && let Some(window) = self.window(finished_us)
        {
            self.series.windows[window].achieved += 1;
        }
    }

    /// The series. A phase that ended before its time has fewer windows.
    #[must_use]
    pub fn finish(mut self, ended_us: u64) -> Series {
        let lasted_us = ended_us.saturating_sub(self.from_us);
        let count = lasted_us.div_ceil(self.series.window_us) as usize;
        self.series.windows.truncate(count);
        let columns = [&mut self.series.response, &mut self.series.service];
        for column in columns.into_iter().chain(self.series.stages.values_mut()) {
            column.truncate(count);
        }
        self.series
    }

    /// What was intended a moment before the phase was entered, or just when it ended, belongs to the nearest window.
    fn window(&self, at_us: u64) -> Option<usize> {
        let last = self.series.windows.len().checked_sub(1)?;
        let window = at_us.saturating_sub(self.from_us) / self.series.window_us;
        Some((window as usize).min(last))
    }

    fn stage(&mut self, name: &str, window: usize, micros: u64) {
        let stages = &mut self.series.stages;
        if !stages.contains_key(name) {
            stages.insert(name.to_owned(), vec![Buckets::default(); self.series.windows.len()]);
        }
        if let Some(column) = stages.get_mut(name) {
            column[window].record(micros);
        }
    }
}

/// A line with no more of it than is kept.
enum Kept {
    Op(Phase, Timed),
    Dropped(Phase, u64),
    Enter(Phase, u64),
    Nothing,
}

impl Kept {
    fn of(line: Line<'_>) -> (u64, Self) {
        match line {
            Line::Op(op) => {
                let timed = Timed {
                    intended_us: op.intended_us,
                    started_us: op.started_us,
                    finished_us: op.finished_us,
                    class: op.outcome.class(),
                    stages: op.stages_us,
                };
                (op.at_us, Self::Op(op.phase, timed))
            }
            Line::Seen(seen) => (seen.at_us, Self::Nothing),
            Line::Other(event) => {
                let at_us = event.stamp().at_us;
                let kept = match event {
                    Event::Dropped(dropped) => Self::Dropped(dropped.phase, dropped.intended_us),
                    Event::Phase(phase) => Self::Enter(phase.enter, at_us),
                    _ => Self::Nothing,
                };
                (at_us, kept)
            }
        }
    }
}

/// The measure phase while the history goes by.
struct Reading {
    planned_us: u64,
    builder: Option<SeriesBuilder>,
    /// When the phase was over.
    over_us: Option<u64>,
    ended_us: u64,
    sealed: bool,
    interrupted: bool,
}

impl Reading {
    fn take(&mut self, (at_us, kept): (u64, Kept)) {
        self.ended_us = self.ended_us.max(at_us);
        match kept {
            Kept::Op(phase, op) => self.op(phase, &op),
            Kept::Dropped(phase, intended_us) if self.measured(phase, intended_us) => {
                self.builder.iter_mut().for_each(|builder| builder.dropped(intended_us));
            }
            Kept::Enter(phase, at_us) => self.enter(phase, at_us),
            Kept::Dropped(..) | Kept::Nothing => {}
        }
    }

    fn op(&mut self, phase: Phase, op: &Timed) {
        let measured = self.measured(phase, op.intended_us);
        match &mut self.builder {
            Some(builder) if measured => builder.op(op),
            Some(builder) => builder.achieved(op.class, op.finished_us),
            None => {}
        }
    }

    /// An arrival carries the phase it was intended in; one that carries a later phase is placed by its intended instant.
    fn measured(&self, phase: Phase, intended_us: u64) -> bool {
        let placed = |builder: &SeriesBuilder| {
            let to_us = self.over_us.unwrap_or(u64::MAX);
            (builder.from_us..to_us).contains(&intended_us)
        };
        phase == Phase::Measure || (phase != Phase::WarmUp && self.builder.as_ref().is_some_and(placed))
    }

    fn enter(&mut self, phase: Phase, at_us: u64) {
        self.sealed |= phase == Phase::Seal;
        self.interrupted |= phase == Phase::Interrupted;
        if phase == Phase::Measure {
            self.builder = Some(SeriesBuilder::new(at_us, self.planned_us));
        } else if self.builder.is_some() && self.over_us.is_none() {
            self.over_us = Some(at_us);
        }
    }

    fn finish(self, torn: bool) -> (Series, bool) {
        let whole = !torn && self.sealed && !self.interrupted;
        let ended_us = self.over_us.unwrap_or(self.ended_us);
        let nothing = SeriesBuilder::new(0, 0);
        (self.builder.unwrap_or(nothing).finish(ended_us), whole)
    }
}

/// The series of a run folder, and whether the run went all its way and its history is whole.
pub(crate) fn read(folder: &RunFolder, manifest: &Manifest) -> Result<(Series, bool), HistoryError> {
    let measure = manifest.phases.iter().find(|planned| planned.phase == Phase::Measure);
    let mut reading = Reading {
        planned_us: measure.map_or(0, |planned| planned.for_us),
        builder: None,
        over_us: None,
        ended_us: 0,
        sealed: false,
        interrupted: false,
    };
    let torn = folder.scan(Kept::of, |line| reading.take(line))?;
    Ok(reading.finish(torn.is_some()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_are_round_and_at_most_sixty() {
        for (span, width) in [
            (3_000_000, 100_000),
            (14_000_000, 500_000),
            (60_000_000, 1_000_000),
            (600_000_000, 10_000_000),
            (36_000_000_000, 600_000_000),
            (36_000_000_001, 1_200_000_000),
        ] {
            assert_eq!(widths::at_most(MOST, span), width, "{span}");
        }
    }

    fn timed(intended_us: u64, waited_us: u64, class: OutcomeClass) -> Timed {
        Timed {
            intended_us,
            started_us: intended_us + waited_us,
            finished_us: intended_us + waited_us + 1000,
            class,
            stages: None,
        }
    }

    #[test]
    fn an_operation_counts_where_it_was_intended_and_achieves_where_it_ended() {
        let mut builder = SeriesBuilder::new(1_000_000, 3_000_000);
        builder.op(&timed(1_000_000, 150_000, OutcomeClass::Applied));
        builder.op(&timed(1_050_000, 0, OutcomeClass::Unknown));
        builder.op(&timed(3_999_999, 500_000, OutcomeClass::Rejected));
        builder.dropped(1_099_999);
        let series = builder.finish(u64::MAX);
        assert_eq!((series.window_us, series.windows.len()), (100_000, 30));
        let first = series.windows[0].ended;
        assert_eq!((first.applied, first.unknown, first.dropped), (1, 1, 1));
        assert_eq!(
            (series.response[0].len(), series.response[29].len()),
            (1, 1),
            "an unknown one has no time"
        );
        assert_eq!(series.windows[1].achieved, 1);
        assert_eq!(
            series.windows.iter().map(|window| window.achieved).sum::<u64>(),
            1,
            "one ended after the phase"
        );
    }

    #[test]
    fn a_phase_that_was_cut_short_has_fewer_windows() {
        let mut builder = SeriesBuilder::new(0, 6_000_000);
        let mut stages = StageTimes::new();
        stages.add(vocabulary::Stage::Write, std::time::Duration::from_micros(700));
        let stages = Some(stages);
        builder.op(&Timed {
            stages,
            ..timed(5, 0, OutcomeClass::Applied)
        });
        let series = builder.finish(2_450_000);
        assert_eq!(series.windows.len(), 25);
        assert_eq!(series.stages["write"].len(), 25);
        assert_eq!(
            series.stages[vocabulary::NETWORK][0]
                .counts()
                .iter()
                .rposition(|count| *count > 0),
            Some(203),
            "300 µs"
        );
        assert!(SeriesBuilder::new(0, 0).finish(7).windows.is_empty());
    }
}
