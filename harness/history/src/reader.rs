//! Reading a history back, a torn one too.

use std::fs::File;
use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};

use crate::{Event, HistoryError};

/// The events of a history, in order. A torn tail (a killed run) ends the iteration and sets [`Self::torn`].
pub struct EventReader {
    path: PathBuf,
    lines: BufReader<Box<dyn Read + Send>>,
    line: String,
    number: u64,
    torn: bool,
}

impl std::fmt::Debug for EventReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EventReader({} line {})", self.path.display(), self.number)
    }
}

impl EventReader {
    pub(crate) fn open(path: &Path) -> Result<Self, HistoryError> {
        let read_error = |source| HistoryError::Read {
            path: path.to_owned(),
            source,
        };
        let file = File::open(path).map_err(read_error)?;
        let decoder = zstd::stream::read::Decoder::new(file).map_err(read_error)?;
        Ok(Self {
            path: path.to_owned(),
            lines: BufReader::new(Box::new(decoder)),
            line: String::new(),
            number: 0,
            torn: false,
        })
    }

    /// Whether the file ended in the middle of a frame or of a line. What came before it is whole.
    #[must_use]
    pub fn torn(&self) -> bool {
        self.torn
    }
}

impl Iterator for EventReader {
    type Item = Result<Event, HistoryError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.torn {
            return None;
        }
        self.line.clear();
        match self.lines.read_line(&mut self.line) {
            Ok(0) => return None,
            Ok(_) if self.line.ends_with('\n') => {}
            Ok(_) | Err(_) => {
                self.torn = true;
                return None;
            }
        }
        self.number += 1;
        Some(serde_json::from_str(&self.line).map_err(|source| HistoryError::Format {
            path: self.path.clone(),
            what: format!("line {}", self.number),
            source,
        }))
    }
}
