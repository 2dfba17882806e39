//! The append-only history file.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use zstd::bulk::Compressor;
use zstd::zstd_safe::CParameter;

use crate::{Event, HistoryError, Phase, Stamp};

/// Of lines that are as alike as these, the fastest level also makes the least: an eighth; the default, 3, leaves a tenth more.
const LEVEL: i32 = 1;

/// Events in one compressed frame before it is closed and handed to the disk: what a kill can lose.
const FRAME_BYTES: usize = 256 * 1024;

/// Appends events, numbered in the order they come. Frames of zstd follow one another, so that a torn one can be trimmed.
pub struct HistoryWriter {
    path: PathBuf,
    file: File,
    compressor: Compressor<'static>,
    pending: Vec<u8>,
    next_seq: u64,
}

impl std::fmt::Debug for HistoryWriter {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "HistoryWriter({} event {})", self.path.display(), self.next_seq)
    }
}

impl HistoryWriter {
    pub(crate) fn create(path: &Path) -> Result<Self, HistoryError> {
        let make = || {
            let mut compressor = Compressor::new(LEVEL)?;
            // A frame that was written in part and filled up with something else is known by it.
            compressor.set_parameter(CParameter::ChecksumFlag(true))?;
            Ok((File::create_new(path)?, compressor))
        };
        let (file, compressor) = make().map_err(|source| write_error(path, source))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            compressor,
            pending: Vec::with_capacity(FRAME_BYTES),
            next_seq: 0,
        })
    }

    /// Appends an event with the next number. The event's own phase stands; `at_us` is when it is written down.
    ///
    /// # Errors
    /// [`HistoryError::Write`] when a full frame could not be written.
    pub fn append(&mut self, mut event: Event, at_us: u64, phase: Phase) -> Result<(), HistoryError> {
        let seq = self.next_seq;
        self.next_seq += 1;
        event.set_stamp(Stamp { seq, at_us, phase });
        serde_json::to_writer(&mut self.pending, &event).map_err(|source| HistoryError::Format {
            path: self.path.clone(),
            what: format!("event {seq}"),
            source,
        })?;
        self.pending.push(b'\n');
        if self.pending.len() >= FRAME_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    /// Closes the frame and hands it to the operating system.
    ///
    /// # Errors
    /// [`HistoryError::Write`] when it could not be written.
    pub fn flush(&mut self) -> Result<(), HistoryError> {
        if self.pending.is_empty() {
            return Ok(());
        }
        let frame = self.compressor.compress(&self.pending);
        frame
            .and_then(|frame| self.file.write_all(&frame))
            .map_err(|source| write_error(&self.path, source))?;
        self.pending.clear();
        Ok(())
    }

    /// Ends the history: the last frame is on the disk when this returns, and nothing is ever appended again.
    ///
    /// # Errors
    /// [`HistoryError::Write`] when it could not be written.
    pub fn seal(mut self) -> Result<u64, HistoryError> {
        self.flush()?;
        self.file.sync_all().map_err(|source| write_error(&self.path, source))?;
        Ok(self.next_seq)
    }
}

fn write_error(path: &Path, source: std::io::Error) -> HistoryError {
    HistoryError::Write {
        path: path.to_owned(),
        source,
    }
}
