//! What is kept of runs that later ones are compared with: a file that git can hold.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::{GoalResult, HistoryError, Host, Mark, Series};

/// The version of baseline files. A reader refuses what is newer.
pub const BASELINE_VERSION: u32 = 1;

/// The ending of a baseline's file.
const ENDING: &str = "json";

/// All that a comparison needs to know of one run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RunRecord {
    /// The run's folder name.
    pub run: String,
    /// The scenario's name.
    pub scenario: String,
    /// `embedded` or `docker`.
    pub world: String,
    /// The seed.
    pub seed: u64,
    /// What was asked, hashed.
    pub plan_hash: String,
    /// The machine.
    pub host: Host,
    /// Versions of the program and of what it drives.
    pub versions: BTreeMap<String, String>,
    /// Wall time of the start, Unix milliseconds.
    pub started_unix_ms: u64,
    /// Whether users waited for their answers.
    pub closed: bool,
    /// The run's own verdict.
    pub verdict: Mark,
    /// Checks that failed, by name.
    pub broken: Vec<String>,
    /// Whether the run went all its way and its history is whole.
    pub whole: bool,
    /// What its goals measured.
    pub goals: Vec<GoalResult>,
    /// What it measured over time.
    pub series: Series,
}

/// A named baseline: one run, or several of the same plan on the same machine.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Baseline {
    /// See [`BASELINE_VERSION`].
    pub version: u32,
    /// Its name.
    pub name: String,
    /// Its runs, as they were given.
    pub runs: Vec<RunRecord>,
}

impl Baseline {
    /// The file of a baseline of that name.
    #[must_use]
    pub fn path(folder: &Path, name: &str) -> PathBuf {
        folder.join(format!("{name}.{ENDING}"))
    }

    /// The names of those that a folder holds, sorted; none where there is no such folder.
    ///
    /// # Errors
    /// [`HistoryError::Read`].
    pub fn names(folder: &Path) -> Result<Vec<String>, HistoryError> {
        let failed = |source| HistoryError::Read {
            path: folder.to_owned(),
            source,
        };
        let entries = match fs::read_dir(folder) {
            Ok(entries) => entries,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(failed(source)),
        };
        let mut names = Vec::new();
        for entry in entries {
            let path = entry.map_err(failed)?.path();
            let is_one = path.extension().is_some_and(|ending| ending == ENDING);
            names.extend(
                path.file_stem()
                    .filter(|_| is_one)
                    .map(|name| name.to_string_lossy().into_owned()),
            );
        }
        names.sort();
        Ok(names)
    }

    /// Reads a baseline's file.
    ///
    /// # Errors
    /// [`HistoryError::Read`], [`HistoryError::Format`] or [`HistoryError::Version`].
    pub fn read(path: &Path) -> Result<Self, HistoryError> {
        #[derive(Deserialize)]
        struct Versioned {
            version: u32,
        }
        let bytes = fs::read(path).map_err(|source| HistoryError::Read {
            path: path.to_owned(),
            source,
        })?;
        let format = |source| HistoryError::Format {
            path: path.to_owned(),
            what: "the baseline".to_owned(),
            source,
        };
        let Versioned { version: found } = serde_json::from_slice(&bytes).map_err(format)?;
        if found > BASELINE_VERSION {
            return Err(HistoryError::Version {
                path: path.to_owned(),
                found,
                known: BASELINE_VERSION,
            });
        }
        let baseline: Self = serde_json::from_slice(&bytes).map_err(format)?;
        if baseline.runs.is_empty() {
            return Err(format(serde::de::Error::custom("it holds no run")));
        }
        Ok(baseline)
    }

    /// Writes the file whole or not at all, and its folder where there is none. The same runs are the same bytes.
    ///
    /// # Errors
    /// [`HistoryError::Write`] or [`HistoryError::Format`].
    pub fn write(&self, path: &Path) -> Result<(), HistoryError> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|source| HistoryError::Format {
            path: path.to_owned(),
            what: "the baseline".to_owned(),
            source,
        })?;
        bytes.push(b'\n');
        let beside = path.with_extension("part");
        let make = || {
            fs::create_dir_all(path.parent().unwrap_or(Path::new(".")))?;
            fs::write(&beside, &bytes)?;
            fs::rename(&beside, path)
        };
        make().map_err(|source| HistoryError::Write {
            path: path.to_owned(),
            source,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Buckets, WindowCounts};

    fn baseline() -> Baseline {
        let mut times = Buckets::default();
        [40, 900, 900, 31_000].into_iter().for_each(|us| times.record(us));
        let run = RunRecord {
            run: "20261126T090000Z-seed-1".to_owned(),
            scenario: "quick".to_owned(),
            world: "embedded".to_owned(),
            seed: 1,
            plan_hash: "abc".to_owned(),
            host: Host::default(),
            versions: BTreeMap::new(),
            started_unix_ms: 5,
            closed: false,
            verdict: Mark::Pass,
            broken: Vec::new(),
            whole: true,
            goals: vec![GoalResult {
                goal: "response_time_p99_max".to_owned(),
                limit: 250.0,
                measured: Some(31.0),
                verdict: Mark::Pass,
            }],
            series: Series {
                window_us: 1_000_000,
                windows: vec![WindowCounts::default()],
                response: vec![times.clone()],
                service: vec![times],
                stages: BTreeMap::new(),
            },
        };
        Baseline {
            version: BASELINE_VERSION,
            name: "main".to_owned(),
            runs: vec![run],
        }
    }

    #[test]
    fn a_baseline_is_read_as_it_was_written_and_written_as_it_was_read() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("baselines");
        assert_eq!(Baseline::names(&folder).unwrap(), Vec::<String>::new());
        let path = Baseline::path(&folder, "main");
        baseline().write(&path).unwrap();
        let bytes = fs::read(&path).unwrap();
        let read = Baseline::read(&path).unwrap();
        assert_eq!(read, baseline());
        read.write(&path).unwrap();
        assert_eq!(fs::read(&path).unwrap(), bytes);
        assert_eq!(Baseline::names(&folder).unwrap(), ["main"]);
    }

    #[test]
    fn a_file_that_is_none_says_what_is_wrong_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("bad.json");
        let sound = serde_json::to_string(&baseline()).unwrap();
        let newer = sound.replacen("\"version\":1", "\"version\":2", 1);
        let empty = r#"{"version": 1, "name": "x", "runs": []}"#.to_owned();
        let torn = sound[..sound.len() / 2].to_owned();
        let bent = sound.replacen("(", "((", 1).replacen("\"0 0", "\"z 0", 1);
        for (text, told) in [
            (newer, "format 2"),
            (empty, "it holds no run"),
            (torn, "does not read"),
            (bent, "not six numbers"),
        ] {
            fs::write(&path, text).unwrap();
            let message = Baseline::read(&path).unwrap_err().to_string();
            assert!(message.contains("bad.json") && message.contains(told), "{message}");
        }
    }
}
