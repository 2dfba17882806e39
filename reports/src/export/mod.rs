//! Every operation of a run as a table, for pandas, DuckDB and whatever else people reckon with.
//!
//! The history is read once, line by line, and written as it is read: what a run of ten million operations takes is the
//! memory of one batch.

mod columns;
mod csv;
mod parquet;
mod row;

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use history::RunFolder;

use crate::ReportError;
use row::Row;

/// How a table of operations is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// RFC 4180 with a head; what is absent is empty.
    Csv,
    /// Apache Parquet, typed, compressed with Snappy.
    Parquet,
}

impl Format {
    /// The format that a file's ending names.
    #[must_use]
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "csv" => Some(Self::Csv),
            "parquet" => Some(Self::Parquet),
            _ => None,
        }
    }
}

/// Takes rows in the order of the history.
trait Table {
    /// One more.
    fn add(&mut self, row: Row) -> io::Result<()>;

    /// Everything is on its way to the disk when this returns.
    fn end(self: Box<Self>) -> io::Result<()>;
}

/// Writes every operation and every dropped arrival of a run to a file, whole or not at all; tells how many there are. What
/// a killed run left is written as far as it reads. No password is in it: a history has none.
///
/// # Errors
/// [`ReportError::Folder`] when the history does not read, [`ReportError::Export`] when the file cannot be written.
pub fn operations(folder: &RunFolder, format: Format, path: &Path) -> Result<u64, ReportError> {
    let failed = |source| ReportError::Export {
        path: path.to_owned(),
        source,
    };
    let beside = beside(path);
    let written = write(folder, format, &beside);
    let kept = written.and_then(|count| fs::rename(&beside, path).map(|()| count).map_err(Stop::Write));
    kept.map_err(|stop| {
        // Half a table is worse than none; it may never have been made.
        let _ = fs::remove_file(&beside);
        match stop {
            Stop::Read(error) => error,
            Stop::Write(source) => failed(source),
        }
    })
}

/// Why an export ended early.
enum Stop {
    Read(ReportError),
    Write(io::Error),
}

fn write(folder: &RunFolder, format: Format, path: &Path) -> Result<u64, Stop> {
    let file = BufWriter::new(File::create(path).map_err(Stop::Write)?);
    let mut table: Box<dyn Table> = match format {
        Format::Csv => Box::new(csv::Csv::new(file).map_err(Stop::Write)?),
        Format::Parquet => Box::new(parquet::Parquet::new(file).map_err(Stop::Write)?),
    };
    let (mut count, mut broken) = (0, None);
    let read = folder.scan(Row::of, |row| {
        if let (Some(row), None) = (row, &broken) {
            count += 1;
            broken = table.add(row).err();
        }
    });
    read.map_err(|error| Stop::Read(error.into()))?;
    match broken {
        Some(error) => Err(Stop::Write(error)),
        None => table.end().map(|()| count).map_err(Stop::Write),
    }
}

fn beside(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(".part");
    name.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ending_names_the_format() {
        let of = |name: &str| Format::of(Path::new(name));
        assert_eq!(of("a/ops.csv"), Some(Format::Csv));
        assert_eq!(of("ops.parquet"), Some(Format::Parquet));
        assert_eq!((of("ops"), of("ops.json"), of(".csv")), (None, None, None));
    }

    #[test]
    fn a_file_that_cannot_be_written_is_named_and_nothing_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let folder = RunFolder::create(&dir.path().join("run")).unwrap();
        let nowhere = dir.path().join("no-such-folder/ops.csv");
        let error = operations(&folder, Format::Csv, &nowhere).unwrap_err().to_string();
        assert!(error.contains("no-such-folder/ops.csv"), "{error}");
        let target = dir.path().join("ops.csv");
        let error = operations(&folder, Format::Csv, &target).unwrap_err().to_string();
        assert!(error.contains("history.jsonl.zst"), "there is no history: {error}");
        assert!(!target.exists() && !beside(&target).exists());
    }
}
