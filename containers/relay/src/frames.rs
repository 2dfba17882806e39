//! WebSocket frames as they pass (RFC 6455 section 5.2), for sockets whose messages must not be gathered: both legs of a
//! bridge, and bodies longer than the control channel allows.
//!
//! The relay is the server on both legs: what it reads is masked, what it writes is not.

use std::io::{self, Cursor};

use bytes::{Bytes, BytesMut};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio_tungstenite::tungstenite::protocol::frame::FrameHeader;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

/// How many bytes of a payload are read at once.
const CHUNK: usize = 32 * 1024;

/// The longest payload of a control frame.
const CONTROL_MAX: u64 = 125;

/// Why a socket's frames cannot be read on.
#[derive(Debug, Error)]
pub(crate) enum FrameError {
    #[error("the socket ended without a close")]
    Ended,
    #[error("the peer broke the protocol: {0}")]
    Protocol(&'static str),
    #[error("the socket broke")]
    Io(#[from] io::Error),
}

/// The head of a frame, and how much of its payload is still to come.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Head {
    pub(crate) last: bool,
    pub(crate) opcode: OpCode,
    pub(crate) length: u64,
    remaining: u64,
    mask: [u8; 4],
}

impl Head {
    pub(crate) fn is_close(self) -> bool {
        self.opcode == OpCode::Control(Control::Close)
    }

    /// Whether nothing of the payload has been read.
    pub(crate) fn is_fresh(self) -> bool {
        self.remaining == self.length
    }

    /// Whether the whole payload has been read.
    pub(crate) fn is_done(self) -> bool {
        self.remaining == 0
    }
}

/// Reads frames, head first and the payload in pieces.
#[derive(Debug)]
pub(crate) struct FrameReader<R> {
    io: R,
    buffer: BytesMut,
}

impl<R: AsyncRead + Unpin> FrameReader<R> {
    pub(crate) fn new(io: R) -> Self {
        Self {
            io,
            buffer: BytesMut::new(),
        }
    }

    /// Whether bytes have come that were not yet asked for.
    pub(crate) fn has_more(&self) -> bool {
        !self.buffer.is_empty()
    }

    /// The next head. Cancel-safe: what was read stays.
    pub(crate) async fn head(&mut self) -> Result<Head, FrameError> {
        loop {
            let mut cursor = Cursor::new(&self.buffer);
            let parsed = FrameHeader::parse(&mut cursor).map_err(|_| FrameError::Protocol("unreadable head"))?;
            if let Some((header, length)) = parsed {
                let used = usize::try_from(cursor.position()).unwrap_or(self.buffer.len());
                let _ = self.buffer.split_to(used);
                return checked(&header, length);
            }
            self.fill().await?;
        }
    }

    /// The next piece of the payload, unmasked; `None` when it was the last.
    pub(crate) async fn chunk(&mut self, head: &mut Head) -> Result<Option<Bytes>, FrameError> {
        if head.is_done() {
            return Ok(None);
        }
        if self.buffer.is_empty() {
            self.fill().await?;
        }
        let size = usize::try_from(head.remaining)
            .unwrap_or(usize::MAX)
            .min(self.buffer.len());
        let mut chunk = self.buffer.split_to(size);
        unmask(&mut chunk, head);
        Ok(Some(chunk.freeze()))
    }

    /// Waits until the peer is gone, passing over what it still says.
    pub(crate) async fn gone(&mut self) {
        loop {
            self.buffer.clear();
            if self.fill().await.is_err() {
                return;
            }
        }
    }

    async fn fill(&mut self) -> Result<(), FrameError> {
        self.buffer.reserve(CHUNK);
        match self.io.read_buf(&mut self.buffer).await? {
            0 => Err(FrameError::Ended),
            _ => Ok(()),
        }
    }
}

fn checked(header: &FrameHeader, length: u64) -> Result<Head, FrameError> {
    if header.rsv1 || header.rsv2 || header.rsv3 {
        return Err(FrameError::Protocol("an extension that was not negotiated"));
    }
    match header.opcode {
        OpCode::Data(Data::Reserved(_)) | OpCode::Control(Control::Reserved(_)) => {
            return Err(FrameError::Protocol("a reserved opcode"));
        }
        OpCode::Control(_) if length > CONTROL_MAX || !header.is_final => {
            return Err(FrameError::Protocol("a control frame that is long or in fragments"));
        }
        OpCode::Control(_) | OpCode::Data(_) => {}
    }
    let mask = header.mask.ok_or(FrameError::Protocol("a frame without a mask"))?;
    Ok(Head {
        last: header.is_final,
        opcode: header.opcode,
        length,
        remaining: length,
        mask,
    })
}

/// Unmasks the next bytes of a frame and turns the mask to where they end.
fn unmask(bytes: &mut [u8], head: &mut Head) {
    let (words, rest) = bytes.as_chunks_mut::<4>();
    let mask = u32::from_ne_bytes(head.mask);
    for word in words {
        *word = (u32::from_ne_bytes(*word) ^ mask).to_ne_bytes();
    }
    for (byte, mask) in rest.iter_mut().zip(head.mask) {
        *byte ^= mask;
    }
    head.mask.rotate_left(rest.len());
    head.remaining -= bytes.len() as u64;
}

/// The head of a frame as it is written, with room for a payload after it.
pub(crate) fn encode(opcode: OpCode, last: bool, length: u64, room: usize) -> Vec<u8> {
    let header = FrameHeader {
        is_final: last,
        opcode,
        ..FrameHeader::default()
    };
    let mut bytes = Vec::with_capacity(14 + room);
    // Writing to a Vec cannot fail.
    let _ = header.format(length, &mut bytes);
    bytes
}

/// Writes a whole frame; it is not flushed.
pub(crate) async fn write<W: AsyncWrite + Unpin>(
    writer: &mut W,
    opcode: OpCode,
    last: bool,
    payload: &[u8],
) -> io::Result<()> {
    let mut bytes = encode(opcode, last, payload.len() as u64, payload.len());
    bytes.extend_from_slice(payload);
    writer.write_all(&bytes).await
}

/// Passes frames on as they come, until a Close has been passed on. Nothing is answered here: pings, pongs and closes
/// are between the two ends.
///
/// # Errors
/// [`FrameError`] when the peer ends or breaks the protocol, or the other side cannot be written to.
pub(crate) async fn pump<R, W>(reader: &mut FrameReader<R>, writer: &mut W) -> Result<(), FrameError>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    loop {
        let mut head = reader.head().await?;
        let first = if head.is_done() {
            None
        } else {
            reader.chunk(&mut head).await?
        }
        .unwrap_or_default();
        let mut bytes = encode(head.opcode, head.last, head.length, first.len());
        bytes.extend_from_slice(&first);
        writer.write_all(&bytes).await?;
        while let Some(chunk) = next_chunk(reader, writer, &mut head).await? {
            writer.write_all(&chunk).await?;
        }
        if head.is_close() || !reader.has_more() {
            writer.flush().await?;
        }
        if head.is_close() {
            return Ok(());
        }
    }
}

/// The next piece; what was written so far leaves before the reader has to wait.
async fn next_chunk<R, W>(
    reader: &mut FrameReader<R>,
    writer: &mut W,
    head: &mut Head,
) -> Result<Option<Bytes>, FrameError>
where
    R: AsyncRead + Unpin,
    W: AsyncWrite + Unpin,
{
    if !head.is_done() && !reader.has_more() {
        writer.flush().await?;
    }
    reader.chunk(head).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn framed(opcode: OpCode, last: bool, mask: Option<[u8; 4]>, payload: &[u8]) -> Vec<u8> {
        let header = FrameHeader {
            is_final: last,
            opcode,
            mask,
            ..FrameHeader::default()
        };
        let mut bytes = Vec::new();
        header.format(payload.len() as u64, &mut bytes).unwrap();
        let mask = mask.unwrap_or_default().into_iter().cycle();
        bytes.extend(payload.iter().zip(mask).map(|(byte, mask)| byte ^ mask));
        bytes
    }

    fn masked(opcode: OpCode, last: bool, payload: &[u8]) -> Vec<u8> {
        framed(opcode, last, Some([1, 2, 3, 4]), payload)
    }

    const BINARY: OpCode = OpCode::Data(Data::Binary);
    const CONTINUE: OpCode = OpCode::Data(Data::Continue);
    const PING: OpCode = OpCode::Control(Control::Ping);
    const CLOSE: OpCode = OpCode::Control(Control::Close);

    /// What leaves when these bytes come in, a few at a time.
    async fn pumped(input: &[u8], step: usize) -> (Result<(), FrameError>, Vec<u8>) {
        let (mut near, far) = tokio::io::duplex(step);
        let input = input.to_vec();
        let feed = tokio::spawn(async move { near.write_all(&input).await });
        let mut output = Vec::new();
        let result = pump(&mut FrameReader::new(far), &mut output).await;
        feed.abort();
        (result, output)
    }

    #[tokio::test]
    async fn frames_keep_their_borders_types_and_order() {
        let long = vec![9; 70_000];
        let parts = [
            (BINARY, false, &b"ab"[..]),
            (PING, true, b"p"),
            (CONTINUE, true, b""),
            (BINARY, true, &long),
        ];
        let mut input = Vec::new();
        let mut expected = Vec::new();
        for (opcode, last, payload) in parts.into_iter().chain([(CLOSE, true, &b"\x03\xe8bye"[..])]) {
            input.extend(masked(opcode, last, payload));
            expected.extend(encode(opcode, last, payload.len() as u64, 0));
            expected.extend_from_slice(payload);
        }
        for step in [3, 1_000, 1_000_000] {
            let (result, output) = pumped(&input, step).await;
            assert!(result.is_ok() && output == expected, "{step}: {result:?}");
        }
    }

    #[tokio::test]
    async fn an_end_without_a_close_is_no_close() {
        let (result, _) = pumped(&masked(BINARY, true, b"ab"), 100).await;
        assert!(matches!(result, Err(FrameError::Ended)), "{result:?}");
    }

    #[tokio::test]
    async fn hostile_frames_end_it() {
        let unmasked = framed(BINARY, true, None, b"ab");
        let mut compressed = masked(BINARY, true, b"ab");
        compressed[0] |= 0x40;
        let cases = [
            unmasked,
            compressed,
            masked(PING, false, b""),
            masked(PING, true, &[0; 126]),
        ];
        for case in cases {
            let (result, output) = pumped(&case, 1_000).await;
            assert!(
                matches!(result, Err(FrameError::Protocol(_))) && output.is_empty(),
                "{result:?}"
            );
        }
    }
}
