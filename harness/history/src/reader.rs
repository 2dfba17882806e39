//! Reading a history back, a torn one too.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};

use crate::frames::{FrameText, Frames};
use crate::{Event, HistoryError};

/// The events of a history, in order. A torn tail (a killed run) ends the iteration and is told by [`Self::torn`].
pub struct EventReader {
    path: PathBuf,
    lines: BufReader<FrameText>,
    line: String,
    number: u64,
    /// Bytes of a last line without an end.
    unended: u64,
}

impl std::fmt::Debug for EventReader {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "EventReader({} line {})", self.path.display(), self.number)
    }
}

impl EventReader {
    pub(crate) fn open(path: &Path) -> Result<Self, HistoryError> {
        Ok(Self {
            path: path.to_owned(),
            lines: BufReader::new(FrameText::of(Frames::open(path)?)),
            line: String::new(),
            number: 0,
            unended: 0,
        })
    }

    /// Bytes that were left out at the end, if the file ended in the middle of a frame or of a line, or is damaged from there
    /// on. What came before them is whole.
    #[must_use]
    pub fn torn(&self) -> Option<u64> {
        let frames = self.lines.get_ref().frames.torn();
        let bytes = frames.unwrap_or_default() + self.unended;
        (frames.is_some() || self.unended > 0).then_some(bytes)
    }
}

impl Iterator for EventReader {
    type Item = Result<Event, HistoryError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.unended > 0 {
            return None;
        }
        self.line.clear();
        match self.lines.read_line(&mut self.line) {
            Ok(0) => return None,
            Ok(_) if self.line.ends_with('\n') => {}
            Ok(count) => {
                self.unended = count as u64;
                return None;
            }
            Err(source) => {
                return Some(Err(HistoryError::Read {
                    path: self.path.clone(),
                    source,
                }));
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
