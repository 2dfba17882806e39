//! What each part used, and how the generator kept up, from the samples of a run.

use std::ops::Range;

use history::{GeneratorSample, HistoryError, PartSample, Phase, Resource, RunFolder, Sample};

use vocabulary::Held;

use crate::figures::{ResourceRow, UsePoint};

/// Points that are kept of a part; beyond that every second one goes. A processor's time is counted from the start, so
/// that its means stay exact.
const POINTS: usize = 4096;

/// Time in which every part was surely sampled, in microseconds: twice the time between two samples.
const SAMPLED_US: u64 = 2_000_000;

/// Everything that was sampled.
#[derive(Debug, Default)]
pub(crate) struct Usage {
    parts: Vec<Part>,
    /// The last that was told of the generator while it was measured, or else at all.
    pub generator: Option<GeneratorSample>,
    /// The most tickets that waited in the measure phase.
    pub waiting_max: u32,
    /// Samples of the generator in the measure phase, and those in which every user was busy.
    pub generator_samples: u64,
    pub all_busy: u64,
}

#[derive(Debug)]
struct Part {
    first: PartSample,
    last: PartSample,
    most: Most,
    points: Vec<Point>,
    /// Samples that one point stands for, and how many the last one has.
    stride: usize,
    in_last: usize,
}

#[derive(Debug, Clone, Copy)]
struct Point {
    at_us: u64,
    cpu_us: u64,
    memory_bytes: u64,
    written_bytes: Option<u64>,
    files: Option<u64>,
    sockets: Option<u64>,
}

impl Point {
    /// This one for both: it counts on from where the other was, and keeps the most of what either held.
    fn after(self, other: &Self) -> Self {
        Self {
            memory_bytes: self.memory_bytes.max(other.memory_bytes),
            files: self.files.max(other.files),
            sockets: self.sockets.max(other.sockets),
            ..self
        }
    }
}

#[derive(Debug, Default)]
struct Most {
    memory_bytes: u64,
    threads: Option<u64>,
    files: Option<u64>,
    sockets: Option<u64>,
}

impl Usage {
    /// Those of a run folder; nothing of an older one.
    pub(crate) fn read(folder: &RunFolder) -> Result<Self, HistoryError> {
        let mut usage = Self::default();
        for sample in folder.samples()? {
            match sample? {
                Sample::Part(sample) => usage.part(sample),
                Sample::Generator(sample) => usage.generator(sample),
                Sample::Other => {}
            }
        }
        usage.parts.sort_by(|one, other| one.first.part.cmp(&other.first.part));
        Ok(usage)
    }

    fn part(&mut self, sample: PartSample) {
        match self.parts.iter_mut().find(|part| part.first.part == sample.part) {
            Some(part) => part.add(sample),
            None => self.parts.push(Part::of(&sample)),
        }
    }

    fn generator(&mut self, sample: GeneratorSample) {
        let measured = |sample: &GeneratorSample| sample.phase == Phase::Measure;
        if measured(&sample) {
            self.waiting_max = self.waiting_max.max(sample.waiting_max);
            self.generator_samples += 1;
            self.all_busy += u64::from(sample.busy >= sample.users);
        }
        // Lateness only grows more complete; the drain completes it.
        self.generator = Some(sample);
    }

    /// The processors that a part used over a span, 1 being one of them all the time.
    pub(crate) fn cores(&self, part: &str, (from_us, to_us): (u64, u64)) -> Option<f64> {
        let points = &self.parts.iter().find(|known| known.first.part == part)?.points;
        let before = points
            .iter()
            .rev()
            .find(|point| point.at_us <= from_us)
            .or(points.first())?;
        let after = points.iter().find(|point| point.at_us >= to_us).or(points.last())?;
        cores(before, after)
    }

    /// How much more of this the part that grew most had at the end of a span, as a share of what it had: the median of the last
    /// tenth, or of two seconds, beside that of the first, which single peaks do not move. What shrank grew by nothing. Nothing is
    /// told where no part was sampled in both.
    pub(crate) fn growth(&self, of: Held, (from_us, to_us): (u64, u64)) -> Option<f64> {
        let span = to_us.saturating_sub(from_us);
        let tenth = (span / 10).max(SAMPLED_US).min(span / 2);
        let held = |point: &Point| match of {
            Held::Memory => Some(point.memory_bytes),
            Held::OpenFiles => point.files,
        };
        let median = |part: &Part, within: Range<u64>| {
            let points = part.points.iter().filter(|point| within.contains(&point.at_us));
            let mut values: Vec<u64> = points.filter_map(held).collect();
            values.sort_unstable();
            values.get(values.len() / 2).map(|value| *value as f64)
        };
        let grown = |part: &Part| {
            let before = median(part, from_us..from_us + tenth).filter(|before| *before > 0.0)?;
            Some((median(part, to_us - tenth..to_us)? / before - 1.0).max(0.0))
        };
        self.parts.iter().filter_map(grown).max_by(f64::total_cmp)
    }

    /// Each part's use over time.
    pub(crate) fn rows(&self) -> Vec<ResourceRow> {
        self.parts.iter().map(Part::row).collect()
    }
}

/// The time between two points, in microseconds.
fn passed(from: &Point, to: &Point) -> Option<f64> {
    let passed = to.at_us.checked_sub(from.at_us).filter(|passed| *passed > 0)?;
    Some(passed as f64)
}

/// The processors used between two points.
fn cores(from: &Point, to: &Point) -> Option<f64> {
    Some(to.cpu_us.saturating_sub(from.cpu_us) as f64 / passed(from, to)?)
}

/// Bytes written between two points, for each second.
fn written_per_s(from: &Point, to: &Point) -> Option<f64> {
    let written = to.written_bytes?.saturating_sub(from.written_bytes?);
    Some(written as f64 * 1e6 / passed(from, to)?)
}

fn point(sample: &PartSample) -> Point {
    Point {
        at_us: sample.at_us,
        cpu_us: sample.cpu_us,
        memory_bytes: sample.memory_bytes,
        written_bytes: sample.disk_written_bytes,
        files: sample.files,
        sockets: sample.sockets,
    }
}

impl Part {
    fn of(sample: &PartSample) -> Self {
        let mut part = Self {
            points: vec![point(sample)],
            first: sample.clone(),
            last: sample.clone(),
            most: Most::default(),
            stride: 1,
            in_last: 1,
        };
        part.most.take(sample);
        part
    }

    /// Of a point that stands for several samples the last is kept, with the most memory and sockets among them.
    fn add(&mut self, sample: PartSample) {
        self.most.take(&sample);
        let new = point(&sample);
        match self.points.last_mut() {
            Some(last) if self.in_last < self.stride => {
                *last = new.after(last);
                self.in_last += 1;
            }
            _ => {
                self.points.push(new);
                self.in_last = 1;
            }
        }
        self.last = sample;
        if self.points.len() > POINTS {
            self.thin();
        }
    }

    /// Two points become one. The first stays what it is: from it everything is counted.
    fn thin(&mut self) {
        let (first, others) = self.points.split_at(1);
        let merged = others
            .chunks(2)
            .filter_map(|pair| Some(pair.last()?.after(pair.first()?)));
        self.points = first.iter().copied().chain(merged).collect();
        self.stride *= 2;
        self.in_last = self.stride;
    }

    fn row(&self) -> ResourceRow {
        let steps = self.points.windows(2).filter_map(|pair| match pair {
            [from, to] => Some(UsePoint {
                at_us: to.at_us,
                cores: cores(from, to)?,
                memory_bytes: to.memory_bytes,
                written_per_s: written_per_s(from, to),
                sockets: to.sockets,
            }),
            _ => None,
        });
        let points: Vec<UsePoint> = steps.collect();
        let grown = |of: fn(&PartSample) -> Option<u64>| Some(of(&self.last)?.saturating_sub(of(&self.first)?));
        ResourceRow {
            part: self.first.part.clone(),
            used: Resource {
                cpu_mean_cores: cores(&point(&self.first), &point(&self.last)).unwrap_or_default(),
                cpu_max_cores: points.iter().map(|point| point.cores).fold(0.0, f64::max),
                memory_max_bytes: self.most.memory_bytes,
                threads_max: self.most.threads,
                files_max: self.most.files,
                sockets_max: self.most.sockets,
                disk_read_bytes: grown(|sample| sample.disk_read_bytes),
                disk_written_bytes: grown(|sample| sample.disk_written_bytes),
                received_bytes: grown(|sample| sample.received_bytes),
                sent_bytes: grown(|sample| sample.sent_bytes),
            },
            points,
        }
    }
}

impl Most {
    fn take(&mut self, sample: &PartSample) {
        self.memory_bytes = self.memory_bytes.max(sample.memory_bytes);
        self.threads = self.threads.max(sample.threads);
        self.files = self.files.max(sample.files);
        self.sockets = self.sockets.max(sample.sockets);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(samples: impl Iterator<Item = (u64, u64, u64)>) -> Usage {
        let mut usage = Usage::default();
        for (second, cpu_us, memory_bytes) in samples {
            usage.part(PartSample {
                at_us: second * 1_000_000,
                part: "dc1".to_owned(),
                cpu_us,
                memory_bytes,
                disk_written_bytes: Some(100 + second),
                sockets: Some(second % 7),
                ..PartSample::default()
            });
        }
        usage
    }

    #[test]
    fn a_week_of_samples_is_thinned_and_means_and_peaks_stay() {
        let seconds = 600_000;
        let memory = |second| if second == 123_457 { 1 << 40 } else { second };
        let usage = usage((0..seconds).map(|second| (second, second * 250_000, memory(second))));
        let row = &usage.rows()[0];
        assert!((1000..=POINTS).contains(&row.points.len()), "{}", row.points.len());
        assert!((row.used.cpu_mean_cores - 0.25).abs() < 1e-9 && (row.used.cpu_max_cores - 0.25).abs() < 1e-9);
        assert_eq!(row.used.memory_max_bytes, 1 << 40);
        assert_eq!(row.points.iter().map(|point| point.memory_bytes).max(), Some(1 << 40));
        assert!(row.points.iter().all(|point| point.written_per_s == Some(1.0)));
        assert_eq!(row.points.iter().filter_map(|point| point.sockets).max(), Some(6));
        assert_eq!(
            (row.used.disk_written_bytes, row.used.sockets_max),
            (Some(seconds - 1), Some(6))
        );
        assert!(row.points.windows(2).all(|pair| pair[0].at_us < pair[1].at_us));
        assert_eq!(row.points.last().unwrap().at_us, (seconds - 1) * 1_000_000);
    }

    #[test]
    fn growth_is_of_the_part_that_grew_most_and_single_peaks_are_none() {
        let span = (100_000_000, 1_100_000_000);
        let mut usage = Usage::default();
        for second in 0..1_200 {
            let grown = if second < 500 { 1000 } else { 1060 };
            let peak = if second % 50 == 0 { 9000 } else { 0 };
            for (part, memory_bytes) in [("dc1", 1 << 30), ("agent", grown + peak), ("cloud", 2000 - second)] {
                usage.part(PartSample {
                    at_us: second * 1_000_000,
                    part: part.to_owned(),
                    memory_bytes,
                    files: (part == "dc1").then_some(40 + second / 600),
                    ..PartSample::default()
                });
            }
        }
        assert!((usage.growth(Held::Memory, span).unwrap() - 0.06).abs() < 1e-9);
        assert!((usage.growth(Held::OpenFiles, span).unwrap() - 0.025).abs() < 1e-9);
        assert_eq!(usage.growth(Held::Memory, (2_000_000_000, 3_000_000_000)), None);
        assert_eq!(Usage::default().growth(Held::Memory, span), None);
        let shrinking = self::usage((0..1_200).map(|second| (second, 0, 5_000 - second)));
        assert_eq!(shrinking.growth(Held::Memory, span), Some(0.0));
    }

    #[test]
    fn a_part_that_began_anew_used_nothing_less_than_nothing() {
        let usage = usage([(0, 900, 1), (1, 5, 1), (2, 500_005, 1)].into_iter());
        let cores: Vec<f64> = usage.rows()[0].points.iter().map(|point| point.cores).collect();
        assert_eq!(cores, [0.0, 0.5]);
    }

    #[test]
    fn the_processors_of_a_span_are_counted_from_the_samples_around_it() {
        let usage = usage((0..20).map(|second| (second, if second < 10 { 0 } else { (second - 10) * 900_000 }, 1)));
        assert_eq!(usage.cores("dc1", (10_000_000, 15_000_000)), Some(0.9));
        assert_eq!(usage.cores("dc1", (2_000_000, 6_500_000)), Some(0.0));
        assert_eq!(usage.cores("dc2", (0, 1)), None);
    }
}
