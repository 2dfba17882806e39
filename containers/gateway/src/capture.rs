//! What passed, as it passed: for the laboratory, which looks in it for what must never be on a wire.
//!
//! A file of frames, each written whole: the connection's number (8 bytes), what it is (1 byte), how long (4 bytes), all
//! little-endian, then the bytes. Frames of one connection and direction, one behind the other, are what was said.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Read as _, Seek as _, SeekFrom, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::faults::Direction;

/// Bytes that one file takes; what passes later is not kept, which shows by the file being full.
pub const CAPTURE_MAX: u64 = 64 * 1024 * 1024;

/// The number of the connection, the kind and the length.
const HEAD: usize = 8 + 1 + 4;

const NAME: u8 = 0;
const TO_SERVER: u8 = 1;
const TO_CLIENT: u8 = 2;

/// The open file.
#[derive(Debug)]
pub(crate) struct Capture(Mutex<Writer>);

#[derive(Debug)]
struct Writer {
    file: File,
    size: u64,
    next: u64,
}

impl Capture {
    /// Opens the file, behind what an earlier life wrote whole.
    pub(crate) fn open(path: &Path) -> io::Result<Arc<Self>> {
        let mut options = OpenOptions::new();
        let mut file = options
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .mode(0o600)
            .open(path)?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        let frames = frames(&bytes);
        let next = frames
            .iter()
            .map(|frame| frame.connection + 1)
            .max()
            .unwrap_or_default();
        let size: usize = frames.iter().map(|frame| HEAD + frame.bytes.len()).sum();
        let size = size as u64;
        file.set_len(size)?;
        file.seek(SeekFrom::Start(size))?;
        Ok(Arc::new(Self(Mutex::new(Writer { file, size, next }))))
    }

    /// A connection begins. It is told by the name that it asked for, or by why it was refused.
    pub(crate) fn connection(capture: &Arc<Self>, name: &str) -> Kept {
        let mut writer = capture.writer();
        let number = writer.next;
        writer.next += 1;
        writer.write(number, NAME, name.as_bytes());
        drop(writer);
        Kept {
            capture: Arc::clone(capture),
            number,
        }
    }

    fn writer(&self) -> std::sync::MutexGuard<'_, Writer> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    /// Writes a frame whole. A file that is full, or whose disk does not take it, takes nothing more, and looks full.
    fn write(&mut self, number: u64, kind: u8, bytes: &[u8]) {
        let Ok(length) = u32::try_from(bytes.len()) else { return };
        if length == 0 || self.size >= CAPTURE_MAX {
            return;
        }
        let frame = [&number.to_le_bytes()[..], &[kind], &length.to_le_bytes(), bytes].concat();
        match self.file.write_all(&frame) {
            Ok(()) => self.size += frame.len() as u64,
            Err(error) => {
                tracing::error!(%error, "what passes is not kept any more");
                self.size = CAPTURE_MAX;
                // Zeroes are no frame. Where not even that is taken, the error above is all that tells of it.
                let _ = self.file.set_len(CAPTURE_MAX);
            }
        }
    }
}

/// A connection that is kept.
#[derive(Debug, Clone)]
pub(crate) struct Kept {
    capture: Arc<Capture>,
    number: u64,
}

impl Kept {
    /// Something was said.
    pub(crate) fn said(&self, direction: Direction, bytes: &[u8]) {
        let kind = match direction {
            Direction::ToServer => TO_SERVER,
            Direction::ToClient => TO_CLIENT,
        };
        self.capture.writer().write(self.number, kind, bytes);
    }
}

/// What one side of a connection said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stream {
    /// The number of the connection.
    pub connection: u64,
    /// The server name that the client asked for, or in brackets why it was refused without one.
    pub asked: String,
    /// Who spoke: `client` or `server`.
    pub side: &'static str,
    /// All that it said.
    pub bytes: Vec<u8>,
}

/// What a file of frames holds, in the order in which the connections began; what a writer that died left unfinished at its
/// end is left out.
#[must_use]
pub fn read_capture(bytes: &[u8]) -> Vec<Stream> {
    let mut names: BTreeMap<u64, String> = BTreeMap::new();
    let mut said: BTreeMap<(u64, u8), Vec<u8>> = BTreeMap::new();
    for frame in frames(bytes) {
        if frame.kind == NAME {
            let name = String::from_utf8_lossy(frame.bytes).into_owned();
            names.insert(frame.connection, name);
        } else {
            let stream = said.entry((frame.connection, frame.kind)).or_default();
            stream.extend_from_slice(frame.bytes);
        }
    }
    let stream = |((connection, kind), bytes): ((u64, u8), Vec<u8>)| Stream {
        connection,
        asked: names.get(&connection).cloned().unwrap_or_default(),
        side: if kind == TO_SERVER { "client" } else { "server" },
        bytes,
    };
    said.into_iter().map(stream).collect()
}

struct Frame<'b> {
    connection: u64,
    kind: u8,
    bytes: &'b [u8],
}

/// The whole frames from the begin on.
fn frames(mut bytes: &[u8]) -> Vec<Frame<'_>> {
    let mut frames = Vec::new();
    while let Some((frame, rest)) = first(bytes) {
        frames.push(frame);
        bytes = rest;
    }
    frames
}

fn first(bytes: &[u8]) -> Option<(Frame<'_>, &[u8])> {
    let (connection, rest) = bytes.split_first_chunk()?;
    let ([kind], rest) = rest.split_first_chunk()?;
    let (length, rest) = rest.split_first_chunk()?;
    let length = usize::try_from(u32::from_le_bytes(*length)).ok()?;
    let known = *kind <= TO_CLIENT && length > 0;
    let (bytes, rest) = rest.split_at_checked(length).filter(|_| known)?;
    let frame = Frame {
        connection: u64::from_le_bytes(*connection),
        kind: *kind,
        bytes,
    };
    Some((frame, rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(path: &Path) -> Vec<(u64, String, &'static str, String)> {
        let streams = read_capture(&std::fs::read(path).unwrap());
        let told = |stream: Stream| {
            let text = String::from_utf8(stream.bytes).unwrap();
            (stream.connection, stream.asked, stream.side, text)
        };
        streams.into_iter().map(told).collect()
    }

    #[test]
    fn what_one_side_said_is_one_stream_however_connections_take_turns() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wire");
        let capture = Capture::open(&path).unwrap();
        let (one, two) = (
            Capture::connection(&capture, "a.test"),
            Capture::connection(&capture, "(not tls)"),
        );
        one.said(Direction::ToServer, b"pass");
        two.said(Direction::ToServer, b"bind");
        one.said(Direction::ToClient, b"ok");
        one.said(Direction::ToServer, b"word");
        one.said(Direction::ToServer, b"");
        let expected = [
            (0, "a.test".to_owned(), "client", "password".to_owned()),
            (0, "a.test".to_owned(), "server", "ok".to_owned()),
            (1, "(not tls)".to_owned(), "client", "bind".to_owned()),
        ];
        assert_eq!(told(&path), expected);
    }

    #[test]
    fn the_next_life_goes_on_behind_what_the_last_one_wrote_whole() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wire");
        let capture = Capture::open(&path).unwrap();
        Capture::connection(&capture, "a").said(Direction::ToServer, b"whole");
        Capture::connection(&capture, "b").said(Direction::ToServer, b"torn");
        drop(capture);
        let written = std::fs::read(&path).unwrap();
        std::fs::write(&path, &written[..written.len() - 2]).unwrap();
        let capture = Capture::open(&path).unwrap();
        Capture::connection(&capture, "c").said(Direction::ToServer, b"next");
        let told: Vec<(u64, String)> = told(&path)
            .into_iter()
            .map(|(number, _, _, text)| (number, text))
            .collect();
        assert_eq!(told, [(0, "whole".to_owned()), (2, "next".to_owned())]);
    }

    #[test]
    fn a_full_file_takes_no_more_and_is_as_large_as_that() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("wire");
        let capture = Capture::open(&path).unwrap();
        let kept = Capture::connection(&capture, "a");
        let piece = vec![b'x'; 1024 * 1024];
        for _ in 0..CAPTURE_MAX / piece.len() as u64 {
            kept.said(Direction::ToServer, &piece);
        }
        kept.said(Direction::ToServer, b"never");
        let written = std::fs::read(&path).unwrap();
        assert!(written.len() as u64 >= CAPTURE_MAX && written.ends_with(b"xxx"));
        assert_eq!(read_capture(&written)[0].bytes.len() as u64, CAPTURE_MAX);
    }
}
