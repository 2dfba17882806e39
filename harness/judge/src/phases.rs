//! The phases as they really were.

use history::Phase;

/// When each phase was entered, in order.
#[derive(Debug, Default)]
pub(crate) struct Phases(Vec<(Phase, u64)>);

impl Phases {
    /// Notes that a phase was entered. The phase left first began with the run.
    pub(crate) fn enter(&mut self, left: Phase, entered: Phase, at_us: u64) {
        if self.0.is_empty() && left != entered {
            self.0.push((left, 0));
        }
        self.0.push((entered, at_us));
    }

    /// Whether a phase was ever entered.
    pub(crate) fn entered(&self, phase: Phase) -> bool {
        self.0.iter().any(|(entered, _)| *entered == phase)
    }

    /// When the last phase was entered.
    pub(crate) fn entered_last_us(&self) -> u64 {
        self.0.last().map_or(0, |(_, at_us)| *at_us)
    }

    /// Every phase with its begin and end; the last ends with the run.
    pub(crate) fn spans(&self, ended_us: u64) -> impl Iterator<Item = (Phase, u64, u64)> + '_ {
        let ends = self.0.iter().skip(1).map(|(_, at_us)| *at_us).chain([ended_us]);
        self.0
            .iter()
            .zip(ends)
            .map(|((phase, from_us), to_us)| (*phase, *from_us, to_us.max(*from_us)))
    }

    /// Begin and end of a phase.
    pub(crate) fn span(&self, phase: Phase, ended_us: u64) -> Option<(u64, u64)> {
        self.spans(ended_us)
            .find(|(entered, ..)| *entered == phase)
            .map(|(_, from_us, to_us)| (from_us, to_us))
    }

    /// Begin of the load and end of its drain, whatever there was of it.
    pub(crate) fn load_span(&self, ended_us: u64) -> Option<(u64, u64)> {
        let load = [Phase::WarmUp, Phase::Measure, Phase::Heal, Phase::Drain];
        let mut spans = load.into_iter().filter_map(|phase| self.span(phase, ended_us));
        let first = spans.next()?;
        Some(spans.fold(first, |(from, to), (_, end)| (from, to.max(end))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phases_follow_one_another_without_gaps() {
        let mut phases = Phases::default();
        phases.enter(Phase::Provision, Phase::WarmUp, 10);
        phases.enter(Phase::WarmUp, Phase::Measure, 30);
        phases.enter(Phase::Measure, Phase::Interrupted, 70);
        let spans: Vec<_> = phases.spans(90).collect();
        assert_eq!(
            spans,
            [
                (Phase::Provision, 0, 10),
                (Phase::WarmUp, 10, 30),
                (Phase::Measure, 30, 70),
                (Phase::Interrupted, 70, 90)
            ]
        );
        assert_eq!(phases.load_span(90), Some((10, 70)));
        assert!(!phases.entered(Phase::Seal));
    }
}
