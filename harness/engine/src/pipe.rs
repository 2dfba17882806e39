//! The pipe between the engine and the load generator: frames of JSON, each with its length before it.

use std::time::Duration;

use futures_util::{FutureExt as _, StreamExt as _};
use scenario::Persona;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio_util::codec::{FramedRead, LengthDelimitedCodec};
use uuid::Uuid;
use vocabulary::{NameTable, OpKind, Outcome, StageTimes};

use crate::ports::Flow;

/// The largest frame in bytes; a longer one is a broken pipe's noise.
const FRAME_MAX: u32 = 1 << 20;

/// Bytes that are read from the pipe in one go.
const PIPE_BYTES: usize = 64 * 1024;

/// From one write to the pipe to the next at least: what comes meanwhile goes in one go, and wakes everyone behind it once. Above
/// 5,000 frames a second waking costs more than the work.
pub const PACE: Duration = Duration::from_micros(200);

/// Bytes of the length before a frame.
const LENGTH: usize = 4;

/// The pipe broke.
#[derive(Debug, Error)]
pub enum PipeError {
    /// Reading or writing failed.
    #[error("the pipe broke: {0}")]
    Broken(#[from] std::io::Error),
    /// A frame is longer than any message.
    #[error("a frame of {0} bytes came over the pipe")]
    Oversized(u32),
    /// A frame does not read.
    #[error("a frame does not read: {0}")]
    Shape(#[from] serde_json::Error),
}

/// Engine to generator.
#[derive(Debug, Serialize, Deserialize)]
pub enum Down {
    /// Comes first.
    Hello(Box<Hello>),
    /// An arrival is due.
    Ticket(Ticket),
    /// No ticket follows: finish what waits and what is in flight.
    End,
    /// Drop what waits, give what is in flight a moment, end.
    Stop,
}

/// What the generator must know.
#[derive(Serialize, Deserialize)]
pub struct Hello {
    /// Where the run's axis stood …
    pub at_us: u64,
    /// … at this wall time.
    pub unix_us: u64,
    /// What is done there.
    pub flow: Flow,
    /// The portal.
    pub portal_url: String,
    /// Microsoft Graph, for the helpdesk.
    pub graph_url: String,
    /// Where the helpdesk signs in.
    pub token_url: String,
    /// The helpdesk's name …
    pub helpdesk_upn: String,
    /// … and its password.
    pub helpdesk_password: String,
    /// Where the names are.
    pub names: NameTable,
    /// The run's certificate authority.
    pub ca_pem: String,
    /// Opens the lab's inbox, stage times and outcomes.
    pub lab_token: String,
    /// The seed of the people's passwords.
    pub seed: u64,
    /// Operations in flight at most.
    pub users: u32,
    /// Tickets waiting at most.
    pub queue_max: u32,
    /// A ticket that has not begun within this is dropped.
    pub start_within_us: u64,
    /// How long one request may take.
    pub request_timeout_us: u64,
}

impl std::fmt::Debug for Hello {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hello({}, {} users)", self.portal_url, self.users)
    }
}

/// One arrival, on its way to a free user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Ticket {
    /// The arrival's number.
    pub number: u64,
    /// The intended start on the run's axis.
    pub intended_us: u64,
    /// When it was released.
    pub released_us: u64,
    /// The person's number.
    pub person: u64,
    /// The person's persona.
    pub persona: Persona,
    /// The person's sign-in name.
    pub upn: String,
    /// What is asked.
    pub op: OpKind,
    /// The label of the new password that the first attempt sends.
    pub writes: Option<u32>,
    /// The label of what a second attempt sends.
    pub then: Option<u32>,
    /// The label of the password that the person has, as far as they were told.
    pub holds: u32,
    /// The operation id of the first attempt.
    pub op_id: Uuid,
    /// The attempt to begin with: 1 but for whoever has left and come back.
    pub attempt: u32,
}

impl Ticket {
    /// The label that an attempt sends, counted from 1.
    #[must_use]
    pub fn writes_at(&self, attempt: u32) -> Option<u32> {
        if attempt > 1 { self.then } else { self.writes }
    }
}

/// Generator to engine.
#[derive(Debug, Serialize, Deserialize)]
pub enum Up {
    /// Every user waits for tickets.
    Ready,
    /// An attempt ended.
    Done(Done),
    /// A ticket was dropped; no attempt follows.
    Dropped {
        /// The arrival's number.
        number: u64,
        /// The attempt that does not begin.
        attempt: u32,
        /// When it should have begun, on the run's axis.
        intended_us: u64,
        /// Why.
        why: history::DropWhy,
    },
    /// How the generator stands, once a second.
    Gauge(Gauge),
    /// Everything was answered; the generator ends.
    Ended,
    /// The generator cannot go on.
    Failed(String),
}

/// How the generator stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gauge {
    /// Tickets that wait for a free user now.
    pub waiting: u32,
    /// The most that waited since the last time.
    pub waiting_max: u32,
    /// Users with an operation now.
    pub busy: u32,
}

/// The end of an attempt.
#[derive(Debug, Serialize, Deserialize)]
pub struct Done {
    /// The arrival's number.
    pub number: u64,
    /// Which attempt it was, from 1.
    pub attempt: u32,
    /// Whether another follows.
    pub more: bool,
    /// The label of the old password that it proved.
    pub proves: Option<u32>,
    /// When it should have begun, on the run's axis.
    pub intended_us: u64,
    /// Whether a user was free when its ticket came: then it could begin at once.
    pub free: bool,
    /// When it began, on the run's axis.
    pub started_us: u64,
    /// When its end was known.
    pub finished_us: u64,
    /// How it ended.
    pub outcome: Outcome,
    /// Stage times, when the answers carried them.
    pub stages: Option<StageTimes>,
}

/// Writes one frame.
///
/// # Errors
/// [`PipeError::Broken`] when the other side is gone.
pub async fn send<T: Serialize>(pipe: &mut (impl AsyncWrite + Unpin), message: &T) -> Result<(), PipeError> {
    let mut frame = Vec::new();
    encode(message, &mut frame)?;
    pipe.write_all(&frame).await?;
    Ok(())
}

/// Appends one frame to what shall be written.
///
/// # Errors
/// [`PipeError`] when the message is too large or cannot be told in JSON; then nothing was appended.
pub fn encode<T: Serialize>(message: &T, frames: &mut Vec<u8>) -> Result<(), PipeError> {
    let begin = frames.len();
    frames.extend_from_slice(&[0; LENGTH]);
    let written = serde_json::to_writer(&mut *frames, message);
    let length = u32::try_from(frames.len() - begin - LENGTH).unwrap_or(u32::MAX);
    let bad = match written {
        Err(error) => error.into(),
        Ok(()) if length > FRAME_MAX => PipeError::Oversized(length),
        Ok(()) => {
            frames[begin..begin + LENGTH].copy_from_slice(&length.to_be_bytes());
            return Ok(());
        }
    };
    frames.truncate(begin);
    Err(bad)
}

/// The frames that come out of the pipe.
pub struct Frames<R>(FramedRead<R, LengthDelimitedCodec>);

/// The engine's end, wherever the generator lives.
pub type Results = Frames<Box<dyn AsyncRead + Send + Unpin>>;

impl<R: AsyncRead + Unpin> Frames<R> {
    /// Of this end of the pipe.
    pub fn of(pipe: R) -> Self {
        let lengths = LengthDelimitedCodec::builder()
            .length_field_length(LENGTH)
            .max_frame_length(FRAME_MAX as usize)
            .new_codec();
        Self(FramedRead::with_capacity(pipe, lengths, PIPE_BYTES))
    }

    /// The next frame; `None` when the pipe was closed between frames. Whoever gives up waiting for it loses nothing.
    ///
    /// # Errors
    /// [`PipeError`] when it closed within a frame, or the frame is too large or does not read.
    pub async fn receive<T: DeserializeOwned>(&mut self) -> Result<Option<T>, PipeError> {
        match self.0.next().await.transpose()? {
            None => Ok(None),
            Some(frame) => Ok(Some(serde_json::from_slice(&frame)?)),
        }
    }

    /// The same without waiting: nothing when no frame has come whole.
    pub fn received<T: DeserializeOwned>(&mut self) -> Option<Result<Option<T>, PipeError>> {
        self.receive().now_or_never()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn frames_round_trip_and_noise_is_refused() {
        let mut bytes = Vec::new();
        send(&mut bytes, &Up::Ready).await.unwrap();
        send(&mut bytes, &Up::Failed("no".into())).await.unwrap();
        let mut frames = Frames::of(bytes.as_slice());
        assert!(matches!(frames.receive().await.unwrap(), Some(Up::Ready)));
        assert!(matches!(frames.received(), Some(Ok(Some(Up::Failed(_))))));
        assert!(frames.receive::<Up>().await.unwrap().is_none());
        let noise = [255_u8; 8];
        assert!(matches!(
            Frames::of(noise.as_slice()).receive::<Up>().await,
            Err(PipeError::Broken(_))
        ));
        let torn = [0_u8, 0, 0, 9, 1];
        assert!(matches!(
            Frames::of(torn.as_slice()).receive::<Up>().await,
            Err(PipeError::Broken(_))
        ));
    }

    #[tokio::test]
    async fn half_a_frame_is_kept_until_the_rest_of_it_comes() {
        let mut bytes = Vec::new();
        send(&mut bytes, &Up::Ended).await.unwrap();
        let (mut near, far) = tokio::io::duplex(64);
        let mut frames = Frames::of(far);
        near.write_all(&bytes[..6]).await.unwrap();
        assert!(frames.received::<Up>().is_none());
        near.write_all(&bytes[6..]).await.unwrap();
        assert!(matches!(frames.received(), Some(Ok(Some(Up::Ended)))));
    }
}
