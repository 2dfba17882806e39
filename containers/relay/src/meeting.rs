//! A request's rendezvous: the socket that a listener dialled to get a long request, or to give a long response.

use std::future::Future;
use std::io;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::BodyExt as _;
use hyper::body::Incoming;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use protocol::hybrid::{BODY_MAX, Response, ToRelay};
use tokio::io::{AsyncWriteExt as _, ReadHalf, WriteHalf};
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::protocol::frame::coding::{Control, Data, OpCode};

use crate::body::{Body, known, streamed};
use crate::broker::{Failure, FailureWhy};
use crate::frames::{self, FrameError, FrameReader, Head};
use crate::refusal::Refusal;
use crate::sender::Upload;
use crate::shared::{Dial, Place, Relay};

/// How long a listener may take to close a rendezvous that has served.
const LINGER: Duration = Duration::from_secs(2);

/// The longest JSON message of a rendezvous.
const TEXT_MAX: usize = 2 * BODY_MAX;

/// A Close with code 1000.
const NORMAL_CLOSE: [u8; 2] = [0x03, 0xe8];

const GAVE_UP: &str = "The listener ended the rendezvous before it had answered";

/// A listener's socket.
pub(crate) struct Meeting {
    messages: MessageReader,
    writer: WriteHalf<TokioIo<Upgraded>>,
    /// Every message begun has been ended, so that another may follow.
    writable: bool,
    _place: Place,
}

impl Meeting {
    /// Takes over the dialled socket.
    ///
    /// # Errors
    /// [`Refusal`] when the listener did not complete its dial.
    pub(crate) async fn open(dial: Dial) -> Result<Self, Refusal> {
        let upgraded = dial.upgrade.await.map_err(|_| Refusal::broken(GAVE_UP))?;
        let (reader, writer) = tokio::io::split(TokioIo::new(upgraded));
        Ok(Self {
            messages: MessageReader::new(reader),
            writer,
            writable: true,
            _place: dial.place,
        })
    }

    /// Waits for the head of a response, at most that long.
    ///
    /// # Errors
    /// [`Refusal`] when none came.
    pub(crate) async fn response(&mut self, limit: Duration) -> Result<Response, Refusal> {
        let heard = timeout(limit, self.messages.response()).await;
        heard.map_err(|_| timed_out())?.map_err(|error| broken(&error))
    }

    /// Sends the full request and waits for the head of the response, which may come before the body has gone.
    ///
    /// # Errors
    /// [`Refusal`] when either side broke or took longer than `limit` at any one step.
    pub(crate) async fn exchange(&mut self, text: &str, upload: Upload, limit: Duration) -> Result<Response, Refusal> {
        let mut hearing = pin!(self.messages.response());
        let mut sending = pin!(send(&mut self.writer, text, upload, limit));
        tokio::select! {
            sent = &mut sending => {
                sent?;
                timeout(limit, hearing).await.map_err(|_| timed_out())?.map_err(|error| broken(&error))
            }
            early = &mut hearing => {
                self.writable = false;
                early.map_err(|error| broken(&error))
            }
        }
    }

    /// Passes the body on; a gap longer than `idle` or an end before its end aborts the sender's connection.
    async fn carry_body(mut self, pieces: mpsc::Sender<io::Result<Bytes>>, idle: Duration) {
        loop {
            let piece = timeout(idle, self.messages.piece()).await;
            let last = match piece {
                Ok(Ok(Piece::Data {
                    binary: true,
                    bytes,
                    last,
                })) => {
                    if !bytes.is_empty() && pieces.send(Ok(bytes)).await.is_err() {
                        return;
                    }
                    last
                }
                Ok(Ok(Piece::Ping(payload))) => {
                    self.pong(&payload).await;
                    false
                }
                _ => {
                    // A sender that is gone cannot be told.
                    let _ = pieces.send(Err(io::Error::other(GAVE_UP))).await;
                    return;
                }
            };
            if last {
                break;
            }
        }
        drop(pieces);
        self.part().await;
    }

    async fn pong(&mut self, payload: &[u8]) {
        if self.writable {
            // A listener that is gone shows when it is read from.
            let _ = frames::write(&mut self.writer, OpCode::Control(Control::Pong), true, payload).await;
            let _ = self.writer.flush().await;
        }
    }

    /// Waits for the listener's Close first: clients that close themselves wait long for one that crosses theirs.
    async fn part(mut self) {
        let closed = async { while !matches!(self.messages.piece().await, Ok(Piece::Close) | Err(_)) {} };
        let _ = timeout(LINGER, closed).await;
        if self.writable {
            let _ = frames::write(&mut self.writer, OpCode::Control(Control::Close), true, &NORMAL_CLOSE).await;
            let _ = self.writer.shutdown().await;
        }
    }
}

/// The body of a response whose head has come by rendezvous; a task carries it and takes leave of the listener.
pub(crate) fn serve_rendezvous(relay: &Arc<Relay>, meeting: Meeting, has_body: bool) -> Body {
    if !has_body {
        relay.spawn(&relay.tasks, meeting.part());
        return known(Bytes::new());
    }
    let (pieces, body) = streamed();
    relay.spawn(&relay.tasks, meeting.carry_body(pieces, relay.limits.request_timeout));
    body
}

type Writer = WriteHalf<TokioIo<Upgraded>>;

async fn send(writer: &mut Writer, text: &str, upload: Upload, limit: Duration) -> Result<(), Refusal> {
    write(writer, Data::Text, true, text.as_bytes(), limit).await?;
    match upload {
        Upload::Short(body) if body.is_empty() => {}
        Upload::Short(body) => write(writer, Data::Binary, true, &body, limit).await?,
        Upload::Long { begun, rest } => send_long(writer, begun, rest, limit).await?,
    }
    in_time(limit, writer.flush()).await
}

/// One message of many fragments, so that no body has to be held.
async fn send_long(writer: &mut Writer, begun: Bytes, mut rest: Incoming, limit: Duration) -> Result<(), Refusal> {
    write(writer, Data::Binary, false, &begun, limit).await?;
    while let Some(frame) = timeout(limit, rest.frame()).await.map_err(|_| timed_out())? {
        let frame = frame.map_err(|_| Refusal::broken("The sender broke its body off"))?;
        if let Ok(data) = frame.into_data() {
            write(writer, Data::Continue, false, &data, limit).await?;
        }
    }
    write(writer, Data::Continue, true, &[], limit).await
}

async fn write(writer: &mut Writer, data: Data, last: bool, payload: &[u8], limit: Duration) -> Result<(), Refusal> {
    in_time(limit, frames::write(writer, OpCode::Data(data), last, payload)).await
}

/// A listener that dialled and then does not read holds nobody for longer than `limit`.
async fn in_time(limit: Duration, written: impl Future<Output = io::Result<()>>) -> Result<(), Refusal> {
    let written = timeout(limit, written).await.map_err(|_| timed_out())?;
    written.map_err(|_| Refusal::broken(GAVE_UP))
}

fn timed_out() -> Refusal {
    Refusal::failed(Failure {
        why: FailureWhy::TimedOut,
        dispatched: true,
    })
}

fn broken(error: &FrameError) -> Refusal {
    tracing::info!(%error, "a rendezvous broke");
    Refusal::broken(GAVE_UP)
}

/// A piece of what a listener says.
#[derive(Debug)]
enum Piece {
    Data { binary: bool, bytes: Bytes, last: bool },
    Ping(Bytes),
    Close,
}

/// Reads messages piece by piece, over all their fragments.
struct MessageReader {
    frames: FrameReader<ReadHalf<TokioIo<Upgraded>>>,
    /// The frame whose payload is being read.
    open: Option<Head>,
    /// The message whose fragments are being read, and whether it is binary.
    message: Option<bool>,
}

impl MessageReader {
    fn new(reader: ReadHalf<TokioIo<Upgraded>>) -> Self {
        Self {
            frames: FrameReader::new(reader),
            open: None,
            message: None,
        }
    }

    /// The next `response` message. Pings meanwhile are not answered: what is being sent cannot be interrupted.
    async fn response(&mut self) -> Result<Response, FrameError> {
        let mut text = BytesMut::new();
        loop {
            match self.piece().await? {
                Piece::Data {
                    binary: false,
                    bytes,
                    last,
                } => {
                    text.extend_from_slice(&bytes);
                    if text.len() > TEXT_MAX {
                        return Err(FrameError::Protocol("a long JSON message"));
                    }
                    if last {
                        return parse(&text);
                    }
                }
                Piece::Data { bytes, .. } if bytes.is_empty() => {}
                Piece::Data { .. } => return Err(FrameError::Protocol("a body without its response")),
                Piece::Ping(_) => {}
                Piece::Close => return Err(FrameError::Ended),
            }
        }
    }

    async fn piece(&mut self) -> Result<Piece, FrameError> {
        loop {
            let head = match self.open.take() {
                Some(head) => head,
                None => self.frames.head().await?,
            };
            match head.opcode {
                OpCode::Control(Control::Close) => return Ok(Piece::Close),
                OpCode::Control(Control::Ping) => return Ok(Piece::Ping(self.whole(head).await?)),
                OpCode::Control(_) => drop(self.whole(head).await?),
                OpCode::Data(data) => {
                    if head.is_fresh() {
                        self.message = Some(continued(data, self.message)?);
                    }
                    return self.data(head).await;
                }
            }
        }
    }

    async fn data(&mut self, mut head: Head) -> Result<Piece, FrameError> {
        let bytes = self.frames.chunk(&mut head).await?.unwrap_or_default();
        let binary = self.message.unwrap_or_default();
        let last = head.last && head.is_done();
        if last {
            self.message = None;
        }
        self.open = (!head.is_done()).then_some(head);
        Ok(Piece::Data { binary, bytes, last })
    }

    /// A control frame's payload; the frame reader has bounded it.
    async fn whole(&mut self, mut head: Head) -> Result<Bytes, FrameError> {
        let mut payload = BytesMut::new();
        while let Some(chunk) = self.frames.chunk(&mut head).await? {
            payload.extend_from_slice(&chunk);
        }
        Ok(payload.freeze())
    }
}

/// Whether the message that a data frame belongs to is binary.
fn continued(data: Data, message: Option<bool>) -> Result<bool, FrameError> {
    match (data, message) {
        (Data::Continue, Some(binary)) => Ok(binary),
        (Data::Text, None) => Ok(false),
        (Data::Binary, None) => Ok(true),
        _ => Err(FrameError::Protocol("fragments out of order")),
    }
}

fn parse(text: &[u8]) -> Result<Response, FrameError> {
    match serde_json::from_slice(text) {
        Ok(ToRelay::Response(response)) => Ok(response),
        _ => Err(FrameError::Protocol("no response")),
    }
}
