//! What each part used while the run went on, and how well the generator kept up: `samples.jsonl`.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{HistoryError, Phase};

/// One line, tagged by `kind`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Sample {
    /// What a part had used by then.
    Part(PartSample),
    /// How the generator kept up until then.
    Generator(GeneratorSample),
    /// A kind that a newer version writes.
    #[serde(other)]
    Other,
}

/// What one process or container had used at one instant. Times and bytes count from its own start; what nobody tells is absent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PartSample {
    /// Microseconds since the run's start.
    pub at_us: u64,
    /// The part: `load`, `harness`, `harness+world`, or a container's.
    pub part: String,
    /// Processor time.
    pub cpu_us: u64,
    /// Memory now: resident pages of a process; of a container without the files that can be dropped.
    pub memory_bytes: u64,
    /// Threads now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub threads: Option<u64>,
    /// Open files now, sockets among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub files: Option<u64>,
    /// Sockets now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sockets: Option<u64>,
    /// Bytes read from disks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_read_bytes: Option<u64>,
    /// Bytes written to disks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disk_written_bytes: Option<u64>,
    /// Bytes received from networks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_bytes: Option<u64>,
    /// Bytes sent to networks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_bytes: Option<u64>,
}

/// How late something was, in microseconds, over the whole measure phase so far.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lateness {
    /// How many there were.
    pub count: u64,
    /// The median.
    pub p50: u64,
    /// The 99th percentile.
    pub p99: u64,
    /// The largest.
    pub max: u64,
}

/// The generator's own state at one instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct GeneratorSample {
    /// Microseconds since the run's start.
    pub at_us: u64,
    /// The phase.
    pub phase: Phase,
    /// Tickets released so far, warm-up included.
    pub released: u64,
    /// From a ticket's intended instant until it was released.
    pub release_us: Lateness,
    /// From a ticket's intended instant until its operation began, where a user was free to take it at once.
    pub begin_us: Lateness,
    /// Tickets that wait for a free user now.
    pub waiting: u32,
    /// The most that waited since the sample before.
    pub waiting_max: u32,
    /// Users with an operation now.
    pub busy: u32,
    /// Users there are.
    pub users: u32,
}

/// Appends samples; each is with the operating system when `append` returns.
#[derive(Debug)]
pub struct SampleWriter {
    path: PathBuf,
    file: File,
}

impl SampleWriter {
    pub(crate) fn create(path: &Path) -> Result<Self, HistoryError> {
        let file = File::create_new(path).map_err(|source| HistoryError::Write {
            path: path.to_owned(),
            source,
        })?;
        Ok(Self {
            path: path.to_owned(),
            file,
        })
    }

    /// Appends some samples, in one piece.
    ///
    /// # Errors
    /// [`HistoryError::Write`] when they could not be written.
    pub fn append(&mut self, samples: &[Sample]) -> Result<(), HistoryError> {
        let mut lines = Vec::new();
        for sample in samples {
            serde_json::to_writer(&mut lines, sample).map_err(|source| HistoryError::Format {
                path: self.path.clone(),
                what: "a sample".to_owned(),
                source,
            })?;
            lines.push(b'\n');
        }
        self.file.write_all(&lines).map_err(|source| HistoryError::Write {
            path: self.path.clone(),
            source,
        })
    }
}

/// Samples in order. A last line that a kill cut short is left out.
#[derive(Debug)]
pub struct Samples {
    path: PathBuf,
    lines: Option<BufReader<File>>,
    line: Vec<u8>,
    number: u64,
}

impl Samples {
    /// Those of a file; none of a file that is not there, as in older folders.
    pub(crate) fn open(path: &Path) -> Result<Self, HistoryError> {
        let lines = match File::open(path) {
            Ok(file) => Some(BufReader::new(file)),
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => None,
            Err(source) => {
                return Err(HistoryError::Read {
                    path: path.to_owned(),
                    source,
                });
            }
        };
        Ok(Self {
            path: path.to_owned(),
            lines,
            line: Vec::new(),
            number: 0,
        })
    }
}

impl Iterator for Samples {
    type Item = Result<Sample, HistoryError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.line.clear();
        if let Err(source) = self.lines.as_mut()?.read_until(b'\n', &mut self.line) {
            self.lines = None;
            return Some(Err(HistoryError::Read {
                path: self.path.clone(),
                source,
            }));
        }
        if self.line.last() != Some(&b'\n') {
            return None;
        }
        self.number += 1;
        Some(
            serde_json::from_slice(&self.line).map_err(|source| HistoryError::Format {
                path: self.path.clone(),
                what: format!("line {}", self.number),
                source,
            }),
        )
    }
}

#[cfg(test)]
mod tests {
    use crate::RunFolder;

    use super::*;

    fn part(at_us: u64) -> Sample {
        Sample::Part(PartSample {
            at_us,
            part: "load".to_owned(),
            cpu_us: 5,
            memory_bytes: 9,
            sockets: Some(3),
            ..PartSample::default()
        })
    }

    #[test]
    fn samples_read_as_they_were_written_and_a_cut_line_is_left_out() {
        let home = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(&home.path().join("run")).unwrap();
        let read = || folder.samples().unwrap().collect::<Result<Vec<_>, _>>().unwrap();
        assert_eq!(read(), [], "older folders have none");
        let generator = Sample::Generator(GeneratorSample {
            at_us: 2,
            phase: Phase::Measure,
            released: 7,
            release_us: Lateness::default(),
            begin_us: Lateness {
                count: 7,
                p50: 100,
                p99: 200,
                max: 300,
            },
            waiting: 1,
            waiting_max: 2,
            busy: 3,
            users: 4,
        });
        let mut writer = folder.sample_writer().unwrap();
        writer.append(&[part(1), generator.clone()]).unwrap();
        writer.append(&[part(3)]).unwrap();
        let all = [part(1), generator, part(3)];
        assert_eq!(read(), all);
        let path = folder.path("samples.jsonl");
        let bytes = std::fs::read(&path).unwrap();
        std::fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert_eq!(read(), all[..2]);
        std::fs::write(&path, b"{\"kind\":\"weather\",\"at_us\":1}\n").unwrap();
        assert_eq!(read(), [Sample::Other], "a newer version may tell more");
    }
}
