//! The run folder.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::{EventReader, FORMAT_VERSION, HistoryError, HistoryWriter, Line, Manifest, Verdict, scan};

const MANIFEST: &str = "manifest.json";
const HISTORY: &str = "history.jsonl.zst";
const VERDICT: &str = "verdict.json";
const PEOPLE: &str = "people.csv";

/// A person's row in `people.csv`: who stands behind an objectGUID. Never a password.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonRow {
    /// objectGUID.
    pub user: Uuid,
    /// userPrincipalName.
    pub upn: String,
}

/// One run's folder.
#[derive(Debug, Clone)]
pub struct RunFolder {
    root: PathBuf,
}

impl RunFolder {
    /// Makes a new folder with its `logs` and `charts`.
    ///
    /// # Errors
    /// [`HistoryError::Write`] when it exists or cannot be made.
    pub fn create(root: &Path) -> Result<Self, HistoryError> {
        let make = || {
            if let Some(parent) = root.parent() {
                fs::create_dir_all(parent)?;
            }
            fs::create_dir(root)?;
            fs::create_dir(root.join("logs"))?;
            fs::create_dir(root.join("charts"))
        };
        make().map_err(|source| HistoryError::Write {
            path: root.to_owned(),
            source,
        })?;
        Ok(Self { root: root.to_owned() })
    }

    /// Opens an existing folder: its manifest must read and be of a known version.
    ///
    /// # Errors
    /// [`HistoryError::Read`], [`HistoryError::Format`] or [`HistoryError::Version`].
    pub fn open(root: &Path) -> Result<Self, HistoryError> {
        let folder = Self { root: root.to_owned() };
        folder.manifest()?;
        Ok(folder)
    }

    /// The folder.
    #[must_use]
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// A file in it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Where the parts' logs go.
    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// Writes the manifest; again when provisioning has learned more.
    ///
    /// # Errors
    /// [`HistoryError::Write`].
    pub fn write_manifest(&self, manifest: &Manifest) -> Result<(), HistoryError> {
        self.write_json(MANIFEST, manifest)
    }

    /// The manifest.
    ///
    /// # Errors
    /// [`HistoryError::Read`], [`HistoryError::Format`] or [`HistoryError::Version`].
    pub fn manifest(&self) -> Result<Manifest, HistoryError> {
        #[derive(serde::Deserialize)]
        struct Versioned {
            version: u32,
        }
        let found = self.read_json::<Versioned>(MANIFEST)?.version;
        if found > FORMAT_VERSION {
            return Err(HistoryError::Version {
                path: self.path(MANIFEST),
                found,
                known: FORMAT_VERSION,
            });
        }
        self.read_json(MANIFEST)
    }

    /// Opens the history for writing; there is exactly one writer, once.
    ///
    /// # Errors
    /// [`HistoryError::Write`].
    pub fn writer(&self) -> Result<HistoryWriter, HistoryError> {
        HistoryWriter::create(&self.path(HISTORY))
    }

    /// Reads the history.
    ///
    /// # Errors
    /// [`HistoryError::Read`] when there is none.
    pub fn events(&self) -> Result<EventReader, HistoryError> {
        EventReader::open(&self.path(HISTORY))
    }

    /// Reads the whole history: every line goes through `map`, which may run on several threads, and what it made of them
    /// comes to `take` in the file's order. Tells whether the history is torn at its end, as a killed run leaves it.
    ///
    /// # Errors
    /// [`HistoryError::Read`] when there is none, [`HistoryError::Format`] when a line does not read.
    pub fn scan<T: Send>(&self, map: impl Fn(Line<'_>) -> T + Sync, take: impl FnMut(T)) -> Result<bool, HistoryError> {
        scan::scan(&self.path(HISTORY), map, take)
    }

    /// The history's decompressed bytes, for a search over what it says.
    ///
    /// # Errors
    /// [`HistoryError::Read`] when there is none.
    pub fn history_text(&self) -> Result<Box<dyn std::io::Read + Send>, HistoryError> {
        let path = self.path(HISTORY);
        let open = || zstd::stream::read::Decoder::new(fs::File::open(&path)?);
        let decoder = open().map_err(|source| HistoryError::Read {
            path: path.clone(),
            source,
        })?;
        Ok(Box::new(decoder))
    }

    /// Writes the verdict.
    ///
    /// # Errors
    /// [`HistoryError::Write`].
    pub fn write_verdict(&self, verdict: &Verdict) -> Result<(), HistoryError> {
        self.write_json(VERDICT, verdict)
    }

    /// The verdict, if the run was judged.
    ///
    /// # Errors
    /// [`HistoryError::Read`] or [`HistoryError::Format`].
    pub fn verdict(&self) -> Result<Verdict, HistoryError> {
        self.read_json(VERDICT)
    }

    /// Writes who stands behind each objectGUID.
    ///
    /// # Errors
    /// [`HistoryError::Write`].
    pub fn write_people(&self, people: &[PersonRow]) -> Result<(), HistoryError> {
        let mut text = String::from("user,upn\n");
        for person in people {
            text.push_str(&format!("{},{}\n", person.user, person.upn));
        }
        self.write(PEOPLE, text.as_bytes())
    }

    /// Who stands behind each objectGUID; empty for a run that ended before anyone was created.
    ///
    /// # Errors
    /// [`HistoryError::Read`] when the file is there and does not read.
    pub fn people(&self) -> Result<Vec<PersonRow>, HistoryError> {
        let path = self.path(PEOPLE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(source) if source.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
            Err(source) => return Err(HistoryError::Read { path, source }),
        };
        let row = |line: &str| {
            let (user, upn) = line.split_once(',')?;
            Some(PersonRow {
                user: user.parse().ok()?,
                upn: upn.to_owned(),
            })
        };
        Ok(text.lines().skip(1).filter_map(row).collect())
    }

    /// Writes a file whole or not at all: beside, then renamed.
    ///
    /// # Errors
    /// [`HistoryError::Write`].
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), HistoryError> {
        let path = self.path(name);
        let beside = self.path(&format!("{name}.part"));
        fs::write(&beside, bytes)
            .and_then(|()| fs::rename(&beside, &path))
            .map_err(|source| HistoryError::Write { path, source })
    }

    /// Writes a value as indented JSON.
    ///
    /// # Errors
    /// [`HistoryError::Write`] or [`HistoryError::Format`].
    pub fn write_json<T: Serialize>(&self, name: &str, value: &T) -> Result<(), HistoryError> {
        let mut bytes = serde_json::to_vec_pretty(value).map_err(|source| self.format_error(name, source))?;
        bytes.push(b'\n');
        self.write(name, &bytes)
    }

    fn read_json<T: DeserializeOwned>(&self, name: &str) -> Result<T, HistoryError> {
        let path = self.path(name);
        let bytes = fs::read(&path).map_err(|source| HistoryError::Read { path, source })?;
        serde_json::from_slice(&bytes).map_err(|source| self.format_error(name, source))
    }

    fn format_error(&self, name: &str, source: serde_json::Error) -> HistoryError {
        HistoryError::Format {
            path: self.path(name),
            what: "the file".to_owned(),
            source,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Event, Phase, PhaseEvent};

    fn phase(enter: Phase) -> Event {
        Event::Phase(PhaseEvent {
            seq: 0,
            at_us: 0,
            phase: Phase::Provision,
            enter,
        })
    }

    #[test]
    fn a_torn_tail_is_trimmed_and_said() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(&dir.path().join("run")).unwrap();
        let mut writer = folder.writer().unwrap();
        writer.append(phase(Phase::Populate), 5, Phase::Provision).unwrap();
        writer.flush().unwrap();
        writer.append(phase(Phase::Baseline), 9, Phase::Populate).unwrap();
        assert_eq!(writer.seal().unwrap(), 2);
        let whole: Vec<_> = folder.events().unwrap().map(|event| event.unwrap().stamp()).collect();
        assert_eq!(
            whole.iter().map(|stamp| (stamp.seq, stamp.at_us)).collect::<Vec<_>>(),
            [(0, 5), (1, 9)]
        );

        let path = folder.path(HISTORY);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 7]).unwrap();
        let mut reader = folder.events().unwrap();
        assert_eq!(reader.by_ref().filter_map(Result::ok).count(), 1);
        assert!(reader.torn());
        assert!(folder.writer().is_err(), "a history is written once");
        let mut seen = Vec::new();
        assert!(folder.scan(|line| line.at_us(), |at_us| seen.push(at_us)).unwrap());
        assert_eq!(seen, [5]);
    }

    #[test]
    fn a_scan_tells_every_line_in_order_and_names_one_that_does_not_read() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(&dir.path().join("run")).unwrap();
        let mut writer = folder.writer().unwrap();
        let count = 40_000;
        for at_us in 0..count {
            writer.append(phase(Phase::Populate), at_us, Phase::Provision).unwrap();
        }
        writer.seal().unwrap();
        let mut seen = Vec::new();
        assert!(!folder.scan(|line| line.at_us(), |at_us| seen.push(at_us)).unwrap());
        assert!(seen.into_iter().eq(0..count));

        let lines = format!("{}\n{{}}\n", serde_json::to_string(&phase(Phase::Populate)).unwrap());
        fs::write(folder.path(HISTORY), zstd::bulk::compress(lines.as_bytes(), 1).unwrap()).unwrap();
        let error = folder.scan(|line| line.at_us(), |_| ()).unwrap_err().to_string();
        assert!(error.contains("line 2 does not read"), "{error}");
    }

    #[test]
    fn a_newer_folder_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(&dir.path().join("run")).unwrap();
        folder.write(MANIFEST, br#"{"version": 99}"#).unwrap();
        let message = RunFolder::open(folder.root()).unwrap_err().to_string();
        assert!(message.contains("format 99"), "{message}");
    }
}
