//! The run folder.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::frames::{FrameText, Frames};
use crate::{
    Capacity, EventReader, FORMAT_VERSION, HistoryError, HistoryWriter, Line, Manifest, SampleWriter, Samples, Verdict,
    scan,
};

const MANIFEST: &str = "manifest.json";
const HISTORY: &str = "history.jsonl.zst";
const SAMPLES: &str = "samples.jsonl";
const VERDICT: &str = "verdict.json";
const PEOPLE: &str = "people.csv";
const CAPACITY: &str = "capacity.json";

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
    /// comes to `take` in the file's order. Tells how many bytes were left out because the
    /// history is torn at its end, as a killed run leaves it.
    ///
    /// # Errors
    /// [`HistoryError::Read`] when there is none, [`HistoryError::Format`] when a line does not read.
    pub fn scan<T: Send>(
        &self,
        map: impl Fn(Line<'_>) -> T + Sync,
        mut take: impl FnMut(T),
    ) -> Result<Option<u64>, HistoryError> {
        self.scan_chunks(
            |told: &mut Vec<T>, line| told.push(map(line)),
            |told| told.into_iter().for_each(&mut take),
        )
    }

    /// The same for whoever puts together what stands close together: `add` adds a line to what was made of those just before it,
    /// and whole chunks come to `take`.
    ///
    /// # Errors
    /// As of [`Self::scan`].
    pub fn scan_chunks<C: Default + Send>(
        &self,
        add: impl Fn(&mut C, Line<'_>) + Sync,
        take: impl FnMut(C),
    ) -> Result<Option<u64>, HistoryError> {
        scan::scan(&self.path(HISTORY), self.frames()?, add, take)
    }

    /// The history's whole frames, decompressed: lines of JSON. For whoever reads the lines themselves.
    ///
    /// # Errors
    /// [`HistoryError::Read`] when there is none.
    pub fn frames(&self) -> Result<Frames, HistoryError> {
        Frames::open(&self.path(HISTORY))
    }

    /// The history's decompressed bytes up to a torn tail, for a search over what it says.
    ///
    /// # Errors
    /// [`HistoryError::Read`] when there is none.
    pub fn history_text(&self) -> Result<Box<dyn std::io::Read + Send>, HistoryError> {
        Ok(Box::new(FrameText::of(self.frames()?)))
    }

    /// Opens the samples for writing; there is exactly one writer, once.
    ///
    /// # Errors
    /// [`HistoryError::Write`].
    pub fn sample_writer(&self) -> Result<SampleWriter, HistoryError> {
        SampleWriter::create(&self.path(SAMPLES))
    }

    /// What each part used; none in older folders.
    ///
    /// # Errors
    /// [`HistoryError::Read`].
    pub fn samples(&self) -> Result<Samples, HistoryError> {
        Samples::open(&self.path(SAMPLES))
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

    /// Writes how much the system takes.
    ///
    /// # Errors
    /// [`HistoryError::Write`].
    pub fn write_capacity(&self, capacity: &Capacity) -> Result<(), HistoryError> {
        self.write_json(CAPACITY, capacity)
    }

    /// How much the system takes, of a run that searched for it; none of another, or before it was judged.
    ///
    /// # Errors
    /// [`HistoryError::Read`] or [`HistoryError::Format`].
    pub fn capacity(&self) -> Result<Option<Capacity>, HistoryError> {
        if self.path(CAPACITY).exists() {
            return self.read_json(CAPACITY).map(Some);
        }
        Ok(None)
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

    #[test]
    fn a_newer_folder_is_refused() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(&dir.path().join("run")).unwrap();
        folder.write(MANIFEST, br#"{"version": 99}"#).unwrap();
        let message = RunFolder::open(folder.root()).unwrap_err().to_string();
        assert!(message.contains("format 99"), "{message}");
    }
}
