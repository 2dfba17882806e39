//! The compressed frames of a history, one after another, until the last that is whole.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use zstd::bulk::Decompressor;
use zstd::zstd_safe::{find_frame_compressed_size, get_frame_content_size};

use crate::HistoryError;

/// What is read from the file at once.
const CHUNK: usize = 256 * 1024;

/// A frame begins so (RFC 8878, section 3.1.1), in the order of the file.
const MAGIC: [u8; 4] = [0x28, 0xB5, 0x2F, 0xFD];

/// More compressed bytes than this are no frame of ours: a length was damaged.
const FRAME_MAX: usize = 256 << 20;

/// The frames of a history, decompressed, in order. The first that is not whole ends them, with all that follows it.
pub struct Frames {
    path: PathBuf,
    file: File,
    decompressor: Decompressor<'static>,
    /// What was read and not yet given.
    pending: Vec<u8>,
    /// How much of it was given.
    given: usize,
    whole: u64,
    ended: bool,
    torn: Option<u64>,
}

impl std::fmt::Debug for Frames {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Frames({} at {})", self.path.display(), self.whole)
    }
}

impl Frames {
    pub(crate) fn open(path: &Path) -> Result<Self, HistoryError> {
        let open = || Ok((File::open(path)?, Decompressor::new()?));
        let (file, decompressor) = open().map_err(|source| read_error(path, source))?;
        Ok(Self {
            path: path.to_owned(),
            file,
            decompressor,
            pending: Vec::new(),
            given: 0,
            whole: 0,
            ended: false,
            torn: None,
        })
    }

    /// Bytes of the file that were left out at its end, once the frames have ended.
    #[must_use]
    pub fn torn(&self) -> Option<u64> {
        self.torn
    }

    /// The next whole frame's content.
    fn next_frame(&mut self) -> io::Result<Option<Vec<u8>>> {
        let mut content = Vec::new();
        Ok(self.next_frame_into(&mut content)?.then_some(content))
    }

    /// Appends the next whole frame's content to what there is; tells whether there was one.
    fn next_frame_into(&mut self, content: &mut Vec<u8>) -> io::Result<bool> {
        let Some(length) = self.whole_frame()? else {
            return self.tear();
        };
        if length == 0 {
            return Ok(false);
        }
        let frame = &self.pending[self.given..self.given + length];
        let before = content.len();
        if unpack(&mut self.decompressor, frame, content).is_err() {
            content.truncate(before);
            return self.tear();
        }
        self.given += length;
        self.whole += length as u64;
        Ok(true)
    }

    /// The same for whoever puts frames together; nothing follows a frame that is not whole.
    pub(crate) fn append_next(&mut self, content: &mut Vec<u8>) -> Result<bool, HistoryError> {
        if self.torn.is_some() {
            return Ok(false);
        }
        self.next_frame_into(content)
            .map_err(|source| read_error(&self.path, source))
    }

    /// The length of the frame that comes next, read to its end; 0 at the end of the file, none where no frame stands.
    fn whole_frame(&mut self) -> io::Result<Option<usize>> {
        loop {
            let frame = &self.pending[self.given..];
            if !MAGIC.starts_with(&frame[..frame.len().min(MAGIC.len())]) || frame.len() > FRAME_MAX {
                return Ok(None);
            }
            match find_frame_compressed_size(frame) {
                Ok(length) if !frame.is_empty() && length <= frame.len() => return Ok(Some(length)),
                _ if self.ended => return Ok(frame.is_empty().then_some(0)),
                _ => self.read_more()?,
            }
        }
    }

    /// At least as much again as there is, so that a long frame is not looked at too often.
    fn read_more(&mut self) -> io::Result<()> {
        self.pending.drain(..self.given);
        self.given = 0;
        let wanted = self.pending.len().max(CHUNK) as u64;
        let read = (&self.file).take(wanted).read_to_end(&mut self.pending)?;
        self.ended = read == 0;
        Ok(())
    }

    fn tear(&mut self) -> io::Result<bool> {
        let length = self.file.metadata()?.len();
        self.torn = Some(length.saturating_sub(self.whole));
        Ok(false)
    }
}

/// Appends a frame's content at once where the frame says how long that is, as ours do; else piece by piece.
fn unpack(decompressor: &mut Decompressor<'_>, frame: &[u8], content: &mut Vec<u8>) -> io::Result<()> {
    let told = get_frame_content_size(frame).ok().flatten();
    let Some(size) = told
        .and_then(|size| usize::try_from(size).ok())
        .filter(|size| *size <= FRAME_MAX)
    else {
        return zstd::stream::copy_decode(frame, content);
    };
    content.reserve(size);
    let mut behind = io::Cursor::new(&mut *content);
    behind.set_position(behind.get_ref().len() as u64);
    decompressor.decompress_to_buffer(frame, &mut behind).map(drop)
}

impl Iterator for Frames {
    type Item = Result<Vec<u8>, HistoryError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.torn.is_some() {
            return None;
        }
        let frame = self.next_frame();
        frame.map_err(|source| read_error(&self.path, source)).transpose()
    }
}

fn read_error(path: &Path, source: io::Error) -> HistoryError {
    HistoryError::Read {
        path: path.to_owned(),
        source,
    }
}

/// The content of all whole frames as one text.
#[derive(Debug)]
pub(crate) struct FrameText {
    pub frames: Frames,
    frame: io::Cursor<Vec<u8>>,
}

impl FrameText {
    pub fn of(frames: Frames) -> Self {
        Self {
            frames,
            frame: io::Cursor::default(),
        }
    }
}

impl Read for FrameText {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        loop {
            let count = self.frame.read(into)?;
            if count > 0 || into.is_empty() {
                return Ok(count);
            }
            if self.frames.torn().is_some() {
                return Ok(0);
            }
            match self.frames.next_frame()? {
                Some(content) => self.frame = io::Cursor::new(content),
                None => return Ok(0),
            }
        }
    }
}
